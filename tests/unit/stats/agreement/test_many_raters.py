"""Fleiss' kappa, Gwet's coefficients and Krippendorff's alpha where there is little to see."""

import numpy as np
import pytest

from multisite.stats.agreement import (
    fleiss_kappa,
    fleiss_kappa_from_counts,
    gwet_ac1,
    gwet_ac2,
    gwet_ac_from_counts,
    krippendorff_alpha,
)
from multisite.vocabulary import EstimateStatus

NAN = float("nan")


def alpha(ratings: object, metric: str = "nominal", **more: object) -> object:
    return krippendorff_alpha(ratings, metric=metric, method="jackknife", **more)


STATISTICS = [fleiss_kappa, gwet_ac1, alpha]


@pytest.mark.parametrize("statistic", STATISTICS)
@pytest.mark.parametrize(
    "ratings",
    [[[1], [2], [1]], [[NAN, NAN], [NAN, NAN]], [[1, NAN], [NAN, 2]], np.empty((0, 3)), np.empty((3, 0))],
    ids=["one rater", "all missing", "never two", "no case", "no rater"],
)
def test_without_two_ratings_of_a_case_all_are_undefined(statistic: object, ratings: object) -> None:
    result = statistic(ratings)
    assert (result.estimate, result.ci_low, result.status) == (None, None, EstimateStatus.UNDEFINED)
    assert result.reason in ("no case has two ratings", "no unit has two ratings")


def test_one_category_for_all_is_undefined_for_kappa_and_alpha_and_one_for_ac1() -> None:
    ratings = np.full((7, 3), 2)
    for statistic in (fleiss_kappa, alpha):
        result = statistic(ratings)
        assert (result.estimate, result.status) == (None, EstimateStatus.UNDEFINED)
        assert "0/0" in result.reason
    for categories in (None, [1, 2], [1, 2, 3]):
        result = gwet_ac1(ratings, categories=categories)
        assert (result.estimate, result.ci_high, result.status) == (1.0, 1.0, EstimateStatus.OK)
        # Wilson's lower limit of 7/7, for nothing is expected by chance.
        assert result.ci_low == pytest.approx(7 / (7 + 1.959964**2), abs=1e-6)


@pytest.mark.parametrize("statistic", STATISTICS)
def test_perfect_agreement_has_an_interval_below_one(statistic: object) -> None:
    result = statistic([[1, 1, 1], [2, 2, 2], [1, 1, NAN], [3, 3, 3]])
    assert (result.estimate, result.ci_high) == (1.0, 1.0)
    assert -1.0 <= result.ci_low < 0.7
    assert "perfect agreement" in result.ci_method


@pytest.mark.parametrize("statistic", STATISTICS)
def test_one_case_has_an_estimate_and_no_interval(statistic: object) -> None:
    result = statistic([[1, 2, 2]])
    assert result.estimate is not None
    assert (result.ci_low, result.status) == (None, EstimateStatus.INSUFFICIENT)


def test_cases_that_all_disagree_alike_show_no_variance() -> None:
    result = fleiss_kappa([[1, 2], [2, 1], [1, 2]])
    assert (result.estimate, result.status) == (-1.0, EstimateStatus.INSUFFICIENT)
    assert result.reason == "the cases show no variance"


def test_raters_may_be_exchanged_and_counts_are_enough() -> None:
    ratings = np.array([[0, 1, 1], [2, 2, 1], [0, 0, 0], [1, 2, 1]])
    counts = np.array([[1, 2, 0], [0, 1, 2], [3, 0, 0], [0, 2, 1]])
    assert fleiss_kappa(ratings).ci_low == fleiss_kappa_from_counts(counts).ci_low
    assert gwet_ac1(ratings).ci_low == gwet_ac_from_counts(counts).ci_low
    assert fleiss_kappa(ratings[:, ::-1]).z == fleiss_kappa(ratings).z


def test_kappa_of_a_category_is_kappa_of_yes_and_no() -> None:
    ratings = np.array([[0, 1, 1], [2, 2, 1], [0, 0, 0], [1, 2, 1]])
    for one in fleiss_kappa(ratings, categories=[0, 1, 2, 3]).by_category[:3]:
        alone = fleiss_kappa(ratings == one.category)
        assert (one.estimate, one.ci_low, one.z) == pytest.approx((alone.estimate, alone.ci_low, alone.z))


def test_a_category_that_nobody_used_has_no_kappa_and_the_others_stay() -> None:
    result = fleiss_kappa([[0, 1, 1], [0, 0, 0], [1, 1, 1]], categories=[0, 1, 5])
    assert result.by_category[2].status is EstimateStatus.UNDEFINED
    assert result.estimate == fleiss_kappa([[0, 1, 1], [0, 0, 0], [1, 1, 1]]).estimate


def test_an_unused_category_does_change_ac1() -> None:
    ratings = [[0, 1, 1], [0, 0, 0], [1, 1, 1]]
    assert gwet_ac1(ratings, categories=[0, 1, 5]).estimate > gwet_ac1(ratings).estimate


def test_the_null_error_of_unequal_numbers_is_not_given() -> None:
    result = fleiss_kappa([[0, 1, 1], [0, 0, NAN], [1, 1, 1]])
    assert result.generalised
    assert (result.null_standard_error, result.z, result.p_value) == (None, None, None)
    assert result.ci_low is not None


