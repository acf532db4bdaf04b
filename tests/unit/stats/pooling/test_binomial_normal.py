"""The binomial-normal model where its likelihood is nearly flat."""

import pytest

from multisite.stats import binomial_normal


@pytest.mark.parametrize(
    ("events", "cases"), [([50, 50, 49, 50, 31], [50] * 5), ([11, 12, 7, 14, 15], [17, 19, 7, 14, 15])]
)
def test_one_site_far_below_perfect_ones_has_an_answer(events: list[int], cases: list[int]) -> None:
    found = binomial_normal(events, cases)
    assert found.estimate is not None
    assert 0.0 < found.estimate < 1.0
    assert found.ci_low is not None
    assert found.ci_high is not None
    assert found.ci_low <= found.estimate <= found.ci_high
