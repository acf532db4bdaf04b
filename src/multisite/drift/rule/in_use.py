"""Sensitivity and specificity in routine use as monitors: a confirmed breach is red, an estimate never is."""

from typing import Any

import polars as pl

from multisite.drift.rule.series import Monitor
from multisite.drift.rule.words import in_words
from multisite.vocabulary import OVERALL, LearntFrom, MonitorFamily, MonitorKind, MonitorStatus

__all__ = ["breaches_of", "performance_rows"]

_STATUS = {
    "holds": MonitorStatus.IN_RANGE,
    "breached": MonitorStatus.SIGNAL,
    "insufficient evidence": MonitorStatus.NOT_ASSESSABLE,
}


def breaches_of(performance: pl.DataFrame, *, model: str) -> frozenset[str]:
    """The months (YYYY-MM) at whose end mature labels say that sensitivity or specificity has fallen too far."""
    breached = performance.filter(
        (pl.col("model") == model) & (pl.col("method") == "labels") & (pl.col("axis") == OVERALL)
        & (pl.col("verdict") == "breached")
    )  # fmt: skip
    return frozenset(breached["month"].to_list())


def performance_rows(
    performance: pl.DataFrame, *, model: str, baseline_of: dict[str, str], titles: dict[str, str]
) -> list[dict[str, Any]]:
    """Rows of DRIFT_MONITORS from what mature labels say, one per month, finding and measure."""
    own = performance.filter(
        (pl.col("model") == model) & (pl.col("method") == "labels") & (pl.col("axis") == OVERALL)
    ).sort("month", "finding", "measure")
    rows = [row for row in own.iter_rows(named=True) if row["month"] in baseline_of]
    return [_row(row, model, baseline_of[row["month"]], titles) for row in rows]


def _row(row: dict[str, Any], model: str, baseline: str, titles: dict[str, str]) -> dict[str, Any]:
    name = f"{row['measure']}_{row['finding']}_{model}"
    monitor = Monitor(
        id=name, axis=OVERALL, level=OVERALL, family=MonitorFamily.PERFORMANCE, kind=MonitorKind.SHARE,
        learnt_from=LearntFrom.VALIDATED, finding=row["finding"], model=model, unit="share", design_effect=1.0,
        mean=row["reference"], standard_deviation=None, smallest_change=row["margin"], change_unit="share",
    )  # fmt: skip
    value, usual = row["estimate"], row["reference"]
    known = value is not None and usual is not None
    status = _STATUS[row["verdict"]]
    return {
        "site": row["site"], "month": row["month"], "model": model, "baseline": baseline, "is_overlap": False,
        "monitor": name, "axis": OVERALL, "level": OVERALL, "title": in_words(monitor, titles),
        "family": MonitorFamily.PERFORMANCE.value, "kind": MonitorKind.SHARE.value, "n_studies": row["n_labelled"],
        "n_reference": 0, "cell": "", "value": value, "usual": usual, "usual_low": None, "usual_high": None,
        "unit": "share", "change": float(f"{value - usual:.9g}") if known else None, "change_unit": "share",
        "smallest_change": row["margin"], "p_value": None, "adjusted_p_value": None, "evidence": None,
        "since": row["month"] if status is MonitorStatus.SIGNAL else None, "detectable_change": None,
        "mix_axis": None, "mix_change": None, "within_change": None, "event": None, "status": status.value,
        "reason": _reason(row) if status is MonitorStatus.NOT_ASSESSABLE else None,
    }  # fmt: skip


def _reason(row: dict[str, Any]) -> str:
    if row["reason"]:
        return str(row["reason"])
    needed = f"; about {row['n_needed']} show such a fall" if row["n_needed"] else ""
    return f"{row['n_labelled']} mature labels leave it open{needed}"
