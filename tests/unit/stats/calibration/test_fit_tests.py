"""Hosmer and Lemeshow's and Spiegelhalter's tests: definitions, degrees of freedom, undefined cases, size."""

import math

import numpy as np
import pytest
from scipy import special, stats

from multisite.stats import ScoreCounts, calibration_line
from multisite.stats.calibration import hosmer_lemeshow, spiegelhalter_z
from multisite.vocabulary import EstimateStatus

EMPTY = ScoreCounts([], [], [])
SEED = 13


def test_the_statistic_is_pearsons_over_groups_and_the_setting_names_the_degrees_of_freedom() -> None:
    counts = ScoreCounts([0.1, 0.3, 0.5, 0.8], [2, 4, 3, 9], [8, 6, 7, 1])
    by_hand = sum(
        (o - 10 * p) ** 2 / (10 * p * (1 - p)) for o, p in zip((2, 4, 3, 9), (0.1, 0.3, 0.5, 0.8), strict=True)
    )
    for setting, degrees in (("external", 4), ("developing", 2)):
        found = hosmer_lemeshow(counts, setting=setting, n_groups=4)
        assert found.estimate == pytest.approx(by_hand)
        assert found.degrees_of_freedom == degrees
        assert found.p_value == pytest.approx(stats.chi2.sf(by_hand, degrees))
    assert found.group_cases.tolist() == [10] * 4
    assert found.group_expected == pytest.approx([1, 3, 5, 8])


def by_quantiles(truth: np.ndarray, score: np.ndarray, n_groups: int) -> tuple[float, int, list[int]]:
    """The statistic as R's `ResourceSelection::hoslem.test` makes it, one case at a time, and its groups."""
    edges = np.unique(np.quantile(score, np.linspace(0, 1, n_groups + 1)))
    group = np.clip(np.searchsorted(edges, score, side="left") - 1, 0, None)
    statistic, sizes = 0.0, []
    for k in np.unique(group):
        inside = group == k
        for seen, expected in ((truth, score), (1 - truth, 1 - score)):
            statistic += (seen[inside].sum() - expected[inside].sum()) ** 2 / expected[inside].sum()
        sizes.append(int(inside.sum()))
    return float(statistic), len(sizes), sizes


@pytest.mark.parametrize(("n", "decimals"), [(332, 9), (507, 9), (104, 9), (332, 2), (257, 1)])
def test_by_default_groups_are_those_of_interpolated_quantiles_with_ties_together(n: int, decimals: int) -> None:
    rng = np.random.default_rng(n)
    score = np.clip(rng.beta(1.2, 3, n).round(decimals), 0.02, 0.98)
    truth = (rng.random(n) < score).astype(int)
    statistic, groups, sizes = by_quantiles(truth, score, 10)
    assert (decimals == 1) == (groups < 10)
    for setting, degrees in (("external", groups), ("developing", groups - 2)):
        found = hosmer_lemeshow(ScoreCounts.from_cases(truth, score), setting=setting)
        assert found.group_cases.tolist() == sizes
        assert found.estimate == pytest.approx(statistic, rel=1e-9)
        assert found.degrees_of_freedom == degrees
        assert found.p_value == pytest.approx(stats.chi2.sf(statistic, degrees), rel=1e-9)
        assert "equal mass by linear quantiles closed on the right" in found.ci_method


@pytest.mark.parametrize("share", [0.05, 0.15, 0.32, 0.68, 0.97])
def test_many_cases_at_the_lowest_score_join_the_next_group_and_at_the_highest_mirrored(share: float) -> None:
    rng = np.random.default_rng(SEED)
    for n in (103, 251, 300):
        score = np.where(rng.random(n) < share, 0.05, rng.uniform(0.06, 0.9, n).round(2))
        truth = (rng.random(n) < score).astype(int)
        statistic, groups, sizes = by_quantiles(truth, score, 10)
        found = hosmer_lemeshow(ScoreCounts.from_cases(truth, score), setting="external")
        assert found.group_cases.tolist() == sizes
        assert (found.estimate, found.degrees_of_freedom) == (pytest.approx(statistic, rel=1e-9), groups)
        mirrored = hosmer_lemeshow(ScoreCounts.from_cases(1 - truth, 1 - score), setting="external", closed="left")
        assert mirrored.group_cases.tolist() == sizes[::-1]
        assert mirrored.estimate == pytest.approx(statistic, rel=1e-9)


