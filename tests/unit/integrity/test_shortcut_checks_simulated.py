"""Over fixed seeds: where nothing goes with the acquisition, no more than chance fails; planted faults are found."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from multisite.integrity import CHECKS
from multisite.vocabulary import Verdict
from tests.unit.integrity.builders import frames, outcome, random_scores, random_set

pytestmark = pytest.mark.slow

CLEAN, PLANTED = range(200), range(12)
CHECKED = [check.id for check in CHECKS if check.family == "shortcuts"]


def taken_over(column: str, seed: int, *, where: pl.Expr, share: float) -> pl.Expr:
    """``column`` with a level of its own for a ``share`` of the cases that ``where`` names."""
    moved = pl.lit(pl.Series(np.random.default_rng(seed).random(1_000) < share))
    place = pl.int_range(pl.len())
    return pl.when(where & moved.gather(place)).then(pl.lit("x9")).otherwise(column).alias(column)


def label_in_headers(made: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Half the positives were imaged with another software."""
    return made.with_columns(taken_over("software_versions", seed, where=pl.col("reference_nodule"), share=0.5))


def split_in_headers(made: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Half the tested were imaged on another scanner."""
    return made.with_columns(taken_over("device", seed, where=pl.col("split") == "test", share=0.5))


@pytest.mark.parametrize("check", CHECKED)
def test_an_acquisition_with_which_nothing_goes_fails_no_more_often_than_chance_may(check: str) -> None:
    verdicts = []
    for seed in CLEAN:
        made = random_set(seed, patients=(450, 240)[seed % 2], prevalence=(0.3, 0.5)[seed % 2])
        verdicts.append(outcome(check, frames(included=made, predictions=random_scores(made, seed))).verdict)
    assert set(verdicts) <= {Verdict.PASS, Verdict.FAIL}
    # 0.4 are expected at the most; three or more in 200 happen once in 125 times.
    assert verdicts.count(Verdict.FAIL) <= 2


@pytest.mark.parametrize(
    ("check", "plant"), [("headers_tell_label", label_in_headers), ("split_told_from_headers", split_in_headers)]
)
def test_a_planted_fault_is_found_with_every_seed(
    check: str, plant: Callable[[pl.DataFrame, int], pl.DataFrame]
) -> None:
    verdicts = [
        outcome(check, frames(included=plant(random_set(seed, patients=600), seed))).verdict for seed in PLANTED
    ]
    assert verdicts == [Verdict.FAIL] * len(PLANTED)


def test_a_score_that_sees_the_scanner_is_found_with_every_seed() -> None:
    shift = pl.when(pl.col("device") == "d1").then(1.2).otherwise(0.0)
    for seed in PLANTED:
        made = random_set(seed, patients=600)
        looked_at = frames(included=made, predictions=random_scores(made, seed, shift=shift))
        assert outcome("score_tells_equipment", looked_at).verdict is Verdict.FAIL


def test_a_large_site_is_looked_at_through_a_draw_of_its_patients() -> None:
    made = random_set(1, patients=12_000)
    found = outcome("headers_tell_label", frames(included=made))
    assert found.verdict is Verdict.PASS
    assert "(6,000 labels of patients)" in found.sentence
