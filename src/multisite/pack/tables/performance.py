"""Tables of performance: per site, per stratum, and every stratum at each site."""

from collections.abc import Sequence

import polars as pl

from multisite.pack.across_sites import roles
from multisite.pack.evidence import Endpoint, EstimateRow, Evidence
from multisite.pack.metrics import FOREST, METRICS, NPV, PPV, SENSITIVITY, SPECIFICITY
from multisite.pack.numbers import count, write
from multisite.pack.tables.intervals import interval_methods
from multisite.pack.tables.table import Cell, Column, Group, Row, Table, counted, csv_text, missing, written
from multisite.schemas.performance import ESTIMATES
from multisite.vocabulary import ALL_SITES, OVERALL, EstimateStatus, Split

__all__ = ["decisions_table", "estimate_cell", "estimates_csv", "site_strata_tables", "sites_table", "strata_table"]

_SIZES = (
    Column("Patients", kind="number"),
    Column("Cases", kind="number"),
    Column("Positive", kind="number"),
)
_FOREST_COLUMNS = tuple(Column(METRICS[name].title, kind="number") for name in FOREST)


def estimate_cell(row: EstimateRow | None, *, expected: float | None = None, counts: bool = True) -> Cell:
    """An estimate with its interval, the counts behind a proportion, or a dash with the reason."""
    if row is None:
        return missing("not computed")
    if row.estimate is None:
        return missing(row.why)
    if row.ci_low is None or row.ci_high is None:
        note = row.why if row.status != EstimateStatus.OK else ""
        return written(write(row.estimate, None, None), row.estimate, note=note, quiet=bool(note))
    number = write(row.estimate, row.ci_low, row.ci_high, expected=expected)
    if not row.sound:
        return written(number, row.estimate, note=row.why, quiet=True)
    of = f"{count(row.numerator)} of {count(row.denominator)}" if row.numerator is not None and row.denominator else ""
    return written(number, row.estimate, note=of if counts else "")


def estimates_csv(evidence: Evidence, endpoint: Endpoint, metrics: Sequence[str], rows: pl.Expr) -> str:
    """The endpoint's estimates of ``metrics`` on the test split that satisfy ``rows``, as a link."""
    wanted = evidence.frame(ESTIMATES).filter(
        rows,
        pl.col("metric").is_in(list(metrics)),
        finding=endpoint.finding.id,
        model=endpoint.model.id,
        split=Split.TEST.value,
    )
    return csv_text(wanted.drop("finding", "model", "split"))


def _rows(
    evidence: Evidence, endpoint: Endpoint, metrics: Sequence[str], *, overall: bool = False
) -> list[EstimateRow]:
    return [
        row
        for row in evidence.tested_estimates()
        if row.metric in metrics
        and (row.finding, row.model) == (endpoint.finding.id, endpoint.model.id)
        and (row.stratum == OVERALL or not overall)
    ]


def _sized(row: EstimateRow | None) -> tuple[Cell, ...]:
    if row is None:
        return tuple(missing("not computed") for _ in _SIZES)
    return counted(row.n_patients), counted(row.n_cases), counted(row.n_positive)


def _forest_row(
    evidence: Evidence,
    endpoint: Endpoint,
    label: str,
    *,
    site: str,
    stratum: str,
    level: str,
    total: bool = False,
    note: str = "",
) -> Row:
    found = [evidence.estimate(endpoint, name, site=site, stratum=stratum, level=level) for name in FOREST]
    sizes = next((row for row in found if row is not None), None)
    return Row((Cell(label, note=note), *_sized(sizes), *(estimate_cell(row) for row in found)), total)


