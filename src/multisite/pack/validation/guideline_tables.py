"""Other guidelines, records beside the pack, and the strata that a reviewer's table may use."""

from collections.abc import Sequence

from multisite.checklists.boundary import load_boundary
from multisite.pack.evidence import Evidence
from multisite.pack.tables.table import Cell, Column, Row, Table, counted, missing, plain_table
from multisite.pack.validation.claims import AnsweredItem, AnsweredList
from multisite.pack.validation.facts import PackFacts

__all__ = ["companion_table", "coverage_table", "crosswalk_table", "strata_table"]


def coverage_table(lists: Sequence[AnsweredList]) -> Table:
    """Per guideline, how many items are reported, partly, not applicable and missing."""
    rows = [
        Row(
            (
                Cell(one.checklist.title, note=f"{one.checklist.edition}; {one.checklist.citation}"),
                counted(one.coverage.n_items),
                counted(one.coverage.n_reported),
                counted(one.coverage.n_partial),
                counted(one.coverage.n_not_applicable),
                counted(one.coverage.n_missing),
            )
        )
        for one in lists
    ]
    heads = ("Items", "Reported", "Partly", "Not applicable", "Missing")
    columns = (Column("Guideline"), *(Column(head, kind="number") for head in heads))
    return plain_table("coverage", "Items answered, by guideline", columns, rows)


def crosswalk_table(answered: AnsweredList) -> Table:
    """Every item of a guideline, its status, and where it is answered."""
    columns = (Column("Item"), Column("Asks"), Column("Status"), Column("Answered by"))
    return plain_table(
        f"crosswalk-{answered.checklist.id}",
        f"{answered.checklist.title}: where each item is answered",
        columns,
        [_row(one) for one in answered.items],
    )


def companion_table(facts: PackFacts) -> Table:
    """Records of the workflow around the model: where they are, or that nobody has pointed at them."""
    held = {record.topic: record for record in facts.companion}
    topics = load_boundary().companion
    known = {topic.id for topic in topics}
    rows = [
        Row(
            (
                Cell(topic.topic, note=f"{topic.group} {topic.reference}".strip()),
                *(_pointer(facts, topic.id)),
            )
        )
        for topic in topics
    ]
    rows += [Row((Cell(record.title), *_pointer(facts, name))) for name, record in held.items() if name not in known]
    return plain_table(
        "companion",
        "Records beside this pack, of the workflow that the model is used in",
        (Column("Topic"), Column("Where"), Column("Kept by")),
        rows,
        method="Pointers only: this pack holds none of these records, and does not say what is in them.",
    )


def strata_table(evidence: Evidence, facts: PackFacts) -> Table:
    """Strata and their levels, as a reviewer's table of counts names them."""
    levels = {stratum.id: evidence.levels(stratum) for stratum in evidence.parameters.strata}
    rows = [
        Row(
            (
                Cell(name),
                Cell(title, note=unit or ""),
                Cell("; ".join(levels.get(name, ())) or "none"),
                Cell(", ".join(crossed) if crossed else ""),
            )
        )
        for name, title, unit, crossed in facts.strata
    ]
    columns = (Column("Stratum"), Column("Title"), Column("Levels"), Column("Crosses"))
    return plain_table("strata", "Strata of this pack and their levels", columns, rows)


def _row(one: AnsweredItem) -> Row:
    places = [title for _, title in one.exhibits] + [path for path, _ in one.statements]
    lacking = "; ".join(one.answer.lacking) or one.answer.reason
    first = next((anchor for anchor, _ in one.exhibits), "")
    return Row(
        (
            Cell(one.answer.item.id, note=one.answer.item.topic),
            Cell(one.answer.item.asks),
            Cell(one.mark.word, note=lacking, mark=one.mark, sort=one.mark.word),
            Cell(", ".join(dict.fromkeys(places)), link=f"#{first}" if first else "") if places else missing("nothing"),
        )
    )


def _pointer(facts: PackFacts, topic: str) -> tuple[Cell, Cell]:
    record = next((one for one in facts.companion if one.topic == topic), None)
    if record is None:
        return missing("no record is pointed at"), Cell("")
    return Cell(record.pointer, note=record.title), Cell(record.keeper or "")
