"""Where a pack ends: what it says of itself, what it never claims, and the claims that a study file may not make."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

__all__ = ["Boundary", "CompanionTopic", "RefusedClaim", "load_boundary", "refused_claims"]

_EXEMPT = ("reporting.ethics", "reporting.data.ethics", "reporting.patient_involvement", "reporting.privacy.")
"""Where a committee's approval is reported, which is no claim of the product."""

_NEGATION = re.compile(r"\b(?:not|no|never|nor|neither|without|cannot|isn't|aren't)\b[^.;:!?]{0,60}$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CompanionTopic:
    """A record beside a pack: its group of rules, what it is about, and the reference of the rule."""

    id: str
    group: str
    topic: str
    reference: str


@dataclass(frozen=True, slots=True)
class Boundary:
    """``says`` and ``never_claims`` are (id, sentence); ``refused_words`` may not be claimed of the product."""

    says: tuple[tuple[str, str], ...]
    never_claims: tuple[tuple[str, str], ...]
    refused_words: tuple[str, ...]
    companion: tuple[CompanionTopic, ...]


@dataclass(frozen=True, slots=True)
class RefusedClaim:
    """Where in the study file a word stands that claims what no pack can show."""

    path: str
    word: str


@cache
def load_boundary() -> Boundary:
    """The boundary as data of the package."""
    text = (files("multisite.checklists") / "data" / "boundary.yaml").read_text(encoding="utf-8")
    held = yaml.safe_load(text)
    return Boundary(
        says=tuple((one["id"], one["what"]) for one in held["says"]),
        never_claims=tuple((one["id"], one["what"]) for one in held["never_claims"]),
        refused_words=tuple(held["refused_words"]),
        companion=tuple(
            CompanionTopic(one["id"], one["group"], one["topic"], one.get("reference", "")) for one in held["companion"]
        ),
    )


def refused_claims(statements: Mapping[str, str]) -> tuple[RefusedClaim, ...]:
    """Refused words in the authors' ``statements`` (text by path), in order of the paths.

    A word that is denied in its sentence (as "not certified") is no claim, nor is one where a committee's approval is
    reported.
    """
    patterns = {word: re.compile(rf"\b{re.escape(word)}\b", re.IGNORECASE) for word in load_boundary().refused_words}
    found = []
    for path, text in sorted(statements.items()):
        if path.startswith(_EXEMPT):
            continue
        for word, pattern in patterns.items():
            if any(not _NEGATION.search(text[: match.start()]) for match in pattern.finditer(text)):
                found.append(RefusedClaim(path, word))
    return tuple(found)
