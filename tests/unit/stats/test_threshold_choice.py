"""A threshold taken by a rule, against sets small enough to count, and how often the rule keeps its word."""

import numpy as np
import pytest
from scipy import stats

from multisite.stats import (
    ChoiceRule,
    ChosenThreshold,
    GridCounts,
    chosen_threshold,
    chosen_threshold_of_counts,
    proportion,
)
from multisite.vocabulary import EstimateStatus

SEED = 11
POSITIVE = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]
SCORE = [0.05, 0.15, 0.25, 0.45, 0.65, 0.35, 0.55, 0.75, 0.85, 0.95]


def by(rule: ChoiceRule) -> float | None:
    return chosen_threshold(POSITIVE, SCORE, rule=rule, seed=SEED, steps=10, n_replicates=50).estimate


def drawn(rng: np.random.Generator, positives: int, negatives: int) -> tuple[np.ndarray, np.ndarray]:
    positive = np.arange(positives + negatives) < positives
    return positive, stats.norm.cdf(rng.normal(size=positive.size) + 1.8 * positive - 0.9)


def truth(sensitivity: float) -> float:
    return float(stats.norm.cdf(stats.norm.ppf(1 - sensitivity) + 0.9))


def test_of_the_thresholds_with_the_sensitivity_the_highest_is_taken() -> None:
    # From 0.5 on four of five positives are called, from 0.6 on three.
    assert by(ChoiceRule(by="sensitivity", at_least=0.8)) == 0.5
    assert by(ChoiceRule(by="sensitivity", at_least=0.81)) == 0.3


def test_of_the_thresholds_with_the_specificity_the_lowest_is_taken() -> None:
    assert by(ChoiceRule(by="specificity", at_least=0.8)) == 0.5
    assert by(ChoiceRule(by="specificity", at_least=0.99)) == 0.7


def test_the_greatest_index_and_the_greatest_net_benefit_are_taken_at_their_lowest_threshold() -> None:
    # At 0.3: 5/5 and 3/5; at 0.5: 4/5 and 4/5; at 0.7: 3/5 and 5/5. All have 0.6.
    assert by(ChoiceRule(by="youden")) == 0.3
    # A false alarm weighs a ninth of a hit, then nine hits.
    assert by(ChoiceRule(by="net_benefit", act_from=0.1)) == 0.3
    assert by(ChoiceRule(by="net_benefit", act_from=0.9)) == 0.7
    assert by(ChoiceRule(by="net_benefit", act_from=0.5, prevalence=0.99)) == 0.3


def test_the_lower_bound_is_that_of_wilsons_interval() -> None:
    positive, score = drawn(np.random.default_rng(SEED), 80, 100)
    rule = ChoiceRule(by="sensitivity", at_least=0.85, judged_by="lower_bound")
    found = chosen_threshold(positive, score, rule=rule, seed=SEED, n_replicates=20)
    assert found.estimate is not None
    hits = int((score[positive] >= found.estimate).sum())
    fewer = int((score[positive] >= found.estimate + 0.001).sum())
    enough, not_enough = (proportion(y, 80).ci_low for y in (hits, fewer))
    assert enough is not None
    assert not_enough is not None
    assert enough >= 0.85 > not_enough


def test_a_design_effect_asks_for_more() -> None:
    positive, score = drawn(np.random.default_rng(SEED), 200, 100)
    rule = ChoiceRule(by="sensitivity", at_least=0.85, judged_by="lower_bound")
    plain, clustered = (
        chosen_threshold(positive, score, rule=rule, seed=SEED, n_replicates=2, design_effects=effects).estimate
        for effects in ((1.0, 1.0), (2.0, 1.0))
    )
    assert plain is not None
    assert clustered is not None
    assert clustered < plain


def test_too_few_cases_for_the_bound_give_no_threshold_and_say_so() -> None:
    found = chosen_threshold(
        POSITIVE, SCORE, rule=ChoiceRule(by="sensitivity", at_least=0.9, judged_by="lower_bound"), seed=SEED
    )
    assert (found.estimate, found.status) == (None, EstimateStatus.UNDEFINED)
    assert "no threshold has what the rule asks for" in str(found.reason)
    assert found.shares_beside(0.5) is None


@pytest.mark.parametrize(
    ("positive", "by_what", "reason"),
    [([], "sensitivity", "no case"), ([0, 0], "sensitivity", "no positive case"), ([1, 1], "youden", "no negative")],
)
def test_a_missing_class_is_named(positive: list[int], by_what: str, reason: str) -> None:
    rule = ChoiceRule(by=by_what, at_least=0.9)  # type: ignore[arg-type]  # a literal
    found = chosen_threshold(positive, [0.5] * len(positive), rule=rule, seed=SEED)
    assert found.status is EstimateStatus.UNDEFINED
    assert str(found.reason).startswith(reason)


