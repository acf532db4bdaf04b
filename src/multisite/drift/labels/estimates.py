"""Sensitivity and specificity in use at the end of a month: from mature labels, from the audit, and before labels."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from multisite.drift.labels.from_labels import label_rows, labels_of_pair
from multisite.drift.labels.performance_row import MEASURES, Endpoint, blank_row, rounded
from multisite.drift.labels.validated import Validated
from multisite.schemas.drift_performance import DRIFT_PERFORMANCE
from multisite.stats import AuditSums, audited_share, expected_accuracy
from multisite.vocabulary import OVERALL

__all__ = ["InUse", "performance_rows"]


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
        labels = labels_of_pair(tallies.labels.filter(**pair))
        scores, audits = tallies.scores.filter(**pair), tallies.audits.filter(**pair)
        told: list[dict[str, Any]] = []
        for month in months:
            base = {"site": site, "month": month, **pair}
            found = label_rows(labels, base, endpoint, known)
            found += _from_audit(audits, base, endpoint, known)
            expected = _before_labels(scores, base, endpoint, known)
            for row in expected:
                row |= _backtest(row, told, found)
            told += expected
            rows += found + expected
    for row in rows:
        row.pop("raw", None)
    return pl.DataFrame(rows, schema=DRIFT_PERFORMANCE.schema).sort(DRIFT_PERFORMANCE.key)


def _from_audit(
    audits: pl.DataFrame, base: dict[str, Any], endpoint: Endpoint, known: Validated | None
) -> list[dict[str, Any]]:
    """The random audits of all months, of whose drawn studies most labels were known; nothing where no month has one.

    A month counts once nine of ten of its drawn studies have a label: those that lack one are no random part.
    """
    rows = []
    so_far = audits.filter((pl.col("month") <= base["month"]) & (pl.col("known_in") <= base["month"]))
    for measure in MEASURES:
        own = so_far.filter(measure=measure)
        per_month = own.group_by("month").agg(pl.col("n_drawn", "n_audited").sum())
        complete = per_month.filter(pl.col("n_audited") >= _COMPLETE * pl.col("n_drawn"))
        own = own.filter(pl.col("month").is_in(complete["month"].to_list()))
        if own.is_empty():
            continue
        sums = _summed(own)
        found = audited_share(sums)
        rate = None if known is None else known.of(measure)
        row = blank_row(
            {**base, "axis": OVERALL, "level": OVERALL}, measure, "audit", endpoint, rate.estimate if rate else None
        )
        row |= {
            "n_studies": sums.n_studies,
            "n_labelled": sums.n_positive,
            "maturity": sums.n_audited / sums.n_studies,
            "estimate": rounded(found.estimate),
            "lower": rounded(found.ci_low),
            "upper": rounded(found.ci_high),
            "ci_method": "prediction-powered, 95 %",
            "reason": found.reason,
        }
        if found.estimate is not None and found.ci_low is not None and rate is not None:
            # A normal interval looked at every month would breach by chance, so that it may only reassure.
            down = math.hypot(found.estimate - found.ci_low, rate.high - rate.estimate)
            holds = found.estimate - rate.estimate - down >= -endpoint.largest_fall
            row |= {"verdict": "holds" if holds else "insufficient evidence"}
        rows.append(row)
    return rows


_COMPLETE = 0.9


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
        row = blank_row(
            {**base, "axis": OVERALL, "level": OVERALL}, measure, "without labels", endpoint, _reference(known, measure)
        )
        row |= {
            "n_studies": int(own["n_studies"].sum()),
            "estimate": rounded(rate.estimate),
            "lower": rounded(rate.ci_low),
            "upper": rounded(rate.ci_high),
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
    return {"backtest_error": rounded(error), "n_backtested": len(earlier)}


def _reference(known: Validated | None, measure: str) -> float | None:
    rate = None if known is None else known.of(measure)
    return None if rate is None else rate.estimate


def _shifted(low: float | None, high: float | None) -> str | None:
    if low is None or high is None:
        return None
    return f"between {low:.2f} and {high:.2f} if the odds of the finding had halved or doubled"
