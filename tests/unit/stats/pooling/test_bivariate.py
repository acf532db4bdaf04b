"""Sensitivity and specificity together: few sites, zero cells, empty classes, boundaries."""

import sys

import numpy as np
import pytest
from scipy import stats

from multisite.stats.pooling import bivariate
from multisite.vocabulary import EstimateStatus

TP, FN = np.array([45, 80, 30, 60, 28, 51]), np.array([5, 18, 6, 3, 4, 12])
TN, FP = np.array([90, 70, 85, 60, 88, 79]), np.array([10, 20, 5, 15, 9, 4])


def test_no_site_is_undefined_and_fewer_than_five_have_no_interval() -> None:
    none = bivariate([], [], [], [])
    assert (none.sensitivity.status, none.specificity.reason) == (EstimateStatus.UNDEFINED, "no site")
    few = bivariate(TP[:4], FP[:4], FN[:4], TN[:4])
    assert few.sensitivity.status == EstimateStatus.INSUFFICIENT
    assert few.sensitivity.ci_low is None
    assert few.sensitivity.reason is not None
    assert "fewer than 5 sites" in few.sensitivity.reason
    assert (few.correlation, few.logit_mean, few.region_radius) == (None, None, None)
    (one,) = (bivariate(TP[:1], FP[:1], FN[:1], TN[:1]),)
    assert one.sensitivity.estimate == pytest.approx(0.9)
    assert one.specificity.estimate == pytest.approx(0.9)


def test_a_site_with_a_zero_cell_has_a_half_added_to_its_four_and_no_other_site() -> None:
    fn = FN.copy()
    fn[0] = 0
    found = bivariate(TP, FP, fn, TN)
    assert found.n_corrected == 1
    by_hand = bivariate(TP, FP, FN, TN)
    assert by_hand.n_corrected == 0
    assert found.sensitivity.estimate != by_hand.sensitivity.estimate


def test_a_site_without_a_class_is_left_out_and_counted() -> None:
    found = bivariate([*TP, 0, 9], [*FP, 5, 0], [*FN, 0, 1], [*TN, 50, 0])
    assert (found.n_left_out, found.n_sites) == (2, 6)
    without = bivariate(TP, FP, FN, TN)
    assert found.sensitivity == without.sensitivity


def test_the_regions_are_of_the_mean_and_of_one_more_site() -> None:
    found = bivariate(TP, FP, FN, TN, level=0.9)
    assert found.sd_sensitivity is not None
    assert found.sd_specificity is not None
    mean, one_more = np.array(found.logit_covariance), np.array(found.prediction_covariance)
    between = one_more - mean
    assert np.sqrt(np.diag(between)) == pytest.approx([found.sd_sensitivity, found.sd_specificity], abs=1e-9)
    assert found.region_radius == pytest.approx(np.sqrt(2 * stats.f.ppf(0.9, 2, 4)))


def test_the_published_interval_is_normal_and_the_default_one_wider() -> None:
    student, normal = (bivariate(TP, FP, FN, TN, interval=i) for i in ("t(k-1)", "z"))  # type: ignore[arg-type]  # literals
    assert student.sensitivity.estimate == normal.sensitivity.estimate
    assert student.sensitivity.ci_low is not None
    assert normal.sensitivity.ci_low is not None
    assert student.sensitivity.ci_low < normal.sensitivity.ci_low
    assert "z" in normal.sensitivity.ci_method


def test_sites_that_agree_lie_at_the_boundary_and_have_nothing_to_correlate() -> None:
    found = bivariate([45] * 6, [10] * 6, [5] * 6, [90] * 6)
    assert found.at_boundary
    assert found.sensitivity.status == EstimateStatus.OK
    assert found.sensitivity.estimate == pytest.approx(0.9, abs=1e-6)
    assert (found.sd_sensitivity, found.sd_specificity, found.correlation) == (0.0, 0.0, None)


def test_counts_belong_to_their_sides() -> None:
    found = bivariate(TP, FP, FN, TN)
    assert found.sensitivity.n_cases == int((TP + FN).sum())
    assert found.specificity.n_cases == int((TN + FP).sum())


@pytest.mark.parametrize("bad", [-1, 1.5, np.nan, np.inf])
@pytest.mark.parametrize("place", range(4))
def test_counts_that_are_none_are_refused(bad: float, place: int) -> None:
    cells = [[5.0, 4.0], [5.0, 4.0], [5.0, 4.0], [5.0, 4.0]]
    cells[place][0] = bad
    name = ("true_positive", "false_positive", "false_negative", "true_negative")[place]
    with pytest.raises(ValueError, match=f"`{name}` must be whole numbers, 0 or more"):
        bivariate(*cells)


def test_lengths_that_differ_and_unknown_options_are_refused() -> None:
    with pytest.raises(ValueError, match="same length"):
        bivariate([1], [1, 2], [1], [1])
    with pytest.raises(ValueError, match="`interval`"):
        bivariate(TP, FP, FN, TN, interval="other")  # type: ignore[arg-type]  # what is tested


def test_a_fit_that_does_not_converge_says_so_and_gives_no_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    # The package's function hides the module of the same name.
    monkeypatch.setattr(sys.modules["multisite.stats.pooling.bivariate"], "fit_bivariate", lambda *_: None)
    found = bivariate(TP, FP, FN, TN)
    assert (found.sensitivity.status, found.specificity.ci_low) == (EstimateStatus.INSUFFICIENT, None)
    assert found.sensitivity.reason is not None
    assert "did not converge" in found.sensitivity.reason
    assert found.correlation is None


def test_half_a_case_may_be_added_to_all_sites_if_any_has_a_zero_cell() -> None:
    fn = [0, *FN[1:]]
    some, everywhere = bivariate(TP, FP, fn, TN), bivariate(TP, FP, fn, TN, correction="all")
    assert (some.n_corrected, everywhere.n_corrected) == (1, len(TP))
    assert some.sensitivity.estimate != everywhere.sensitivity.estimate
    assert bivariate(TP, FP, FN, TN, correction="all") == bivariate(TP, FP, FN, TN)
