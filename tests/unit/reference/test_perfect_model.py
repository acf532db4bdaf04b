"""What a model that is always right would be expected to show against labels of readers."""

from functools import lru_cache

import numpy as np
import polars as pl
import pytest

from multisite.reference.rules import Majority, Panel, Rule
from tests.unit.reference.builders import TWO_PLUS_ONE, make, read_as, rule

N, RIGHT = 1_500, 0.85
SEED = 20_240_501


def made(by: Rule, *, minimum: int = 1) -> pl.DataFrame:
    return make(_three_readers()[0], rule(by), minimum=minimum)["agreement"].filter(first="perfect model")


@lru_cache(maxsize=1)
def _three_readers() -> tuple[str, np.ndarray]:
    """Readers who are right in 85 % of the cases, independently of each other."""
    rng = np.random.default_rng(SEED)
    truth = rng.random(N) < 0.4
    said = truth[:, None] == (rng.random((N, 3)) < RIGHT)
    return read_as(*("".join("ny"[int(one)] for one in case) for case in said)), truth


def values(frame: pl.DataFrame) -> dict[str, float]:
    return dict(frame.select("statistic", "estimate").rows())


def test_a_perfect_model_agrees_with_a_majority_more_often_than_readers_do() -> None:
    found = values(made(Majority(3)))

    # Three readers of 0.85: their majority is right in 0.85³ + 3 · 0.85² · 0.15 of the cases.
    expected = RIGHT**3 + 3 * RIGHT**2 * (1 - RIGHT)
    assert expected == pytest.approx(0.939, abs=0.001)
    assert found["expected_agreement"] == pytest.approx(expected, abs=0.015)
    reference = make(_three_readers()[0], rule(Majority(3)))["reference"]
    decided = dict(reference.select("case_id", "decision").rows())
    label = np.array([decided[f"c{number}"] for number in range(1, N + 1)])
    truth = _three_readers()[1]
    assert found["expected_sensitivity"] == pytest.approx(label[truth].mean(), abs=0.02)
    assert found["expected_specificity"] == pytest.approx((~label[~truth]).mean(), abs=0.02)


def test_where_labels_rest_on_more_than_these_readings_nothing_is_expected() -> None:
    assert made(TWO_PLUS_ONE).is_empty()
    assert made(Panel("consensus")).is_empty()
    two = make(read_as(*["yy", "nn", "yn"] * 40), rule(Majority(2)))
    assert two["agreement"].filter(first="perfect model").is_empty()


def test_of_too_few_patients_the_number_is_withheld_and_of_no_case_of_a_class_undefined() -> None:
    few = made(Majority(3), minimum=N + 1)
    assert few["estimate"].null_count() == few.height == 3
    assert set(few["status"]) == {"insufficient"}
    negative = make(read_as(*["nnn"] * 20), rule(Majority(3)))["agreement"].filter(first="perfect model")
    assert values(negative) == {
        "expected_agreement": 1.0,
        "expected_sensitivity": None,
        "expected_specificity": 1.0,
    }
