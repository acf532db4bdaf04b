"""Leave one out: who is marked, and few sites."""

import numpy as np
import pytest
from scipy import stats

from multisite.stats.pooling import leave_one_out, random_effects
from multisite.vocabulary import EstimateStatus


def test_the_site_apart_is_marked_and_no_other() -> None:
    left = leave_one_out([0.1, 0.2, 0.15, 0.12, 2.0], [0.04] * 5)
    assert [one.influential for one in left] == [False] * 4 + [True]
    assert "dffits" in left[4].marks
    assert left[4].change is not None
    assert left[4].change < 0
    assert left[4].change_of_tau2 is not None
    assert left[4].change_of_tau2 < 0


def test_a_site_that_outweighs_the_others_is_marked_for_its_weight() -> None:
    left = leave_one_out([0.1, 0.1, 0.12, 0.11, 0.1, 0.1], [0.5, 0.5, 0.5, 0.5, 0.5, 0.001])
    assert left[5].marks == ("hat",)
    assert left[5].hat == pytest.approx(1000 / 1010)


def test_cook_is_the_move_in_standard_errors_squared() -> None:
    y, v = np.array([0.1, 0.5, 0.2, 0.9]), np.full(4, 0.04)
    of_all, left = random_effects(y, v), leave_one_out(y, v)
    for one in left:
        assert one.change is not None
        assert of_all.wald_standard_error is not None
        assert one.cook_distance == pytest.approx((one.change / of_all.wald_standard_error) ** 2)
        assert ("cook_distance" in one.marks) == (one.cook_distance > stats.chi2.median(1))


def test_few_sites_are_left_out_without_a_verdict() -> None:
    assert leave_one_out([], []) == ()
    (one,) = leave_one_out([0.5], [0.1])
    assert (one.pooled.status, one.change, one.influential) == (EstimateStatus.UNDEFINED, None, None)
    first, second = leave_one_out([0.5, 0.7], [0.1, 0.1])
    assert first.pooled.estimate == 0.7
    assert first.change == pytest.approx(0.1)
    assert (first.influential, second.influential) == (None, None)


def test_options_reach_the_pooling() -> None:
    (first, *_) = leave_one_out([0.1, 0.2, 0.9], [0.1] * 3, scale="logit", interval="wald", tau2="pm", level=0.9)
    assert (first.pooled.scale, first.pooled.ci_level) == ("logit", 0.9)
    assert first.pooled.ci_method == "random effects, pm, wald"


def test_dfbetas_alone_may_mark_a_site() -> None:
    # 1.0 is off by much of the standard error of the mean, and by little of its own.
    first = leave_one_out([1.0, -0.43, -0.02, 0.14], [0.148, 0.282, 0.285, 0.047], interval="wald")[0]
    assert first.dfbetas == pytest.approx(1.081, abs=5e-4)
    assert (first.influential, first.marks) == (True, ("dfbetas",))
