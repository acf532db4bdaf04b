"""Tallies add exactly, in any order and grouping, and do not see the order of cases."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from multisite.tallies import (
    ScoreTally,
    combine_proportion_moments,
    combine_score_tallies,
    tally_proportions,
    tally_scores,
)
from tests.lib.examples import examples

STRATA = ["stratum_vendor", "stratum_sex"]
SCHEMA = {
    "site": pl.String,
    "finding": pl.String,
    "model": pl.String,
    "split": pl.String,
    "patient_id": pl.String,
    "stratum_vendor": pl.String,
    "stratum_sex": pl.String,
    "reference": pl.Boolean,
    "score": pl.Float64,
}
CASE = st.tuples(
    st.sampled_from("ab"),
    st.sampled_from(["nodule", "effusion"]),
    st.just("m1"),
    st.sampled_from(["tune", "test"]),
    st.sampled_from(["p1", "p2", "p3", "p4"]),
    st.sampled_from(["GE", "Canon", None]),
    st.sampled_from(["F", "M"]),
    st.booleans(),
    st.one_of(st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.floats(0, 1)),
)
CASES = st.lists(CASE, max_size=30)


def frame(cases: Sequence[tuple[object, ...]]) -> pl.DataFrame:
    return pl.DataFrame(cases, schema=SCHEMA, orient="row")


def tally(cases: Sequence[tuple[object, ...]]) -> ScoreTally:
    return tally_scores(frame(cases), strata=STRATA)


@examples(60)
@given(CASES, CASES)
def test_combining_the_tallies_of_two_sets_gives_the_tally_of_their_union(a: list, b: list) -> None:
    assert combine_score_tallies([tally(a), tally(b)]).equals(tally(a + b))


@examples(60)
@given(CASES, CASES, CASES)
def test_combining_is_associative_and_commutative(a: list, b: list, c: list) -> None:
    x, y, z = tally(a), tally(b), tally(c)
    together = combine_score_tallies([x, y, z])
    assert combine_score_tallies([combine_score_tallies([x, y]), z]).equals(together)
    assert combine_score_tallies([x, combine_score_tallies([y, z])]).equals(together)
    assert combine_score_tallies([z, y, x]).equals(together)


@examples(60)
@given(CASES, st.randoms(use_true_random=False))
def test_the_order_of_cases_does_not_matter(cases: list, random) -> None:
    shuffled = random.sample(cases, len(cases))
    assert tally(shuffled).equals(tally(cases))


@examples(60)
@given(CASES, CASES, st.sampled_from([1, 3, 10, 1000]))
def test_moving_to_a_grid_commutes_with_combining_and_is_done_once(a: list, b: list, steps: int) -> None:
    x, y = tally(a), tally(b)
    moved = combine_score_tallies([x, y]).on_grid(steps)
    assert combine_score_tallies([x.on_grid(steps), y.on_grid(steps)]).equals(moved)
    assert moved.on_grid(steps).equals(moved)


@examples(60)
@given(CASES)
def test_a_tally_equals_a_plain_group_by(cases: list) -> None:
    columns = ["site", "finding", "model", "split", "score"]
    plain = (
        frame(cases)
        .with_columns(pl.col("score") + 0.0)
        .group_by(columns)
        .agg(
            pl.col("reference").sum().cast(pl.Int64).alias("p"), (~pl.col("reference")).sum().cast(pl.Int64).alias("n")
        )
        .sort(columns)
    )
    overall = tally(cases).filter(pl.col("stratum") == "overall").to_frame()
    assert overall.select(*columns, p="n_positive", n="n_negative").equals(plain)
    for stratum in STRATA:
        parts = tally(cases).filter(pl.col("stratum") == stratum.removeprefix("stratum_")).to_frame()
        sums = parts.group_by(columns).agg(p=pl.col("n_positive").sum(), n=pl.col("n_negative").sum()).sort(columns)
        assert sums.equals(plain)


@examples(60)
@given(CASES)
def test_a_tally_survives_being_written(cases: list) -> None:
    made = tally(cases)
    assert ScoreTally.from_frame(made.to_frame().sample(fraction=1.0, shuffle=True, seed=1)).equals(made)


@examples(60)
@given(CASES, CASES)
def test_moments_of_disjoint_patients_add_exactly(a: list, b: list) -> None:
    first = frame(a)
    second = frame(b).with_columns(pl.col("patient_id") + "-other")
    first_moments, second_moments, both = (
        tally_proportions(part, strata=STRATA, thresholds=[0.25, 0.5])
        for part in (first, second, pl.concat([first, second]))
    )
    assert combine_proportion_moments([first_moments, second_moments]).frame.equals(both.frame)
    assert combine_proportion_moments([second_moments, first_moments]).frame.equals(both.frame)


@examples(60)
@given(CASES)
def test_moments_and_tally_count_the_same_cases(cases: list) -> None:
    scores = tally(cases)
    moments = tally_proportions(frame(cases), strata=STRATA, thresholds=[0.5]).frame
    prevalence = moments.filter(metric="prevalence").sort(scores.keys.columns)
    assert prevalence.select(scores.keys.columns).equals(scores.keys)
    totals = [(part.positives, part.positives + part.negatives) for part in scores.counts]
    assert prevalence.select("sum_y", "sum_n").rows() == totals
    sensitivity = moments.filter(metric="sensitivity").sort(scores.keys.columns)
    called = [int(part.n_positive[part.score >= 0.5].sum()) for part in scores.counts]
    assert sensitivity["sum_y"].to_list() == called
    assert np.all(sensitivity["sum_n"].to_numpy() == prevalence["sum_y"].to_numpy())
