"""The metrics of two models on the same cases of one segment, with the counts from which a paired test follows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from multisite.performance.estimates.metrics import without_probabilities
from multisite.stats import (
    AucDifference,
    BooleanArray,
    CountArray,
    DifferenceEstimate,
    Estimate,
    FloatArray,
    PairedClusterMoments,
    PairedMeanDifference,
    auc_difference,
    brier_difference,
    clustered_mcnemar,
    mcnemar,
    paired_clustered_proportion_difference,
)
from multisite.tallies import numbered_patients, shortage
from multisite.vocabulary import EstimateStatus

__all__ = ["PairRules", "PairedCases", "paired_rows"]

_CELLS = ("both_right", "only_new_right", "only_old_right", "neither_right")


@dataclass(frozen=True, slots=True)
class PairRules:
    """Level of the intervals, the least number of patients in a denominator, and whether scores are probabilities."""

    level: float
    minimum: int
    probabilities: bool = True

    def shortage(self, cases: "PairedCases", metric: str) -> str | None:
        """Why a difference is withheld, without the count; ``None`` where it is not."""
        classes = {"sensitivity": (True,), "specificity": (False,)}.get(metric, (True, False))
        short = (
            shortage(
                cases.n_patients_of(cases.positive == truth),
                self.minimum,
                f"{'positive' if truth else 'negative'} case",
            )
            for truth in classes
        )
        return next((reason for reason in short if reason), None)


@dataclass(frozen=True, slots=True, eq=False)
class PairedCases:
    """Cases with a score of both models: truth, both scores, number of the patient, and both thresholds."""

    positive: BooleanArray
    new: FloatArray
    old: FloatArray
    patient: CountArray
    new_threshold: float
    old_threshold: float

    @classmethod
    def of(cls, cases: pl.DataFrame, *, new_threshold: float, old_threshold: float) -> "PairedCases":
        """Those of a frame with ``reference``, ``new_score``, ``old_score`` and ``patient_id``, none of them null."""
        return cls(
            cases["reference"].cast(pl.Boolean).to_numpy(),
            cases["new_score"].cast(pl.Float64).to_numpy(),
            cases["old_score"].cast(pl.Float64).to_numpy(),
            numbered_patients(cases),
            new_threshold,
            old_threshold,
        )

    @property
    def n_cases(self) -> int:
        """All of them."""
        return int(self.positive.size)

    def n_patients_of(self, chosen: BooleanArray) -> int:
        """Patients with a chosen case."""
        return int(np.unique(self.patient[chosen]).size)

    def right_calls(self, truth: bool) -> tuple[BooleanArray, BooleanArray]:
        """Of the cases of one truth, whether the new and whether the old model calls them right."""
        chosen = self.positive == truth
        new, old = self.new[chosen] >= self.new_threshold, self.old[chosen] >= self.old_threshold
        return (new, old) if truth else (~new, ~old)


def paired_rows(cases: PairedCases, rules: PairRules) -> Iterator[dict[str, Any]]:
    """A row of ``model_pairs`` for each metric, less the names of the segment; differences are new minus old.

    AUC: Obuchowski's paired difference, patients as clusters, with DeLong's variance where no patient repeats.
    Sensitivity and specificity: patient-clustered Wilson limits joined by square-and-add, the standard error from
    between patients; McNemar's exact test where no patient repeats, else Obuchowski's. Brier score: paired means,
    patients as clusters. A number on fewer patients than the rule asks for is withheld, its counts stay.
    """
    yield _area_row(cases, rules)
    for metric, truth in (("sensitivity", True), ("specificity", False)):
        yield _proportion_row(cases, rules, metric, truth)
    yield _brier_row(cases, rules)


def _area_row(cases: PairedCases, rules: PairRules) -> dict[str, Any]:
    found: AucDifference = auc_difference(
        cases.positive, cases.new, cases.old, patient=cases.patient, level=rules.level
    )
    more = {
        "p_method": "as the interval",
        "new_variance": found.first_variance,
        "old_variance": found.second_variance,
        "covariance": found.covariance,
    }
    return _row(cases, rules, "auc", found, found.p_value, found.standard_error, found.degrees_of_freedom, more)


def _proportion_row(cases: PairedCases, rules: PairRules, metric: str, truth: bool) -> dict[str, Any]:
    new, old = cases.right_calls(truth)
    patient = cases.patient[cases.positive == truth]
    moments = _moments(new, old, patient)
    found = paired_clustered_proportion_difference(moments, level=rules.level)
    error = paired_clustered_proportion_difference(moments, method="wald", level=rules.level).standard_error
    cells = dict(zip(_CELLS, (new & old, new & ~old, ~new & old, ~new & ~old), strict=True))
    counted = {f"n_cases_{name}": int(chosen.sum()) for name, chosen in cells.items()}
    repeated = moments.n_patients < moments.sum_n
    test = (
        clustered_mcnemar(moments)
        if repeated
        else mcnemar(counted["n_cases_only_new_right"], counted["n_cases_only_old_right"])
    )
    more = {
        "new_threshold": cases.new_threshold,
        "old_threshold": cases.old_threshold,
        "p_method": test.method,
        **counted,
        **{f"n_patients_{name}": int(np.unique(patient[chosen]).size) for name, chosen in cells.items()},
        "sum_of_squared_patient_differences": moments.sum_of_squared_differences,
        "sum_of_patient_differences_by_cases": moments.sum_first_n - moments.sum_second_n,
        "sum_of_squared_patient_cases": moments.sum_nn,
    }
    # An exact test of nothing but agreement has p = 1; where there is no interval it would be read as a result.
    p_value = test.p_value if found.status is EstimateStatus.OK else None
    return _row(cases, rules, metric, found, p_value, error, moments.n_patients - 1.0, more)


def _moments(new: BooleanArray, old: BooleanArray, patient: CountArray) -> PairedClusterMoments:
    _, number = np.unique(patient, return_inverse=True)
    first, second = (np.bincount(number, weights=right.astype(np.float64)).astype(np.int64) for right in (new, old))
    return PairedClusterMoments.from_clusters(first, second, np.bincount(number))


def _brier_row(cases: PairedCases, rules: PairRules) -> dict[str, Any]:
    found: PairedMeanDifference = brier_difference(
        cases.positive, cases.new, cases.old, patient=cases.patient, level=rules.level
    )
    if not rules.probabilities:
        found = replace(without_probabilities(found), first=None, second=None, p_value=None, standard_error=None)
    more = {
        "p_method": "as the interval",
        "sum_of_differences": found.sum_of_differences,
        "sum_of_squared_differences": found.sum_of_squared_differences,
    }
    return _row(cases, rules, "brier", found, found.p_value, found.standard_error, found.degrees_of_freedom, more)


def _row(
    cases: PairedCases,
    rules: PairRules,
    metric: str,
    found: AucDifference | DifferenceEstimate | PairedMeanDifference,
    p_value: float | None,
    standard_error: float | None,
    degrees_of_freedom: float | None,
    more: Mapping[str, Any],
) -> dict[str, Any]:
    row = {
        "metric": metric,
        "new_value": found.first,
        "old_value": found.second,
        "estimate": found.estimate,
        "ci_low": found.ci_low,
        "ci_high": found.ci_high,
        "standard_error": standard_error,
        "p_value": p_value,
        "degrees_of_freedom": degrees_of_freedom if standard_error else None,
        "n_patients": found.n_patients,
        "n_cases": found.n_cases,
        "n_positive": int(cases.positive.sum()),
        "n_negative": int((~cases.positive).sum()),
        **more,
        **_described(found),
    }
    if not cases.n_cases:
        return row | {"reason": "no case has a score of both models"}
    shortage = rules.shortage(cases, metric)
    if shortage is None or found.status is EstimateStatus.UNDEFINED:
        return row
    return row | dict.fromkeys(_WITHHELD) | {"status": EstimateStatus.INSUFFICIENT.value, "reason": shortage}


_WITHHELD = (
    "new_value",
    "old_value",
    "estimate",
    "ci_low",
    "ci_high",
    "standard_error",
    "p_value",
    "degrees_of_freedom",
    "new_variance",
    "old_variance",
    "covariance",
    "sum_of_differences",
    "sum_of_squared_differences",
)


def _described(found: Estimate) -> dict[str, Any]:
    return {
        "ci_level": found.ci_level,
        "ci_method": found.ci_method,
        "status": found.status.value,
        "reason": found.reason,
    }
