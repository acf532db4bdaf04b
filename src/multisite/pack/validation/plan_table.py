"""The plan of the analysis beside its results: every planned endpoint, whatever came of it."""

from multisite.pack.evidence import Endpoint, EstimateRow, Evidence
from multisite.pack.marks import Mark
from multisite.pack.metrics import METRICS
from multisite.pack.numbers import write
from multisite.pack.tables.table import Cell, Column, Group, Row, Table, missing
from multisite.pack.validation.facts import PackFacts
from multisite.pack.validation.planning import planning_mark, planning_of
from multisite.study import PlannedEndpoint
from multisite.vocabulary import OVERALL, Standing

__all__ = ["plan_table"]


def plan_table(evidence: Evidence, facts: PackFacts, standing: Standing) -> Table:
    """A group per finding and model, in it a row per planned endpoint, or per level of its stratum."""
    groups = []
    for endpoint in evidence.endpoints:
        planned = [
            one
            for one in facts.endpoints
            if one.finding in (None, endpoint.finding.id) and one.model in (None, endpoint.model.id)
        ]
        rows = tuple(row for one in planned for row in _rows(evidence, one, endpoint, standing))
        if rows:
            groups.append(Group(endpoint.title if len(evidence.endpoints) > 1 else "", rows))
    if not groups:
        groups = [Group("", (Row((missing("the protocol plans no endpoint"), *(Cell("") for _ in range(4)))),))]
    columns = (
        Column("Planned endpoint"),
        Column("Metric"),
        Column("Cases"),
        Column("Result", kind="number"),
        Column("Standing"),
    )
    multiplicity = facts.multiplicity
    corrected = "are not corrected for each other" if multiplicity == "none" else f"are corrected by {multiplicity}"
    method = f"As declared in the protocol; primary endpoints {corrected}. Everything else in this pack is post hoc."
    return Table("plan", "Planned endpoints and what came of them", columns, tuple(groups), method)


def _rows(evidence: Evidence, planned: PlannedEndpoint, endpoint: Endpoint, standing: Standing) -> list[Row]:
    stratum = next((s for s in evidence.parameters.strata if s.id == planned.stratum), None)
    key = OVERALL if stratum is None else stratum.id
    of = {"metric": planned.metric, "finding": endpoint.finding.id, "model": endpoint.model.id, "stratum": key}
    mark = planning_mark(planning_of([planned], standing, **of))
    if stratum is None:
        return [_row(planned, "all test cases", evidence.estimate(endpoint, planned.metric), mark)]
    levels = evidence.levels(stratum)
    found = [(level, evidence.estimate(endpoint, planned.metric, stratum=key, level=level)) for level in levels]
    return [_row(planned, f"{stratum.title} {level}", row, mark) for level, row in found] or [
        _row(planned, stratum.title, None, mark)
    ]


def _row(planned: PlannedEndpoint, cases: str, row: EstimateRow | None, mark: Mark) -> Row:
    metric = METRICS[planned.metric].title if planned.metric in METRICS else planned.metric.replace("_", " ")
    return Row(
        (
            Cell(planned.id, note=planned.objective or ""),
            Cell(metric),
            Cell(cases),
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
