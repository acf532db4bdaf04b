import polars as pl

from multisite.drift.baseline.season import season_of, spans_two_years
from multisite.vocabulary import OVERALL


def counts(monthly: list[tuple[int, int]]) -> pl.DataFrame:
    """Studies with yes and no per calendar month, as windows of three months, and the whole."""
    rows = [("baseline", bin, sum(month[bin] for month in monthly)) for bin in (0, 1)]
    for at in range(12):
        near = [monthly[(at + step) % 12] for step in (-1, 0, 1)]
        rows += [(f"baseline-{at + 1:02d}", bin, sum(month[bin] for month in near)) for bin in (0, 1)]
    frame = pl.DataFrame(rows, schema=["window", "bin", "n_studies"], orient="row")
    return frame.with_columns(
        pl.lit("vendor").alias("monitor"), pl.lit(OVERALL).alias("axis"), pl.lit("category").alias("bin_kind")
    )


def test_two_years_of_months_are_needed() -> None:
    months = [f"{year}-{month:02d}" for year in (2022, 2023) for month in range(1, 13)]
    assert spans_two_years(pl.Series(months))
    assert not spans_two_years(pl.Series([*months[:23], None, None]))


def test_without_windows_of_calendar_months_a_season_cannot_be_separated() -> None:
    whole = counts([(50, 50)] * 12).filter(window="baseline")
    assert season_of(whole, "vendor", smallest=0.02) == "not separable yet"


def test_equal_months_have_no_season() -> None:
    assert season_of(counts([(50, 50)] * 12), "vendor", smallest=0.02) == "none seen"


def test_a_winter_that_is_otherwise_is_a_season_unless_it_is_too_small_to_matter() -> None:
    winter = counts([(80, 20), (80, 20), *[(50, 50)] * 9, (80, 20)])
    assert season_of(winter, "vendor", smallest=0.02) == "by calendar month"
    assert season_of(winter, "vendor", smallest=0.5) == "none seen"
