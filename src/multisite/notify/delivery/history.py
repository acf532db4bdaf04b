"""What has been sent before, from the ledger and the outbox together: either alone is enough to not send twice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from multisite.audit import Chain, Event
from multisite.notify.delivery.outbox import Record

__all__ = ["Before", "days_told", "mail_before", "noted_outcomes"]


_ARRIVED = ("sent", "partly sent", "partly refused")


@dataclass(frozen=True, slots=True)
class Before:
    """The last revision of a mail; ``record`` is None where only the ledger knows of it."""

    revision: int
    digest: str
    record: Record | None


def mail_before(chain: Chain, records: Iterable[Record], ids: Sequence[str]) -> Before | None:
    """The last of the mails whose Message-ID would be one of ``ids``, which rise by revision; None where there is none.

    The domain of the sender is left out: it may have changed since.
    """
    wanted = {_local(one): number for number, one in enumerate(ids, start=1)}
    found = [
        Before(record.revision, record.digest, record) for record in records if _local(record.message_id) in wanted
    ]
    for content in _contents(chain):
        number = wanted.get(_local(str(content.get("message_id"))))
        if number is not None and not any(one.revision == number for one in found):
            found.append(Before(number, str(content.get("digest")), None))
    return max(found, key=lambda one: one.revision, default=None)


def noted_outcomes(chain: Chain) -> set[tuple[str, str]]:
    """Message-ID and outcome of every entry on a mail."""
    return {(str(content.get("message_id")), str(content.get("outcome"))) for content in _contents(chain)}


def days_told(chain: Chain, *, model: str) -> dict[str, date]:
    """By month, the day on which a mail on it first reached somebody, drills apart."""
    days: dict[str, date] = {}
    for link in chain.links:
        entry = link.entry
        if entry is None or entry.event != Event.MAIL.value or entry.content.get("is_drill"):
            continue
        if entry.content.get("model") == model and entry.content.get("outcome") in _ARRIVED:
            days.setdefault(str(entry.content.get("month")), datetime.fromisoformat(entry.time).date())
    return days


def _contents(chain: Chain) -> Iterable[dict[str, object]]:
    entries = [link.entry for link in chain.links if link.entry is not None]
    return [dict(entry.content) for entry in entries if entry.event == Event.MAIL.value]


def _local(message_id: str) -> str:
    return message_id.partition("@")[0]
