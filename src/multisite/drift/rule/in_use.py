"""Sensitivity and specificity in routine use as monitors: a fall is amber, a breach red, an estimate neither."""

from typing import Any

import polars as pl

from multisite.drift.calendar import last_day
from multisite.drift.rule.series import Monitor
from multisite.drift.rule.told import NOTHING_TOLD, Told
from multisite.drift.rule.words import in_words
from multisite.vocabulary import FALLS, OVERALL, SINCE, LearntFrom, MonitorFamily, MonitorKind, MonitorStatus

__all__ = ["falls_of", "performance_rows"]

_STATUS = {
    "holds": MonitorStatus.IN_RANGE,
    "breached": MonitorStatus.SIGNAL,
    "fallen": MonitorStatus.SIGNAL,
    "insufficient evidence": MonitorStatus.NOT_ASSESSABLE,
}


def falls_of(performance: pl.DataFrame, *, model: str, told: Told = NOTHING_TOLD) -> dict[str, bool]:
    """The months (YYYY-MM) at whose end mature labels say that sensitivity or specificity has fallen, and whether by
    more than it may for certain; not of a measure that is muted then."""
    fallen = _from_labels(performance, model).filter(pl.col("verdict").is_in(FALLS))
    rows = [row for row in fallen.iter_rows(named=True) if not _is_muted(row, told)]
    breached = {row["month"] for row in rows if row["verdict"] == "breached"}
    return {row["month"]: row["month"] in breached for row in rows}


def performance_rows(
    performance: pl.DataFrame,
    *,
    model: str,
    baseline_of: dict[str, str],
    titles: dict[str, str],
    told: Told = NOTHING_TOLD,
) -> list[dict[str, Any]]:
    """Rows of DRIFT_MONITORS from what mature labels say, one per month, finding and measure.

    Where the months since a later one say worse than all months together do, the row is of those.
    """
    rows_told = _from_labels(performance, model)
    worse = pl.col("verdict").replace_strict({"breached": 2, "fallen": 1}, default=0)
    chosen = (
        rows_told.sort(worse, pl.col("axis") == OVERALL, descending=True)
        .unique(["month", "finding", "measure"], keep="first", maintain_order=True)
        .sort("month", "finding", "measure")
    )
    rows = [row for row in chosen.iter_rows(named=True) if row["month"] in baseline_of]
    return [_row(row, model, baseline_of[row["month"]], titles, is_muted=_is_muted(row, told)) for row in rows]


def _from_labels(performance: pl.DataFrame, model: str) -> pl.DataFrame:
    stretches = pl.col("axis").is_in([OVERALL, SINCE])
    return performance.filter((pl.col("model") == model) & (pl.col("method") == "labels") & stretches)


def _is_muted(row: dict[str, Any], told: Told) -> bool:
    return told.muted((_name(row), OVERALL, OVERALL), last_day(row["month"])) is not None


def _name(row: dict[str, Any]) -> str:
    return f"{row['measure']}_{row['finding']}_{row['model']}"


def _row(row: dict[str, Any], model: str, baseline: str, titles: dict[str, str], *, is_muted: bool) -> dict[str, Any]:
    name = _name(row)
    monitor = Monitor(
        id=name, axis=OVERALL, level=OVERALL, family=MonitorFamily.PERFORMANCE, kind=MonitorKind.SHARE,
        learnt_from=LearntFrom.VALIDATED, finding=row["finding"], model=model, unit="share", design_effect=1.0,
        mean=row["reference"], standard_deviation=None, smallest_change=row["margin"], change_unit="share",
    )  # fmt: skip
    value, usual = row["estimate"], row["reference"]
    known = value is not None and usual is not None
    status = _STATUS[row["verdict"]]
    if status is MonitorStatus.SIGNAL and is_muted:
        status = MonitorStatus.MUTED
    return {
        "site": row["site"], "month": row["month"], "model": model, "baseline": baseline, "is_overlap": False,
        "monitor": name, "axis": OVERALL, "level": OVERALL, "title": in_words(monitor, titles),
        "family": MonitorFamily.PERFORMANCE.value, "kind": MonitorKind.SHARE.value, "n_studies": row["n_labelled"],
        "n_reference": 0, "cell": "", "value": value, "usual": usual, "usual_low": None, "usual_high": None,
        "unit": "share", "change": float(f"{value - usual:.9g}") if known else None, "change_unit": "share",
        "smallest_change": row["margin"], "p_value": None, "adjusted_p_value": None, "evidence": None,
        "since": _since(row) if status is MonitorStatus.SIGNAL else None, "detectable_change": None,
        "mix_axis": None, "mix_change": None, "within_change": None, "event": None, "status": status.value,
        "reason": _reason(row) if status is MonitorStatus.NOT_ASSESSABLE else None,
    }  # fmt: skip


def _since(row: dict[str, Any]) -> str:
    return str(row["level"] if row["axis"] == SINCE else row["month"])


def _reason(row: dict[str, Any]) -> str:
    if row["reason"]:
        return str(row["reason"])
    needed = f"; about {row['n_needed']} show such a fall" if row["n_needed"] else ""
    return f"{row['n_labelled']} mature labels leave it open{needed}"
