"""Every public function of the library meets every bad input of its kind: a result that says why, or a sentence.

A table of functions by the kind of what they take, and a table of bad inputs of each kind. A number that is not there
is ``None`` with a reason, never NaN; what is refused is refused with a `ValueError` that is a sentence; nothing warns,
for warnings are errors here.
"""

import dataclasses
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

import multisite.stats as library
from multisite.stats import (
    AreaSums,
    ChoiceRule,
    ClusterMoments,
    CodedCases,
    Estimate,
    GridCounts,
    LabelErrors,
    LabellerValidation,
    LatentClasses,
    LevelCounts,
    MeanMoments,
    PairedClusterMoments,
    PairedCounts,
    Recalibration,
    ScoreCounts,
    SegmentedScoreCounts,
    SharedMoments,
    Slice,
    WeightedAuc,
)
from multisite.stats.resampling.case_arrays import patient_numbers
from multisite.vocabulary import EstimateStatus

NAN, INF = math.nan, math.inf

NAN_IS_DOCUMENTED = {
    "benjamini_hochberg": "an undefined test keeps its place",
    "bonferroni": "an undefined test keeps its place",
    "benjamini_yekutieli": "an undefined test keeps its place",
    "hochberg": "an undefined test keeps its place",
    "holm": "an undefined test keeps its place",
    "bootstrap_replicates": "a replicate without a value",
    "jackknife": "no value without that patient",
    "jackknife_acceleration": "a value that is NaN",
    "jackknife_variance": "one patient, or a value that is NaN",
    "detail_correlations": "a picture without detail",
    "cell_statistics": "a side without a study",
    "largest_cell_change": "a side without a study",
    "location_change": "a side without a study, or a reference in one bin",
    "rank_scores": "a reference without a study",
    "cells_evidence": "a reference without a study",
    "location_evidence": "a reference without a study, or in one bin",
    "null_limits": "a reference without a study",
    "p_value_from_limits": "a statistic that is not there, or a month without a study",
    "share_p_value": "a side without a study",
    "label_maturity": "an age that no study has reached",
    "usual_share_range": "a side without a study",
    "volume_prediction": "no study in the months before",
    "volume_p_value": "no study in the months before",
    "volume_evidence": "no study in the months before",
    "mix_and_within": "a group that has no rate on either side",
}
"""Functions that return bare arrays, or numbers, of which NaN is the declared absence."""

LABEL_ERRORS = LabelErrors(sensitivity=0.95, specificity=0.9)
LABEL_CHECKS = (
    LabellerValidation(positives_checked=20, positives_found=19, negatives_checked=40, negatives_found=36),
    LabellerValidation(positives_checked=1, positives_found=1, negatives_checked=1, negatives_found=1),
    LabellerValidation(positives_checked=4, positives_found=1, negatives_checked=4, negatives_found=2),
)

INFINITY_IS_DOCUMENTED = (".threshold",)
"""Fields that may be infinite: nothing is called positive."""


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def counts(score: Any, positive: Any, negative: Any) -> Callable[[], ScoreCounts]:
    return lambda: ScoreCounts(score, positive, negative)


SCORE_COUNTS: Mapping[str, Callable[[], ScoreCounts]] = {
    "empty": counts([], [], []),
    "no case at a score": counts([0.2, 0.7], [0, 0], [0, 0]),
    "one positive": counts([0.4], [1], [0]),
    "one negative": counts([0.4], [0], [1]),
    "one of each, tied": counts([0.4], [1], [1]),
    "one of each, apart": counts([0.2, 0.8], [0, 1], [1, 0]),
    "positives only": counts([0.2, 0.8], [3, 4], [0, 0]),
    "negatives only": counts([0.2, 0.8], [0, 0], [3, 4]),
    "all ties": counts([0.5], [10], [10]),
    "perfect": counts([0.1, 0.9], [0, 20], [20, 0]),
    "wrong throughout": counts([0.1, 0.9], [20, 0], [0, 20]),
    "certain and right": counts([0.0, 1.0], [0, 20], [20, 0]),
    "certain and wrong": counts([0.0, 1.0], [20, 0], [0, 20]),
    "unused scores": counts([0.0, 0.3, 0.6, 1.0], [0, 5, 7, 0], [0, 9, 2, 0]),
    "score is NaN": counts([NAN], [1], [1]),
    "score is infinite": counts([INF], [1], [1]),
    "score above 1": counts([0.5, 1.5], [1, 1], [1, 1]),
    "count is negative": counts([0.5], [-1], [1]),
    "count is NaN": counts([0.5], [NAN], [1]),
    "count is infinite": counts([0.5], [INF], [1]),
    "count is a fraction": counts([0.5], [0.5], [1]),
    "lengths differ": counts([0.5, 0.6], [1], [1]),
}

RULES = (
    ChoiceRule(by="sensitivity", at_least=0.9),
    ChoiceRule(by="specificity", at_least=0.9, judged_by="lower_bound"),
    ChoiceRule(by="youden"),
    ChoiceRule(by="net_benefit", act_from=0.2),
)


