"""Categories in the place of scores."""

import polars as pl

from multisite.tallies import CategoryScores, placed_scores

BIRADS = CategoryScores("birads", ((1, 0.0), (2, 0.5), (3, 1.0)))


def test_categories_become_scores_and_what_is_none_lies_outside() -> None:
    rows = pl.DataFrame(
        {"model": ["birads"] * 5 + ["other"], "score": [1.0, 3.0, 2.5, None, float("nan"), 0.2]},
    )
    placed = placed_scores(rows, [BIRADS])["score"]
    assert placed.to_list()[:4] == [0.0, 1.0, -1.0, None]
    assert placed.is_nan().to_list()[4]
    assert placed.to_list()[5] == 0.2


def test_without_ordinal_models_nothing_changes() -> None:
    rows = pl.DataFrame({"model": ["m"], "score": [0.4]})
    assert placed_scores(rows, []).equals(rows)
