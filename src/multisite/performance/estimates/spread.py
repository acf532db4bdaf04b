"""Intervals of score metrics where patients have several cases: from a site's rows, or from its design effects."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import polars as pl

from multisite.performance.estimates.segment import Segment
from multisite.schemas.performance import DESIGN_EFFECTS
from multisite.stats import (
    AreaSums,
    CalibrationLine,
    ClusteredAuc,
    Scale,
    ScoreEstimate,
    clustered_auc_of_sums,
    clustered_scores,
    patient_products,
    score_influence,
)
from multisite.stats.pooling.scales import back, on_scale
from multisite.tallies import KEYS, ProportionMoments, SegmentPatients

__all__ = [
    "DESIGN_EFFECT_NAMED",
    "DesignEffects",
    "IndependentCases",
    "PatientRows",
    "ScoreMetrics",
    "Spread",
    "area_of_patients",
    "widened_by",
]

DESIGN_EFFECT_NAMED = "widened by the sites' design effect"
"""What a method says of an interval that is that of independent cases times the root of a design effect."""

_WIDENED = (
    "auc",
    "brier",
    "calibration_intercept",
    "calibration_slope",
    "calibration_in_the_large",
    "observed_expected",
)

_SCALES: Mapping[str, Scale] = {"auc": "logit", "observed_expected": "log"}
"""On which the interval of a metric is made; of the others, on that of the metric."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ScoreMetrics:
    """The metrics of a segment's scores that have an interval."""

    auc: ScoreEstimate
    line: CalibrationLine
    observed_expected: ScoreEstimate
    brier: ScoreEstimate

    def named(self) -> Iterator[tuple[str, ScoreEstimate]]:
        """Each metric by its name in the estimates."""
        yield "auc", self.auc
        yield "brier", self.brier
        yield "calibration_intercept", self.line.intercept
        yield "calibration_slope", self.line.slope
        yield "calibration_in_the_large", self.line.in_the_large
        yield "observed_expected", self.observed_expected


class Spread(Protocol):
    """Gives metrics of cases taken as independent the intervals of cases that repeat in patients."""

    def widened(self, segment: Segment, scores: ScoreMetrics, level: float) -> ScoreMetrics:
        """The same estimates with intervals at ``level``."""


@dataclass(frozen=True, slots=True)
class IndependentCases:
    """For cases of which no two belong to one patient."""

    def widened(self, segment: Segment, scores: ScoreMetrics, level: float) -> ScoreMetrics:
        """The metrics as they are."""
        return scores


@dataclass(slots=True, eq=False)
class PatientRows:
    """From the rows of a site: exact. It keeps what it found, for :meth:`design_effects`."""

    patients: SegmentPatients
    _found: list[dict[str, Any]] = field(default_factory=list, init=False, repr=False)

    def widened(self, segment: Segment, scores: ScoreMetrics, level: float) -> ScoreMetrics:
        """Obuchowski's variance, sandwiches by patient, and linearised ratios."""
        cases = self.patients.of(segment.key, segment.counts)
        influence = score_influence(segment.counts, scores.line)
        products = patient_products(influence, cases.row, cases.positive, cases.patient)
        found = clustered_scores(
            auc=scores.auc,
            line=scores.line,
            observed_expected=scores.observed_expected,
            brier=scores.brier,
            influence=influence,
            patients=products,
            level=level,
        )
        widened = ScoreMetrics(
            auc=found.auc, line=found.line, observed_expected=found.observed_expected, brier=found.brier
        )
        for (metric, alone), (_, together) in zip(scores.named(), widened.named(), strict=True):
            if alone.standard_error and together.standard_error:
                self._found.append(
                    dict(zip(KEYS, segment.key, strict=True))
                    | {
                        "metric": metric,
                        "n_patients": products.n_patients,
                        "n_cases": together.n_cases,
                        "standard_error": together.standard_error,
                        "degrees_of_freedom": _degrees(together, products.n_patients),
                        "design_effect": (together.standard_error / alone.standard_error) ** 2,
                    }
                )
        return widened

    def design_effects(self) -> pl.DataFrame:
        """DESIGN_EFFECTS of every segment and metric so far that has an interval both ways."""
        return pl.DataFrame(self._found, schema=DESIGN_EFFECTS.schema)


