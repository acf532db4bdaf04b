"""Tallies add, move to a grid, pool over sites, and survive being written."""

import numpy as np
import polars as pl
import pytest

from multisite.schemas.performance import SCORE_TALLY, SCORE_TALLY_GRID
from multisite.tallies import ScoreTally, combine_score_tallies, tally_scores
from tests.lib.tables import table

TALLY = ScoreTally.from_frame(
    table(
        """
        site | finding | model | split | stratum | level   | score  | n_positive | n_negative
        b    | nodule  | m1    | test  | overall | overall | 0.0004 | 0          | 9
        a    | nodule  | m1    | test  | overall | overall | 0.5    | 2          | 1
        a    | nodule  | m1    | test  | overall | overall | 0.4996 | 1          | 3
        a    | nodule  | m1    | test  | overall | overall | 0.0004 | 0          | 4
        a    | nodule  | m1    | tune  | overall | overall | 1.0    | 7          | 0
        """,
        score=pl.Float64(),
        n_positive=pl.Int64(),
        n_negative=pl.Int64(),
    )
)


def counted(tally: ScoreTally) -> list[tuple[float, int, int]]:
    return tally.to_frame().select("score", "n_positive", "n_negative").rows()


def test_a_tally_is_the_same_after_being_written_in_any_order() -> None:
    frame = TALLY.to_frame()
    assert ScoreTally.from_frame(frame.reverse()).equals(TALLY)
    SCORE_TALLY.conform(frame)


def test_rows_of_the_same_key_and_score_are_added_when_read() -> None:
    frame = TALLY.to_frame()
    doubled = ScoreTally.from_frame(pl.concat([frame, frame]))
    assert doubled.equals(combine_score_tallies([TALLY, TALLY]))
    assert doubled.counts.n_positive.tolist() == (2 * TALLY.counts.n_positive).tolist()


def test_combining_nothing_gives_the_empty_tally_and_adding_it_changes_nothing() -> None:
    assert combine_score_tallies([]).equals(ScoreTally.empty())
    assert combine_score_tallies([TALLY, ScoreTally.empty()]).equals(TALLY)
    assert ScoreTally.from_frame(ScoreTally.empty().to_frame()).equals(ScoreTally.empty())


def test_the_grid_keeps_every_score_on_its_side_of_a_threshold() -> None:
    grid = TALLY.filter((pl.col("site") == "a") & (pl.col("split") == "test")).on_grid(1000)
    # Rounding to the nearest step would call 0.4996 positive at a threshold of 0.5.
    assert counted(grid) == [(0.0005, 0, 4), (0.4995, 1, 3), (0.5005, 2, 1)]
    SCORE_TALLY_GRID.conform(grid.to_frame())


def test_a_score_of_one_lies_in_the_last_cell() -> None:
    assert counted(TALLY.filter(pl.col("split") == "tune").on_grid(10)) == [(0.95, 7, 0)]


def test_counts_at_every_grid_threshold_are_those_of_the_exact_tally() -> None:
    rng = np.random.default_rng(3)
    n = 3000
    cases = pl.DataFrame(
        {"site": "a", "finding": "f", "model": "m", "split": "test", "reference": rng.random(n) < 0.3}
    ).with_columns(pl.Series("score", np.round(rng.random(n), 3)))
    tally = tally_scores(cases, strata=[])
    grid = tally.on_grid(100)
    # A score of exactly 1 is the only one that the grid moves below its own edge.
    for step in range(100):
        exact, moved = (t.counts.n_positive[t.counts.score >= step / 100].sum() for t in (tally, grid))
        assert exact == moved


def test_sites_pool_into_one_set_under_their_joint_name() -> None:
    pooled = TALLY.over_sites().filter(pl.col("split") == "test")
    assert pooled.keys["site"].unique().to_list() == ["all sites"]
    assert counted(pooled) == [(0.0004, 0, 13), (0.4996, 1, 3), (0.5, 2, 1)]


def test_a_filter_keeps_whole_segments() -> None:
    kept = TALLY.filter(pl.col("site") == "b")
    assert kept.keys.height == 1
    assert counted(kept) == [(0.0004, 0, 9)]
    assert TALLY.filter(pl.lit(False)).equals(ScoreTally.empty())


def test_a_grid_without_a_step_is_refused() -> None:
    with pytest.raises(ValueError, match="1 or more"):
        TALLY.on_grid(0)
