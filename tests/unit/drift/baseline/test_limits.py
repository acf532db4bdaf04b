import numpy as np
import pytest

from multisite.drift.baseline.limits import GRID, PROBABILITIES
from multisite.stats import null_limits, p_value_from_limits

REFERENCE = np.array([5, 12, 60, 110, 140, 90, 50, 33])
CHANCE = 0.01


@pytest.mark.parametrize("size", [50, 200, 800, 3200])
def test_between_the_sizes_of_the_grid_a_limit_is_exceeded_as_often_as_it_says(size: int) -> None:
    asked = {"statistic": "cells", "replicates": 20_000, "design_effect": 1.2}
    table = [null_limits(REFERENCE, n_studies=n, probabilities=PROBABILITIES, seed=1, **asked) for n in GRID]
    (limit,) = null_limits(REFERENCE, n_studies=size, probabilities=[CHANCE], seed=2, **asked)
    p = p_value_from_limits(
        np.array([limit]), n_studies=np.array([size]), grid_n=GRID, probabilities=PROBABILITIES, limits=table
    )
    assert CHANCE / 1.5 < p[0] < CHANCE * 1.5
