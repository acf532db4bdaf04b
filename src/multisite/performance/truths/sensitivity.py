"""The headline metrics of a site under every truth that its readings could give."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from multisite.performance.pooling.site_effects import proportion_effect
from multisite.performance.truths.cases import tested_scores
from multisite.schemas.truth_sensitivity import TRUTH_SENSITIVITY
from multisite.stats import ClusterMoments, Estimate, clustered_auc, clustered_proportion
from multisite.tallies import Thresholds, numbered_patients, shortage
from multisite.vocabulary import EstimateStatus

__all__ = ["TruthParameters", "truth_sensitivity"]

_Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TruthParameters:
    """``thresholds``: a score from that of its finding and model on is a call of positive. ``minimum_patients``: of
    fewer, no number is given.

    ``findings`` are those whose labels come from readings.
    """

    findings: tuple[str, ...]
    thresholds: Thresholds
    ci_level: float
    minimum_patients: int


@dataclass(frozen=True, slots=True, eq=False)
class _Cases:
    positive: npt.NDArray[np.bool_]
    score: npt.NDArray[np.float64]
    patient: npt.NDArray[np.int64]

    @classmethod
    def of(cls, frame: pl.DataFrame) -> "_Cases":
        return cls(frame["label"].to_numpy().astype(np.bool_), frame["score"].to_numpy(), numbered_patients(frame))

    def moments(self, right: npt.NDArray[np.bool_], among: npt.NDArray[np.bool_]) -> ClusterMoments:
        n = np.bincount(self.patient[among])
        return ClusterMoments.from_clusters(np.bincount(self.patient[among & right], minlength=n.size), n)


def truth_sensitivity(
    cohort: pl.DataFrame, predictions: pl.DataFrame, variants: pl.DataFrame, rules: TruthParameters, *, site: str
) -> pl.DataFrame:
    """TRUTH_SENSITIVITY: metrics of a site's test cases under each truth, on the cases to which it gives a label.

    Intervals count patients. Of fewer patients than asked for, of either class for an AUC, the number is withheld and
    the row stays.
    """
    scored = tested_scores(cohort, predictions, variants)
    rows = [
        {"site": site, "finding": finding, "model": model, "variant": variant, **row}
        for (finding, model, variant), frame in sorted(
            scored.partition_by("finding", "model", "variant", as_dict=True).items()
        )
        for row in _metrics(_Cases.of(frame), rules, rules.thresholds.of(str(finding), str(model)))
    ]
    return pl.DataFrame(rows, schema=TRUTH_SENSITIVITY.schema)


def _metrics(cases: _Cases, rules: TruthParameters, threshold: float) -> Iterator[_Row]:
    called = cases.score >= threshold
    n_of_class = [len(np.unique(cases.patient[of])) for of in (cases.positive, ~cases.positive)]
    n_patients = len(np.unique(cases.patient))
    area = clustered_auc(cases.positive, cases.score, cases.patient, level=rules.ci_level)
    scaled: tuple[float, float] | None = None
    if area.estimate is not None and 0.0 < area.estimate < 1.0 and area.standard_error:
        spread = area.estimate * (1.0 - area.estimate)
        scaled = math.log(area.estimate / (1.0 - area.estimate)), area.standard_error / spread
    yield _row("auc", area, scaled, rules, n_patients=n_patients, fewest=min(n_of_class))
    for metric, among, right, n in (
        ("sensitivity", cases.positive, called, n_of_class[0]),
        ("specificity", ~cases.positive, ~called, n_of_class[1]),
    ):
        moments = cases.moments(right, among)
        effect = proportion_effect(moments)
        found = clustered_proportion(moments, level=rules.ci_level)
        yield _row(metric, found, effect[:2] if effect else None, rules, n_patients=n, fewest=n)


def _row(
    metric: str,
    found: Estimate,
    scaled: tuple[float, float] | None,
    rules: TruthParameters,
    *,
    n_patients: int,
    fewest: int,
) -> _Row:
    short = shortage(fewest, rules.minimum_patients)
    withheld = short is not None and found.status is not EstimateStatus.UNDEFINED
    status, reason = (EstimateStatus.INSUFFICIENT, short) if withheld else (found.status, found.reason)
    return {
        "metric": metric,
        "estimate": None if withheld else found.estimate,
        "ci_low": None if withheld else found.ci_low,
        "ci_high": None if withheld else found.ci_high,
        "ci_level": found.ci_level,
        "ci_method": found.ci_method,
        "scaled_estimate": None if withheld or scaled is None else scaled[0],
        "standard_error": None if withheld or scaled is None else scaled[1],
        "n_patients": n_patients,
        "n_cases": found.n_cases,
        "status": status.value,
        "reason": reason,
    }
