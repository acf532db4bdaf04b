"""A figure per monitor: each site's months against its baseline."""

import math

import polars as pl

from multisite.pack.evidence import Evidence
from multisite.pack.figures.drift import PANEL_WIDTH, DriftMonth, draw_drift
from multisite.pack.figures.figure import Figure, MissingPanel, Panel
from multisite.pack.monitors import SCORE_PREFIX, monitor_title, monitor_unit
from multisite.pack.sentences.drift import monitor_finding
from multisite.pack.tables.drift import monitor_table
from multisite.schemas.drift import DRIFT_COMPARISON, DRIFT_COUNTS_BASELINE

__all__ = ["drift_figures"]

_NUMBER = "number"
_TWO_SIDED_95 = 1.96


def drift_figures(evidence: Evidence) -> tuple[Figure, ...]:
    """Scores first, then numbers, then categories; within each, those with the most months called different first."""
    compared = evidence.frame(DRIFT_COMPARISON)
    ranked = compared.group_by("monitor").agg(
        pl.col("monitor").str.starts_with(SCORE_PREFIX).any().alias("is_score"),
        pl.col("kind").first(),
        pl.col("evidently_drift").sum().alias("flagged"),
    )
    order = ranked.sort("is_score", "kind", "flagged", "monitor", descending=[True, True, True, False])
    return tuple(_monitor_figure(evidence, monitor) for monitor in order["monitor"])


def _monitor_figure(evidence: Evidence, monitor: str) -> Figure:
    compared = evidence.frame(DRIFT_COMPARISON).filter(monitor=monitor).sort("site", "window")
    is_number = compared["kind"][0] == _NUMBER
    per_site = {site: _months(compared.filter(site=site), is_number) for site in evidence.sites}
    commonest = {} if is_number else _commonest(evidence, monitor)
    baselines = {site: compared.filter(site=site)["mean_reference"].drop_nulls() for site in evidence.sites}
    low, high = _axis(per_site, [v for b in baselines.values() for v in b])
    unit = monitor_unit(monitor)
    panels = tuple(
        _panel(monitor, site, months, baselines[site], (low, high), unit=unit, category=commonest.get(site, ""))
        for site, months in per_site.items()
    )
    title = monitor_title(evidence.parameters, monitor)
    what = "Share of the baseline's commonest category in each month"
    if is_number:
        what = f"Mean of each month in {unit}" if unit else "Mean of each month"
    band = "" if is_number else "; shaded: where 95 of 100 months of that size would fall if nothing had changed"
    return Figure(
        slug=f"drift-{monitor}",
        title=monitor_finding(evidence, monitor),
        subtitle=f"{what}, n its studies; dashed: the baseline{band}. Squares: Evidently calls the month different; "
        "hollow: it could not compare it.",
        panels=panels,
        panel_width=PANEL_WIDTH,
        data=monitor_table(evidence, monitor, f"{title}: every month"),
        method=_method(compared, is_number),
    )


def _panel(
    monitor: str,
    site: str,
    months: list[DriftMonth],
    baseline: pl.Series,
    axis: tuple[float, float],
    *,
    unit: str,
    category: str,
) -> Panel | MissingPanel:
    if not months:
        return MissingPanel(site, "No later month was supplied.")
    if all(month.value is None for month in months):
        reasons = sorted({month.reason for month in months if month.reason})
        return MissingPanel(site, "; ".join(reasons) or "No month has a value.")
    return draw_drift(
        months,
        slug=f"drift-{monitor}-{site}",
        site=site,
        baseline=baseline[0] if len(baseline) else None,
        low=axis[0],
        high=axis[1],
        category=category,
        unit=f" {unit}" if unit else "",
    )


def _months(rows: pl.DataFrame, is_number: bool) -> list[DriftMonth]:
    return [
        DriftMonth(
            month=row["window"],
            n=row["n_current"],
            value=row["mean_current"],
            flagged=row["evidently_drift"],
            band=None if is_number else _band(row["mean_reference"], row["n_reference"], row["n_current"]),
            reason=row["reason"] or "no value",
        )
        for row in rows.iter_rows(named=True)
    ]


def _commonest(evidence: Evidence, monitor: str) -> dict[str, str]:
    """The category whose share is followed, per site; ties go to the first by alphabet, as in the comparison."""
    baseline = evidence.frame(DRIFT_COUNTS_BASELINE).filter(monitor=monitor, bin_kind="category")
    ranked = baseline.sort("n_studies", "label", descending=[True, False])
    return dict(ranked.unique("site", keep="first", maintain_order=True).select("site", "label").rows())


def _band(share: float | None, n_reference: int, n_current: int) -> tuple[float, float] | None:
    """The normal range of a month's share around the baseline's, both of them estimated."""
    if share is None or not n_reference or not n_current:
        return None
    half = _TWO_SIDED_95 * math.sqrt(share * (1 - share) * (1 / n_reference + 1 / n_current))
    return max(0.0, share - half), min(1.0, share + half)


def _axis(per_site: dict[str, list[DriftMonth]], baselines: list[float]) -> tuple[float, float]:
    values = [v for months in per_site.values() for m in months for v in (m.value, *(m.band or ())) if v is not None]
    values += baselines
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    room = 0.08 * (high - low) or 0.5
    return low - room, high + room


def _method(compared: pl.DataFrame, is_number: bool) -> str:
    methods = sorted(compared["method"].drop_nulls().unique())
    used = f"Evidently's method: {' or '.join(methods)}." if methods else "Evidently gave no statistic."
    if is_number:
        return f"{used} The spread of single months is not drawn: no moments of the baseline leave the site."
    return f"{used} The shaded range is normal and takes cases as independent."
