"""One entry of a ledger, as it is kept: canonical JSON, so that equal entries have equal bytes and one digest."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from multisite.storage.canonical import canonical_json

__all__ = ["Entry", "Event"]


class Event(StrEnum):
    """What an entry is about."""

    LOCK = "protocol locked"
    DEVIATION = "deviation from the protocol"
    RUN = "run"
    LOOK = "test labels read"
    PACK = "pack built"
    BASELINE = "baseline adopted"
    ACKNOWLEDGED = "case acknowledged"
    CLOSED = "case closed"
    MUTED = "monitor muted"
    MAIL = "mail"
    DRILL = "drill"


_FORMS: Final[Mapping[str, Mapping[str, type]]] = {
    Event.LOCK: {"protocol": str, "parts": dict, "by": str},
    Event.DEVIATION: dict.fromkeys(("protocol", "what", "why", "by"), str),
    Event.RUN: {"verb": str, "protocol": str, "n_tasks": int},
    Event.PACK: {"protocol": str, "sha256sums": str},
    Event.LOOK: {"stages": list, "protocol": str, "evaluated": str},
    Event.BASELINE: {"baseline": str, "from_month": str, "reason": str, "approver": str, "previous": str},
    Event.ACKNOWLEDGED: {
        "case_number": int,
        **dict.fromkeys(("model", "opened", "state", "by", "cause"), str),
    },
    Event.CLOSED: {"case_number": int, **dict.fromkeys(("model", "opened", "by", "reason", "month"), str)},
    Event.MUTED: dict.fromkeys(("model", "monitor", "axis", "level", "reason", "approver", "until"), str),
    Event.MAIL: {
        **dict.fromkeys(("model", "month", "message_id", "digest", "outcome"), str),
        "revision": int,
        "is_drill": bool,
    },
    Event.DRILL: {"month": str},
}
"""What the content of an entry holds at least, by event."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened at a site, with digests, names and counts only.

    ``sequence`` counts from 1, ``time`` is in UTC (ISO 8601, to the second), ``run`` one call of the program, and
    ``previous`` the SHA-256 of the bytes of the entry before. What ``content`` holds depends on the event.
    """

    sequence: int
    time: str
    event: str
    study: str
    site: str
    run: str
    code_version: str
    content: Mapping[str, Any]
    previous: str

    def to_bytes(self) -> bytes:
        """Canonical JSON."""
        return canonical_json(asdict(self))

    @classmethod
    def from_bytes(cls, content: bytes) -> "Entry":
        """The entry in ``content``; ValueError or TypeError when it is none, or is not in its canonical form."""
        entry = cls(**json.loads(content))
        texts = (entry.time, entry.event, entry.study, entry.site, entry.run, entry.code_version, entry.previous)
        # A boolean is an int to Python, and 1.0 is equal to 1.
        if type(entry.sequence) is not int or not all(isinstance(text, str) for text in texts):
            raise TypeError("a field of the entry is not of its type")
        if not isinstance(entry.content, dict) or entry.to_bytes() != content:
            raise ValueError("the entry is not in its canonical form")
        if not _is_of_its_form(entry.event, entry.content):
            raise ValueError("the entry does not say what its event is about")
        return entry


def _is_of_its_form(event: str, content: Mapping[str, Any]) -> bool:
    stages = content.get("stages", []) if event == Event.LOOK.value else []
    form = _FORMS.get(event, {})
    # Of exactly the type: a boolean is no number of a case.
    return all(type(content.get(name)) is kind for name, kind in form.items()) and all(
        isinstance(stage, str) for stage in stages
    )
