"""Sensitivity and specificity in use at the end of a month: from mature labels, from the audit, and before labels."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from multisite.drift.labels.maturing import Arrived, arrived_by, mature_age
from multisite.schemas.drift_performance import DRIFT_PERFORMANCE
from multisite.stats import (
    AuditSums,
    CalibrationLine,
    anytime_interval,
    audited_share,
    expected_accuracy,
)
from multisite.vocabulary import OVERALL

__all__ = ["Endpoint", "InUse", "Validated", "performance_rows"]

MINIMUM_LABELLED = 10
BY_MONTH = "month"
"""The axis whose levels are the months of the studies."""

_MOST_UNEVEN = 0.1
_ALPHA = 0.05
_POWER_Z, _TEST_Z = 0.841621, 2.326348
MEASURES = ("sensitivity", "specificity")


@dataclass(frozen=True, slots=True)
class Validated:
    """Sensitivity and specificity of the validated set, and the calibration line of its scores; None if undefined."""

    sensitivity: float | None
    specificity: float | None
    line: CalibrationLine


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A finding and model, its threshold, and the largest fall that is no breach."""

    finding: str
    model: str
    threshold: float
    largest_fall: float


@dataclass(frozen=True, slots=True)
class InUse:
    """Tallies of routine use: DRIFT_LABEL_COUNTS, DRIFT_SCORE_COUNTS and DRIFT_AUDIT of one site."""

    labels: pl.DataFrame
    scores: pl.DataFrame
    audits: pl.DataFrame


def performance_rows(
    tallies: InUse,
    *,
    site: str,
    months: Sequence[str],
    endpoints: Sequence[Endpoint],
    validated: Mapping[tuple[str, str], Validated],
) -> pl.DataFrame:
    """DRIFT_PERFORMANCE at the end of every month of ``months``: each number as it could have been told then."""
    rows: list[dict[str, Any]] = []
    for endpoint in endpoints:
        pair = {"finding": endpoint.finding, "model": endpoint.model}
        known = validated.get((endpoint.finding, endpoint.model))
        labels = tallies.labels.filter(**pair)
        scores, audits = tallies.scores.filter(**pair), tallies.audits.filter(**pair)
        told: list[dict[str, Any]] = []
        for month in months:
            base = {"site": site, "month": month, **pair}
            found = _from_labels(labels, base, endpoint, known)
            found += _from_audit(audits, base, endpoint, known)
            expected = _before_labels(scores, base, endpoint, known)
            for row in expected:
                row |= _backtest(row, told, found)
            told += expected
            rows += found + expected
    for row in rows:
        row.pop("raw", None)
    return pl.DataFrame(rows, schema=DRIFT_PERFORMANCE.schema).sort(DRIFT_PERFORMANCE.key)


def _from_labels(
    labels: pl.DataFrame, base: dict[str, Any], endpoint: Endpoint, known: Validated | None
) -> list[dict[str, Any]]:
    """All mature months together, by software version and month by month, with intervals that hold however often one
    looks."""
    rows = []
    whole = labels.filter(axis=OVERALL)
    age = mature_age(whole, month=base["month"])
    singly = whole.with_columns(pl.lit(BY_MONTH).alias("axis"), pl.col("month").alias("level"))
    groups = pl.concat([labels, singly]).group_by("axis", "level", maintain_order=True)
    for (axis, level), group in groups:
        arrived = arrived_by(group, month=base["month"], age=age)
        if axis != OVERALL and arrived.n_labelled == 0:
            continue
        for measure in MEASURES:
            rows.append(_label_row(arrived, {**base, "axis": axis, "level": level}, measure, endpoint, known))
    return rows


def _label_row(
    arrived: Arrived, base: dict[str, Any], measure: str, endpoint: Endpoint, known: Validated | None
) -> dict[str, Any]:
    right, total = arrived.counts(measure)
    reference = _reference(known, measure)
    needed = _needed(reference, endpoint.largest_fall)
    row = _row(base, measure, "labels", endpoint, reference)
    row |= {"n_studies": arrived.n_studies, "n_labelled": total, "maturity": arrived.maturity, "n_needed": needed}
    row |= {"next_month": _next_month(base["month"], total, needed, arrived.n_months)}
    if arrived.n_known == 0:
        return {**row, "reason": "no label has arrived yet"}
    if total < MINIMUM_LABELLED:
        which = "with" if measure == "sensitivity" else "without"
        return {
            **row,
            "reason": f"{total} studies {which} the finding have mature labels; {MINIMUM_LABELLED} are needed",
        }
    low, high = anytime_interval(right, total, alpha=_ALPHA)
    row |= {"estimate": _round(right / total), "lower": _round(low), "upper": _round(high)}
    row |= {"ci_method": "anytime-valid (Robbins), 95 %"}
    if arrived.unevenness > _MOST_UNEVEN:
        # Labels that come mostly to alerts make sensitivity look better than it is, and specificity worse.
        share = "labels arrived for {:.0f} % of alerts and {:.0f} % of others: what is labelled is no random part"
        reason = share.format(100 * arrived.share_of_alerts, 100 * arrived.share_of_others)
        return {**row, "reason": reason}
    if reference is None:
        return {**row, "reason": "the validated set has no value to hold it against"}
    lowest = reference - endpoint.largest_fall
    verdict = "breached" if high < lowest else "holds" if low >= lowest else "insufficient evidence"
    return {**row, "verdict": verdict}


