"""From cases to a score tally: what is counted where, and what is refused."""

import polars as pl
import pytest

from multisite.tallies import ScoreTally, tally_scores
from tests.lib.tables import table

CASES = table(
    """
    site | finding | model | split | stratum_vendor | stratum_sex | reference | score
    a    | nodule  | m1    | test  | GE             | F           | true      | 0.9
    a    | nodule  | m1    | test  | GE             | M           | false     | 0.9
    a    | nodule  | m1    | test  | Canon          | F           | true      | 0.2
    a    | nodule  | m1    | test  |                | F           | false     | 0.2
    a    | nodule  | m1    | test  | GE             | F           | true      | 0.9
    a    | nodule  | m2    | test  | GE             | F           | true      | 0.5
    a    | nodule  | m1    | tune  | GE             | F           | false     | 0.5
    """,
    reference=pl.Boolean(),
    score=pl.Float64(),
)
STRATA = ["stratum_vendor", "stratum_sex"]
COUNTED = ("score", "n_positive", "n_negative")


def rows(tally: ScoreTally, **keys: str) -> list[tuple[float, int, int]]:
    return tally.to_frame().filter(**keys).select(COUNTED).rows()


def test_overall_counts_every_case_at_its_score() -> None:
    tally = tally_scores(CASES, strata=STRATA)
    assert rows(tally, model="m1", split="test", stratum="overall") == [(0.2, 1, 1), (0.9, 2, 1)]
    assert rows(tally, model="m2", stratum="overall", level="overall") == [(0.5, 1, 0)]
    assert rows(tally, split="tune", stratum="overall") == [(0.5, 0, 1)]


def test_levels_of_a_stratum_share_out_the_cases() -> None:
    tally = tally_scores(CASES, strata=STRATA)
    assert rows(tally, model="m1", split="test", level="GE") == [(0.9, 2, 1)]
    assert rows(tally, model="m1", split="test", level="Canon") == [(0.2, 1, 0)]
    assert rows(tally, model="m1", split="test", level="M") == [(0.9, 0, 1)]


def test_a_missing_level_is_the_level_unknown() -> None:
    tally = tally_scores(CASES, strata=STRATA)
    assert rows(tally, stratum="vendor", level="unknown") == [(0.2, 0, 1)]


def test_only_segments_with_a_case_are_there_and_in_canonical_order() -> None:
    keys = tally_scores(CASES, strata=STRATA).keys
    assert keys.equals(keys.unique().sort(keys.columns))
    assert keys.filter(pl.col("model") == "m2").select("stratum", "level").rows() == [
        ("overall", "overall"),
        ("sex", "F"),
        ("vendor", "GE"),
    ]


def test_every_stratum_adds_up_to_the_overall_counts() -> None:
    sums = (
        tally_scores(CASES, strata=STRATA)
        .to_frame()
        .group_by("model", "split", "stratum")
        .agg(pl.col("n_positive", "n_negative").sum())
    )
    assert sums.select("model", "split", "n_positive", "n_negative").unique().height == 3


def test_negative_zero_is_zero() -> None:
    cases = CASES.head(2).with_columns(pl.Series("score", [0.0, -0.0]))
    assert rows(tally_scores(cases, strata=[]), stratum="overall") == [(0.0, 1, 1)]


def test_no_case_gives_the_empty_tally() -> None:
    assert tally_scores(CASES.clear(), strata=STRATA).equals(ScoreTally.empty())


def test_categorical_and_enumerated_columns_count_like_text() -> None:
    typed = CASES.with_columns(
        pl.col("stratum_vendor").cast(pl.Categorical), pl.col("stratum_sex").cast(pl.Enum(["M", "F"]))
    )
    assert tally_scores(typed, strata=STRATA).equals(tally_scores(CASES, strata=STRATA))


@pytest.mark.parametrize("score", [None, float("nan"), -0.1, 1.1])
def test_scores_outside_the_unit_interval_are_refused_without_being_told(score: float | None) -> None:
    cases = CASES.with_columns(pl.Series("score", [score] + [0.5] * 6, dtype=pl.Float64))
    with pytest.raises(ValueError, match=r"^Scores must lie in \[0, 1\]; at least one is null, NaN or outside"):
        tally_scores(cases, strata=STRATA)


def test_missing_truth_and_keys_are_refused_with_their_number() -> None:
    cases = CASES.with_columns(
        pl.when(pl.int_range(pl.len()) < 2).then(None).otherwise(pl.col("reference")).alias("reference")
    )
    with pytest.raises(ValueError, match=r"`reference` \(2\)"):
        tally_scores(cases, strata=STRATA)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match="stratum_age"):
        tally_scores(CASES, strata=["stratum_age"])


@pytest.mark.parametrize("strata", [["stratum_sex", "stratum_sex"], ["stratum_overall"]])
def test_a_stratum_must_have_a_name_of_its_own(strata: list[str]) -> None:
    cases = CASES.with_columns(pl.lit("x").alias("stratum_overall"))
    with pytest.raises(ValueError, match="named once"):
        tally_scores(cases, strata=strata)


@pytest.mark.slow
def test_more_levels_than_short_integers_hold_are_counted_too() -> None:
    n = 70_000
    cases = pl.DataFrame(
        {
            "site": "a",
            "finding": "nodule",
            "model": "m1",
            "split": ["test", "tune"] * (n // 2),
            "stratum_device": [f"d{i:05}" for i in range(n)],
            "reference": [True, False] * (n // 2),
            "score": [i % 7 / 7 for i in range(n)],
        }
    )
    tally = tally_scores(cases, strata=["stratum_device"])
    assert tally.keys.height == n + 2
    assert int(tally.counts.n_positive.sum() + tally.counts.n_negative.sum()) == 2 * n
    assert rows(tally, level="d69999") == [(69_999 % 7 / 7, 0, 1)]
