"""Tables of continuous endpoints: per site and over all, per level, and what became of the rows."""

from collections.abc import Callable

import polars as pl

from multisite.pack.evidence import EstimateRow, Evidence
from multisite.pack.marks import Mark
from multisite.pack.measures import METRIC_TITLES, Measured
from multisite.pack.numbers import NO_NUMBER, count, decimals_for, fixed, per_cent
from multisite.pack.tables.performance import estimate_cell
from multisite.pack.tables.table import Cell, Column, Group, Row, Table, counted, csv_text, missing, plain_table
from multisite.schemas.measures import MEASURE_COUNTED, MEASURES
from multisite.vocabulary import ALL_SITES, OVERALL

__all__ = ["VERDICT_MARKS", "measure_counts_table", "measure_levels_table", "measure_sites_table"]

VERDICT_MARKS = {
    "meets": Mark("meets", "●", "pass"),
    "fails": Mark("fails", "▲", "fail"),
    "insufficient evidence": Mark("insufficient evidence", "◇", "thin"),
}


def measure_sites_table(evidence: Evidence, held: Measured) -> Table:
    """A row per site, one with the cases of all sites added, the mean of the sites and what a new one may show."""
    rows = [_row(held, site, _of_site(held, site), site=site) for site in held.sites]
    rows.append(_row(held, "all sites, pooled", _of_site(held, ALL_SITES), site=ALL_SITES, total=True))
    n_columns = len(_columns(held))
    mean = [Cell("mean of the sites"), estimate_cell(held.mean_of_sites())]
    expected = held.new_site()
    new = [Cell("a new site"), Cell(expected) if expected else missing("too few sites to say")]
    blank = [Cell("")] * (n_columns - 2)
    rows += [Row((*mean, *blank)), Row((*new, *blank))]
    return plain_table(
        f"measure-{held.slug}",
        f"{held.title}: at each site",
        _columns(held),
        rows,
        method=_method(evidence, held),
        data=_data(evidence, held),
    )


def measure_levels_table(evidence: Evidence, held: Measured) -> Table:
    """A row per level of every stratum, cases of all sites added."""
    groups = [Group("", (_row(held, "All test cases", _of_level(held, OVERALL, OVERALL), total=True),))]
    for stratum in evidence.parameters.strata:
        levels = [
            level
            for level in evidence.levels(stratum)
            if held.row(held.centre, stratum=stratum.id, level=level) is not None
        ]
        heading = f"{stratum.title}, {stratum.unit}" if stratum.unit else stratum.title
        rows = tuple(_row(held, level, _of_level(held, stratum.id, level)) for level in levels)
        if rows:
            groups.append(Group(heading, rows))
    return Table(
        f"measure-levels-{held.slug}",
        f"{held.title}: in every stratum, over all sites",
        _columns(held),
        tuple(groups),
        "Test cases of all sites added. No margin binds a level, and nothing is adjusted for their number: read them "
        "as places to look at.",
        csv_text(_data(evidence, held).filter(pl.col("site") == ALL_SITES)),
    )


def measure_counts_table(evidence: Evidence, held: Measured) -> Table:
    """What became of the rows of each site's table, and which test cases have none."""
    found = [name for name in MEASURE_COUNTED if any((site, name) in held.counts for site in held.sites)]
    rows = []
    for name in found:
        cells = [counted(row["n_rows"]) if (row := held.counts.get((s, name))) else counted(0) for s in held.sites]
        rows.append(Row((Cell(MEASURE_COUNTED[name]), *cells), total=name == "used"))
    return plain_table(
        f"measure-counts-{held.slug}",
        f"{held.title}: which rows count",
        (Column("Rows"), *(Column(site, kind="number") for site in held.sites)),
        rows,
        method="The first fault of a row counts. Rows of a measure or model that is not declared stand in the artefact "
        "measure_counts only.",
    )


_Lookup = Callable[[str], EstimateRow | None]


def _of_site(held: Measured, site: str) -> _Lookup:
    return lambda metric: held.row(metric, site=site)