def _from_audit(
    audits: pl.DataFrame, base: dict[str, Any], endpoint: Endpoint, known: Validated | None
) -> list[dict[str, Any]]:
    """The random audits of all months whose labels were known; nothing where no month has one."""
    rows = []
    so_far = audits.filter((pl.col("month") <= base["month"]) & (pl.col("known_in") <= base["month"]))
    for measure in MEASURES:
        own = so_far.filter(measure=measure)
        if own.is_empty():
            continue
        sums = _summed(own)
        found = audited_share(sums)
        reference = _reference(known, measure)
        row = _row({**base, "axis": OVERALL, "level": OVERALL}, measure, "audit", endpoint, reference)
        row |= {
            "n_studies": sums.n_studies,
            "n_labelled": sums.n_positive,
            "maturity": sums.n_audited / sums.n_studies,
            "estimate": _round(found.estimate),
            "lower": _round(found.ci_low),
            "upper": _round(found.ci_high),
            "ci_method": "prediction-powered, 95 %",
            "reason": found.reason,
        }
        if found.ci_high is not None and found.ci_low is not None and reference is not None:
            lowest = reference - endpoint.largest_fall
            # A normal interval looked at every month would breach by chance, so that it may only reassure.
            row |= {"verdict": "holds" if found.ci_low >= lowest else "insufficient evidence"}
        rows.append(row)
    return rows


def _summed(audits: pl.DataFrame) -> AuditSums:
    columns = AuditSums.__slots__
    first, *others = (AuditSums(*row) for row in audits.select(columns).rows())
    return sum(others, first)


def _before_labels(
    scores: pl.DataFrame, base: dict[str, Any], endpoint: Endpoint, known: Validated | None
) -> list[dict[str, Any]]:
    own = scores.filter(month=base["month"])
    if known is None or own.is_empty():
        return []
    found = expected_accuracy(
        own["score"].to_numpy(), own["n_studies"].to_numpy(), threshold=endpoint.threshold, calibration=known.line
    )
    rows = []
    for measure in MEASURES:
        rate = found.sensitivity if measure == "sensitivity" else found.specificity
        row = _row(
            {**base, "axis": OVERALL, "level": OVERALL}, measure, "without labels", endpoint, _reference(known, measure)
        )
        row |= {
            "n_studies": int(own["n_studies"].sum()),
            "estimate": _round(rate.estimate),
            "lower": _round(rate.ci_low),
            "upper": _round(rate.ci_high),
            "ci_method": "calibrated scores, delta method, 95 %",
            "verdict": "estimate only",
            "reason": found.reason or _shifted(rate.low_if, rate.high_if),
        }
        rows.append(row)
    return rows


def _backtest(row: dict[str, Any], told: Sequence[dict[str, Any]], found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """How far earlier such estimates lay from what mature labels say now; an estimate without it is not shown."""
    label = next(
        (one for one in found if (one["method"], one["axis"], one["measure"]) == ("labels", OVERALL, row["measure"])
         and one["estimate"] is not None), None,
    )  # fmt: skip
    earlier = [one["raw"] for one in told if one["measure"] == row["measure"] and one["raw"] is not None]
    row["raw"] = row["estimate"]
    if label is None or not earlier:
        reason = "not shown: no mature labels to test such estimates against"
        return {"estimate": None, "lower": None, "upper": None, "backtest_error": None, "reason": reason}
    error = float(np.mean([abs(one - label["estimate"]) for one in earlier]))
    return {"backtest_error": _round(error), "n_backtested": len(earlier)}


def _row(
    base: dict[str, Any], measure: str, method: str, endpoint: Endpoint, reference: float | None
) -> dict[str, Any]:
    nothing = dict.fromkeys(
        ("maturity", "estimate", "lower", "upper", "backtest_error", "n_needed", "next_month", "reason")
    )
    return {
        **base, **nothing, "measure": measure, "method": method, "n_studies": 0, "n_labelled": 0, "ci_method": "",
        "reference": _round(reference), "margin": endpoint.largest_fall, "verdict": "insufficient evidence",
        "n_backtested": 0,
    }  # fmt: skip


def _reference(known: Validated | None, measure: str) -> float | None:
    if known is None:
        return None
    return known.sensitivity if measure == "sensitivity" else known.specificity


def _needed(reference: float | None, fall: float) -> int | None:
    """Labelled studies at which a fall by the margin is seen, one-sided 1 %, in 80 of 100 cases."""
    if reference is None or reference - fall <= 0:
        return None
    low = reference - fall
    spread = _TEST_Z * math.sqrt(reference * (1 - reference)) + _POWER_Z * math.sqrt(low * (1 - low))
    return math.ceil((spread / fall) ** 2)


def _next_month(month: str, total: int, needed: int | None, n_months: int) -> str | None:
    """The month by which so many labels are to be expected at the rate so far; None without a rate, or when past."""
    if needed is None or total == 0 or n_months == 0 or total >= needed:
        return None
    ahead = math.ceil((needed - total) / (total / n_months))
    year, number = map(int, month.split("-"))
    years, rest = divmod(number - 1 + ahead, 12)
    return f"{year + years:04d}-{rest + 1:02d}"


def _shifted(low: float | None, high: float | None) -> str | None:
    if low is None or high is None:
        return None
    return f"between {low:.2f} and {high:.2f} if the odds of the finding had halved or doubled"


def _round(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(f"{value:.9g}")
