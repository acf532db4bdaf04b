"""Intraclass correlations where there is little to see."""

import numpy as np
import pytest

from multisite.stats.agreement import ICC_FORMS, icc
from multisite.vocabulary import EstimateStatus

NAN = float("nan")
NORMAL = np.random.default_rng(2).normal(size=(8, 1)) + np.random.default_rng(3).normal(0, 0.5, (8, 3))


@pytest.mark.parametrize("form", ICC_FORMS)
@pytest.mark.parametrize(
    ("ratings", "reason"),
    [
        ([[1.0, 2.0]], "fewer than two cases"),
        ([[1.0], [2.0]], "fewer than two raters"),
        ([[NAN, 1.0], [2.0, NAN]], "fewer than two cases"),
        ([[3.3, 3.3], [3.3, 3.3], [3.3, 3.3]], "0/0"),
        (np.empty((3, 0)), "fewer than two cases"),
    ],
)
def test_too_few_or_all_alike_is_undefined(form: str, ratings: object, reason: str) -> None:
    result = icc(ratings, form=form)  # type: ignore[arg-type]  # a literal
    assert (result.estimate, result.status) == (None, EstimateStatus.UNDEFINED)
    assert reason in (result.reason or "")


@pytest.mark.parametrize("form", ICC_FORMS)
def test_no_error_at_all_has_no_interval(form: str) -> None:
    result = icc([[0.1, 0.1], [0.7, 0.7], [0.3, 0.3]], form=form)  # type: ignore[arg-type]  # a literal
    assert (result.estimate, result.ci_low, result.status) == (1.0, None, EstimateStatus.INSUFFICIENT)


def test_a_constant_shift_of_a_rater_spoils_agreement_and_not_consistency() -> None:
    shifted = [[1.0, 2.0], [2.0, 3.0], [4.0, 5.0], [3.0, 4.0]]
    assert icc(shifted, form="3,1").estimate == 1.0
    assert icc(shifted, form="2,1").estimate < 1.0
    assert icc(shifted, form="2,1").ci_low is not None


def test_cases_that_do_not_vary_have_no_mean_icc() -> None:
    opposed = [[1.0, 2.0], [2.0, 1.0], [1.0, 2.0], [2.0, 1.0]]
    for form in ("1,k", "2,k", "3,k"):
        assert icc(opposed, form=form).status is EstimateStatus.UNDEFINED
    assert icc(opposed, form="3,1").estimate == pytest.approx(-1.0)


def test_a_denominator_that_is_zero_but_for_rounding_is_undefined() -> None:
    # B + (J − E)/n = 1/6 + (2/3 − 7/6)/3 = 0.
    result = icc([[3, 2], [1, 3], [2, 3]], form="2,k")
    assert (result.estimate, result.status) == (None, EstimateStatus.UNDEFINED)


def test_a_case_with_a_missing_rating_is_left_out_and_counted() -> None:
    holed = np.vstack([NORMAL, [[1.0, NAN, 2.0]]])
    for form in ICC_FORMS:
        result = icc(holed, form=form)
        assert (result.n_cases, result.n_left_out, result.n_raters) == (8, 1, 3)
        assert result.ci_low == icc(NORMAL, form=form).ci_low


def test_a_mean_is_spearman_and_brown_s_of_one() -> None:
    for one, mean in (("1,1", "1,k"), ("2,1", "2,k"), ("3,1", "3,k")):
        single, of_mean = icc(NORMAL, form=one), icc(NORMAL, form=mean)  # type: ignore[arg-type]  # literals
        for name in ("estimate", "ci_low", "ci_high"):
            value = getattr(single, name)
            assert getattr(of_mean, name) == pytest.approx(3 * value / (1 + 2 * value))


def test_unit_and_origin_do_not_matter() -> None:
    for form in ICC_FORMS:
        assert icc(NORMAL * 7 + 1e4, form=form).ci_low == pytest.approx(icc(NORMAL, form=form).ci_low, rel=1e-6)


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(ValueError, match="`form` must be one of"):
        icc(NORMAL, form="4,1")  # type: ignore[arg-type]  # the point of the test


def test_the_test_of_no_correlation_is_shrout_and_fleiss_s_f() -> None:
    # F and p of the four judges and six targets of Shrout and Fleiss, as R's psych::ICC prints them.
    table = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    one, two, three = (icc(table, form=form) for form in ("1,1", "2,k", "3,1"))
    assert (one.f_statistic, one.p_value) == pytest.approx((1.79, 0.16477), abs=5e-3)
    assert one.f_degrees_of_freedom == (5, 18)
    for found in (two, three):
        assert (found.f_statistic, found.p_value) == pytest.approx((11.03, 0.00013), rel=4e-2)
        assert found.f_degrees_of_freedom == (5, 15)
    assert icc([[1, 1], [2, 2], [3, 3]], form="3,1").p_value is None
