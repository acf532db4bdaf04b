"""What a study has answered of a guideline: per item reported, partial, not applicable with its reason, or missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from multisite.checklists.catalogue import AnsweredBy, Checklist, Evidence, Item

__all__ = ["Answer", "AnswerStatus", "Coverage", "answer", "coverage_of"]


class AnswerStatus(StrEnum):
    """Of an item. Nothing is reported that is not there: what lacks a part is partial, what lacks all is missing."""

    REPORTED = "reported"
    PARTIAL = "partial"
    NOT_APPLICABLE = "not applicable"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Answer:
    """An item, its status, what answers it, what lacks (with the reason), and why it does not apply."""

    item: Item
    status: AnswerStatus
    statements: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    lacking: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many items of a guideline have which status."""

    n_reported: int
    n_partial: int
    n_not_applicable: int
    n_missing: int

    @property
    def n_items(self) -> int:
        """All of them."""
        return self.n_reported + self.n_partial + self.n_not_applicable + self.n_missing


def answer(
    checklist: Checklist,
    *,
    statements: Mapping[str, str],
    evidence: Mapping[Evidence, str],
    not_applicable: Mapping[str, str],
) -> tuple[Answer, ...]:
    """The answer to every item, in the guideline's order.

    Parameters
    ----------
    statements
        What the authors state, by path in the study file.
    evidence
        Kinds of evidence that there are, each with the empty text; or with the reason for which there is none.
    not_applicable
        The authors' reasons, by ``<checklist>/<item>``. Evidence that is there is still shown.
    """
    return tuple(
        _answer(item, statements, evidence, not_applicable.get(f"{checklist.id}/{item.id}", ""))
        for item in checklist.items
    )


def coverage_of(answers: Sequence[Answer]) -> Coverage:
    """Counts by status."""
    n = {status: sum(one.status is status for one in answers) for status in AnswerStatus}
    return Coverage(*(n[status] for status in AnswerStatus))


_SHORTEST_REASON: Final = 8
"""Letters of a reason for which an item does not apply; less is none."""

_SAYS_NOTHING: Final = frozenset({"", "n/a", "na", "n.a.", "tbd", "todo", "-", "–", "?", ".", "x"})


def _is_empty(text: str) -> bool:
    """Whether a statement says nothing, or is the stand-in that a new study file begins with."""
    words = text.strip().lower()
    return words in _SAYS_NOTHING or words.startswith("to be written")


def _answer(item: Item, statements: Mapping[str, str], evidence: Mapping[Evidence, str], reason: str) -> Answer:
    stated = tuple(path for path in item.statements if not _is_empty(statements.get(path, "")))
    # An item that only authors can answer names evidence that bears on it; without it the statement still stands.
    needed = () if item.answered_by is AnsweredBy.STATEMENT else item.evidence
    shown = tuple(kind for kind in item.evidence if evidence.get(kind) == "")
    asked = () if item.answered_by is AnsweredBy.EVIDENCE else item.statements
    lacking = [f"no statement `{path}`" for path in asked if path not in stated]
    lacking += [
        f"no evidence `{kind.value}`: {evidence.get(kind) or 'not made'}" for kind in needed if kind not in shown
    ]
    if not (asked or needed):
        lacking.append("the study file has no place for it")
    if len(reason.strip()) >= _SHORTEST_REASON:
        status = AnswerStatus.NOT_APPLICABLE
    elif not lacking:
        status = AnswerStatus.REPORTED
    else:
        begun = any(path in stated for path in asked) or (needed and shown)
        status = AnswerStatus.PARTIAL if begun else AnswerStatus.MISSING
    applies = status is not AnswerStatus.NOT_APPLICABLE
    return Answer(item, status, stated, shown, tuple(lacking), "" if applies else reason)
