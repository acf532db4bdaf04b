"""Line and O:E whose intervals count patients."""

import numpy as np
import pytest

from multisite.stats import ScoreCounts, calibration_line, observed_expected
from multisite.stats.calibration import clustered_calibration_line, clustered_observed_expected
from multisite.vocabulary import EstimateStatus


def cases(n: int = 240) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    score = rng.beta(1.5, 3, n)
    return (rng.random(n) < score).astype(int), score


def test_estimates_are_those_of_independent_cases() -> None:
    truth, score = cases()
    clustered, plain = (
        clustered_calibration_line(truth, score, np.arange(240) // 4),
        calibration_line(ScoreCounts.from_cases(truth, score)),
    )
    for name in ("intercept", "slope", "in_the_large"):
        assert getattr(clustered, name).estimate == getattr(plain, name).estimate
        assert getattr(clustered, name).n_patients == 60
    ratio = clustered_observed_expected(truth, score, np.arange(240) // 4)
    assert ratio.estimate == observed_expected(ScoreCounts.from_cases(truth, score)).estimate


def test_doubling_every_case_within_its_patient_changes_no_interval() -> None:
    truth, score = cases()
    once = np.arange(240) // 2
    twice = np.tile(truth, 2), np.tile(score, 2), np.tile(once, 2)
    for name in ("intercept", "slope", "in_the_large"):
        one, two = (getattr(clustered_calibration_line(*data), name) for data in ((truth, score, once), twice))
        assert two.standard_error == pytest.approx(one.standard_error, rel=1e-6)
    one, two = clustered_observed_expected(truth, score, once), clustered_observed_expected(*twice)
    assert (two.ci_low, two.ci_high) == pytest.approx((one.ci_low, one.ci_high), rel=1e-9)


def test_names_of_patients_may_be_text_and_their_order_is_of_no_account() -> None:
    truth, score = cases()
    patient = np.arange(240) % 40
    names = np.array([f"p{number}" for number in patient])
    shuffled = np.random.default_rng(1).permutation(240)
    plain = clustered_calibration_line(truth, score, patient).slope
    other = clustered_calibration_line(truth[shuffled], score[shuffled], names[shuffled]).slope
    assert other.standard_error == pytest.approx(plain.standard_error, rel=1e-9)


def test_one_patient_has_an_estimate_and_no_interval() -> None:
    truth, score = cases()
    line = clustered_calibration_line(truth, score, np.zeros(240))
    for found in (
        line.intercept,
        line.slope,
        line.in_the_large,
        clustered_observed_expected(truth, score, np.zeros(240)),
    ):
        assert found.estimate is not None
        assert (found.status, found.ci_low) == (EstimateStatus.INSUFFICIENT, None)
        assert "one patient" in (found.reason or "")
    assert line.covariance is None


def test_one_class_and_separation_are_undefined_and_no_positive_is_a_ratio_of_zero() -> None:
    line = clustered_calibration_line([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9], [1, 2, 3, 4])
    assert line.slope.status is EstimateStatus.UNDEFINED
    assert line.in_the_large.status is EstimateStatus.OK
    assert clustered_calibration_line([0, 0], [0.1, 0.2], [1, 2]).in_the_large.estimate is None
    none = clustered_observed_expected([0, 0], [0.1, 0.2], [1, 2])
    assert (none.estimate, none.status) == (0.0, EstimateStatus.INSUFFICIENT)
    assert clustered_observed_expected([0, 0], [0.0, 0.0], [1, 2]).status is EstimateStatus.UNDEFINED
    assert clustered_observed_expected([], [], []).reason == "no case"


def test_dropped_scores_leave_the_line_of_the_other_cases_and_their_patients() -> None:
    truth, score = cases()
    patient = np.arange(240) // 3
    score[:6], score[30] = 0.0, 1.0
    inside = (score > 0) & (score < 1)
    line = clustered_calibration_line(truth, score, patient, extreme="drop")
    rest = clustered_calibration_line(truth[inside], score[inside], patient[inside])
    assert (line.n_left_out, line.n_clipped, line.covariance) == (7, 0, rest.covariance)
    for name in ("intercept", "slope", "in_the_large"):
        found, plain = getattr(line, name), getattr(rest, name)
        assert (found.estimate, found.ci_low, found.ci_high) == (plain.estimate, plain.ci_low, plain.ci_high)
        assert (found.n_patients, found.n_cases, found.reason) == (78, 233, None)
        assert found.ci_method == f"{plain.ci_method}; scores of 0 or 1 left out"
    clipped = clustered_calibration_line(truth, score, patient)
    assert clipped.slope.status is EstimateStatus.OK
    assert "in 7 of 240 cases" in (clipped.slope.reason or "")
    assert clustered_calibration_line([0, 1], [0, 1], [1, 2], extreme="drop").slope.estimate is None


def test_patients_who_are_all_alike_show_no_variance() -> None:
    found = clustered_observed_expected([1, 0, 1, 0], [0.5, 0.5, 0.5, 0.5], [1, 1, 2, 2])
    assert (found.estimate, found.status) == (1.0, EstimateStatus.INSUFFICIENT)


@pytest.mark.parametrize(
    ("truth", "score", "patient", "named"),
    [
        ([0, 1], [0.1, 0.2], [1], "patient"),
        ([0, 1], [0.1, 0.2], [1.0, float("nan")], "patient"),
        ([0, 2], [0.1, 0.2], [1, 2], "reference"),
        ([0, 1], [0.1, 1.2], [1, 2], "scores from 0 to 1"),
        ([0, 1], [0.1, float("nan")], [1, 2], "finite"),
    ],
)
def test_what_are_no_cases_is_refused(truth: list[int], score: list[float], patient: list[float], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        clustered_calibration_line(truth, score, patient)
