"""Proportions over sites: zero cells, sites without a case, and the binomial-normal model's ends."""

import numpy as np
import pytest
from scipy.special import logit

from multisite.stats.pooling import binomial_normal, logit_of_counts, random_effects, random_effects_proportions
from multisite.vocabulary import EstimateStatus


def test_a_half_is_added_to_both_cells_of_sites_with_a_zero_and_to_no_other() -> None:
    found = logit_of_counts([0, 5, 8], [9, 10, 8])
    assert found.corrected.tolist() == [True, False, True]
    assert found.estimates.tolist() == pytest.approx([np.log(0.5 / 9.5), 0.0, np.log(8.5 / 0.5)])
    assert found.variances.tolist() == pytest.approx([1 / 0.5 + 1 / 9.5, 0.4, 1 / 8.5 + 1 / 0.5])


def test_or_to_those_of_every_site_if_there_is_a_zero_anywhere() -> None:
    assert logit_of_counts([0, 5], [9, 10], correction="all").corrected.tolist() == [True, True]
    assert logit_of_counts([3, 5], [9, 10], correction="all").corrected.tolist() == [False, False]


def test_pooling_says_how_many_sites_were_corrected_left_out_and_thin() -> None:
    found = random_effects_proportions([0, 45, 0, 80], [12, 60, 0, 100])
    assert (found.n_corrected, found.n_without_cases, found.binomial_preferable) == (1, 1, True)
    assert (found.pooled.n_cases, found.pooled.n_sites) == (172, 3)
    assert found.pooled.ci_method.endswith("½ added at 1 sites")
    assert not random_effects_proportions([30, 45], [60, 60]).binomial_preferable


def test_pooling_is_that_of_the_logits() -> None:
    y, n = np.array([30, 45, 80]), np.array([60, 70, 100])
    found = random_effects_proportions(y, n, tau2="pm", interval="wald").pooled
    expected = random_effects(logit(y / n), 1 / y + 1 / (n - y), tau2="pm", interval="wald", scale="logit")
    assert (found.estimate, found.ci_low) == pytest.approx((expected.estimate, expected.ci_low))


def test_no_case_at_any_site_is_undefined() -> None:
    assert random_effects_proportions([0, 0], [0, 0]).pooled.status == EstimateStatus.UNDEFINED
    assert binomial_normal([], []).status == EstimateStatus.UNDEFINED
    assert binomial_normal([0], [0]).estimate is None


@pytest.mark.parametrize(
    ("events", "estimate", "reason"),
    [([0, 0, 0], 0.0, "no event"), ([20, 30, 10], 1.0, "nothing but events")],
)
def test_events_nowhere_or_everywhere_give_the_end_without_an_interval(
    events: list[int], estimate: float, reason: str
) -> None:
    found = binomial_normal(events, [20, 30, 10])
    assert (found.estimate, found.status, found.ci_low) == (estimate, EstimateStatus.INSUFFICIENT, None)
    assert found.reason is not None
    assert found.reason.startswith(reason)


def test_one_site_with_cases_keeps_its_own_proportion() -> None:
    found = binomial_normal([7, 0], [10, 0])
    assert (found.estimate, found.status, found.tau, found.n_sites) == (0.7, EstimateStatus.INSUFFICIENT, None, 1)


def test_sites_that_agree_have_no_variance_and_the_pooled_proportion() -> None:
    found = binomial_normal([18, 27, 36], [20, 30, 40])
    assert (found.tau, found.estimate) == (0.0, pytest.approx(0.9))
    assert found.mean_proportion == pytest.approx(0.9)
    assert found.tau_note is not None


def test_two_sites_tell_so_little_that_the_interval_is_all_there_is() -> None:
    found = binomial_normal([0, 20], [20, 20])
    assert (found.ci_low, found.ci_high) == (0.0, 1.0)
    assert found.status == EstimateStatus.OK


def test_events_and_non_events_mirror_each_other() -> None:
    one, other = binomial_normal([2, 9, 5, 1], [30, 40, 25, 8]), binomial_normal([28, 31, 20, 7], [30, 40, 25, 8])
    assert one.estimate == pytest.approx(1 - (other.estimate or 0), abs=1e-5)
    assert one.ci_low == pytest.approx(1 - (other.ci_high or 0), abs=1e-5)
    assert one.tau == pytest.approx(other.tau, abs=1e-4)


@pytest.mark.parametrize("pool", [binomial_normal, random_effects_proportions, logit_of_counts])
@pytest.mark.parametrize(
    ("events", "cases", "match"),
    [
        ([5], [4], "between 0"),
        ([-1], [4], "between 0"),
        ([1.5], [4], "whole"),
        ([np.nan], [4], "whole"),
        ([1], [np.inf], "whole"),
        ([1, 2], [4], "same length"),
    ],
)
def test_counts_that_are_none_are_refused(pool, events, cases, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        pool(events, cases)


def test_an_unknown_correction_is_refused() -> None:
    with pytest.raises(ValueError, match="`correction`"):
        logit_of_counts([1], [2], correction="some")  # type: ignore[arg-type]  # what is tested