def test_counts_give_the_threshold_of_the_cases_and_a_like_interval() -> None:
    rng = np.random.default_rng(SEED)
    positive, score = drawn(rng, 150, 300)
    rule = ChoiceRule(by="sensitivity", at_least=0.9)
    cells = np.floor(score * 1000).astype(np.int64)
    group = rng.random(positive.size) < 0.4
    groups = []
    for chosen in (group, ~group):
        cell = np.unique(cells[chosen])
        counts = [np.array([(cells[chosen & of] == c).sum() for c in cell]) for of in (positive, ~positive)]
        groups.append(GridCounts(cell=cell, n_positive=counts[0], n_negative=counts[1]))
    exact = chosen_threshold(positive, score, rule=rule, seed=SEED)
    counted = chosen_threshold_of_counts(groups, rule=rule, seed=SEED)
    assert counted.estimate == exact.estimate
    assert [counted.ci_low, counted.ci_high] == pytest.approx([exact.ci_low, exact.ci_high], abs=0.04)


def test_a_design_effect_of_the_groups_widens_the_interval() -> None:
    positive, score = drawn(np.random.default_rng(SEED), 200, 300)
    cells = np.floor(score * 1000).astype(np.int64)
    cell = np.unique(cells)
    counts = [np.array([(cells[of] == c).sum() for c in cell]) for of in (positive, ~positive)]

    def width(effects: tuple[float, float]) -> float:
        group = GridCounts(cell=cell, n_positive=counts[0], n_negative=counts[1], design_effects=effects)
        found = chosen_threshold_of_counts([group], rule=ChoiceRule(by="sensitivity", at_least=0.9), seed=SEED)
        assert found.ci_low is not None
        assert found.ci_high is not None
        assert ("design effect" in found.ci_method) == (effects != (1.0, 1.0))
        return found.ci_high - found.ci_low

    assert width((4.0, 4.0)) > 1.25 * width((1.0, 1.0))


def test_patients_are_drawn_with_all_their_cases() -> None:
    positive, score = drawn(np.random.default_rng(SEED), 120, 120)
    rule = ChoiceRule(by="sensitivity", at_least=0.9)
    repeated = np.repeat(positive, 4), np.repeat(score, 4)
    apart = chosen_threshold(*repeated, rule=rule, seed=SEED)
    together = chosen_threshold(*repeated, rule=rule, seed=SEED, patient=np.repeat(np.arange(240), 4))
    once = chosen_threshold(positive, score, rule=rule, seed=SEED)
    assert (together.ci_low, together.ci_high) == (once.ci_low, once.ci_high)
    assert _width(apart) < 0.7 * _width(together)


def _width(found: ChosenThreshold) -> float:
    assert found.ci_low is not None
    assert found.ci_high is not None
    return found.ci_high - found.ci_low


def test_the_same_seed_gives_the_same_interval_and_its_ends_lie_on_the_grid() -> None:
    positive, score = drawn(np.random.default_rng(SEED), 60, 60)
    rule = ChoiceRule(by="youden")
    first, again = (chosen_threshold(positive, score, rule=rule, seed=SEED, n_replicates=200) for _ in range(2))
    assert np.array_equal(first.replicates, again.replicates, equal_nan=True)
    ends = np.array([first.ci_low, first.estimate, first.ci_high]) * 1000
    assert np.abs(ends - ends.round()).max() < 1e-9
    shares = first.shares_beside(float(first.estimate or 0.0))
    assert shares is not None
    assert 0.0 < sum(shares) < 1.0


def test_a_rule_without_its_number_is_refused() -> None:
    for wrong in ({"by": "sensitivity"}, {"by": "net_benefit"}, {"by": "specificity", "at_least": 1.0}, {"by": "auc"}):
        with pytest.raises(ValueError, match="must"):
            ChoiceRule(**wrong)  # type: ignore[arg-type]  # what is refused


@pytest.mark.slow
@pytest.mark.parametrize("positives", [40, 100])
def test_the_lower_bound_keeps_the_true_sensitivity_and_the_estimate_does_not(positives: int) -> None:
    rng = np.random.default_rng(SEED)
    below = {"lower_bound": 0, "estimate": 0}
    for _ in range(400):
        positive, score = drawn(rng, positives, positives)
        for judged_by in below:
            rule = ChoiceRule(by="sensitivity", at_least=0.9, judged_by=judged_by)  # type: ignore[arg-type]  # a literal
            found = chosen_threshold(positive, score, rule=rule, seed=SEED, n_replicates=1)
            below[judged_by] += found.estimate is not None and found.estimate > truth(0.9)
    assert below["lower_bound"] <= 0.05 * 400
    assert below["estimate"] >= 0.4 * 400


def test_an_interval_without_width_is_never_given() -> None:
    # One case in a thousand scores apart, and nearly every replicate takes the threshold of the others.
    score = np.r_[np.full(1999, 0.9), 0.2]
    found = chosen_threshold(
        np.ones(2000), score, rule=ChoiceRule(by="sensitivity", at_least=0.9985), seed=1, n_replicates=200
    )
    assert (found.estimate, found.ci_low, found.ci_high) == (0.9, None, None)
    assert found.status is EstimateStatus.INSUFFICIENT
    assert found.reason == "nearly every replicate has the same threshold, and there is no interval"
