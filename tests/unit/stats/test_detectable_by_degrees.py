"""The difference that a test with few degrees of freedom could find."""

import pytest
from scipy import stats

from multisite.stats import smallest_detectable_difference


def test_few_degrees_of_freedom_find_only_large_differences() -> None:
    found = smallest_detectable_difference(0.1, degrees_of_freedom=1).difference
    assert found == pytest.approx(0.1 * (stats.t.ppf(0.975, 1) + stats.t.ppf(0.8, 1)))
    assert found == pytest.approx(1.408, abs=5e-4)
    many = smallest_detectable_difference(0.1, degrees_of_freedom=1e9).difference
    assert many == pytest.approx(smallest_detectable_difference(0.1).difference, rel=1e-6)


@pytest.mark.parametrize("wrong", [0.0, -1.0, float("nan")])
def test_no_degree_of_freedom_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="degrees_of_freedom"):
        smallest_detectable_difference(0.1, degrees_of_freedom=wrong)