def sites_table(evidence: Evidence, endpoint: Endpoint) -> Table:
    """AUC, sensitivity and specificity of each site and over all of them."""
    known = {
        site: f"{role}, {count(n)} cases for training or tuning" if n else role.value
        for site, (role, n) in roles(evidence).items()
    }
    rows = [
        _forest_row(evidence, endpoint, site, site=site, stratum=OVERALL, level=OVERALL, note=known.get(site, ""))
        for site in evidence.sites
    ]
    rows.append(_forest_row(evidence, endpoint, ALL_SITES, site=ALL_SITES, stratum=OVERALL, level=OVERALL, total=True))
    return Table(
        f"sites-{endpoint.slug}",
        f"Discrimination and decisions per site: {endpoint.title}",
        (Column("Site"), *_SIZES, *_FOREST_COLUMNS),
        (Group("", tuple(rows)),),
        interval_methods(evidence, _rows(evidence, endpoint, FOREST, overall=True)),
        estimates_csv(evidence, endpoint, (*FOREST, PPV, NPV), pl.col("stratum") == OVERALL),
    )


def decisions_table(evidence: Evidence, endpoint: Endpoint) -> Table:
    """The index test against the reference standard at the threshold, with the predictive values."""
    rows = []
    for site in (*evidence.sites, ALL_SITES):
        sensitivity = evidence.estimate(endpoint, SENSITIVITY, site=site)
        specificity = evidence.estimate(endpoint, SPECIFICITY, site=site)
        right, wrong = _cells(sensitivity)
        cleared, called = _cells(specificity)
        values = [estimate_cell(evidence.estimate(endpoint, name, site=site)) for name in (PPV, NPV)]
        rows.append(Row((Cell(site), right, wrong, cleared, called, *values), site == ALL_SITES))
    columns = (
        Column("Site"),
        Column("True positive", kind="number"),
        Column("False negative", kind="number"),
        Column("True negative", kind="number"),
        Column("False positive", kind="number"),
        Column("PPV", kind="number"),
        Column("NPV", kind="number"),
    )
    return Table(
        f"decisions-{endpoint.slug}",
        f"The model's calls against the reference standard at threshold {evidence.threshold_words(endpoint)}",
        columns,
        (Group("", tuple(rows)),),
        "Cases. A score at or above the threshold is a positive call. Predictive values hold at this set's share of "
        "positives only; where the finding is rarer, the PPV is lower. "
        + interval_methods(evidence, _rows(evidence, endpoint, (PPV, NPV), overall=True)),
    )


def _cells(row: EstimateRow | None) -> tuple[Cell, Cell]:
    if row is None or row.numerator is None or row.denominator is None:
        why = "not computed" if row is None else row.why
        return missing(why), missing(why)
    return counted(row.numerator), counted(row.denominator - row.numerator)


def strata_table(evidence: Evidence, endpoint: Endpoint, *, site: str = ALL_SITES) -> Table:
    """Every level of every stratum, over all sites or at one."""
    everyone = _forest_row(evidence, endpoint, "All test cases", site=site, stratum=OVERALL, level=OVERALL, total=True)
    groups = [Group("", (everyone,))]
    for stratum in evidence.parameters.strata:
        levels = [
            level
            for level in evidence.levels(stratum)
            if any(evidence.estimate(endpoint, m, site=site, stratum=stratum.id, level=level) for m in FOREST)
        ]
        rows = [_forest_row(evidence, endpoint, lv, site=site, stratum=stratum.id, level=lv) for lv in levels]
        if rows:
            heading = f"{stratum.title}, {stratum.unit}" if stratum.unit else stratum.title
            groups.append(Group(heading, tuple(rows)))
    where = "over all sites" if site == ALL_SITES else f"at {site}"
    return Table(
        f"strata-{endpoint.slug}" if site == ALL_SITES else f"strata-{endpoint.slug}-{site}",
        f"Every stratum {where}: {endpoint.title}",
        (Column("Level"), *_SIZES, *_FOREST_COLUMNS),
        tuple(groups),
        interval_methods(evidence, [row for row in _rows(evidence, endpoint, FOREST) if row.site == site]),
        estimates_csv(evidence, endpoint, FOREST, pl.col("site") == site),
    )


def site_strata_tables(evidence: Evidence, endpoint: Endpoint) -> tuple[Table, ...]:
    """One table of strata per site."""
    return tuple(strata_table(evidence, endpoint, site=site) for site in evidence.sites)
