"""Tables of calibration: how well scores work as probabilities, per site."""

import polars as pl

from multisite.pack.evidence import Endpoint, EstimateRow, Evidence
from multisite.pack.metrics import BRIER, ECE, ECE_NULL, INTERCEPT, METRICS, OBSERVED_EXPECTED, SLOPE
from multisite.pack.numbers import fixed
from multisite.pack.tables.performance import estimate_cell, estimates_csv
from multisite.pack.tables.table import Cell, Column, Group, Row, Table, counted, missing
from multisite.vocabulary import ALL_SITES, OVERALL

__all__ = ["ECE_DECIMALS", "calibration_table"]

ECE_DECIMALS = 3
"""Decimals of an ECE: it has no interval that could say how many it bears."""

_LINE = (INTERCEPT, SLOPE, OBSERVED_EXPECTED)


def calibration_table(evidence: Evidence, endpoint: Endpoint) -> Table:
    """Intercept, slope, O:E, Brier and ECE of each site and over all of them."""
    rows = []
    for site in (*evidence.sites, ALL_SITES):
        found = [(METRICS[name], evidence.estimate(endpoint, name, site=site)) for name in _LINE]
        brier = evidence.estimate(endpoint, BRIER, site=site)
        cells = [_against_expected(row, metric.expected) for metric, row in found]
        n = brier.n_cases if brier is not None else None
        sized = counted(n) if n is not None else missing("not computed")
        ece = _ece_cell(evidence.estimate(endpoint, ECE, site=site), evidence.estimate(endpoint, ECE_NULL, site=site))
        rows.append(Row((Cell(site), sized, *cells, estimate_cell(brier), ece), site == ALL_SITES))
    columns = (
        Column("Site"),
        Column("Cases", kind="number"),
        Column("Intercept", "slope 1; 0 expected", kind="number"),
        Column("Slope", "1 expected", kind="number"),
        Column("O:E", "1 expected", kind="number"),
        Column("Brier", "0 is best", kind="number"),
        Column("ECE", "beside chance", kind="number"),
    )
    replicates = evidence.parameters.null_replicates
    return Table(
        f"calibration-{endpoint.slug}",
        f"Calibration per site: {endpoint.title}",
        columns,
        (Group("", tuple(rows)),),
        "Intercept and slope of the logistic recalibration of the scores; O:E, cases observed over cases the "
        f"scores add up to; ECE over {evidence.parameters.reliability_bins} equal-width bins. An ECE is above "
        "0 for every finite "
        f"sample: in brackets what chance alone may give, the 95th percentile of {replicates:,} simulated sets "
        "in which every score is true.",
        estimates_csv(evidence, endpoint, (*_LINE, BRIER, ECE, ECE_NULL), pl.col("stratum") == OVERALL),
    )


def _against_expected(row: EstimateRow | None, expected: float | None) -> Cell:
    cell = estimate_cell(row, expected=expected, counts=False)
    if row is None or expected is None or not row.excludes(expected):
        return cell
    side = "above" if row.value > expected else "below"
    return Cell(cell.text, cell.interval, f"interval {side} {expected:g}", cell.sort, cell.quiet)


def _ece_cell(row: EstimateRow | None, null: EstimateRow | None) -> Cell:
    if row is None:
        return missing("not computed")
    if row.estimate is None:
        return missing(row.why)
    text = fixed(row.estimate, ECE_DECIMALS)
    if null is None or null.estimate is None:
        return Cell(text, note="chance not simulated", sort=row.estimate, quiet=True)
    limit = fixed(null.estimate, ECE_DECIMALS)
    verdict = "beyond" if row.estimate > null.estimate else "within"
    return Cell(text, note=f"{verdict} chance ({limit})", sort=row.estimate)
