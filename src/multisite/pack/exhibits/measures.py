"""The figure of a continuous endpoint: the sites beside the levels of every stratum."""

from multisite.pack.evidence import Evidence
from multisite.pack.figures.figure import Figure
from multisite.pack.figures.forest import PANEL_WIDTH
from multisite.pack.figures.measures import MeasureRow, draw_measures, measure_axis
from multisite.pack.measures import METRIC_TITLES, Measured
from multisite.pack.numbers import per_cent
from multisite.pack.sentences.measures import measure_title
from multisite.pack.tables.measures import measure_levels_table
from multisite.vocabulary import ALL_SITES, OVERALL

__all__ = ["measure_figure"]


def measure_figure(evidence: Evidence, held: Measured) -> Figure:
    """A panel with a row per site, and one with a row per level over all sites, on one axis."""
    panels = {"sites": _site_rows(held), "strata": _level_rows(evidence, held)}
    rows = [row for panel in panels.values() for row in panel]
    band = _band(held)
    values = [end for row in rows if row.estimate is not None and row.estimate.sound for end in _reach(row)]
    values += [end for end in band or () if abs(end) != float("inf")]
    axis = measure_axis(values, about_zero=held.measure.paired)
    shaded = None if band is None else (max(band[0], axis.low), min(band[1], axis.high))
    whole = held.row(held.centre)
    line = 0.0 if held.measure.paired else whole.value if whole is not None and whole.sound else None
    unit = f", {held.measure.unit}" if held.measure.unit else ""
    title = measure_title(held)
    return Figure(
        f"measure-forest-{held.slug}",
        title,
        _subtitle(held),
        tuple(
            draw_measures(
                drawn,
                axis,
                slug=f"measure-{held.slug}-{name}",
                head=f"{METRIC_TITLES[held.centre]}{unit}: {name}",
                title=title,
                line=line,
                band=shaded,
            )
            for name, drawn in panels.items()
        ),
        PANEL_WIDTH,
        measure_levels_table(evidence, held),
        f"Test split, {per_cent(100 * evidence.parameters.ci_level)} intervals that count patients; one axis.",
    )


def _site_rows(held: Measured) -> list[MeasureRow]:
    rows = [_row(held, site, site=site) for site in held.sites]
    return [*rows, _row(held, "all sites, pooled", total=True), MeasureRow("mean of the sites", held.mean_of_sites())]


def _level_rows(evidence: Evidence, held: Measured) -> list[MeasureRow]:
    rows = [_row(held, "All test cases", total=True)]
    for stratum in evidence.parameters.strata:
        levels = [lv for lv in evidence.levels(stratum) if held.row(held.centre, stratum=stratum.id, level=lv)]
        if levels:
            heading = f"{stratum.title}, {stratum.unit}" if stratum.unit else stratum.title
            rows.append(MeasureRow(heading, heading=True))
            rows += [_row(held, level, stratum=stratum.id, level=level) for level in levels]
    return rows


def _row(
    held: Measured,
    label: str,
    *,
    site: str = ALL_SITES,
    stratum: str = OVERALL,
    level: str = OVERALL,
    total: bool = False,
) -> MeasureRow:
    place = {"site": site, "stratum": stratum, "level": level}
    ends = [held.row(metric, **place) for metric in ("lower_limit", "upper_limit")]
    known = [end.estimate for end in ends if end is not None and end.estimate is not None]
    limits = (known[0], known[1]) if len(known) == 2 else None
    return MeasureRow(label, held.row(held.centre, **place), limits, total=total)


def _reach(row: MeasureRow) -> list[float]:
    assert row.estimate is not None, "only sound rows are asked"
    return [row.estimate.low, row.estimate.high, *(row.limits or ())]


def _band(held: Measured) -> tuple[float, float] | None:
    margin = held.measure.margin
    if margin is None:
        return None
    if held.measure.paired:
        return -margin, margin
    endless = float("inf")
    return (margin, endless) if held.measure.higher_is_better else (-endless, margin)


def _subtitle(held: Measured) -> str:
    shaded = " What the protocol accepts is shaded." if held.measure.margin is not None else ""
    if held.measure.paired:
        return (
            "Each thick bar is the interval of the bias, model minus reference standard, its notch the estimate; the "
            f"thin line under it spans the limits of agreement. The dashed line is no difference.{shaded}"
        )
    return (
        "Each bar is the interval of a mean, its notch the estimate; the dashed line is the mean of all test cases."
        f"{shaded}"
    )
