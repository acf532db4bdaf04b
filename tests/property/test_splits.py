"""Splits by a rule: blind to the order of rows, whole for patients, and true to their shares."""

from datetime import date, timedelta
from fractions import Fraction

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from multisite.cohort.draws import Shares, draw_levels, drawn_order, exact_shares
from multisite.cohort.flow import apply_rules
from multisite.cohort.splits import (
    SplitByDrawnLevels,
    SplitByLevels,
    SplitByPatient,
    SplitByTime,
    SplitParameters,
    make_splits,
    split_rules,
)
from tests.lib.examples import examples

START = date(2024, 1, 1)
CASE = st.tuples(
    st.integers(0, 25),
    st.one_of(st.none(), st.integers(0, 6)),
    st.sampled_from(["GE", "Canon", "unknown"]),
    st.sampled_from([True, False, None]),
    st.sampled_from(["d1", "d2", "d3", "d4", None]),
)
CASES = st.lists(CASE, max_size=60)
SHARES = st.sampled_from(
    [
        (("train", 0.6), ("tune", 0.2), ("test", 0.2)),
        (("train", 0.7), ("test", 0.3)),
        (("train", 0.333333333), ("tune", 0.333333333), ("test", 0.333333334)),
        (("tune", 0.01), ("test", 0.99)),
    ]
)
SEEDS = st.integers(0, 5)
AXES = st.sampled_from([((), ()), (("stratum_vendor",), ()), (("stratum_vendor",), ("reference_nodule",))])


def frame(cases: list) -> pl.DataFrame:
    return pl.DataFrame(
        [
            (f"c{i:03}", f"p{patient}", day if day is None else START + timedelta(day), *rest)
            for i, (patient, day, *rest) in enumerate(cases)
        ],
        schema={
            "case_id": pl.String,
            "patient_id": pl.String,
            "case_date": pl.Date,
            "stratum_vendor": pl.String,
            "reference_nodule": pl.Boolean,
            "device": pl.String,
        },
        orient="row",
    )


def rules(shares: Shares, seed: int, axes: tuple) -> list[SplitParameters]:
    strata, references = axes
    return [
        SplitByPatient(shares, seed, strata=strata, references=references),
        SplitByTime(START + timedelta(2), START + timedelta(4), "exclude_later"),
        SplitByLevels("device", (("d1", "test"), ("d2", "tune")), "train", "exclude_later"),
        SplitByDrawnLevels("device", shares, seed, "exclude_later"),
    ]


def judged(cases: pl.DataFrame, rule: SplitParameters) -> pl.DataFrame:
    made = cases.join(make_splits(cases, rule, site="north"), on="case_id", how="left")
    return apply_rules(made, split_rules(rule)).select("case_id", "patient_id", "split", "exclusion_rule", "included")


@examples(60)
@given(CASES, SHARES, SEEDS, AXES, st.randoms(use_true_random=False), st.integers(0, 60))
def test_reordering_and_repartitioning_rows_change_no_assignment(
    cases: list, shares: Shares, seed: int, axes: tuple, random: object, cut: int
) -> None:
    whole = frame(cases)
    order = list(range(whole.height))
    random.shuffle(order)  # type: ignore[attr-defined]  # hypothesis types the strategy's value as object
    parts = pl.concat([whole[cut:], whole[:cut]])
    for rule in rules(shares, seed, axes):
        expected = judged(whole, rule).sort("case_id")
        assert judged(whole[order], rule).sort("case_id").equals(expected)
        assert judged(parts, rule).sort("case_id").equals(expected)


@examples(60)
@given(CASES, SHARES, SEEDS, AXES)
def test_no_patient_is_in_two_splits(cases: list, shares: Shares, seed: int, axes: tuple) -> None:
    for rule in rules(shares, seed, axes):
        included = judged(frame(cases), rule).filter("included")
        assert included["split"].null_count() == 0
        assert included.group_by("patient_id").agg(pl.col("split").n_unique())["split"].max() in (None, 1)


@examples(60)
@given(CASES, SEEDS)
def test_a_patient_with_a_dated_case_keeps_at_least_one_case(cases: list, seed: int) -> None:
    rule = SplitByTime(START + timedelta(2), START + timedelta(4), "exclude_later")
    whole = frame(cases)
    dated = whole.filter(pl.col("case_date").is_not_null())["patient_id"].unique()
    assert set(judged(whole, rule).filter("included")["patient_id"]) == set(dated)


@examples(100)
@given(CASES, SHARES, SEEDS, AXES)
def test_shares_hold_within_each_combination_and_over_all(cases: list, shares: Shares, seed: int, axes: tuple) -> None:
    whole = frame(cases)
    strata, references = axes
    found = make_splits(whole, SplitByPatient(shares, seed, strata=strata, references=references), site="north")
    patients = (
        whole.join(found, on="case_id")
        .sort("case_date", "case_id", nulls_last=True)
        .group_by("patient_id")
        .agg(
            pl.col("split").first(),
            pl.col("stratum_vendor").first(),
            pl.col("reference_nodule").any(),
            pl.col("reference_nodule").is_not_null().any().alias("is_known"),
        )
    )
    columns = [*strata, *((*references, "is_known") if references else ())]
    combinations = patients.partition_by(columns) if columns else [patients]
    for split, share in exact_shares(shares).items():
        for combination in combinations:
            assert abs(combination.filter(split=split).height - share * combination.height) < 1
        off = abs(patients.filter(split=split).height - share * patients.height)
        assert off < max(len(combinations), 1)


@examples(100)
@given(st.sets(st.text(max_size=5), max_size=20), st.text(max_size=5), SEEDS)
def test_another_patient_moves_nobody_before_or_behind_another(names: set, more: str, seed: int) -> None:
    before = drawn_order(names, seed=seed)
    after = drawn_order(names | {more}, seed=seed)
    assert [name for name in after if name in names] == before


@examples(100)
@given(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=80), SHARES, SEEDS)
def test_drawn_levels_miss_the_shares_by_no_more_than_half_a_level_on_each_side(
    levels: list, shares: Shares, seed: int
) -> None:
    found = draw_levels(pl.Series(levels), shares, seed=seed)
    widest = max(levels.count(level) for level in set(levels))
    for split, share in exact_shares(shares).items():
        held = sum(found[level] == split for level in levels)
        assert abs(held - share * len(levels)) <= Fraction(widest)
