"""A site's estimate on the scale on which sites are pooled, with its standard error, or why it has none."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from multisite.schemas.across_sites import POOLED_METRICS
from multisite.stats import ClusterMoments, Scale, clustered_proportion, logit_of_counts
from multisite.stats.estimate import normal_quantile
from multisite.stats.pooling.scales import on_scale
from multisite.vocabulary import EstimateStatus, SiteRole

__all__ = ["SiteEffect", "interval_effect", "patient_effect", "proportion_effect", "site_effect"]

_PROPORTIONS = frozenset({"sensitivity", "specificity"})
_INTERVALS: Mapping[str, tuple[str, str]] = {
    "auc": ("delong, logit scale", "no standard error on the logit scale, as where the AUC is 0 or 1"),
    "observed_expected": ("log", "no standard error on the log scale, as where one class is missing"),
    "calibration_slope": ("wald", "no interval that gives a standard error"),
    "calibration_in_the_large": ("wald", "no interval that gives a standard error"),
}
"""Metric to the method whose interval is symmetric on the scale, and why a site with another interval is left out."""


_REMARKS = ("repeated cases", "scores of 0 or 1")
"""How the parts of a method begin that hold for the pooled number, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteEffect:
    """One site and metric. ``value`` and ``standard_error`` are on the scale of pooling; both or neither are there.

    ``reason`` says why they are missing. ``remark`` is what must be told of the standard error.
    """

    site: str
    role: SiteRole
    n_development_cases: int
    n_patients: int = 0
    n_cases: int = 0
    value: float | None = None
    standard_error: float | None = None
    status: EstimateStatus = EstimateStatus.OK
    reason: str | None = None
    remark: str = ""


def site_effect(
    row: Mapping[str, Any] | None,
    moments: ClusterMoments | None,
    site: SiteEffect,
    *,
    patient_error: float | None = None,
) -> SiteEffect:
    """``site`` with what its row of the estimates says on the scale of the metric.

    ``moments`` are those of a proportion; ``patient_error`` is the standard error of another metric, between patients,
    where these have several cases. A site without a row, and one whose estimate is undefined or insufficient,
    keeps the reason it came with.
    """
    if row is None:
        return replace(site, status=EstimateStatus.UNDEFINED, reason="not computed")
    counted = replace(site, n_patients=row["n_patients"], n_cases=row["n_cases"])
    if row["status"] != EstimateStatus.OK:
        return replace(counted, status=EstimateStatus(row["status"]), reason=row["reason"] or row["status"])
    if row["metric"] in _PROPORTIONS:
        found = None if moments is None else proportion_effect(moments)
        missing = "no counts that give a standard error"
    else:
        method, missing = _INTERVALS[row["metric"]]
        told = (row["ci_method"] or "").split("; ")[0]
        if patient_error is not None:
            found = patient_effect(row, patient_error)
        else:
            found = interval_effect(row) if told == method or told.startswith(f"{method}, ") else None
    if found is None:
        return replace(counted, status=EstimateStatus.INSUFFICIENT, reason=missing)
    value, error, remark = found
    return replace(counted, value=value, standard_error=error, remark=remark)


def proportion_effect(moments: ClusterMoments) -> tuple[float, float, str] | None:
    """ln(y/(n − y)) and √(design effect · (1/y + 1/(n − y))), that is √(design effect/(n p (1 − p))), and a remark.

    Where y is 0 or n, ½ is added to both, and the remark says so. The design effect is that of
    :func:`multisite.stats.clustered_proportion` and at least 1: cases of a patient that contradict each other never
    count for more than they are. ``None`` without a case, and where one patient has several cases.
    """
    if moments.n_patients == 0:
        return None
    design_effect = 1.0
    if moments.clustered:
        clustered = clustered_proportion(moments).design_effect
        if clustered is None:
            return None
        design_effect = max(1.0, clustered)
    logit = logit_of_counts([moments.sum_y], [moments.sum_n])
    remark = "½ added where a cell is zero" if logit.corrected[0] else ""
    return float(logit.estimates[0]), math.sqrt(design_effect * float(logit.variances[0])), remark


def interval_effect(row: Mapping[str, Any]) -> tuple[float, float, str] | None:
    """The estimate of ``row`` on the scale of its metric, and half the width of its interval there over z.

    Exact where the interval was made on this scale: DeLong's on the logit scale, that of ln O:E, and Wald's. ``None``
    where an end has no value on the scale, or the interval no width. The remark is what the method tells of patients,
    and of scores that were moved.
    """
    scale = cast("Scale", POOLED_METRICS[row["metric"]])
    points = [on_scale(row[name], scale) for name in ("estimate", "ci_low", "ci_high")]
    value, low, high = points
    if value is None or low is None or high is None or not low < high:
        return None
    return value, (high - low) / (2.0 * normal_quantile(row["ci_level"])), "; ".join(_remarks(row))


def patient_effect(row: Mapping[str, Any], error: float) -> tuple[float, float, str] | None:
    """The estimate of ``row`` on the scale of its metric, with ``error`` (of ln O:E, of the estimate else) there.

    ``None`` where the estimate has no value on the scale.
    """
    scale = cast("Scale", POOLED_METRICS[row["metric"]])
    value = on_scale(row["estimate"], scale)
    if value is None:
        return None
    stretched = error / (row["estimate"] * (1.0 - row["estimate"])) if scale == "logit" else error
    return value, stretched, "; ".join(["patients as clusters", *_remarks(row)])


def _remarks(row: Mapping[str, Any]) -> list[str]:
    return [part for part in (row.get("ci_method") or "").split("; ")[1:] if part.startswith(_REMARKS)]
