"""What must hold for every estimator, whatever the counts."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from multisite.stats import (
    ClusterMoments,
    Estimate,
    ScoreCounts,
    auc,
    brier,
    calibration_line,
    clustered_proportion,
    expected_calibration_error,
    observed_expected,
    proportion,
    reliability,
)
from tests.lib.examples import examples

CELL = st.integers(0, 12)
SCORES = st.lists(st.integers(0, 1000), min_size=1, max_size=12, unique=True).map(sorted)


@st.composite
def score_counts(draw: st.DrawFn) -> ScoreCounts:
    """Counts at up to twelve scores in [0, 1]; one class, ties and separation included."""
    score = np.array(draw(SCORES)) / 1000
    cells = st.lists(CELL, min_size=score.size, max_size=score.size)
    return ScoreCounts(score, draw(cells), draw(cells))


def every_estimate(counts: ScoreCounts) -> dict[str, Estimate]:
    line = calibration_line(counts)
    return {
        "auc": auc(counts),
        "auc delong": auc(counts, method="delong"),
        "auc newcombe": auc(counts, method="newcombe"),
        "brier": brier(counts),
        "intercept": line.intercept,
        "slope": line.slope,
        "in the large": line.in_the_large,
        "o:e": observed_expected(counts),
        "o:e wilson": observed_expected(counts, method="wilson"),
        "ece": expected_calibration_error(counts),
    }


def cases_of(counts: ScoreCounts) -> tuple[np.ndarray, np.ndarray]:
    score = np.concatenate([np.repeat(counts.score, counts.n_positive), np.repeat(counts.score, counts.n_negative)])
    reference = np.repeat([True, False], [counts.positives, counts.negatives])
    return reference, score


@examples(60)
@given(score_counts())
def test_an_interval_contains_its_estimate_and_a_missing_number_has_a_reason(counts: ScoreCounts) -> None:
    for name, result in every_estimate(counts).items():
        if result.ci_low is not None:
            assert result.ci_low <= result.estimate <= result.ci_high, name
            assert result.ci_level == 0.95, name
        if result.estimate is None or (result.ci_low is None and name != "ece"):
            assert result.reason, name
            assert result.status != "ok", name
        assert result.ci_method, name


@examples(60)
@given(score_counts())
def test_swapping_the_labels_gives_the_complement_of_auc(counts: ScoreCounts) -> None:
    swapped = ScoreCounts(counts.score, counts.n_negative, counts.n_positive)
    for method in ("delong", "delong-logit", "newcombe"):
        one, other = auc(counts, method=method), auc(swapped, method=method)
        assert one.status == other.status
        if one.estimate is not None:
            assert one.estimate == pytest.approx(1 - other.estimate, abs=1e-12)
        if one.ci_low is not None:
            assert one.ci_low == pytest.approx(1 - other.ci_high, abs=1e-9)


@examples(60)
@given(score_counts(), st.floats(0.01, 100), st.floats(-50, 50))
def test_a_monotone_transform_of_the_scores_leaves_auc(counts: ScoreCounts, scale: float, shift: float) -> None:
    moved = scale * counts.score + shift
    if np.all(np.diff(moved) > 0):
        assert auc(ScoreCounts(moved, counts.n_positive, counts.n_negative)) == auc(counts)
    assert auc(ScoreCounts(np.arange(counts.score.size), counts.n_positive, counts.n_negative)) == auc(counts)


@examples(60)
@given(score_counts(), st.integers(2, 5))
def test_repeating_every_case_leaves_the_estimates_and_narrows_the_intervals(counts: ScoreCounts, times: int) -> None:
    repeated = ScoreCounts(counts.score, times * counts.n_positive, times * counts.n_negative)
    once, often = every_estimate(counts), every_estimate(repeated)
    for name, result in once.items():
        if result.estimate is not None:
            assert often[name].estimate == pytest.approx(result.estimate, rel=1e-6, abs=1e-7), name
        if result.ci_low is not None and often[name].ci_low is not None:
            width, narrower = result.ci_high - result.ci_low, often[name].ci_high - often[name].ci_low
            assert narrower <= width * (1 + 1e-6) + 1e-9, name


@examples(60)
@given(score_counts(), st.randoms(use_true_random=False))
def test_the_order_of_cases_does_not_matter(counts: ScoreCounts, random) -> None:
    reference, score = cases_of(counts)
    order = np.array(random.sample(range(score.size), score.size), dtype=np.int64)
    one, other = ScoreCounts.from_cases(reference, score), ScoreCounts.from_cases(reference[order], score[order])
    assert every_estimate(one) == every_estimate(other)


@examples(60)
@given(score_counts())
def test_scores_without_a_case_change_nothing(counts: ScoreCounts) -> None:
    kept = counts.n_positive + counts.n_negative > 0
    bare = ScoreCounts(counts.score[kept], counts.n_positive[kept], counts.n_negative[kept])
    expected = every_estimate(bare)
    for name, result in every_estimate(counts).items():
        for field in dataclasses.fields(result):
            value, same = getattr(result, field.name), getattr(expected[name], field.name)
            assert same == (pytest.approx(value) if isinstance(value, float) else value), (name, field.name)


@examples(60)
@given(score_counts(), st.integers(1, 20))
def test_bins_add_up_and_bound_the_error_by_the_difference_of_means(counts: ScoreCounts, n_bins: int) -> None:
    table = reliability(counts, n_bins=n_bins)
    assert int(table.n_cases.sum()) == counts.positives + counts.negatives
    assert int(table.n_positive.sum()) == counts.positives
    used = table.n_cases > 0
    assert np.all(table.bin_low[used] <= table.mean_score[used] + 1e-12)
    assert np.all(table.mean_score[used] <= table.bin_high[used] + 1e-12)
    if used.any():
        ece = expected_calibration_error(counts, n_bins=n_bins).estimate
        n = counts.positives + counts.negatives
        gap = abs(counts.positives - float((counts.n_positive + counts.n_negative) @ counts.score)) / n
        assert gap - 1e-12 <= ece <= 1


@examples(60)
@given(st.integers(0, 500), st.integers(0, 500))
def test_both_intervals_of_a_proportion_solve_their_equations(numerator: int, others: int) -> None:
    n = numerator + others
    wilson, exact = proportion(numerator, n), proportion(numerator, n, method="clopper-pearson")
    if wilson.estimate is None:
        return
    z2 = stats.norm.ppf(0.975) ** 2
    for end in (wilson.ci_low, wilson.ci_high):
        if 0 < end < 1:
            assert (wilson.estimate - end) ** 2 == pytest.approx(z2 * end * (1 - end) / n, rel=1e-8)
    if numerator:
        assert stats.binom.sf(numerator - 1, n, exact.ci_low) == pytest.approx(0.025, rel=1e-7)
    if others:
        assert stats.binom.cdf(numerator, n, exact.ci_high) == pytest.approx(0.025, rel=1e-7)


@examples(60)
@given(st.lists(st.integers(0, 6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), max_size=20))
def test_the_clustered_interval_contains_the_ratio_and_ignores_empty_patients(clusters: list) -> None:
    y, n = [c[0] for c in clusters], [c[1] for c in clusters]
    result = clustered_proportion(ClusterMoments.from_clusters(y, n))
    assert result == clustered_proportion(ClusterMoments.from_clusters([*y, 0], [*n, 0]))
    if sum(n):
        assert result.estimate == sum(y) / sum(n)
    if result.ci_low is not None:
        assert 0 <= result.ci_low <= result.estimate <= result.ci_high <= 1
        assert result.effective_n <= sum(n)
