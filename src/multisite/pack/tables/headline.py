"""The summary of findings: each measure over all sites, beside the lowest and the highest site."""

from multisite.pack.evidence import Endpoint, EstimateRow, Evidence
from multisite.pack.metrics import AUC, FOREST, METRICS
from multisite.pack.numbers import count, write
from multisite.pack.tables.performance import estimate_cell
from multisite.pack.tables.table import Cell, Column, Group, Row, Table, missing
from multisite.vocabulary import ALL_SITES, OVERALL, PATIENTS

__all__ = ["headline_table"]


def headline_table(evidence: Evidence) -> Table:
    """One group per endpoint, one row per measure; then one of patients, where the protocol asks for them."""
    groups = []
    for endpoint in evidence.endpoints:
        rows = tuple(_row(evidence, endpoint, name) for name in FOREST)
        if evidence.estimate(endpoint, AUC, stratum=PATIENTS) is not None:
            rows += tuple(_row(evidence, endpoint, name, stratum=PATIENTS) for name in FOREST)
        groups.append(Group(endpoint.title if len(evidence.endpoints) > 1 else "", rows))
    columns = (
        Column("Measure"),
        Column("Over all sites", kind="number"),
        Column("n", "cases, or patients", kind="number"),
        Column("Lowest site", kind="number"),
        Column("Highest site", kind="number"),
    )
    return Table("headline", "Summary of findings", columns, tuple(groups))


def _row(evidence: Evidence, endpoint: Endpoint, name: str, *, stratum: str = OVERALL) -> Row:
    metric = METRICS[name]
    overall = evidence.estimate(endpoint, name, site=ALL_SITES, stratum=stratum)
    found = (evidence.estimate(endpoint, name, site=site, stratum=stratum) for site in evidence.sites)
    rows = [row for row in found if row is not None and row.sound]
    ranked = sorted(rows, key=lambda row: row.value)
    ends = [_at_site(ranked[0]), _at_site(ranked[-1])] if ranked else [missing("no site with enough cases")] * 2
    n = missing("not computed") if overall is None else Cell(count(_size(overall)), sort=float(_size(overall)))
    label = Cell(metric.title, note=metric.meaning)
    if stratum == PATIENTS:
        label = Cell(f"{metric.title}, of patients", note="positive if any case is; the highest score of the cases")
    return Row((label, estimate_cell(overall), n, *ends))


def _size(row: EstimateRow) -> int:
    return row.n_cases if row.denominator is None else row.denominator


def _at_site(row: EstimateRow) -> Cell:
    number = write(row.value, row.low, row.high)
    return Cell(number.point, number.interval, f"{row.site}, n {count(_size(row))}", row.value)
