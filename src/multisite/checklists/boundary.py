"""Where a pack ends: what it says of itself, what it never claims, and the claims that a study file may not make."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

__all__ = ["Boundary", "CompanionTopic", "RefusedClaim", "load_boundary", "refused_claims"]

_EXEMPT = ("reporting.ethics", "reporting.data.ethics", "reporting.patient_involvement", "reporting.privacy.")
"""Where a committee's approval is reported, which is no claim of the product."""

_HARMLESS = re.compile(r"board[- ]certified|approved by [a-z ]*(?:committee|board)|cleared of\b", re.IGNORECASE)
"""What is said of readers, of ethics and of images."""

_DENIES = r"not(?! only)|no(?! doubt)|never|nor|neither|without|cannot|isn't|aren't"
_NEGATION = re.compile(rf"\b(?:{_DENIES})(?: [^\s.;:!?]+){{0,4}} $", re.IGNORECASE)
"""A denial reaches four words far."""


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
    _require_whole(held)
    return Boundary(
        says=tuple((one["id"], one["what"]) for one in held["says"]),
        never_claims=tuple((one["id"], one["what"]) for one in held["never_claims"]),
        refused_words=tuple(held["refused_words"]),
        companion=tuple(
            CompanionTopic(one["id"], one["group"], one["topic"], one.get("reference", "")) for one in held["companion"]
        ),
    )


def _require_whole(held: Mapping[str, list[dict[str, Any]]]) -> None:
    """YAML makes keys of what follows a comma that is not quoted, and drops it: then nothing here is true."""
    known = {"id", "what", "group", "topic", "reference"}
    entries = [*held["says"], *held["never_claims"], *held["companion"]]
    if any(set(one) - known or not all(isinstance(value, str) for value in one.values()) for one in entries):
        raise ValueError("boundary.yaml has an entry that is not of known texts")


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
        plain = _HARMLESS.sub(" ", _plain(text))
        for word, pattern in patterns.items():
            if any(not _NEGATION.search(plain[: match.start()]) for match in pattern.finditer(plain)):
                found.append(RefusedClaim(path, word))
    return tuple(found)


def _plain(text: str) -> str:
    """``text`` in the letters that it looks like, without characters that do not show, on one line."""
    folded = unicodedata.normalize("NFKC", text)
    return " ".join("".join(c for c in folded if unicodedata.category(c) != "Cf").split())