def between_patients(c: ScoreCounts) -> list[Any]:
    """What three ways of sharing the cases out to patients make of the four statistics: one each, pairs, one in all."""
    line = library.calibration_line(c)
    influence = library.score_influence(c, line)
    cells = np.stack([c.n_negative, c.n_positive], axis=1).ravel()
    row = np.repeat(np.repeat(np.arange(c.score.size), 2), cells)
    positive = np.repeat(np.tile([False, True], c.score.size), cells)
    cases = np.arange(row.size)
    return [
        library.clustered_scores(
            auc=library.auc(c),
            line=line,
            observed_expected=library.observed_expected(c),
            brier=library.brier(c),
            influence=influence,
            patients=library.patient_products(influence, row, positive, patient),
        )
        for patient in (cases, cases // 2, cases * 0)
    ]


TURNED = Recalibration(method="intercept and slope", intercept=0.4, slope=2.0)
METHODS = ("intercept", "intercept and slope", "isotonic")


def fitted(fit: Recalibration) -> list[Any]:
    """Its numbers; one that is not there has a reason, and the fit is a function of every score from 0 to 1."""
    if fit.status is not EstimateStatus.OK:
        assert fit.reason
        return [fit.intercept, fit.slope]
    return [fit.intercept, fit.slope, fit.score.tolist(), fit.value.tolist(), fit(np.linspace(0.0, 1.0, 7)).tolist()]


def fits(c: ScoreCounts) -> list[Recalibration]:
    found = [library.fit_recalibration(c, method=m) for m in METHODS]
    return [TURNED, *(fit for fit in found if fit.status is EstimateStatus.OK)]


def moved(c: ScoreCounts, fit: Recalibration) -> list[Any]:
    """The moved counts, which are of as many cases."""
    found = library.recalibrated_counts(c, fit)
    assert (found.positives, found.negatives) == (c.positives, c.negatives)
    return found.score.tolist()


def at_level(statistic: Callable[..., Any], c: ScoreCounts) -> Callable[[float], Any]:
    return lambda level: statistic(c, level=level)


def grid(c: ScoreCounts, design_effect: float) -> GridCounts:
    cell = library.equal_width_cell(c.score, 1000)
    return GridCounts(
        cell=cell, n_positive=c.n_positive, n_negative=c.n_negative, design_effects=(design_effect, design_effect)
    )


OF_SCORE_COUNTS: Mapping[str, Callable[[ScoreCounts], Any]] = {
    "auc": lambda c: [library.auc(c, method=m) for m in ("delong-logit", "delong", "newcombe")],
    "auc_by_segment": lambda c: library.auc_by_segment(
        SegmentedScoreCounts(c.score, c.n_positive, c.n_negative, [0, c.score.size, c.score.size])
    ),
    "auc_within_groups": lambda c: library.auc_within_groups([library.auc(c), library.auc(c)]),
    "auc_bounds": lambda c: library.auc_bounds(c, LABEL_ERRORS),
    "brier": library.brier,
    "corrected_auc": lambda c: [
        library.corrected_auc(library.auc(c), c.positives, c.negatives, check, rng=rng(), n_draws=100)
        for check in LABEL_CHECKS
    ],
    "brier_decomposition": lambda c: [
        library.brier_decomposition(c, binning=b) for b in ("distinct scores", "equal width", "equal mass")
    ],
    "brier_fall_of_counts": lambda c: [
        library.brier_fall_of_counts(c, fit, design_effect=effect) for fit in fits(c) for effect in (0.5, 1.0, 1e9)
    ],
    "fit_recalibration": lambda c: [fitted(library.fit_recalibration(c, method=m)) for m in METHODS],
    "recalibrated_counts": lambda c: [moved(c, fit) for fit in fits(c)],
    "prevalence_shift": lambda c: [
        library.prevalence_shift(
            c,
            n_positive=p,
            n_negative=n,
            design_effect=effect,
            design_effect_prevalence=effect,
            design_effect_there=effect,
        )
        for p, n in ((0, 0), (0, 5), (5, 0), (1, 1), (1, 10**12))
        for effect in (0.5, 1.0, 1e9)
    ],
    "calibration_line": lambda c: [library.calibration_line(c, extreme=e) for e in ("clip", "drop")],
    "calibration_line_test": lambda c: [
        library.calibration_line_test(c, method=m, extreme=e)
        for m in ("likelihood-ratio", "wald")
        for e in ("clip", "drop")
    ],
    "chosen_threshold_of_counts": lambda c: [
        library.chosen_threshold_of_counts(
            groups, rule=rule, seed=1, design_effects=(1.0, effect), n_replicates=20, level=0.9
        )
        for rule in RULES
        for effect in (1.0, 2.5)
        for groups in ([], [grid(c, 1.0)], [grid(c, effect), grid(c, 1.0)])
    ],
    "clustered_scores": between_patients,
    "corp_reliability": lambda c: library.corp_reliability(c, rng=rng(), n_replicates=20),
    "decision_curve": lambda c: library.decision_curve(c, [0.0, 0.2, 0.9]),
    "expected_calibration_error": lambda c: [
        library.expected_calibration_error(c, target=t, binning=b)
        for t in ("positive class", "top label")
        for b in ("equal width", "equal mass")
    ],
    "hosmer_lemeshow": lambda c: [library.hosmer_lemeshow(c, setting=s) for s in ("developing", "external")],
    "integrated_calibration_index": lambda c: [
        library.integrated_calibration_index(c, rng=rng(), n_replicates=5, smoother=s) for s in ("loess", "lowess")
    ],
    "interval_p_value": lambda c: [
        library.interval_p_value(at_level(statistic, c), value)
        for statistic in (library.auc, library.brier, library.observed_expected)
        for value in (0.0, 0.5, 1.0)
    ],
    "observed_expected": lambda c: [library.observed_expected(c, method=m) for m in ("log", "wilson")],
    "perfect_calibration": lambda c: library.perfect_calibration(c, rng=rng(), n_replicates=5),
    "reliability": lambda c: library.reliability(c),
    "scaled_brier": library.scaled_brier,
    "outcomes_at_prevalence": lambda c: [
        library.outcomes_at_prevalence(library.auc(c), library.brier(c), prevalence=0.1, act_from=t) for t in (0.0, 0.9)
    ],
    "score_influence": lambda c: library.score_influence(c, library.calibration_line(c)).table,
    "score_shift": lambda c: library.score_shift([c, c], rng=rng(), n_permutations=9),
    "spiegelhalter_z": library.spiegelhalter_z,
    "squared_calibration_error": lambda c: [
        library.squared_calibration_error(c, debiased=d, n_bins=3) for d in (True, False)
    ],
    "independent_difference": lambda c: library.independent_difference(library.auc(c), library.brier(c)),
    "equal_width_cell": lambda c: library.equal_width_cell(c.score, 5),
    "equal_mass_cell": lambda c: library.equal_mass_cell(c.n_positive, 5),
    "percentile_interval": lambda c: library.percentile_interval(c.score),
    "bca_interval": lambda c: library.bca_interval(c.score, 0.5, c.score),
    "quantile_levels": lambda c: library.quantile_levels(c.score, 3),
    "learnt_elsewhere": lambda c: library.learnt_elsewhere(
        LevelCounts(c.n_positive, c.n_negative), LevelCounts(c.n_negative, c.n_positive)
    ),
    "level_shares": lambda c: library.level_shares(LevelCounts(c.n_positive, c.n_negative)),
    "groups_told": lambda c: library.groups_told([np.stack([c.n_positive, c.n_negative])], rng=rng(), n_permutations=9),
    "association": lambda c: library.association(c.n_positive, c.n_negative, rng=rng(), n_permutations=9),
}

Cases = tuple[Any, Any, Any]

CASES: Mapping[str, Cases] = {
    "empty": ([], [], []),
    "one positive": ([1], [0.5], [1]),
    "one negative": ([0], [0.5], [1]),
    "one of each": ([1, 0], [0.7, 0.2], [1, 2]),
    "positives only": ([1, 1, 1], [0.2, 0.4, 0.9], [1, 2, 3]),
    "negatives only": ([0, 0, 0], [0.2, 0.4, 0.9], [1, 2, 3]),
    "one patient": ([1, 0, 1, 0], [0.9, 0.2, 0.3, 0.4], [7, 7, 7, 7]),
    "two patients": ([1, 0, 1, 0], [0.9, 0.2, 0.3, 0.4], [7, 7, 8, 8]),
    "a patient per class": ([1, 1, 0, 0], [0.9, 0.2, 0.3, 0.4], [7, 7, 8, 8]),
    "all ties": ([1, 0, 1, 0, 1, 0], [0.5] * 6, [1, 2, 3, 4, 5, 6]),
    "perfect": ([1, 1, 1, 0, 0, 0], [0.9, 0.8, 0.7, 0.3, 0.2, 0.1], [1, 2, 3, 4, 5, 6]),
    "wrong throughout": ([0, 0, 0, 1, 1, 1], [0.9, 0.8, 0.7, 0.3, 0.2, 0.1], [1, 2, 3, 4, 5, 6]),
    "scores of 0 and 1": ([1, 0, 1, 0, 1, 0], [1.0, 0.0, 0.0, 1.0, 1.0, 0.0], [1, 2, 3, 4, 5, 6]),
    "score is NaN": ([1, 0], [NAN, 0.2], [1, 2]),
    "score is infinite": ([1, 0], [INF, 0.2], [1, 2]),
    "truth is NaN": ([1, NAN], [0.7, 0.2], [1, 2]),
    "truth is two": ([1, 2], [0.7, 0.2], [1, 2]),
    "patient is missing": ([1, 0], [0.7, 0.2], ["a", None]),
    "patient is NaN": ([1, 0], [0.7, 0.2], [1.0, NAN]),
    "lengths differ": ([1, 0], [0.7], [1, 2]),
}


def some(y: Any) -> np.ndarray:
    return np.arange(len(y)) % 2 == 0


def removed_with(patient: Any) -> np.ndarray:
    """The first patient, with all cases."""
    return np.array([name == patient[0] for name in patient], dtype=bool)


def plain(y: Any) -> np.ndarray:
    """Truth as the dependence functions take it: booleans, or what cannot be made into any as it is."""
    values = np.asarray(y, dtype=np.float64)
    return values.astype(bool) if np.isin(values, (0.0, 1.0)).all() else values


OF_CASES: Mapping[str, Callable[[Any, Any, Any], Any]] = {
    "auc_difference": lambda y, s, p: [
        library.auc_difference(y, s, s, patient=p),
        library.auc_difference(y, s, [-x for x in s]),
    ],
    "auc_difference_unpaired": lambda y, s, p: [
        library.auc_difference_unpaired(y, s, y, s, first_patient=p, second_patient=p, method=m)
        for m in ("normal", "welch")
    ],
    "auc_without": lambda y, s, p: [
        library.auc_without(y, s, p, removed_with(p)),
        library.auc_without(y, s, p, np.zeros(len(y))),
        library.auc_without(y, s, p, np.ones(len(y))),
    ],
    "proportion_without": lambda y, s, p: [
        library.proportion_without(y, p, removed_with(p)),
        library.proportion_without(y, p, np.zeros(len(y))),
        library.proportion_without(y, p, np.ones(len(y))),
    ],
    "bootstrap": lambda y, s, p: [
        library.bootstrap(WeightedAuc(y, s), p, seed=1, n_replicates=50, method=m, stratum=stratum)
        for m in ("bca", "percentile")
        for stratum in (None, np.zeros(len(y)))
    ],
    "bootstrap_replicates": lambda y, s, p: library.bootstrap_replicates(WeightedAuc(y, s), p, n_replicates=3, seed=1),
    "jackknife": lambda y, s, p: library.jackknife(WeightedAuc(y, s), p),
    "jackknife_acceleration": lambda y, s, p: library.jackknife_acceleration(np.asarray(s, dtype=float)),
    "jackknife_variance": lambda y, s, p: library.jackknife_variance(np.asarray(s, dtype=float)),
    "clustered_auc": lambda y, s, p: [
        library.clustered_auc(y, s, p, method=m) for m in ("obuchowski-logit", "obuchowski")
    ],
    "clustered_calibration_line": lambda y, s, p: [
        library.clustered_calibration_line(y, s, p, extreme=e) for e in ("clip", "drop")
    ],
    "clustered_integrated_calibration_index": lambda y, s, p: library.clustered_integrated_calibration_index(
        y, s, p, rng=rng(), n_replicates=5
    ),
    "clustered_observed_expected": library.clustered_observed_expected,
    "clustered_proportion_gee": lambda y, s, p: [
        library.clustered_proportion_gee(y, p, working=w) for w in ("exchangeable", "independence")
    ],
    "partial_auc": lambda y, s, p: [
        library.partial_auc(y, s, specificity=(0.8, 1.0), patient=p, scale=scale) for scale in ("raw", "mcclish")
    ],
    "sensitivity_at_specificity": lambda y, s, p: [
        library.sensitivity_at_specificity(y, s, specificity=0.9, seed=1, patient=p, n_replicates=50, method=m)
        for m in ("btii", "bca", "percentile")
    ],
    "specificity_at_sensitivity": lambda y, s, p: library.specificity_at_sensitivity(
        y, s, sensitivity=0.9, seed=1, patient=p, n_replicates=50
    ),
    "youden": lambda y, s, p: [
        library.youden(y, s),
        library.youden(y, s, patient=p, method="bca", seed=1, n_replicates=50),
    ],
    "rank_sum_test": lambda y, s, p: library.rank_sum_test(plain(y), np.asarray(s, dtype=float)),
    "runs_test": lambda y, s, p: library.runs_test(plain(y)),
    "score_by_level": lambda y, s, p: library.score_by_level(
        np.asarray(s, dtype=float), some(y).astype(int), plain(y), rng=rng(), n_permutations=9
    ),
    "area_from_levels": lambda y, s, p: library.area_from_levels(
        some(y).astype(int), plain(y), rng=rng(), n_permutations=9
    ),
    "patient_folds": lambda y, s, p: library.patient_folds(plain(y), np.arange(len(y)), n_folds=2, seed=1),
    "cross_fitted_encoding": lambda y, s, p: library.cross_fitted_encoding(
        some(y).astype(int), plain(y), some(y).astype(int)
    ),
    "limits_of_agreement_repeated": lambda y, s, p: library.limits_of_agreement_repeated(s, s[::-1], p),
    "jackknife_over_patients": lambda y, s, p: library.jackknife_over_patients(
        lambda rows: library.proportion(plain(y)[rows].sum(), rows.size), p
    ),
    "brier_difference": lambda y, s, p: [
        library.brier_difference(y, s, s, patient=p),
        library.brier_difference(y, s, [1.0 - x for x in s]),
    ],
    "paired_mean_difference": lambda y, s, p: [
        library.paired_mean_difference(y, s, patient=p),
        library.paired_mean_difference(s, s),
        library.paired_mean_difference(y, s),
    ],
    "crossed_auc": lambda y, s, p: [
        library.crossed_auc(y, s, s[::-1], new_data, patient=patient)
        for new_data in (some(y), np.zeros(len(y)), np.ones(len(y)), y)
        for patient in (p, None)
    ],
    "crossed_means": lambda y, s, p: [
        library.crossed_means(y, s, new_data, patient=patient)
        for new_data in (some(y), np.zeros(len(y)), np.ones(len(y)), y)
        for patient in (p, None)
    ],
    "chosen_threshold": lambda y, s, p: [
        library.chosen_threshold(y, s, rule=rule, seed=1, patient=patient, n_replicates=20)
        for rule in RULES
        for patient in (p, None)
    ],
    "dawid_skene_intervals": lambda y, s, p: [
        library.dawid_skene_intervals(np.stack([y, y[::-1], y], axis=1), p, seed=1, n_replicates=20),
        library.dawid_skene_intervals(np.zeros((len(y), 2)), p, seed=1, n_replicates=20),
    ],
    "patient_products": lambda y, s, p: (
        library.patient_products(
            library.score_influence(c := ScoreCounts.from_cases(y, s), library.calibration_line(c)),
            np.searchsorted(c.score, s),
            plain(y),
            patient_numbers(p)[0],
        ).products
    ),
}

MOMENTS: Mapping[str, tuple[Any, Any, Any]] = {
    "empty": ([], [], []),
    "no case of any patient": ([0, 0], [0, 0], [0, 0]),
    "one patient": ([1], [0], [3]),
    "one case": ([1], [0], [1]),
    "all of nothing": ([0, 0, 0], [0, 0, 0], [2, 1, 3]),
    "all of all": ([2, 1, 3], [2, 1, 3], [2, 1, 3]),
    "the same twice": ([1, 2, 0], [1, 2, 0], [2, 3, 1]),
    "opposites": ([2, 3], [0, 0], [2, 3]),
    "more than there are": ([3], [0], [2]),
    "negative": ([-1], [0], [2]),
    "NaN": ([NAN], [0], [2]),
    "a fraction": ([0.5], [0], [2]),
}


def _paired_sums(moments: PairedClusterMoments) -> library.PairedSums:
    apart = moments.sum_first - moments.sum_second
    return library.PairedSums(
        n_patients=moments.n_patients,
        n_cases=moments.sum_n,
        first_only=max(0, apart),
        second_only=max(0, -apart),
        sum_dd=moments.sum_of_squared_differences,
        sum_dn=moments.sum_first_n - moments.sum_second_n,
        sum_nn=moments.sum_nn,
    )


OF_MOMENTS: Mapping[str, Callable[[Any, Any, Any], Any]] = {
    "clustered_proportion": lambda a, b, n: library.clustered_proportion(ClusterMoments.from_clusters(a, n)),
    "clustered_proportion_difference": lambda a, b, n: library.clustered_proportion_difference(
        ClusterMoments.from_clusters(a, n), ClusterMoments.from_clusters(b, n)
    ),
    "paired_clustered_proportion_difference": lambda a, b, n: library.paired_clustered_proportion_difference(
        PairedClusterMoments.from_clusters(a, b, n)
    ),
    "pooled_paired_difference": lambda a, b, n: library.pooled_paired_difference(
        [_paired_sums(PairedClusterMoments.from_clusters(a, b, n))] * 2
    ),
    "clustered_mcnemar": lambda a, b, n: [
        library.clustered_mcnemar(PairedClusterMoments.from_clusters(a, b, n), method=m)
        for m in ("obuchowski", "modified-obuchowski")
    ],
    "clustered_mcnemar_by_patient": lambda a, b, n: [
        library.clustered_mcnemar_by_patient(b, a, b, n, method=m) for m in ("durkalski", "eliasziw-donner")
    ],
    "design_effect_of": lambda a, b, n: library.design_effect_of(ClusterMoments.from_clusters(a, n)),
    "overlapping_proportion_difference": lambda a, b, n: [
        library.overlapping_proportion_difference(
            ClusterMoments.from_clusters(a, n), ClusterMoments.from_clusters(b, n), shared
        )
        for shared in (SharedMoments(), SharedMoments(1, 1, 1, 1, 1))
    ],
    "net_benefit_by_patient": lambda a, b, n: [
        library.net_benefit_by_patient(a, b, n, n, threshold=t) for t in (0.0, 0.2)
    ],
}

FOUR: Mapping[str, tuple[Any, Any, Any, Any]] = {
    "nothing": (0, 0, 0, 0),
    "one class": (5, 0, 3, 0),
    "the other class": (0, 5, 0, 3),
    "always positive": (5, 5, 0, 0),
    "always negative": (0, 0, 5, 5),
    "perfect": (5, 0, 0, 5),
    "wrong throughout": (0, 5, 5, 0),
    "one case": (1, 0, 0, 0),
    "negative": (-1, 2, 3, 4),
    "NaN": (NAN, 2, 3, 4),
    "infinite": (INF, 2, 3, 4),
    "a fraction": (0.5, 2, 3, 4),
}

OF_FOUR: Mapping[str, Callable[[Any, Any, Any, Any], Any]] = {
    "accuracy_bounds": lambda *n: library.accuracy_bounds(*n, LABEL_ERRORS),
    "apparent_accuracy": lambda a, b, c, d: [
        library.apparent_accuracy(LabelErrors(sensitivity=se, specificity=sp), prevalence=a, auc=b)
        for se, sp in ((1.0, 1.0), (0.0, 1.0), (0.9, 0.8))
    ],
    "corrected_accuracy": lambda *n: [
        library.corrected_accuracy(*n, check, rng=rng(), n_draws=100) for check in LABEL_CHECKS
    ],
    "corrected_prevalence": lambda a, b, c, d: [
        library.corrected_prevalence(a, a + b, check, rng=rng(), n_draws=100) for check in LABEL_CHECKS
    ],
    "diagnostic_accuracy": lambda *n: [
        library.diagnostic_accuracy(*n, prevalence=0.1, zero_cells=z) for z in ("keep", "add-half")
    ],
    "predictive_values": lambda *n: [
        library.predictive_values(*n, prevalence=0.1, method=m) for m in ("logit", "adjusted-logit")
    ],
    "proportion": lambda a, b, c, d: [
        library.proportion(a, b, method=m)
        for m in ("wilson", "wilson-cc", "clopper-pearson", "mid-p", "agresti-coull", "jeffreys", "wald")
    ],
    "proportion_difference": lambda a, b, c, d: [
        library.proportion_difference(a, a + b, c, c + d, method=m)
        for m in ("newcombe", "newcombe-cc", "miettinen-nurminen", "agresti-caffo")
    ],
    "paired_proportion_difference": lambda *n: library.paired_proportion_difference(*n),
    "mcnemar": lambda a, b, c, d: [
        library.mcnemar(a, b, method=m) for m in ("exact", "mid-p", "asymptotic", "asymptotic-cc")
    ],
    "paired_predictive_values": lambda a, b, c, d: library.paired_predictive_values(
        PairedCounts(both=a, first_only=b, second_only=c, neither=d),
        PairedCounts(both=d, first_only=c, second_only=b, neither=a),
    ),
    "net_benefit": lambda *n: [library.net_benefit(n[0], n[1], n[0] + n[2], n[1] + n[3], threshold=0.2)],
    "detectable_proportion_difference": lambda a, b, c, d: library.detectable_proportion_difference(0.5, a, b),
    "detectable_auc_difference": lambda a, b, c, d: library.detectable_auc_difference(0.8, a, b),
    "proportion_with_design_effect": lambda a, b, c, d: [
        library.proportion_with_design_effect(a, a + b, design_effect=effect) for effect in (1.0, 2.5, 1e9)
    ],
    "size_to_decide": lambda a, b, c, d: library.size_to_decide(a, b, c),
    "smallest_detectable_difference": lambda a, b, c, d: library.smallest_detectable_difference(a),
    "cohen_kappa_from_table": lambda a, b, c, d: [
        library.cohen_kappa_from_table([[a, b], [c, d]], method=m, weights=w)
        for m in ("wald", "wilson")
        for w in ("unweighted", "quadratic")
    ],
    "fleiss_kappa_from_counts": lambda a, b, c, d: library.fleiss_kappa_from_counts([[a, b], [c, d]]),
    "gwet_ac_from_counts": lambda a, b, c, d: library.gwet_ac_from_counts([[a, b], [c, d]]),
    "binomial_normal": lambda a, b, c, d: library.binomial_normal([a, c], [a + b, c + d]),
    "random_effects_proportions": lambda a, b, c, d: library.random_effects_proportions([a, c], [a + b, c + d]),
    "logit_of_counts": lambda a, b, c, d: library.logit_of_counts([a, c], [a + b, c + d]),
    "bivariate": lambda a, b, c, d: [
        library.bivariate([a], [b], [c], [d]),
        library.bivariate([a] * 6, [b] * 6, [c] * 6, [d] * 6),
        library.bivariate([], [], [], []),
    ],
    "chi_square": lambda a, b, c, d: library.chi_square([a, b], [c, d], rng=rng(), n_draws=9),
    "jensen_shannon": lambda a, b, c, d: [
        library.jensen_shannon([a, b], [c, d], kind=k, rng=rng(), n_draws=9) for k in ("divergence", "distance")
    ],
    "kolmogorov_smirnov_of_counts": lambda a, b, c, d: library.kolmogorov_smirnov_of_counts([a, b], [c, d]),
    "population_stability_index": lambda a, b, c, d: [
        library.population_stability_index([a, b], [c, d], empty=e, rng=rng(), n_draws=9) for e in ("floor", "drop")
    ],
    "standardised_difference": lambda a, b, c, d: library.standardised_difference([a, b], [c, d]),
    "standardised_difference_to": lambda a, b, c, d: library.standardised_difference_to([a, b], [0.5, 0.5]),
    "grid_quantile": lambda *n: [
        library.grid_quantile(n, low=-1.0, high=1.0, probability=p) for p in (1e-300, 0.5, 1.0 - 2**-53)
    ],
    "wasserstein_of_counts": lambda a, b, c, d: library.wasserstein_of_counts([a, b], [c, d], grid=[0.0, 1.0]),
    "standardised_mean_difference_of_moments": lambda a, b, c, d: [
        library.standardised_mean_difference_of_moments((a, b, 5), (c, d, 5)),
        library.standardised_mean_difference_of_moments((1.0, 1.0, a), (1.0, 1.0, b)),
    ],
}

SAMPLES: Mapping[str, tuple[Any, Any]] = {
    "both empty": ([], []),
    "one empty": ([], [0.1, 0.2]),
    "one value each": ([0.1], [0.2]),
    "all alike": ([0.5] * 6, [0.5] * 4),
    "alike within": ([0.5] * 6, [0.7] * 4),
    "apart": ([0.1, 0.2, 0.3], [0.7, 0.8, 0.9]),
    "the same": ([0.1, 0.2, 0.3], [0.1, 0.2, 0.3]),
    "NaN": ([NAN, 0.1], [0.2, 0.3]),
    "infinite": ([INF, 0.1], [0.2, 0.3]),
    "two-dimensional": ([[0.1, 0.2]], [[0.2, 0.3]]),
    "zeros": ([0.0, 0.0], [0.0, 0.0]),
    "negative": ([-0.1, -0.2], [-0.3, -0.4]),
    "lengths differ": ([0.1, 0.2, 0.3], [0.2, 0.4]),
}

OF_SAMPLES: Mapping[str, Callable[[Any, Any], Any]] = {
    "kolmogorov_smirnov": lambda a, b: [
        library.kolmogorov_smirnov(a, b, test=t, rng=rng(), n_draws=9) for t in (None, "asymptotic", "permutation")
    ],
    "wasserstein": lambda a, b: library.wasserstein(a, b, rng=rng(), n_draws=9),
    "standardised_mean_difference": lambda a, b: [
        library.standardised_mean_difference(a, b, kind=k) for k in ("mean variance", "cohen", "hedges", "glass")
    ],
    "limits_of_agreement": lambda a, b: library.limits_of_agreement(a, b),
    "random_effects": lambda a, b: [
        library.random_effects(a, b, tau2=t, interval=i, i2_interval=h)
        for t in ("reml", "pm", "dl")
        for i in ("by-sites", "wald", "hksj")
        for h in ("q-profile", "higgins-thompson")
    ],
    "fixed_weights_mean": lambda a, b: library.fixed_weights_mean(a, b, np.abs(b)),
    "common_effect": lambda a, b: library.common_effect(a, b),
    "leave_one_out": lambda a, b: library.leave_one_out(a, b),
    "partial_pooling": lambda a, b: [library.partial_pooling(a, b, tau2=t) for t in ("reml", "pm")],
    "holm": lambda a, b: library.holm(a),
    "hochberg": lambda a, b: library.hochberg(a),
    "benjamini_yekutieli": lambda a, b: library.benjamini_yekutieli(a),
    "bonferroni": lambda a, b: library.bonferroni(a),
    "benjamini_hochberg": lambda a, b: library.benjamini_hochberg(a),
}

RATINGS: Mapping[str, Any] = {
    "empty": np.zeros((0, 2)),
    "no rater": np.zeros((3, 0)),
    "one rater": [[1], [0], [1]],
    "one case": [[1, 0]],
    "one case, alike": [[1, 1]],
    "all alike": [[1, 1], [1, 1], [1, 1]],
    "a rater of one word": [[1, 0], [1, 1], [1, 0], [1, 1]],
    "agreed throughout": [[1, 1], [0, 0], [1, 1], [0, 0]],
    "never agreed": [[1, 0], [0, 1], [1, 0], [0, 1]],
    "missing throughout": [[None, None], [None, None]],
    "never both": [[1, None], [None, 0], [1, None]],
    "one pair": [[1, 1], [None, 0], [1, None]],
    "NaN is missing": [[1.0, NAN], [0.0, 1.0], [1.0, 1.0]],
    "infinite": [[1.0, INF], [0.0, 1.0]],
    "one-dimensional": [1, 0, 1],
    "three raters": [[1, 0, 1], [1, 1, 1], [0, None, 0]],
}


def latent(found: LatentClasses) -> list[Any]:
    """Its numbers; what is undefined has a reason, and NaN stands for a class or a case of which nothing is known."""
    assert (found.prevalence is None) == (found.status is EstimateStatus.UNDEFINED)
    assert found.reason or found.status is EstimateStatus.OK
    accuracies = [found.accuracy(rater, category) for rater in found.raters for category in found.categories]
    return [accuracies, [] if found.prevalence is None else found.prevalence.tolist(), found.log_likelihood]


OF_RATINGS: Mapping[str, Callable[[Any], Any]] = {
    "cohen_kappa": lambda r: [
        library.cohen_kappa([row[0] for row in r], [row[1] for row in r], categories=[0, 1, 2], weights=w)
        if all(np.size(row) > 1 for row in r)
        else None
        for w in ("unweighted", "linear")
    ],
    "pairwise_kappa": lambda r: [pair for pair in library.pairwise_kappa(r, categories=[0, 1, 2]).pairs.values()],
    "conger_kappa": lambda r: [
        library.conger_kappa(r, categories=[0, 1, 2], weights=w) for w in ("unweighted", "linear")
    ],
    "light_kappa": lambda r: [library.light_kappa(r, categories=[0, 1, 2]), library.light_kappa(r)],
    "fleiss_kappa": lambda r: [library.fleiss_kappa(r, categories=[0, 1, 2]), library.fleiss_kappa(r)],
    "gwet_ac1": lambda r: [library.gwet_ac1(r, categories=[0, 1, 2]), library.gwet_ac1(r)],
    "gwet_ac2": lambda r: [library.gwet_ac2(r, categories=[0, 1, 2]), library.gwet_ac2(r)],
    "icc": lambda r: [library.icc(r, form=form) for form in library.ICC_FORMS],
    "dawid_skene": lambda r: [
        parts
        for smoothing in (0.0, 0.01)
        for categories in (None, [0, 1, 2])
        for parts in latent(library.dawid_skene(r, smoothing=smoothing, categories=categories))
    ],
    "krippendorff_alpha": lambda r: [
        library.krippendorff_alpha(r, metric=m) for m in ("nominal", "ordinal", "interval", "ratio")
    ],
    "observed_agreement": lambda r: library.observed_agreement(r),
    "specific_agreement": lambda r: library.specific_agreement(r, categories=[0, 1, 2]),
}


def coded(levels: Any, error: Any, patient: Any, n_levels: Sequence[int] = (2, 3)) -> Callable[[], CodedCases]:
    return lambda: CodedCases.of(levels, n_levels, error, patient)


TEN = [[i % 2, i % 3] for i in range(10)]
HALF = [i % 2 for i in range(10)]

CODED_CASES: Mapping[str, Callable[[], CodedCases]] = {
    "empty": coded(np.zeros((0, 2)), [], []),
    "no column": coded(np.zeros((10, 0)), HALF, range(10), ()),
    "a column without a level": coded(np.zeros((0, 1)), [], [], (0,)),
    "a column of one level": coded(np.zeros((10, 1)), HALF, range(10), (1,)),
    "one case": coded([[1, 2]], [1], ["a"]),
    "one patient": coded(TEN, HALF, ["a"] * 10),
    "two patients, one that errs": coded(TEN, HALF, HALF),
    "no error": coded(TEN, [0] * 10, range(10)),
    "errors only": coded(TEN, [1] * 10, range(10)),
    "the level is the error": coded(TEN, HALF, range(10)),
    "several cases of a patient": coded(TEN, [0, 0, 0, 1, 1, 0, 1, 0, 0, 1], [i // 3 for i in range(10)]),
    "error is NaN": coded(TEN[:2], [1, NAN], [1, 2]),
    "error is two": coded(TEN[:2], [1, 2], [1, 2]),
    "level is NaN": coded([[1, NAN]], [1], [1]),
    "level is infinite": coded([[1, INF]], [1], [1]),
    "level is a fraction": coded([[0.5, 1]], [1], [1]),
    "level is negative": coded([[0, -1]], [1], [1]),
    "level is missing": coded([[0, None]], [1], [1]),
    "level above its column": coded([[2, 2]], [1], [1]),
    "levels are one-dimensional": coded([0, 1], [1, 0], [1, 2]),
    "patient is missing": coded(TEN[:2], [1, 0], ["a", None]),
    "patient is NaN": coded(TEN[:2], [1, 0], [1.0, NAN]),
    "lengths differ": coded(TEN[:2], [1], [1, 2]),
}


def searched(c: CodedCases) -> list[Slice]:
    beam = library.beam_search(c, max_conditions=3, beam_width=1, minimum_patients=1)
    return [*beam, *library.tree_search(c, max_conditions=3, minimum_patients=1)]


def sums_by_level(c: CodedCases) -> list[Any]:
    """z of every level, −∞ being the declared absence of one."""
    n = np.bincount(c.patient)
    y = np.bincount(c.patient[c.error], minlength=n.size)
    everyone = ClusterMoments.from_clusters(y, n)
    found = []
    for column, levels in enumerate(c.n_levels):
        sums = library.slice_sums(
            c.levels[:, column], c.error, c.patient, n_cells=levels, patient_errors=y, patient_cases=n
        )
        assert int(sums.sum_n.sum()) == c.error.size
        found.append([z for z in sums.z(everyone).tolist() if z != -INF])
    return found


OF_CODED_CASES: Mapping[str, Callable[[CodedCases], Any]] = {
    "beam_search": lambda c: [
        library.beam_search(c, max_conditions=m, beam_width=w, minimum_patients=least)
        for m in (1, 9)
        for w in (1, 99)
        for least in (1, 3, 99)
    ],
    "tree_search": lambda c: [
        library.tree_search(c, max_conditions=m, minimum_patients=least, ordered=ordered)
        for m in (1, 9)
        for least in (1, 3, 99)
        for ordered in ((), (True,) * len(c.n_levels))
    ],
    "chosen_slices": lambda c: [
        library.chosen_slices(c, found, most=most, least_z=z, same_from=same)
        for found in (searched(c), [])
        for most in (0, 1, 99)
        for z in (-1.0, 1.645, 1e9)
        for same in (0.0, 1.0)
    ],
    "is_within": lambda c: [
        library.is_within(one.conditions, other.conditions)
        for found in [searched(c)]
        for one in found
        for other in found
    ],
    "slice_members": lambda c: [
        library.slice_members(c.levels, conditions)
        for conditions in ((), ((0, ()),), ((0, (0,)),), ((0, (0, 7)), (1, (2,))))
    ],
    "slice_sums": sums_by_level,
}

MEASURED: Mapping[str, tuple[Any, Any]] = {
    "empty": ([], []),
    "one case": ([0.5], [1]),
    "one patient": ([0.5, 0.7], [1, 1]),
    "two patients": ([0.5, 0.7], [1, 2]),
    "two patients, one with more": ([0.5, 0.7, 0.7], [1, 2, 2]),
    "all zero": ([0.0] * 4, [1, 1, 2, 3]),
    "all alike": ([0.1] * 7, range(7)),
    "alike within patients": ([0.1, 0.1, 0.4, 0.4], [1, 1, 2, 2]),
    "patients alike": ([0.1, 0.4, 0.1, 0.4], [1, 1, 2, 2]),
    "of either sign": ([-1.0, 1.0], [1, 2]),
    "far from zero": ([1e9, 1e9 + 1.0, 1e9 + 3.0], [1, 2, 3]),
    "next to nothing": ([1e-200, 2e-200], [1, 2]),
    "too small to square twice": ([1e-80, -3e-80, 2e-80], [1, 1, 2]),
    "too large to square": ([1e200, 2e200], [1, 2]),
    "nearly too large to square": ([1e135, -3e135, 2e135], [1, 1, 2]),
    "NaN": ([NAN, 0.1], [1, 2]),
    "infinite": ([INF, 0.1], [1, 2]),
    "two-dimensional": ([[0.1, 0.2]], [1]),
    "patient is missing": ([0.1, 0.2], ["a", None]),
    "patient is NaN": ([0.1, 0.2], [1.0, NAN]),
    "lengths differ": ([0.1, 0.2], [1]),
}


def of_two(first: MeanMoments, second: MeanMoments) -> list[Any]:
    return [library.icc_of_two(first, second, form=form) for form in library.ICC_FORMS]


OF_MEASURED: Mapping[str, Callable[[MeanMoments, MeanMoments], Any]] = {
    "clustered_mean": lambda m, other: [library.clustered_mean(m), library.clustered_mean(m + other)],
    "sample_deviation": lambda m, other: [library.sample_deviation(m), library.sample_deviation(m + other)],
    "limits_from_moments": lambda m, other: [library.limits_from_moments(m), library.limits_from_moments(m + other)],
    "icc_of_two": lambda m, other: [*of_two(m, other), *of_two(m, m), *of_two(other, m)],
}


def two_measurements(call: Callable[[MeanMoments, MeanMoments], Any], given: tuple[Any, Any]) -> Any:
    """The values, and others of the same cases that are all alike."""
    values, patient = given
    return call(MeanMoments.from_cases(values, patient), MeanMoments.from_cases(np.ones(len(patient)), patient))


def moments(**changed: Any) -> MeanMoments:
    """Those of the values 1 and 3 of two patients, but for what is changed."""
    sums = {"n_patients": 2, "sum_n": 2, "sum_nn": 2, "sum_x": 4.0, "sum_xn": 4.0, "sum_xx": 10.0}
    return MeanMoments(**{**sums, "sum_squares": 10.0, "sum_xx_over_n": 10.0, **changed})


def slices_of(z: float = 2.0, column: int = 0, **options: Any) -> Any:
    chosen = [Slice(((column, (0,)),), z, "beam"), Slice(((1, (0,)),), 1.9, "beam")]
    return library.chosen_slices(CODED_CASES["no error"](), chosen, **{"most": 2, **options})


def searches(search: Callable[..., Any], **options: Any) -> Callable[[], Any]:
    return lambda: search(CODED_CASES["one patient"](), **{"max_conditions": 2, "minimum_patients": 1, **options})


def sums_of(cell: Any = (0, 1), error: Any = (True, False), patient: Any = (0, 1), **options: Any) -> list[Any]:
    known = {"n_cells": 2, "patient_errors": [1, 0], "patient_cases": [1, 2]}
    return library.slice_sums(cell, error, patient, **{**known, **options}).sum_n.tolist()


def outcomes(found: Any, of: Any, *, prevalence: float = 0.1, act_from: float = 0.2) -> Any:
    share = library.proportion(found, of)
    return library.outcomes_at_prevalence(share, share, prevalence=prevalence, act_from=act_from)


def products(patient: list[int], row: Sequence[int] = (0, 1)) -> Any:
    c = ScoreCounts([0.2, 0.8], [0, 1], [1, 0])
    influence = library.score_influence(c, library.calibration_line(c))
    numbers = np.array(patient, dtype=np.int64)
    return library.patient_products(influence, np.array(row), np.array([False, True]), numbers).products


def area_of(squares: float, products: float, *patients: int) -> Any:
    plain = library.auc(ScoreCounts([0.2, 0.4, 0.8], [0, 1, 1], [1, 1, 0]))
    names = ("n_patients", "n_patients_positive", "n_patients_negative")
    sums = AreaSums(
        squares_positive=squares,
        squares_negative=squares,
        products=products,
        **dict(zip(names, patients, strict=True)),
    )
    return library.clustered_auc_of_sums(plain, sums)


OTHERS: Mapping[str, Mapping[str, Callable[[], Any]]] = {
    "agreement_weights": {
        "no category": lambda: library.agreement_weights("linear", 0),
        "one category": lambda: library.agreement_weights("quadratic", 1),
        "NaN": lambda: library.agreement_weights(np.array([[1.0, NAN], [NAN, 1.0]]), 2),
        "weights of zero": lambda: library.agreement_weights(np.zeros((2, 2)), 2),
    },
    "beam_search": {
        "no condition": searches(library.beam_search, beam_width=1, max_conditions=0),
        "no beam": searches(library.beam_search, beam_width=0),
        "a beam below 0": searches(library.beam_search, beam_width=-1),
        "no patient is enough": searches(library.beam_search, beam_width=1, minimum_patients=0),
        "bound is NaN": searches(library.beam_search, beam_width=1, minimum_patients=NAN),
        "bound is a fraction": searches(library.beam_search, beam_width=1.5),
    },
    "tree_search": {
        "no condition": searches(library.tree_search, max_conditions=0),
        "no patient is enough": searches(library.tree_search, minimum_patients=0),
        "bound is a fraction": searches(library.tree_search, max_conditions=1.5),
        "order of too few columns": searches(library.tree_search, ordered=(True,)),
    },
    "brier_fall_of_counts": {
        "no fit": lambda: library.brier_fall_of_counts(
            SCORE_COUNTS["all ties"](), library.fit_recalibration(SCORE_COUNTS["empty"](), method="isotonic")
        ),
        "design effect of 0": lambda: library.brier_fall_of_counts(
            SCORE_COUNTS["all ties"](), TURNED, design_effect=0.0
        ),
        "design effect is NaN": lambda: library.brier_fall_of_counts(
            SCORE_COUNTS["all ties"](), TURNED, design_effect=NAN
        ),
        "design effect is infinite": lambda: library.brier_fall_of_counts(
            SCORE_COUNTS["all ties"](), TURNED, design_effect=INF
        ),
        "level of 1, no case": lambda: library.brier_fall_of_counts(SCORE_COUNTS["empty"](), TURNED, level=1.0),
    },
    "fit_recalibration": {
        "method unknown": lambda: library.fit_recalibration(SCORE_COUNTS["all ties"](), method="slope"),
        "a score that is NaN": lambda: TURNED(np.array([NAN])).tolist(),
        "a score above 1": lambda: TURNED(np.array([1.5])).tolist(),
        "no score": lambda: TURNED(np.array([])).tolist(),
    },
    "recalibrated_counts": {
        "no fit": lambda: moved(
            SCORE_COUNTS["perfect"](),
            library.fit_recalibration(SCORE_COUNTS["perfect"](), method="intercept and slope"),
        ),
    },
    "prevalence_shift": {
        called: lambda changed=changed: library.prevalence_shift(
            SCORE_COUNTS["all ties"](), **{"n_positive": 3, "n_negative": 4, **changed}
        )
        for called, changed in {
            "count is negative": {"n_positive": -1},
            "count is NaN": {"n_positive": NAN},
            "count is infinite": {"n_negative": INF},
            "count is a fraction": {"n_negative": 0.5},
            "design effect of 0": {"design_effect": 0.0},
            "design effect is NaN": {"design_effect_there": NAN},
            "design effect is infinite": {"design_effect": INF},
            "level of 0": {"level": 0.0},
        }.items()
    },
    "clustered_mean": {
        called: lambda changed=changed: library.clustered_mean(moments(**changed))
        for called, changed in {
            "more patients than cases": {"n_patients": 3},
            "no patient": {"n_patients": 0, "sum_n": 0, "sum_nn": 0},
            "patients are NaN": {"n_patients": NAN},
            "cases are a fraction": {"sum_n": 2.5, "sum_nn": 3},
            "sum is NaN": {"sum_x": NAN},
            "sum is infinite": {"sum_xx": INF},
            "squares are negative": {"sum_squares": -1.0},
            "squares of patients are negative": {"sum_xx": -1.0, "sum_xx_over_n": -1.0},
            "squares too small for the sum": {"sum_squares": 7.0, "sum_xx_over_n": 7.0},
            "products outweigh squares": {"sum_xn": 100.0},
        }.items()
    },
    "sample_deviation": {
        "squares too small for the sum": lambda: library.sample_deviation(moments(sum_x=9.0)),
    },
    "limits_from_moments": {
        "coverage of 1": lambda: library.limits_from_moments(moments(), coverage=1.0),
        "coverage is NaN": lambda: library.limits_from_moments(moments(), coverage=NAN),
        "level of 0": lambda: library.limits_from_moments(moments(), level=0.0),
    },
    "icc_of_two": {
        "form unknown": lambda: library.icc_of_two(moments(), moments(), form="4,1"),
        "other cases": lambda: library.icc_of_two(moments(), moments(sum_n=3, sum_nn=5), form="1,1"),
        "other patients": lambda: library.icc_of_two(
            moments(), moments(n_patients=1, sum_nn=4, sum_xx=16.0, sum_xx_over_n=8.0), form="1,1"
        ),
        "level is NaN": lambda: library.icc_of_two(moments(), moments(), form="1,1", level=NAN),
    },
    "grid_quantile": {
        called: lambda changed=changed: library.grid_quantile(
            **{"counts": [1, 2], "low": 0.0, "high": 1.0, "probability": 0.5, **changed}
        )
        for called, changed in {
            "no cell": {"counts": []},
            "two-dimensional": {"counts": [[1, 2]]},
            "ends alike": {"low": 1.0},
            "end is NaN": {"high": NAN},
            "end is infinite": {"low": -INF},
            "ends too far apart": {"low": -1e308, "high": 1e308},
            "probability of 0": {"probability": 0.0},
            "probability is NaN": {"probability": NAN},
        }.items()
    },
    "chosen_slices": {
        "z is NaN": lambda: slices_of(NAN),
        "z is infinite": lambda: slices_of(INF),
        "no such column": lambda: slices_of(column=2),
        "a column below 0": lambda: slices_of(column=-1),
        "fewer than none": lambda: slices_of(most=-1),
        "least z is NaN": lambda: slices_of(least_z=NAN),
        "shared by more than all": lambda: slices_of(same_from=1.1),
        "shared is NaN": lambda: slices_of(same_from=NAN),
    },
    "is_within": {
        "no condition": lambda: library.is_within((), ()),
        "a column twice": lambda: library.is_within(((0, (1,)), (0, (2,))), ((0, (1,)),)),
    },
    "patient_halves": {
        "nobody": lambda: library.patient_halves([], seed=1),
        "a patient is missing": lambda: library.patient_halves(["a", None], seed=1),
        "a patient is NaN": lambda: library.patient_halves(["a", NAN], seed=1),
        "a patient is a number": lambda: library.patient_halves([1, 2], seed=1),
        "one text for all": lambda: library.patient_halves("abc", seed=1),
        "seed is NaN": lambda: library.patient_halves(["a"], seed=NAN),
    },
    "slice_members": {
        "no such column": lambda: library.slice_members(np.zeros((2, 1), int), ((1, (0,)),)),
        "a column below 0": lambda: library.slice_members(np.zeros((2, 1), int), ((-1, (0,)),)),
        "levels are one-dimensional": lambda: library.slice_members(np.zeros(2, int), ((0, (0,)),)),
    },
    "slice_sums": {
        called: lambda changed=changed: sums_of(**changed)
        for called, changed in {
            "nobody": {"cell": [], "error": [], "patient": [], "patient_errors": [], "patient_cases": []},
            "cases of nobody": {"patient_errors": [], "patient_cases": []},
            "no slice": {"n_cells": 0},
            "fewer slices than none": {"n_cells": -1},
            "slices are NaN": {"n_cells": NAN},
            "no such slice": {"cell": [0, 2]},
            "a slice below 0": {"cell": [0, -1]},
            "slice is NaN": {"cell": [0, NAN]},
            "no such patient": {"patient": [0, 2]},
            "a patient below 0": {"patient": [0, -1]},
            "error is NaN": {"error": [1, NAN]},
            "error is two": {"error": [1, 2]},
            "lengths differ": {"cell": [0]},
            "lengths of patients differ": {"patient_errors": [1]},
            "more cases than there are": {"patient": [0, 0]},
            "more errors than there are": {"error": [True, True]},
            "fewer errors than cases without": {"patient_errors": [1, 2]},
            "patient's cases are NaN": {"patient_cases": [1, NAN]},
        }.items()
    },
    "clustered_auc_of_sums": {
        "one patient": lambda: area_of(0.1, 0.1, 1, 1, 1),
        "no variance": lambda: area_of(0.0, 0.0, 4, 2, 2),
        "squares are NaN": lambda: area_of(NAN, 0.0, 4, 2, 2),
        "squares are infinite": lambda: area_of(INF, 0.0, 4, 2, 2),
        "squares are negative": lambda: area_of(-0.1, 0.0, 4, 2, 2),
        "products outweigh squares": lambda: area_of(0.1, -0.5, 4, 4, 4),
        "more patients than cases could have": lambda: area_of(0.1, 0.0, 5, 2, 2),
        "fewer patients than a class": lambda: area_of(0.1, 0.0, 1, 2, 2),
    },
    "detail_correlations": {
        "no picture": lambda: library.detail_correlations(*np.zeros((2, 0, 8, 8), np.uint8)),
        "no detail": lambda: library.detail_correlations(*np.zeros((2, 1, 8, 8), np.uint8)),
    },
    "proportion_with_design_effect": {
        "infinite": lambda: library.proportion_with_design_effect(1, 3, design_effect=INF),
        "NaN": lambda: library.proportion_with_design_effect(1, 3, design_effect=NAN),
        "below 1": lambda: library.proportion_with_design_effect(1, 3, design_effect=0.9),
    },
    "interval_p_value": {
        "value is NaN": lambda: library.interval_p_value(lambda level: library.proportion(1, 3, level=level), NAN),
        "value is infinite": lambda: library.interval_p_value(lambda level: library.proportion(1, 3, level=level), INF),
        "no interval": lambda: library.interval_p_value(lambda level: library.proportion(0, 0, level=level), 0.5),
    },
    "outcomes_at_prevalence": {
        "nothing": lambda: outcomes(0, 0),
        "none called": lambda: outcomes(0, 10),
        "all called": lambda: outcomes(10, 10),
        "prevalence of 0": lambda: outcomes(5, 10, prevalence=0.0),
        "prevalence is NaN": lambda: outcomes(5, 10, prevalence=NAN),
        "acts from 1": lambda: outcomes(5, 10, act_from=1.0),
        "acts from NaN": lambda: outcomes(5, 10, act_from=NAN),
    },
    "patient_products": {
        "a gap in the numbers": lambda: products([0, 2]),
        "a negative number": lambda: products([0, -1]),
        "lengths differ": lambda: products([0]),
        "a row that there is not": lambda: products([0, 1], row=[0, 2]),
    },
    "size_to_decide": {
        "no patient": lambda: library.size_to_decide(0.1, 0.2, 0),
        "size is NaN": lambda: library.size_to_decide(0.1, 0.2, NAN),
        "size is infinite": lambda: library.size_to_decide(0.1, 0.2, INF),
        "size is a fraction": lambda: library.size_to_decide(0.1, 0.2, 2.5),
        "distance of 0": lambda: library.size_to_decide(0.0, 0.2, 10),
        "distance is infinite": lambda: library.size_to_decide(INF, 0.2, 10),
        "error of 0": lambda: library.size_to_decide(0.1, 0.0, 10),
        "error is NaN": lambda: library.size_to_decide(0.1, NAN, 10),
        "power of 1": lambda: library.size_to_decide(0.1, 0.2, 10, power=1.0),
    },
    "cross_fitted_scores": {
        "no feature": lambda: library.cross_fitted_scores(
            np.zeros((4, 0)), np.array([True, False] * 2), np.array([0, 0, 1, 1]), is_category=np.zeros(0, bool), seed=1
        ),
        "one class in a fold": lambda: library.cross_fitted_scores(
            np.zeros((4, 1)), np.array([True, True, False, False]), np.array([0, 0, 1, 1]),
            is_category=np.zeros(1, bool), seed=1,
        ),
    },
}  # fmt: skip


BAD_COUNTS: Mapping[str, Any] = {
    "no bin": [],
    "no study": [0, 0, 0],
    "one bin": [4],
    "all in one bin": [0, 5, 0],
    "a fraction": [0.5, 1.5, 2],
    "very many": [10**12, 1, 1],
    "negative": [-1, 2, 3],
    "NaN": [NAN, 2, 3],
    "infinite": [INF, 2, 3],
    "other bins": [1, 2],
    "two-dimensional": [[1, 2, 3]],
    "a number": 3,
}
USUAL = [3, 4, 5]


def on_both_sides(call: Callable[[Any, Any], Any]) -> dict[str, Callable[[], Any]]:
    months = {f"month: {called}": lambda bad=bad: call(bad, USUAL) for called, bad in BAD_COUNTS.items()}
    references = {f"reference: {called}": lambda bad=bad: call(USUAL, bad) for called, bad in BAD_COUNTS.items()}
    both = {f"both: {called}": lambda bad=bad: call(bad, bad) for called, bad in BAD_COUNTS.items()}
    effects = {
        f"design effect {effect}": lambda effect=effect: library.largest_cell_change(USUAL, USUAL, design_effect=effect)
        for effect in (0.5, NAN, INF)
    }
    return {**months, **references, **both, **effects}


def with_changes(call: Callable[..., Any], usual: Mapping[str, Any], **bad: Sequence[Any]) -> dict[str, Any]:
    """A call for each bad value of each argument, the others as usual."""
    return {
        f"{argument} is {value}": lambda argument=argument, value=value: call(**{**usual, argument: value})
        for argument, values in bad.items()
        for value in values
    }


NUMBERS = (-1, NAN, INF)
MONITORING: Mapping[str, Mapping[str, Callable[[], Any]]] = {
    "largest_cell_change": on_both_sides(library.largest_cell_change),
    "location_change": on_both_sides(library.location_change),
    "cell_statistics": on_both_sides(library.cell_statistics),
    "rank_scores": on_both_sides(lambda _, reference: library.rank_scores(reference)),
    "cells_evidence": on_both_sides(lambda month, reference: library.cells_evidence([month, month], reference)),
    "location_evidence": on_both_sides(lambda month, reference: library.location_evidence([month, month], reference)),
    "null_limits": with_changes(
        library.null_limits,
        {"reference": USUAL, "n_studies": 5, "probabilities": [0.5, 0.1], "statistic": "cells", "replicates": 100},
        reference=list(BAD_COUNTS.values()),
        n_studies=(0, *NUMBERS),
        probabilities=([], [0.0], [1.5], [NAN], 0.5),
        statistic=("shape", "location"),
        replicates=(0, 99, NAN),
        design_effect=(0.5, NAN, INF),
    ),
    "p_value_from_limits": with_changes(
        library.p_value_from_limits,
        {
            "statistic": 1.5, "n_studies": 30, "grid_n": [25, 50], "probabilities": [0.5, 0.1],
            "limits": [[1, 2], [1, 2]],
        },
        statistic=(NAN, INF, [1.0, 2.0]),
        n_studies=(0, *NUMBERS),
        grid_n=([50, 25], [25], [0, 25], [NAN, 25], []),
        probabilities=([0.1, 0.5], [0.5], [NAN, 0.1], []),
        limits=([[NAN, NAN]] * 2, [[1, 2]], [[2, 2], [2, 2]], []),
    ),
    "share_p_value": with_changes(
        library.share_p_value,
        {"x": 3, "n": 10, "x_reference": 30, "n_reference": 100},
        x=(11, [3, 4], *NUMBERS), n=(0, 2, *NUMBERS), x_reference=(101, *NUMBERS), n_reference=(0, *NUMBERS),
        design_effect=(0.5, NAN, INF, 1e9),
    ),
    "usual_share_range": with_changes(
        library.usual_share_range,
        {"x_reference": 30, "n_reference": 100, "n": 10},
        x_reference=(101, *NUMBERS), n_reference=(0, *NUMBERS), n=(0, *NUMBERS), level=(0, 1, NAN),
        design_effect=(0.5, NAN, INF),
    ),
    "volume_prediction": with_changes(
        library.volume_prediction,
        {"counts": [30, 40], "exposures": [20, 21], "exposure": 22},
        counts=([], [0, 0], [-1, 3], [NAN, 3], [INF, 3], [3]), exposures=([0, 1], [NAN, 1], [INF, 1]),
        exposure=(0, *NUMBERS), level=(0, 1, NAN),
    ),
    "volume_p_value": with_changes(
        library.volume_p_value,
        {"count": 33, "counts": [30, 40], "exposures": [20, 21], "exposure": 22},
        count=NUMBERS, counts=([0, 0], [-1, 3], [NAN, 3]), exposure=(0, *NUMBERS),
    ),
    "volume_evidence": with_changes(
        library.volume_evidence,
        {"months": [33, 0], "month_exposures": [20, 21], "counts": [30, 40], "exposures": [20, 21]},
        months=([], [1], [0.5, 1], [NAN, 1], [INF, 1], [-1, 1]), month_exposures=([0, 1], [NAN, 1], [INF, 1]),
        counts=([0, 0], [-1, 3], [NAN, 3]),
    ),
    "silence_p_value": with_changes(
        library.silence_p_value,
        {"days": 3, "rate_per_day": 0.5, "n_days": 21},
        days=(0, 22, 0.5, *NUMBERS), rate_per_day=(0.0, 1e9, *NUMBERS), n_days=(0, 0.5, *NUMBERS),
    ),
    "detectable_share_change": with_changes(
        library.detectable_share_change,
        {"share": 0.1, "n": 100, "n_reference": 1000, "alpha": 0.05},
        share=(0, 1, 1.1, *NUMBERS), n=(0, -1, NAN), n_reference=(0, -1, NAN), alpha=(0, 1, NAN), power=(0, 1, NAN),
    ),
    "detectable_location_change": with_changes(
        library.detectable_location_change,
        {"n": 100, "n_reference": 1000, "alpha": 0.05},
        n=(0, -1, NAN), n_reference=(0, -1, NAN), alpha=(0, 1, NAN), power=(0, 1, NAN),
    ),
    "mix_and_within": with_changes(
        library.mix_and_within,
        {"weights": [1, 2], "rates": [0.1, 0.2], "weights_now": [2, 1], "rates_now": [0.1, 0.3]},
        weights=([0, 0], [-1, 2], [NAN, 1], [INF, 1], [1], []), rates=([NAN, NAN], [INF, 0.1], [0.1]),
        rates_now=([NAN, NAN], [0.1]),
    ),
}  # fmt: skip


LINE = library.calibration_line(ScoreCounts([0.2, 0.5, 0.8], [2, 5, 8], [8, 5, 2]))
NO_LINE = library.calibration_line(ScoreCounts([0.5], [1], [0]))
EXPECTED = {"scores": [0.2, 0.8], "counts": [5, 5], "threshold": 0.5, "calibration": LINE}
AUDITED = {"predicted": [0.2, 0.8], "called": [0, 1], "truth": [NAN, 1], "probability": [NAN, 0.5]}


def audited(**changed: Any) -> Any:
    return library.audited_share(library.audit_sums(**{**AUDITED, **changed}))


LABEL_FREE: Mapping[str, Mapping[str, Callable[[], Any]]] = {
    "expected_accuracy": with_changes(
        library.expected_accuracy,
        EXPECTED,
        scores=([0.2], [0.2, 2.0], [NAN, 0.5], [0.0, 1.0]),
        counts=([0, 0], [-1, 1], [NAN, 1], [INF, 1]),
        calibration=(NO_LINE,),
        level=(0.0, 1.0, NAN),
        odds_factor=(0.5, NAN, INF),
        threshold=(0.0, 2.0),
    ),
    "audit_sums": with_changes(
        library.audit_sums,
        AUDITED,
        predicted=([0.2], [0.2, 2.0], [NAN, 0.5]),
        called=([0, 2], [NAN, 1]),
        truth=([NAN, NAN], [2, 1]),
        probability=([NAN, 0.0], [NAN, NAN], [NAN, 2.0]),
    ),
    "audited_share": {
        "nobody audited": lambda: audited(truth=[NAN, NAN]),
        "few with the finding": lambda: audited(),
        "level is 1": lambda: library.audited_share(library.audit_sums(**AUDITED), level=1.0),
        "no study": lambda: audited(predicted=[], called=[], truth=[], probability=[]),
    },
    "label_maturity": with_changes(
        library.label_maturity,
        {"arrived": [1, 1], "waiting": [0, 1]},
        arrived=([0, 0], [-1, 0], [NAN, 0], [1], []),
        waiting=([0, 0], [-1, 0], [NAN, 0]),
    ),
    "anytime_interval": with_changes(
        library.anytime_interval,
        {"positive": 2, "total": 4, "alpha": 0.05},
        positive=(0, 4, 5, -1, NAN),
        total=(0, -1, NAN),
        alpha=(0.0, 1.0, NAN),
        design_effect=(0.5, NAN, math.inf),
    ),
    "anytime_difference": with_changes(
        library.anytime_difference,
        {"positive": 2, "total": 4, "reference": 0.5, "reference_limits": (0.2, 0.8)},
        positive=(5, -1, NAN),
        total=(0, -1),
        reference=(0.1, 0.9, NAN),
        reference_limits=((0.6, 0.8), (-0.1, 0.8), (0.2, 1.1), (NAN, 0.8)),
    ),
    "spending_boundaries": with_changes(
        library.spending_boundaries,
        {"fractions": [0.5, 1.0], "alpha": 0.025},
        fractions=([], [0.0, 1.0], [1.0, 0.5], [0.5, 1.5], [NAN, 1.0]),
        alpha=(0.0, 0.5, NAN),
        spending=("none",),
    ),
}


def mix_of(counts: Any = (3, 5), prevalence: Any = None, moments: Any = None) -> Any:
    held = [ClusterMoments(9, 4, 9, 4, 4, 9)] * 2 if moments is None else moments
    return library.mix_of_counts(library.population_shares(counts), held, prevalence=prevalence)


def numbers_of(mix: Any) -> list[Any]:
    """The arrays of a mix as numbers."""
    rows = [mix.prevalence_moves, mix.positive.share, mix.positive.sources, mix.negative.share, mix.negative.sources]
    return [mix.prevalence, *(row.tolist() for row in rows)]


SHARES = library.population_shares([3, 5])
NOBODY = ClusterMoments(0, 0, 0, 0, 0, 0)
CELL_MOMENTS: Mapping[str, ClusterMoments] = {
    "nobody": NOBODY,
    "one case": ClusterMoments(1, 1, 1, 1, 1, 1),
    "none of one": ClusterMoments(1, 0, 1, 0, 0, 1),
    "all": ClusterMoments(9, 9, 9, 9, 9, 9),
    "none": ClusterMoments(9, 0, 9, 0, 0, 9),
    "one patient of several": ClusterMoments(1, 2, 4, 4, 8, 16),
    "patients alike": ClusterMoments(3, 3, 6, 3, 6, 12),
    "opposites": ClusterMoments.from_clusters([2, 0, 2, 0], [2, 2, 2, 2]),
}
RAKED = {"seed": [3, 5, 2, 4], "levels": [[0, 0, 1, 1], [0, 1, 0, 1]], "margins": [[4, 6], [5, 5]]}


def of_cell(call: Callable[[ClusterMoments], Any]) -> dict[str, Callable[[], Any]]:
    return {name: lambda cell=cell: call(cell) for name, cell in CELL_MOMENTS.items()}


STANDARDISATION: Mapping[str, Mapping[str, Callable[[], Any]]] = {
    "population_shares": with_changes(
        lambda counts: library.population_shares(counts).sources.tolist(),
        {},
        counts=([], [0, 0], [-1, 3], [NAN, 1], [INF, 1], [0.5, 1], [[1, 2]], [1], [0, 5]),
    ),
    "raked_shares": with_changes(
        lambda **given: (found := library.raked_shares(**given)).found and found.found.sources.tolist(),
        RAKED,
        seed=([0, 0, 0, 0], [3, 0, 2, 0], [1, 1], [NAN, 1, 1, 1], [-1, 1, 1, 1], [0.5, 1, 1, 1], []),
        levels=([[0, 0, 1, 1]], [[0, 0, 1, 2]] * 2, [[0, 0, 1, -1]] * 2, [[0, 0, 1, NAN]] * 2, [], [0, 1]),
        margins=([[4, 6], [0, 0]], [[0, 6], [5, 5]], [[NAN, 1], [5, 5]], [[4, 6]], [], [[-1, 6], [5, 5]]),
        max_ratio=(1.0, 1.01, NAN, INF, -1.0),
        max_rounds=(0, 1, NAN),
        census=(True,),
    ),
    "effective_sample_size": with_changes(
        library.effective_sample_size,
        {"shares": SHARES},
        counts=([0, 0], [0, 4], [1, 1], [-1, 2], [NAN, 1], [1], []),
    ),
    "largest_weight_ratio": with_changes(
        library.largest_weight_ratio,
        {"shares": SHARES},
        counts=([0, 0], [0, 4], [1, 1], [-1, 2], [NAN, 1], [1], []),
    ),
    "cell_support": with_changes(
        lambda **given: library.cell_support(SHARES, **given).unsupported,
        {"patients": [3, 12]},
        patients=([0, 0], [0, 40], [-1, 2], [NAN, 1], [1], []),
        minimum=(0, 0.5, 10**9, *NUMBERS),
    ),
    "filled_bounds": with_changes(
        library.filled_bounds,
        {"estimate": library.proportion(3, 9), "unsupported": 0.2},
        estimate=(
            library.proportion(0, 0),
            library.proportion(9, 9),
            library.observed_expected(ScoreCounts([0.1], [9], [0])),
        ),
        unsupported=(0, 1, 1.1, *NUMBERS),
    ),
    "mix_of_counts": {
        **of_cell(lambda cell: numbers_of(mix_of(moments=[cell, CELL_MOMENTS["patients alike"]]))),
        **{f"{n} at 0.1": c for n, c in of_cell(lambda x: numbers_of(mix_of(moments=[x, x], prevalence=0.1))).items()},
        **with_changes(
            lambda **given: numbers_of(mix_of(**given)),
            {},
            counts=([0, 9], [1], []),
            prevalence=(0.0, 1.0, 1e-12, *NUMBERS),
            moments=([], [NOBODY] * 2),
        ),
    },
    "mix_of_classes": with_changes(
        lambda **given: numbers_of(library.mix_of_classes(**given)),
        {"positive": SHARES, "negative": SHARES, "prevalence": 0.2},
        negative=(library.population_shares([1, 2, 3]), library.population_shares([0, 1], census=True)),
        prevalence=(0.0, 1.0, *NUMBERS),
        n_cases=(0, 1, *NUMBERS),
    ),
    "standardised_proportion": {
        **of_cell(lambda cell: [library.standardised_proportion([cell, c], SHARES) for c in CELL_MOMENTS.values()]),
        **with_changes(
            library.standardised_proportion,
            {"cells": [NOBODY, CELL_MOMENTS["all"]], "shares": SHARES},
            cells=([], [NOBODY]),
            method=("wald", "mover"),
            level=(0.0, 1.0, NAN),
        ),
    },
    "standardised_auc": {
        **{
            name: lambda given=given: [
                library.standardised_auc([cell, other], mix_of())
                for cell in [given()]
                for other in (cell, ScoreCounts([0.2, 0.8], [1, 3], [4, 1]))
            ]
            for name, given in SCORE_COUNTS.items()
        },
        **with_changes(
            library.standardised_auc,
            {"cells": [ScoreCounts([0.2, 0.8], [1, 3], [4, 1])] * 2, "mix": mix_of()},
            cells=([], [ScoreCounts([], [], [])]),
            design_effect=(0.0, 1e9, *NUMBERS),
            level=(0.0, 1.0, NAN),
        ),
    },
    "standardised_predictive_values": {
        **of_cell(
            lambda cell: [
                library.standardised_predictive_values([cell, c], [d, d], mix_of())
                for c in CELL_MOMENTS.values()
                for d in CELL_MOMENTS.values()
            ]
        ),
        **with_changes(
            library.standardised_predictive_values,
            {"sensitivity": [NOBODY] * 2, "specificity": [CELL_MOMENTS["all"]] * 2, "mix": mix_of()},
            sensitivity=([], [NOBODY]),
            level=(0.0, 1.0, NAN),
        ),
    },
}


def every_call() -> list[Any]:
    kinds: list[tuple[Mapping[str, Any], Mapping[str, Any], Callable[[Any, Any], Any]]] = [
        (OF_SCORE_COUNTS, SCORE_COUNTS, lambda call, given: call(given())),
        (OF_CASES, CASES, lambda call, given: call(*given)),
        (OF_MOMENTS, MOMENTS, lambda call, given: call(*given)),
        (OF_FOUR, FOUR, lambda call, given: call(*given)),
        (OF_SAMPLES, SAMPLES, lambda call, given: call(*given)),
        (OF_RATINGS, RATINGS, lambda call, given: call(given)),
        (OF_CODED_CASES, CODED_CASES, lambda call, given: call(given())),
        (OF_MEASURED, MEASURED, two_measurements),
    ]
    calls = [
        (name, called, lambda call=call, given=given, apply=apply: apply(call, given))
        for functions, inputs, apply in kinds
        for name, call in functions.items()
        for called, given in inputs.items()
    ]
    calls += [
        (name, called, call)
        for table in (OTHERS, MONITORING, LABEL_FREE, STANDARDISATION)
        for name, inputs in table.items()
        for called, call in inputs.items()
    ]
    return [pytest.param(name, call, id=f"{name}-{called}") for name, called, call in calls]


def bare(found: Any, at: str) -> list[str]:
    """Places in a result that hold NaN or infinity, or a number that is missing without a reason."""
    if isinstance(found, float):
        return [] if math.isfinite(found) or (found == INF and at.endswith(INFINITY_IS_DOCUMENTED)) else [at]
    if isinstance(found, Mapping):
        return [place for key, value in found.items() for place in bare(value, f"{at}[{key}]")]
    if isinstance(found, list | tuple):
        return [place for number, value in enumerate(found) for place in bare(value, f"{at}[{number}]")]
    if not dataclasses.is_dataclass(found) or isinstance(found, type):
        return []
    places = [
        place for field in dataclasses.fields(found) for place in bare(getattr(found, field.name), f"{at}.{field.name}")
    ]
    if isinstance(found, Estimate):
        no_interval = found.ci_level is not None and found.ci_low is None
        if (found.estimate is None or no_interval) and not found.reason:
            places.append(f"{at}: no reason")
        if found.ci_low is not None and found.ci_low == found.ci_high:
            places.append(f"{at}: an interval without width")
    return places


@pytest.mark.parametrize(("name", "call"), every_call())
def test_a_bad_input_has_a_stated_result(name: str, call: Callable[[], Any]) -> None:
    try:
        found = call()
    except ValueError as refusal:
        told = str(refusal)
        assert told.endswith(".")
        assert told[0].isupper() or told[0] in "`0123456789"
        return
    if name in NAN_IS_DOCUMENTED:
        return
    if isinstance(found, np.ndarray):
        assert np.isfinite(found).all()
    assert bare(found, name) == []


def test_every_public_function_is_in_the_table() -> None:
    public = {name for name in library.__all__ if inspect.isfunction(getattr(library, name))}
    kinds = (OF_SCORE_COUNTS, OF_CASES, OF_MOMENTS, OF_FOUR, OF_SAMPLES, OF_RATINGS, OF_CODED_CASES, OF_MEASURED)
    tables = (*kinds, OTHERS, MONITORING, LABEL_FREE, STANDARDISATION)
    assert public - {name for table in tables for name in table} == set()
