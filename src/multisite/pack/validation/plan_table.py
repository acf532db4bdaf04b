"""The plan of the analysis beside its results: every planned endpoint, whatever came of it."""

from multisite.pack.evidence import Endpoint, EstimateRow, Evidence
from multisite.pack.marks import Mark
from multisite.pack.numbers import write
from multisite.pack.tables.table import Cell, Column, Row, Table, missing, plain_table
from multisite.pack.validation.facts import PackFacts
from multisite.pack.validation.planning import planning_mark, planning_of
from multisite.study import PlannedEndpoint
from multisite.vocabulary import OVERALL, Standing

__all__ = ["plan_table"]


def plan_table(evidence: Evidence, facts: PackFacts, standing: Standing) -> Table:
    """A row per planned endpoint, finding and model; of a stratum, each level."""
    rows = [
        row
        for planned in facts.endpoints
        for endpoint in evidence.endpoints
        if planned.finding in (None, endpoint.finding.id) and planned.model in (None, endpoint.model.id)
        for row in _rows(evidence, planned, endpoint, standing)
    ]
    if not rows:
        rows = [Row((missing("the protocol plans no endpoint"), *(Cell("") for _ in range(5))))]
    columns = (
        Column("Planned endpoint"),
        Column("Of"),
        Column("Metric"),
        Column("Level"),
        Column("Result", kind="number"),
        Column("Standing"),
    )
    multiplicity = facts.multiplicity
    corrected = "are not corrected for each other" if multiplicity == "none" else f"are corrected by {multiplicity}"
    return plain_table(
        "plan",
        "Planned endpoints and what came of them",
        columns,
        rows,
        method=f"As declared in the protocol; primary endpoints {corrected}. Everything else in this pack is post hoc.",
    )


def _rows(evidence: Evidence, planned: PlannedEndpoint, endpoint: Endpoint, standing: Standing) -> list[Row]:
    stratum = next((s for s in evidence.parameters.strata if s.id == planned.stratum), None)
    levels = [OVERALL] if stratum is None else list(evidence.levels(stratum))
    title = "all test cases" if stratum is None else stratum.title
    planning = planning_of(
        [planned],
        standing,
        metric=planned.metric,
        finding=endpoint.finding.id,
        model=endpoint.model.id,
        stratum=OVERALL if stratum is None else stratum.id,
    )
    mark = planning_mark(planning)
    found = [
        (level, evidence.estimate(endpoint, planned.metric, stratum=stratum.id if stratum else OVERALL, level=level))
        for level in levels
    ]
    if not found:
        return [_row(planned, endpoint, title, None, mark)]
    return [
        _row(planned, endpoint, title if level == OVERALL else f"{title} {level}", row, mark) for level, row in found
    ]


def _row(planned: PlannedEndpoint, endpoint: Endpoint, level: str, row: EstimateRow | None, mark: Mark) -> Row:
    return Row(
        (
            Cell(planned.id, note=planned.objective or ""),
            Cell(endpoint.title),
            Cell(planned.metric.replace("_", " ")),
            Cell(level),
            _result(row),
            Cell(mark.word, mark=mark, sort=mark.word),
        )
    )


def _result(row: EstimateRow | None) -> Cell:
    if row is None:
        return missing("not estimated")
    if not row.sound:
        return missing(row.why)
    number = write(row.value, row.low, row.high)
    return Cell(number.point, number.interval, f"n {row.n_cases:,}", row.value)
