"""Sums of products are the same to the bit on every number of threads."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from multisite.stats import ScoreCounts, brier, calibration_line
from multisite.stats.dot import dot

SEED = 2


def test_products_of_one_to_three_columns_are_added_up() -> None:
    a, b, c = np.array([1.0, 2.0]), np.array([3, 4]), np.array([0.5, 0.25])
    assert (dot(a), dot(a, b), dot(a, b, c)) == (3.0, 11.0, 3.5)


def test_no_column_may_be_shorter() -> None:
    with pytest.raises(ValueError, match=r"broadcast|dimension"):
        dot(np.ones(2), np.ones(3))


def test_estimates_do_not_depend_on_the_number_of_threads() -> None:
    rng = np.random.default_rng(SEED)
    score = rng.random(50_000)
    counts = ScoreCounts.from_cases(rng.random(50_000) < score, score)
    found = []
    for threads in (1, 2, 8):
        with threadpool_limits(threads):
            found.append((brier(counts), calibration_line(counts)))
    assert found[0] == found[1] == found[2]