def test_inverse_quantiles_make_other_groups_unless_their_number_divides_the_cases() -> None:
    rng = np.random.default_rng(SEED)
    for n, same in ((332, False), (330, True)):
        score = rng.random(n)
        counts = ScoreCounts.from_cases(rng.random(n) < score, score)
        linear, inverse = (hosmer_lemeshow(counts, setting="external", quantiles=q) for q in ("linear", "inverse"))
        assert (linear.group_cases.tolist() == inverse.group_cases.tolist()) is same
        assert (linear.estimate == pytest.approx(inverse.estimate)) is same
        assert "by inverse quantiles" in inverse.ci_method


def test_ties_stay_in_one_group_and_leave_fewer() -> None:
    found = hosmer_lemeshow(ScoreCounts([0.1, 0.2, 0.9], [2, 2, 9], [60, 8, 2]), setting="external")
    assert found.group_cases.tolist() == [62, 21] or found.group_cases.size < 10
    assert found.degrees_of_freedom == found.group_cases.size


def test_too_few_groups_leave_no_degree_of_freedom_when_developing() -> None:
    counts = ScoreCounts([0.1, 0.9], [2, 8], [8, 2])
    found = hosmer_lemeshow(counts, setting="developing")
    assert (found.estimate, found.p_value, found.status) == (None, None, EstimateStatus.UNDEFINED)
    assert hosmer_lemeshow(counts, setting="external").status is EstimateStatus.OK


def test_certain_scores_are_left_out_where_they_fit_and_have_no_bound_where_they_do_not() -> None:
    fits = ScoreCounts([0, 0.4, 1], [0, 4, 10], [10, 6, 0])
    found = hosmer_lemeshow(fits, setting="external", n_groups=3)
    assert (found.estimate, found.degrees_of_freedom) == (0.0, 1)
    wrong = ScoreCounts([0, 0.4, 1], [1, 4, 10], [9, 6, 0])
    assert "no bound" in (hosmer_lemeshow(wrong, setting="external", n_groups=3).reason or "")
    assert hosmer_lemeshow(EMPTY, setting="external").reason == "no case"


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(ValueError, match="`setting`"):
        hosmer_lemeshow(EMPTY, setting="internal")  # type: ignore[arg-type]  # what is refused


def test_spiegelhalter_by_hand() -> None:
    found = spiegelhalter_z(ScoreCounts([0.2, 0.9], [1, 3], [4, 1]))
    above = (1 - 5 * 0.2) * 0.6 + (3 - 4 * 0.9) * -0.8
    below = 5 * 0.36 * 0.16 + 4 * 0.64 * 0.09
    assert found.estimate == pytest.approx(above / math.sqrt(below))
    assert found.p_value == pytest.approx(2 * stats.norm.sf(abs(found.estimate)))


def test_spiegelhalter_is_the_brier_score_standardised() -> None:
    rng = np.random.default_rng(SEED)
    s = rng.random(300)
    y = rng.random(300) < s
    expected, variance = (s * (1 - s)).mean(), ((1 - 2 * s) ** 2 * s * (1 - s)).sum() / 300**2
    z = (((s - y) ** 2).mean() - expected) / math.sqrt(variance)
    assert spiegelhalter_z(ScoreCounts.from_cases(y, s)).estimate == pytest.approx(z)


@pytest.mark.parametrize("counts", [EMPTY, ScoreCounts([0, 0.5, 1], [0, 3, 4], [2, 1, 0])])
def test_spiegelhalter_without_variance_is_undefined(counts: ScoreCounts) -> None:
    assert spiegelhalter_z(counts).status is EstimateStatus.UNDEFINED


@pytest.mark.slow
def test_both_tests_reject_a_calibrated_model_in_5_of_100_sets_and_a_fitted_one_on_g_minus_2() -> None:
    rng = np.random.default_rng(SEED)
    external = normal = developing = 0
    for _ in range(800):
        score = rng.beta(2, 3, 500)
        counts = ScoreCounts.from_cases(rng.random(500) < score, score)
        external += hosmer_lemeshow(counts, setting="external").p_value < 0.05
        normal += spiegelhalter_z(counts).p_value < 0.05
        line = calibration_line(counts)
        fitted = special.expit(line.intercept.estimate + line.slope.estimate * special.logit(counts.score))
        refitted = ScoreCounts(fitted, counts.n_positive, counts.n_negative)
        developing += hosmer_lemeshow(refitted, setting="developing").p_value < 0.05
    assert external / 800 == pytest.approx(0.05, abs=0.023)
    assert developing / 800 == pytest.approx(0.05, abs=0.023)
    assert normal / 800 == pytest.approx(0.05, abs=0.023)
