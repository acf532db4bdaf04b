"""What another prevalence does to scores, and what it leaves unexplained."""

import math

import numpy as np
import pytest
from scipy.special import expit

from multisite.stats import ScoreCounts, calibration_line, observed_expected, prevalence_shift

HERE = ScoreCounts(np.array([0.2, 0.5, 0.8]), np.array([8, 20, 30]), np.array([30, 22, 6]))


def test_the_shift_is_the_log_odds_ratio_of_the_prevalences_with_its_error() -> None:
    found = prevalence_shift(HERE, n_positive=20, n_negative=80)
    assert found.shift.estimate == pytest.approx(math.log(58 / 58) - math.log(20 / 80))
    assert found.shift.standard_error == pytest.approx(math.sqrt(1 / 58 + 1 / 58 + 1 / 20 + 1 / 80))


def test_what_remains_is_the_calibration_in_the_large_less_the_shift() -> None:
    found = prevalence_shift(HERE, n_positive=20, n_negative=80)
    whole = calibration_line(HERE).in_the_large.estimate
    assert whole is not None
    assert found.remaining.estimate == pytest.approx(whole - math.log(4))


def test_scores_that_are_true_elsewhere_are_right_after_the_shift_of_their_prevalence() -> None:
    # 1,000 at each score, true at a prevalence of ½; here the same scores in each class, with four times the positives.
    score = np.array([0.2, 0.5, 0.8])
    positive, negative = 4 * np.array([200, 500, 800]), np.array([800, 500, 200])
    found = prevalence_shift(ScoreCounts(score, positive, negative), n_positive=1500, n_negative=1500)
    assert found.shift.estimate == pytest.approx(math.log(4))
    assert found.remaining.estimate == pytest.approx(0.0, abs=1e-9)
    assert found.observed_expected.estimate == pytest.approx(1.0)
    assert observed_expected(ScoreCounts(score, positive, negative)).ci_low > 1.3  # type: ignore[operator]  # a number


def test_the_error_of_what_remains_is_that_of_a_jackknife_over_cases() -> None:
    rng = np.random.default_rng(5)
    score = rng.choice(HERE.score, 200)
    positive = rng.random(200) < expit(1.4 * np.log(score / (1 - score)) + 0.3)

    def remaining(kept: np.ndarray) -> float:
        counts = ScoreCounts.from_cases(positive[kept], score[kept])
        value = prevalence_shift(counts, n_positive=10**9, n_negative=10**9).remaining.estimate
        assert value is not None
        return value

    without = np.array([remaining(np.arange(200) != left) for left in range(200)])
    exact = prevalence_shift(ScoreCounts.from_cases(positive, score), n_positive=10**9, n_negative=10**9)
    assert exact.remaining.standard_error == pytest.approx(
        math.sqrt(199 / 200 * ((without - without.mean()) ** 2).sum()), rel=0.02
    )


def test_each_design_effect_widens_the_intervals_of_what_it_is_of() -> None:
    alone = prevalence_shift(HERE, n_positive=10**9, n_negative=10**9)
    effects = {"design_effect": 4.0, "design_effect_prevalence": 9.0}
    wide = prevalence_shift(HERE, n_positive=10**9, n_negative=10**9, **effects)
    for name, root in (("shift", 3), ("remaining", 2)):
        one, other = getattr(alone, name).standard_error, getattr(wide, name).standard_error
        assert other == pytest.approx(root * one, rel=1e-4)
    low, high = wide.observed_expected.ci_low, wide.observed_expected.ci_high
    assert low is not None
    assert high is not None
    assert alone.observed_expected.ci_low is not None
    assert math.log(high / low) == pytest.approx(
        4 * math.log(alone.observed_expected.estimate / alone.observed_expected.ci_low)  # type: ignore[operator]  # a number
    )


@pytest.mark.parametrize(
    ("counts", "there", "reason"),
    [
        (ScoreCounts.from_cases([1, 1], [0.2, 0.4]), (3, 3), "no negative case"),
        (HERE, (0, 3), "no positive case to compare with"),
        (HERE, (0, 0), "no case to compare with"),
    ],
)
def test_one_class_here_or_there_leaves_all_three_undefined(
    counts: ScoreCounts, there: tuple[int, int], reason: str
) -> None:
    found = prevalence_shift(counts, n_positive=there[0], n_negative=there[1])
    for one in (found.shift, found.remaining, found.observed_expected):
        assert (one.estimate, one.status, one.reason) == (None, "undefined", reason)


def test_counts_below_zero_and_design_effects_of_zero_are_refused() -> None:
    with pytest.raises(ValueError, match="Counts"):
        prevalence_shift(HERE, n_positive=-1, n_negative=3)
    for name in ("design_effect", "design_effect_prevalence", "design_effect_there"):
        with pytest.raises(ValueError, match="design effects"):
            prevalence_shift(HERE, n_positive=1, n_negative=3, **{name: 0.0})