@dataclass(frozen=True, slots=True, eq=False)
class DesignEffects:
    """From the design effects of sites, for their cases added up: each weighed by its cases, and 1 at least.

    ``effects`` are by key without its site, and metric.
    """

    effects: Mapping[tuple[str, ...], float]

    @classmethod
    def of_sites(cls, effects: pl.DataFrame, moments: ProportionMoments) -> "DesignEffects":
        """The mean over sites. A site whose patients have one case each counts as 1.

        A site whose patients repeat, and which has no row in ``effects`` for want of an interval, tells nothing and
        is left out of the mean. Where no site tells, the size of an average case's patient stands in, Σn²/Σn: the
        largest effect that patients of that size can have on a mean.
        """
        rest = [name for name in KEYS if name != "site"]
        repeats = pl.col("sum_nn") > pl.col("sum_n")
        sites = moments.frame.filter(metric="prevalence").select(
            *KEYS,
            pl.col("sum_n").alias("n"),
            pl.col("sum_nn").alias("nn"),
            pl.when(repeats).then(None).otherwise(1.0).alias("alone"),
        )
        metrics = pl.DataFrame({"metric": list(_WIDENED)})
        told = sites.join(metrics, how="cross").join(
            effects.select(*KEYS, "metric", "design_effect"), on=[*KEYS, "metric"], how="left"
        )
        effect = pl.coalesce("design_effect", "alone")
        known = effect.is_not_null() & (pl.col("n") > 0)
        size = pl.col("nn").sum() / pl.col("n").sum()
        weighed = (effect * pl.col("n")).filter(known).sum() / pl.col("n").filter(known).sum()
        mean = pl.when(known.any()).then(weighed).otherwise(size).clip(lower_bound=1.0).alias("mean")
        rows = told.sort(*KEYS, "metric").group_by([*rest, "metric"], maintain_order=True).agg(mean)
        return cls({row[:-1]: row[-1] for row in rows.rows() if row[-1] is not None and math.isfinite(row[-1])})

    def widened(self, segment: Segment, scores: ScoreMetrics, level: float) -> ScoreMetrics:
        """Both arms of every interval times √(design effect), on the scale on which it was made."""
        found = {metric: self._wider(segment, metric, estimate, level) for metric, estimate in scores.named()}
        return ScoreMetrics(
            auc=found["auc"],
            line=replace(
                scores.line,
                intercept=found["calibration_intercept"],
                slope=found["calibration_slope"],
                in_the_large=found["calibration_in_the_large"],
            ),
            observed_expected=found["observed_expected"],
            brier=found["brier"],
        )

    def _wider(self, segment: Segment, metric: str, estimate: ScoreEstimate, level: float) -> ScoreEstimate:
        if metric == "auc" and estimate.estimate in (0.0, 1.0):
            return area_of_patients(estimate, *segment.n_patients_of_class, level=level)
        return widened_by(estimate, self.effects.get((*segment.key[1:], metric)), metric=metric)


def widened_by(estimate: ScoreEstimate, design_effect: float | None, *, metric: str) -> ScoreEstimate:
    """Both arms of the interval times √(design effect), on the scale of the metric; the method says so, or why not."""
    middle, low, high = (_on_scale(metric, value) for value in (estimate.estimate, estimate.ci_low, estimate.ci_high))
    if middle is None or low is None or high is None or design_effect is None:
        return replace(estimate, ci_method=f"{estimate.ci_method}; repeated cases of a patient taken as independent")
    root = math.sqrt(design_effect)
    return replace(
        estimate,
        ci_low=_back(metric, middle - root * (middle - low)),
        ci_high=_back(metric, middle + root * (high - middle)),
        ci_method=f"{estimate.ci_method}; {DESIGN_EFFECT_NAMED}",
        standard_error=None if estimate.standard_error is None else root * estimate.standard_error,
    )


def area_of_patients(area: ScoreEstimate, n_positive: int, n_negative: int, *, level: float) -> ScoreEstimate:
    """An AUC of 0 or 1 with the interval of so many patients of either class, each taken as one case."""
    none = AreaSums(
        squares_positive=0.0,
        squares_negative=0.0,
        products=0.0,
        n_patients=n_positive + n_negative,
        n_patients_positive=n_positive,
        n_patients_negative=n_negative,
    )
    return clustered_auc_of_sums(area, none, level=level)


def _degrees(estimate: ScoreEstimate, n_patients: int) -> float:
    own = estimate.degrees_of_freedom if isinstance(estimate, ClusteredAuc) else None
    return float(n_patients - 1) if own is None else own


def _on_scale(metric: str, value: float | None) -> float | None:
    return on_scale(value, _SCALES.get(metric, "raw"))


def _back(metric: str, value: float) -> float:
    return min(1.0, max(0.0, value)) if metric == "brier" else back(value, _SCALES.get(metric, "raw"))