def test_weights_that_count_all_as_agreement_agree_perfectly_or_by_chance_alone() -> None:
    all_alike = np.ones((2, 2))
    assert gwet_ac2([[0, 1], [1, 1]], categories=[0, 1], weights=all_alike).estimate == 1.0
    half = gwet_ac2([[0, 1], [1, 0]], categories=[0, 1], weights=all_alike)
    assert (half.estimate, half.status) == (None, EstimateStatus.UNDEFINED)


def test_alpha_s_bootstrap_needs_a_source_of_draws_and_repeats_with_its_seed() -> None:
    ratings = np.random.default_rng(1).integers(0, 3, (15, 3))
    with pytest.raises(ValueError, match="`rng` must be given"):
        krippendorff_alpha(ratings, metric="nominal", method="bootstrap")
    assert krippendorff_alpha(ratings, metric="nominal").ci_method.startswith("jackknife")
    one, other = (krippendorff_alpha(ratings, metric="ordinal", rng=np.random.default_rng(7)) for _ in range(2))
    assert (one.ci_low, one.ci_high) == (other.ci_low, other.ci_high)
    assert "not Krippendorff's own" in one.ci_method


@pytest.mark.parametrize("metric", ["nominal", "ordinal", "interval", "ratio"])
def test_a_bootstrap_sample_is_the_alpha_of_the_units_it_drew(metric: str) -> None:
    ratings = np.random.default_rng(3).integers(1, 5, (9, 3)).astype(float)
    ratings[2, 0] = NAN
    # What is drawn are patterns: the numbers of ratings per category, in order, as often as they stand there.
    sorted_units = np.sort(ratings, axis=1)
    per_unit = np.column_stack([(ratings == c).sum(axis=1) for c in (1, 2, 3, 4)])
    _, first, times = np.unique(per_unit, axis=0, return_index=True, return_counts=True)
    drawn = np.random.default_rng(4).multinomial(9, times / 9)
    again = alpha(np.repeat(sorted_units[first], drawn, axis=0), metric)
    result = krippendorff_alpha(
        ratings,
        metric=metric,  # type: ignore[arg-type]  # a literal
        rng=np.random.default_rng(4),
        n_resamples=1,
    )
    ends = [result.estimate, again.estimate]
    if result.ci_low is not None:
        assert (result.ci_low, result.ci_high) == pytest.approx((min(ends), max(ends)))


def test_alpha_s_jackknife_leaves_out_one_unit_at_a_time() -> None:
    ratings = np.random.default_rng(3).integers(1, 4, (12, 3))
    without = np.array([alpha(np.delete(ratings, i, axis=0), "ordinal").estimate for i in range(12)])
    error = np.sqrt(11 / 12 * ((without - without.mean()) ** 2).sum())
    assert alpha(ratings, "ordinal").standard_error == pytest.approx(error, rel=1e-12)


def test_the_order_of_the_units_does_not_change_the_bootstrap() -> None:
    ratings = np.random.default_rng(3).integers(1, 4, (12, 3))
    one, other = (
        krippendorff_alpha(r, metric="nominal", rng=np.random.default_rng(1), n_resamples=50)
        for r in (ratings, ratings[::-1])
    )
    assert (one.ci_low, one.ci_high) == (other.ci_low, other.ci_high)


def test_samples_of_one_value_only_are_counted_and_stand_outside() -> None:
    result = krippendorff_alpha([[1, 1], [1, 1], [1, 2]], metric="nominal", rng=np.random.default_rng(2))
    assert 0 < result.n_undefined < result.n_resamples
    assert alpha([[1, 1], [1, 1], [1, 2]]).status is EstimateStatus.INSUFFICIENT


def test_alpha_of_large_values_does_not_drown_in_rounding() -> None:
    ratings = np.array([[1.0, 2.0], [3.0, 3.0], [5.0, 4.0], [2.0, 2.0]])
    shifted = alpha(ratings + 1e9, "interval")
    assert shifted.estimate == pytest.approx(alpha(ratings, "interval").estimate, abs=1e-9)


def test_scales_that_the_ratings_do_not_have_are_refused() -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        alpha([[1, -1], [2, 2]], "ratio")
    with pytest.raises(ValueError, match="must hold numbers"):
        alpha([["a", "b"], ["a", "a"]], "interval")
    with pytest.raises(ValueError, match="`metric` must be one of"):
        alpha([[1, 1]], "circular")
    with pytest.raises(ValueError, match="`categories` must not be given"):
        alpha([[1, 1]], "ratio", categories=[1])
    with pytest.raises(ValueError, match="`n_resamples`"):
        alpha([[1, 1]], n_resamples=0)
    with pytest.raises(ValueError, match="`method`"):
        krippendorff_alpha([[1, 1]], metric="nominal", method="bca")  # type: ignore[arg-type]  # the point of the test


def test_zero_is_a_ratio_and_two_zeros_do_not_differ() -> None:
    assert alpha([[0, 0], [0, 1], [2, 2]], "ratio").estimate is not None


def test_weights_without_categories_and_counts_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="`categories` must be given"):
        gwet_ac2([["a", "b"]])
    for statistic in (gwet_ac_from_counts, fleiss_kappa_from_counts):
        with pytest.raises(ValueError, match="`counts` must hold whole numbers"):
            statistic([[1, -2]])
        with pytest.raises(ValueError, match="as many as `counts` has columns"):
            statistic([[1, 2]], categories=["a"])
