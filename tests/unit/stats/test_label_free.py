import numpy as np
import pytest
from scipy import special

from multisite.stats import (
    ScoreCounts,
    anytime_difference,
    anytime_interval,
    audit_sums,
    audited_share,
    calibration_line,
    expected_accuracy,
    label_maturity,
    proportion,
)
from multisite.vocabulary import EstimateStatus

NAN = float("nan")


def validated(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    p = np.round(rng.beta(0.8, 3, n), 2).clip(0.01, 0.99)
    return p, rng.random(n) < p


def test_calibrated_scores_lead_one_to_expect_what_labels_then_say() -> None:
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(100):
        p, y = validated(rng, 2000)
        line = calibration_line(ScoreCounts.from_cases(y, p))
        month, truth = validated(rng, 600)
        scores, counts = np.unique(month, return_counts=True)
        found = expected_accuracy(scores, counts, threshold=0.3, calibration=line).sensitivity
        said = (month >= 0.3)[truth].mean()
        assert found.ci_low is not None
        assert found.ci_high is not None
        held += found.ci_low <= said <= found.ci_high
    # Labels of the month are drawn anew, which the interval takes in: 95 of 100, give or take two standard errors.
    assert held >= 90


def test_a_changed_prevalence_is_shown_beside_the_estimate() -> None:
    p, y = validated(np.random.default_rng(2), 3000)
    line = calibration_line(ScoreCounts.from_cases(y, p))
    scores, counts = np.unique(p, return_counts=True)
    found = expected_accuracy(scores, counts, threshold=0.3, calibration=line)
    for rate in (found.sensitivity, found.specificity):
        assert rate.low_if is not None
        assert rate.high_if is not None
        assert rate.low_if < rate.estimate < rate.high_if
    same = expected_accuracy(scores, counts, threshold=0.3, calibration=line, odds_factor=1.0)
    assert same.sensitivity.low_if == pytest.approx(same.sensitivity.estimate)


def test_an_audit_of_everybody_is_the_plain_proportion() -> None:
    truth, called = np.array([1, 1, 1, 1, 1, 1, 0, 0]), np.array([1, 1, 1, 1, 0, 0, 1, 0])
    found = audited_share(audit_sums(np.full(8, 0.4), called, truth, np.ones(8)))
    assert found.estimate == pytest.approx(4 / 6)


def test_an_audit_corrects_predictions_that_are_wrong() -> None:
    rng = np.random.default_rng(3)
    covered = 0
    p = rng.beta(0.5, 5, 2_000_000)
    truth = float((p * (p > 0.3)).sum() / p.sum())
    for _ in range(200):
        p = rng.beta(0.5, 5, 2000)
        y, called = rng.random(2000) < p, p > 0.3
        chance = np.where(called, 0.5, 0.1)
        drawn = rng.random(2000) < chance
        sums = audit_sums(
            special.expit(1 + special.logit(p)), called, np.where(drawn, y, NAN), np.where(drawn, chance, NAN)
        )
        found = audited_share(sums)
        assert found.ci_low is not None
        assert found.ci_high is not None
        covered += found.ci_low <= truth <= found.ci_high
    assert 0.90 <= covered / 200 <= 0.99


def test_sums_of_months_add_up_to_those_of_all_studies() -> None:
    rng = np.random.default_rng(4)
    p = rng.random(40)
    given = (p, rng.integers(0, 2, 40), rng.integers(0, 2, 40).astype(float), np.full(40, 0.5))
    whole = audit_sums(*given)
    halves = audit_sums(*(one[:15] for one in given)) + audit_sums(*(one[15:] for one in given))
    assert halves.n_studies == whole.n_studies
    assert halves.duv == pytest.approx(whole.duv)


def test_too_small_an_audit_is_insufficient_and_none_is_undefined() -> None:
    few = audited_share(audit_sums([0.5, 0.5], [1, 0], [1, NAN], [0.5, NAN]))
    assert (few.status, few.estimate) == (EstimateStatus.INSUFFICIENT, None)
    none = audited_share(audit_sums([0.5], [1], [NAN], [NAN]))
    assert (none.status, none.reason) == (EstimateStatus.UNDEFINED, "no study was audited")


def test_maturity_leaves_out_studies_that_are_too_young() -> None:
    # 40 studies: 10 labelled at once, 10 after a month; 10 are a month old without a label, and 10 are new.
    assert label_maturity([10, 10], [10, 10]) == pytest.approx([0.25, 0.625])
    assert np.isnan(label_maturity([1, 0], [0, 0])[1])


def test_an_interval_for_any_time_misses_seldom_however_often_one_looks() -> None:
    rng = np.random.default_rng(5)
    missed = 0
    for _ in range(200):
        cases = rng.random(300) < 0.85
        missed += any(
            not low <= 0.85 <= high
            for low, high in (anytime_interval(int(cases[:n].sum()), n) for n in range(5, 301, 5))
        )
    assert missed / 200 <= 0.05


def test_no_case_says_nothing_of_a_proportion() -> None:
    assert anytime_interval(0, 0) == (0.0, 1.0)
    assert anytime_difference(0, 0, reference=0.9, reference_limits=(0.8, 0.95)) == (-1.0, 1.0)


def test_a_design_effect_is_worth_as_many_fewer_cases() -> None:
    assert anytime_interval(80, 100, design_effect=2.0) == pytest.approx(anytime_interval(40, 50))


@pytest.mark.parametrize(
    ("positive", "total", "effect", "alpha"),
    [
        (99, 100, 3.0, 0.05 / 156),
        (149, 150, 2.5, 0.05 / 600),
        (99, 100, 20.0, 0.05),
        (1, 100, 20.0, 1e-4),
    ],
)
def test_few_cases_and_a_small_alpha_have_an_interval_that_ends_where_shares_end(
    positive: int, total: int, effect: float, alpha: float
) -> None:
    low, high = anytime_interval(positive, total, alpha=alpha, design_effect=effect)
    assert 0.0 <= low <= positive / total <= high <= 1.0


def test_a_difference_from_an_exact_reference_is_the_interval_moved() -> None:
    low, high = anytime_interval(80, 100)
    exact = anytime_difference(80, 100, reference=0.9, reference_limits=(0.9, 0.9))
    assert exact == pytest.approx((low - 0.9, high - 0.9))
    # By hand: √(a² + b²) of the distances of both terms.
    vague = anytime_difference(80, 100, reference=0.9, reference_limits=(0.85, 0.93))
    assert vague[0] == pytest.approx(-0.1 - np.hypot(0.8 - low, 0.03))
    assert vague[1] == pytest.approx(-0.1 + np.hypot(high - 0.8, 0.05))


@pytest.mark.parametrize("n_validated", [50, 400])
def test_looks_at_a_difference_seldom_miss_a_difference_of_nothing(n_validated: int) -> None:
    rng = np.random.default_rng(n_validated)
    missed = 0
    for _ in range(200):
        validated_hits = int(rng.binomial(n_validated, 0.9))
        earlier = proportion(validated_hits, n_validated)
        assert earlier.estimate is not None
        assert earlier.ci_low is not None
        assert earlier.ci_high is not None
        hits = np.cumsum(rng.random(600) < 0.9)
        looks = (
            anytime_difference(
                int(hits[n - 1]), n, reference=earlier.estimate, reference_limits=(earlier.ci_low, earlier.ci_high)
            )
            for n in range(10, 601, 30)
        )
        missed += any(high < 0 for _, high in looks)
    assert missed / 200 <= 0.05