def _of_level(held: Measured, stratum: str, level: str) -> _Lookup:
    return lambda metric: held.row(metric, stratum=stratum, level=level)


def _columns(held: Measured) -> tuple[Column, ...]:
    unit = held.measure.unit or ""
    metrics = _metrics(held)
    units = {"icc": "absolute agreement", "share_acceptable": _limit_words(held), "median": "and quartiles"}
    return (
        Column("Site or level"),
        *(
            Column(METRIC_TITLES[metric].removesuffix(" of agreement"), units.get(metric, unit), kind="number")
            for metric in metrics
        ),
    )


def _metrics(held: Measured) -> list[str]:
    paired = ["bias", "lower_limit", "upper_limit", "mean_absolute_difference", "icc"]
    metrics = paired if held.measure.paired else ["mean", "standard_deviation", "median"]
    return [*metrics, *(["share_acceptable"] if held.measure.case_limit is not None else [])]


def _limit_words(held: Measured) -> str:
    measure = held.measure
    if measure.case_limit is None:
        return ""
    if measure.paired:
        return f"within ±{measure.case_limit:g}"
    return f"{measure.case_limit:g} or {'more' if measure.higher_is_better else 'less'}"


def _row(held: Measured, label: str, lookup: _Lookup, *, site: str | None = None, total: bool = False) -> Row:
    centre = lookup(held.centre)
    sized = "" if centre is None else f"{count(centre.n_cases)} cases, {count(centre.n_patients)} patients"
    cells = [_cell(held, metric, lookup, centre, site) for metric in _metrics(held)]
    return Row((Cell(label, note=sized), *cells), total)


def _cell(held: Measured, metric: str, lookup: _Lookup, centre: EstimateRow | None, site: str | None) -> Cell:
    row = lookup(metric)
    if row is None or row.estimate is None:
        # The reason is told once in a row.
        return estimate_cell(row) if metric == held.centre or centre is None else Cell(NO_NUMBER, quiet=True)
    if metric in ("standard_deviation", "median"):
        return _without_interval(row, lookup, centre)
    cell = estimate_cell(row)
    verdict = held.verdict(metric, site=site) if site else None
    return Cell(cell.text, cell.interval, verdict, cell.sort, cell.quiet) if verdict else cell


def _without_interval(row: EstimateRow, lookup: _Lookup, centre: EstimateRow | None) -> Cell:
    """In the digits of the mean; a median with its quartiles."""
    decimals = decimals_for(centre.low, centre.high) if centre is not None and centre.sound else 2
    value = row.estimate or 0.0
    quartiles = [found.estimate for name in ("lower_quartile", "upper_quartile") if (found := lookup(name))]
    if row.metric != "median" or None in quartiles or len(quartiles) < 2:
        return Cell(fixed(value, decimals), sort=value)
    ends = "–".join(fixed(end or 0.0, decimals) for end in quartiles)
    return Cell(fixed(value, decimals), f"({ends})", sort=value)


def _method(evidence: Evidence, held: Measured) -> str:
    level = per_cent(100 * evidence.parameters.ci_level)
    if held.measure.paired:
        said = (
            f"Model minus reference standard, test split. Intervals of {level}: Student's, patients as clusters, of "
            "both means; of the limits, exact where patients have one case each, else Zou's over the variance between "
            "and within patients. The ICC is that of absolute agreement of single "
            "measurements; it has an interval only where patients have one case each."
        )
    else:
        said = (
            f"Test split. The interval of the mean is Student's, patients as clusters, at {level}; the median and the "
            "quartiles in brackets come from a grid of 200 cells and have none."
        )
        if held.measure.top_coded:
            said += " Values above the upper bound count as the bound."
    share = "" if held.measure.case_limit is None else " Acceptable: Wilson's, patients as clusters."
    return f"{said}{share} The mean of the sites takes each as one of a sample of sites (random effects)."


def _data(evidence: Evidence, held: Measured) -> pl.DataFrame:
    of = {"measure": held.measure.id, "model": held.model.id}
    return evidence.frame(MEASURES).filter(**of).drop(*of)
