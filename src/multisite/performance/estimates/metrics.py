"""The metrics of one segment, in the order of the report, and the rule that withholds them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from multisite.performance.estimates.segment import Segment
from multisite.performance.estimates.spread import ScoreMetrics, Spread
from multisite.stats import (
    CalibrationError,
    ClusterMoments,
    Estimate,
    PerfectCalibration,
    ProportionEstimate,
    ScoreEstimate,
    brier,
    calibration_line,
    clustered_proportion,
    expected_calibration_error,
    observed_expected,
    perfect_calibration,
    proportion,
)
from multisite.tallies import NOT_PROBABILITIES, shortage
from multisite.vocabulary import EstimateStatus

__all__ = [
    "METRICS",
    "UNITS",
    "Segment",
    "SegmentRules",
    "null_model",
    "segment_metrics",
    "segment_proportion",
    "without_probabilities",
]

_Found = TypeVar("_Found", bound=Estimate)

_OF_PROBABILITIES = frozenset(
    {
        "brier",
        "calibration_intercept",
        "calibration_slope",
        "calibration_in_the_large",
        "observed_expected",
        "ece",
        "ece_null_95",
    }
)
"""What compares scores with shares of cases."""

UNITS: Mapping[str, str] = {
    "sensitivity": "positive case",
    "specificity": "negative case",
    "ppv": "case called positive",
    "npv": "case called negative",
    "prevalence": "case",
}
"""Proportion to what its denominator counts."""

METRICS: tuple[str, ...] = (
    "auc",
    "sensitivity",
    "specificity",
    "ppv",
    "npv",
    "prevalence",
    "brier",
    "calibration_intercept",
    "calibration_slope",
    "calibration_in_the_large",
    "observed_expected",
    "ece",
    "ece_null_95",
)
"""Every metric of the estimates, in the order of the report."""


@dataclass(frozen=True, slots=True)
class SegmentRules:
    """Level of the intervals, least number of patients in a denominator, number of reliability bins, and whether the
    scores are probabilities.
    """

    level: float
    minimum: int
    bins: int
    probabilities: bool = True

    def shortage(self, patients: int, unit: str) -> str | None:
        """Why a denominator is too small; ``None`` where it is not."""
        return shortage(patients, self.minimum, unit)


def null_model(
    segment: Segment, rules: SegmentRules, *, rng: np.random.Generator, n_replicates: int
) -> PerfectCalibration | None:
    """What a perfectly calibrated model would show here; ``None`` where calibration is withheld anyway."""
    if _score_shortage(segment, rules) is not None or not rules.probabilities:
        return None
    return perfect_calibration(segment.counts, rng=rng, n_bins=rules.bins, n_replicates=n_replicates)


def segment_metrics(
    segment: Segment, rules: SegmentRules, null: PerfectCalibration | None, spread: Spread
) -> Iterator[tuple[str, Estimate, int]]:
    """Each metric with its estimate and the number of patients behind it, in no fixed order.

    A number on fewer patients than the rule asks for is withheld: status ``insufficient``, the reason in
    words, and the counts left standing. A number that does not exist is ``undefined``, however many
    patients there are. ``spread`` gives the intervals where patients have several cases.
    """
    for metric, unit in UNITS.items():
        moments = segment.moments[metric]
        shortage = rules.shortage(moments.n_patients, unit)
        yield metric, _withheld(segment_proportion(moments, unit, rules.level), shortage), moments.n_patients
    shortage = _score_shortage(segment, rules)
    for metric, estimate in _score_metrics(segment, rules, null, spread):
        exists = rules.probabilities or metric not in _OF_PROBABILITIES
        yield metric, _withheld(estimate if exists else without_probabilities(estimate), shortage), segment.n_patients


def without_probabilities(estimate: _Found) -> _Found:
    """``estimate`` as it is of scores that are no probabilities: undefined."""
    return replace(
        estimate,
        estimate=None,
        ci_low=None,
        ci_high=None,
        status=EstimateStatus.UNDEFINED,
        reason=NOT_PROBABILITIES,
    )


def segment_proportion(moments: ClusterMoments, unit: str, level: float) -> ProportionEstimate:
    """The proportion of a segment: between patients where one has several cases, of independent cases else."""
    if moments.clustered:
        return clustered_proportion(moments, level=level)
    estimate = proportion(moments.sum_y, moments.sum_n, level=level)
    return replace(estimate, reason=f"no {unit}") if estimate.status is EstimateStatus.UNDEFINED else estimate


def _score_metrics(
    segment: Segment, rules: SegmentRules, null: PerfectCalibration | None, spread: Spread
) -> Iterator[tuple[str, ScoreEstimate]]:
    scores = ScoreMetrics(
        auc=segment.auc,
        line=calibration_line(segment.counts, level=rules.level),
        observed_expected=observed_expected(segment.counts, level=rules.level),
        brier=brier(segment.counts, level=rules.level),
    )
    if segment.moments["prevalence"].clustered:
        scores = spread.widened(segment, scores, rules.level)
    for metric, estimate in scores.named():
        yield metric, _uncounted(estimate)
    ece = expected_calibration_error(segment.counts, n_bins=rules.bins, null=null)
    yield "ece", ece
    yield "ece_null_95", _null_row(ece)


def _uncounted(estimate: ScoreEstimate) -> ScoreEstimate:
    """Scores of 0 or 1 that were moved are told of with the interval, and not how many, for rows may be suppressed.

    The reason of a row says why its number is missing, and here it is not.
    """
    if estimate.status is not EstimateStatus.OK or estimate.reason is None:
        return estimate
    return replace(estimate, ci_method=f"{estimate.ci_method}; scores of 0 or 1 moved inside", reason=None)


def _null_row(ece: CalibrationError) -> CalibrationError:
    bins = ece.ci_method.removeprefix("none; ")
    return replace(
        ece, estimate=ece.null_95, ci_method=f"none; 95th percentile of ECE under perfect calibration, {bins}"
    )


def _score_shortage(segment: Segment, rules: SegmentRules) -> str | None:
    short = (
        rules.shortage(segment.moments[metric].n_patients, UNITS[metric]) for metric in ("sensitivity", "specificity")
    )
    return next((reason for reason in short if reason), None)


def _withheld(estimate: Estimate, shortage: str | None) -> Estimate:
    if shortage is None or estimate.status is EstimateStatus.UNDEFINED:
        return estimate
    return replace(
        estimate,
        estimate=None,
        ci_low=None,
        ci_high=None,
        status=EstimateStatus.INSUFFICIENT,
        reason=shortage,
    )
