"""Over fixed seeds: sets whose labels depend on nothing fail no check of labels, and planted faults are all found."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from multisite.integrity import CHECKS
from multisite.vocabulary import Verdict
from tests.unit.integrity.builders import frames, outcome, random_set

pytestmark = pytest.mark.slow

SEEDS = range(30)
CHECKED = [check.id for check in CHECKS if check.family == "labels"]
_LABEL = pl.col("reference_nodule")


def by_label(made: pl.DataFrame, seed: int) -> pl.DataFrame:
    """The table is roughly sorted by the label: three of four positives stand behind all others."""
    moved = np.random.default_rng(seed).random(made.height) < 0.75
    behind = pl.Series(moved) & made["reference_nodule"]
    return made.with_columns(
        pl.when(behind).then(pl.col("table_row") + 10_000).otherwise("table_row").alias("table_row")
    )


def by_scanner(made: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Three of four positives were imaged on a scanner of their own."""
    moved = pl.Series(np.random.default_rng(seed).random(made.height) < 0.75)
    return made.with_columns(pl.when(moved & _LABEL).then(pl.lit("d9")).otherwise("device").alias("device"))


def by_ward(made: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Positives lie on other wards than negatives."""
    ward = pl.when(_LABEL).then(pl.format("oncology-{}", "clinical_ward")).otherwise("clinical_ward")
    return made.with_columns(ward.alias("clinical_ward"))


@pytest.mark.parametrize("prevalence", [0.1, 0.5])
def test_labels_that_depend_on_nothing_fail_no_check(prevalence: float) -> None:
    for seed in SEEDS:
        looked_at = frames(included=random_set(seed, patients=450, prevalence=prevalence))
        verdicts = {check: outcome(check, looked_at).verdict for check in CHECKED}
        assert Verdict.FAIL not in verdicts.values(), (seed, verdicts)
        assert Verdict.PASS in verdicts.values()


@pytest.mark.parametrize(
    ("check", "plant"), [("label_order", by_label), ("label_association", by_scanner), ("label_in_column", by_ward)]
)
def test_a_planted_fault_is_found_with_every_seed(
    check: str, plant: Callable[[pl.DataFrame, int], pl.DataFrame]
) -> None:
    verdicts = [outcome(check, frames(included=plant(random_set(seed), seed))).verdict for seed in SEEDS]
    assert verdicts == [Verdict.FAIL] * len(SEEDS)
