"""Shrinkage: one stratum, no variance, zero cells, and what is refused."""

import numpy as np
import pytest
from scipy.special import expit

from multisite.stats.pooling import logit_of_counts, partial_pooling
from multisite.stats.pooling.between_sites import between_sites_variance
from multisite.vocabulary import EstimateStatus


def test_no_stratum_is_undefined_and_one_has_nothing_to_be_drawn_to() -> None:
    none = partial_pooling([], [])
    assert (none.status, none.strata, none.mean) == (EstimateStatus.UNDEFINED, (), None)
    (one,) = partial_pooling([0.5], [0.1]).strata
    assert one.raw.estimate == pytest.approx(expit(0.5))
    assert one.raw.ci_low is not None
    assert (one.shrunken.estimate, one.shrunken.status) == (None, EstimateStatus.UNDEFINED)


def test_strata_that_agree_all_become_the_mean_and_keep_an_interval_of_honest_width() -> None:
    found = partial_pooling([0.2, 0.21, 0.19, 0.2], [0.1] * 4, scale="raw")
    assert found.tau2 == 0.0
    assert found.reason is not None
    assert [one.shrunken.estimate for one in found.strata] == pytest.approx([0.2] * 4)
    # g₂ alone would be v/k; the uncertainty of τ² adds 4v/k.
    assert found.strata[0].standard_error == pytest.approx((5 * 0.1 / 4) ** 0.5)


def test_the_weaker_the_data_of_a_stratum_the_further_it_is_drawn() -> None:
    found = partial_pooling([0.0, 2.0, 2.0, 0.0], [0.01, 0.01, 0.8, 0.05], scale="raw")
    own = [one.weight_of_own or 0.0 for one in found.strata]
    assert own[2] < own[3] < own[0] == own[1]


def test_zero_cells_come_in_through_the_logits_of_counts() -> None:
    logits = logit_of_counts([0, 5, 9], [9, 12, 14])
    found = partial_pooling(logits.estimates, logits.variances)
    first = found.strata[0]
    assert first.raw.estimate == pytest.approx(0.5 / 10)
    assert first.shrunken.estimate is not None
    assert first.shrunken.estimate > 0.05
    assert found.scale == "logit"


def test_what_is_no_estimate_is_refused() -> None:
    with pytest.raises(ValueError, match="`variances`"):
        partial_pooling([0.1, 0.2], [0.1, 0.0])
    with pytest.raises(ValueError, match="`tau2`"):
        partial_pooling([0.1, 0.2], [0.1, 0.1], tau2="dl")  # type: ignore[arg-type]  # what is tested
    with pytest.raises(ValueError, match="`scale`"):
        partial_pooling([0.1, 0.2], [0.1, 0.1], scale="probit")  # type: ignore[arg-type]  # what is tested


def test_each_estimator_of_the_variance_between_strata_has_its_own_error() -> None:
    y, v = np.array([0.0, 1.0, 2.5, 0.4]), np.array([0.02, 0.3, 0.1, 0.5])
    for by, method in (("reml", "empirical bayes, reml, prasad-rao"), ("pm", "empirical bayes, pm, datta-rao-smith")):
        found = partial_pooling(y, v, tau2=by, scale="raw")
        w = 1 / (found.tau2 + v)
        own = found.tau2 * w
        spread = 2 / (w @ w) if by == "reml" else 2 * y.size / w.sum() ** 2
        expected = np.sqrt(own * v + (1 - own) ** 2 / w.sum() + 2 * v**2 * w**3 * spread)
        assert [one.standard_error for one in found.strata] == pytest.approx(expected)
        assert {one.shrunken.ci_method for one in found.strata} == {method}
    assert partial_pooling([0.5], [0.1], tau2="pm").strata[0].shrunken.ci_method == method


def test_the_variance_of_paule_and_mandel_s_estimate_is_near_what_simulation_shows() -> None:
    rng = np.random.default_rng(4)
    v = rng.uniform(0.02, 1.0, 60)
    found = [between_sites_variance(rng.normal(0, np.sqrt(0.5 + v)), v, "pm") for _ in range(400)]
    assert np.var(found) == pytest.approx(2 * 60 / (1 / (0.5 + v)).sum() ** 2, rel=0.2)
