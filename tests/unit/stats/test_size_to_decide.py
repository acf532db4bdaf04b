"""How many would decide: four times as many halve the distance that is decided."""

import pytest

from multisite.stats import size_to_decide, smallest_detectable_difference


def test_at_the_smallest_detectable_distance_the_present_size_is_enough() -> None:
    shown = smallest_detectable_difference(0.04).difference
    assert size_to_decide(shown, 0.04, 250) == 250


def test_half_the_distance_takes_four_times_as_many_on_either_side() -> None:
    shown = smallest_detectable_difference(0.04).difference
    assert size_to_decide(-shown / 2.0, 0.04, 250) == 1000


def test_no_number_decides_a_distance_of_zero() -> None:
    assert size_to_decide(0.0, 0.04, 250) is None


@pytest.mark.parametrize(("distance", "error", "size"), [(float("nan"), 1.0, 5), (1.0, -1.0, 5), (1.0, 1.0, 0)])
def test_what_is_out_of_range_is_refused(distance: float, error: float, size: int) -> None:
    with pytest.raises(ValueError, match="must be"):
        size_to_decide(distance, error, size)
