"""Guidelines answered: each item with its statements, its exhibits, the digests of its artefacts, and what lacks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from multisite.checklists.answers import Answer, AnswerStatus, Coverage, answer, coverage_of
from multisite.checklists.catalogue import AnsweredBy, Checklist, load_checklist
from multisite.checklists.catalogue import Evidence as Kind
from multisite.pack.marks import Mark
from multisite.pack.validation.evidence_kinds import KindOfEvidence
from multisite.pack.validation.facts import PackFacts
from multisite.study import written_afterwards
from multisite.vocabulary import Standing

__all__ = ["AnsweredItem", "AnsweredList", "answered", "status_mark"]

_MARKS = {
    AnswerStatus.REPORTED: Mark(AnswerStatus.REPORTED.value, "●", "pass"),
    AnswerStatus.PARTIAL: Mark(AnswerStatus.PARTIAL.value, "◐", "thin"),
    AnswerStatus.NOT_APPLICABLE: Mark(AnswerStatus.NOT_APPLICABLE.value, "–", "none"),
    AnswerStatus.MISSING: Mark(AnswerStatus.MISSING.value, "○", "fail"),
}


@dataclass(frozen=True, slots=True)
class AnsweredItem:
    """An item as the pack shows it.

    ``statements`` are (path, text), ``exhibits`` (anchor, title), ``digests`` (artefact, SHA-256).
    """

    answer: Answer
    mark: Mark
    statements: tuple[tuple[str, str], ...]
    exhibits: tuple[tuple[str, str], ...]
    digests: tuple[tuple[str, str], ...]
    planned: str

    @property
    def anchor(self) -> str:
        """Where the item stands in the page."""
        return f"item-{self.answer.item.id}"


@dataclass(frozen=True, slots=True)
class AnsweredList:
    """A guideline with every item answered, and the counts by status."""

    checklist: Checklist
    items: tuple[AnsweredItem, ...]
    coverage: Coverage

    def of_part(self, part: str) -> tuple[AnsweredItem, ...]:
        """The items of one part of the guideline."""
        return tuple(one for one in self.items if one.answer.item.part == part)

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts, in the guideline's order."""
        return tuple(dict.fromkeys(item.part for item in self.checklist.items))


def status_mark(status: AnswerStatus) -> Mark:
    """A word, a shape and a tone."""
    return _MARKS[status]


def answered(
    name: str, facts: PackFacts, kinds: Mapping[Kind, KindOfEvidence], *, sites: Sequence[str], standing: Standing
) -> AnsweredList:
    """The guideline ``name`` as far as statements and evidence answer it."""
    checklist = load_checklist(name)
    statements = {**facts.statements, "sites": ", ".join(sites)}
    found = answer(
        checklist,
        statements=statements,
        evidence={kind: held.lacking for kind, held in kinds.items()},
        not_applicable=facts.not_applicable,
    )
    items = tuple(_item(one, statements, kinds, standing) for one in found)
    return AnsweredList(checklist, items, coverage_of(found))


def _item(
    one: Answer, statements: Mapping[str, str], kinds: Mapping[Kind, KindOfEvidence], standing: Standing
) -> AnsweredItem:
    shown = [kinds[kind] for kind in one.evidence]
    return AnsweredItem(
        answer=one,
        mark=_MARKS[one.status],
        statements=tuple((path, statements[path]) for path in one.statements),
        exhibits=tuple(dict.fromkeys(exhibit for kind in shown for exhibit in kind.exhibits)),
        digests=tuple(dict.fromkeys(digest for kind in shown for digest in kind.digests)),
        planned=_planned(one, standing),
    )


def _planned(one: Answer, standing: Standing) -> str:
    """Whether what answers an item was fixed before the results: evidence by protocol, statements by place."""
    if not one.statements and not one.evidence:
        return ""
    if standing is Standing.EXPLORATORY:
        return "exploratory"
    afterwards = [path for path in one.statements if written_afterwards(path)]
    if not afterwards:
        return "planned"
    # Where authors alone can answer, evidence only bears on what they say.
    measured = one.evidence and one.item.answered_by is not AnsweredBy.STATEMENT
    return "post hoc" if len(afterwards) == len(one.statements) and not measured else "planned and post hoc"
