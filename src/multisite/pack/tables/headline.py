"""The summary of findings: each measure over all sites, beside the lowest and the highest site."""

from multisite.pack.evidence import Endpoint, EstimateRow, Evidence
from multisite.pack.metrics import FOREST, METRICS
from multisite.pack.numbers import count, write
from multisite.pack.tables.performance import estimate_cell
from multisite.pack.tables.table import Cell, Column, Group, Row, Table, missing
from multisite.vocabulary import ALL_SITES

__all__ = ["headline_table"]


def headline_table(evidence: Evidence) -> Table:
    """One group per endpoint, one row per measure."""
    groups = []
    for endpoint in evidence.endpoints:
        rows = tuple(_row(evidence, endpoint, name) for name in FOREST)
        groups.append(Group(endpoint.title if len(evidence.endpoints) > 1 else "", rows))
    columns = (
        Column("Measure"),
        Column("Over all sites", kind="number"),
        Column("n", "cases", kind="number"),
        Column("Lowest site", kind="number"),
        Column("Highest site", kind="number"),
    )
    return Table("headline", "Summary of findings", columns, tuple(groups))


def _row(evidence: Evidence, endpoint: Endpoint, name: str) -> Row:
    metric = METRICS[name]
    overall = evidence.estimate(endpoint, name, site=ALL_SITES)
    rows = [row for site in evidence.sites if (row := evidence.estimate(endpoint, name, site=site)) and row.sound]
    ranked = sorted(rows, key=lambda row: row.value)
    ends = [_at_site(ranked[0]), _at_site(ranked[-1])] if ranked else [missing("no site with enough cases")] * 2
    n = missing("not computed") if overall is None else Cell(count(_size(overall)), sort=float(_size(overall)))
    return Row((Cell(metric.title, note=metric.meaning), estimate_cell(overall), n, *ends))


def _size(row: EstimateRow) -> int:
    return row.n_cases if row.denominator is None else row.denominator


def _at_site(row: EstimateRow) -> Cell:
    number = write(row.value, row.low, row.high)
    return Cell(number.point, number.interval, f"{row.site}, n {count(_size(row))}", row.value)
