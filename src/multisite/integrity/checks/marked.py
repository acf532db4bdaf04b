"""Which index series have a marker, for every check that asks so."""

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from multisite.integrity.check import CheckFrames

__all__ = ["Marked", "index_series", "marked_series", "series_with"]

_SERIES = "series_instance_uid"
_TOLD = 5
"""Markers that a sentence names; of the others it has the number."""


@dataclass(frozen=True, slots=True)
class Marked:
    """The index series that were looked at, and the findings among them.

    ``others`` says, as a sentence with a space before it, in how many of the other series of the stores the same was
    found; it is empty where that is none.
    """

    n_examined: int
    found: pl.DataFrame
    codes: str
    others: str


def series_with(frames: CheckFrames, codes: Collection[str]) -> pl.DataFrame:
    """The pseudonyms of the series that have any of the markers."""
    return frames.markers.filter(pl.col("marker").is_in([str(code) for code in codes])).select(_SERIES).unique()


def index_series(frames: CheckFrames) -> pl.DataFrame:
    """The pseudonyms of the series of included cases that were made from headers."""
    wanted = frames.included.select(_SERIES).drop_nulls().unique()
    return _read(frames).join(wanted, on=_SERIES, how="semi")


def marked_series(frames: CheckFrames, codes: Collection[str], *, among: pl.DataFrame | None = None) -> Marked:
    """The index series with any of the markers; with ``among``, of those series only."""
    read, index = _read(frames), index_series(frames)
    if among is not None:
        read, index = (series.join(among, on=_SERIES, how="semi") for series in (read, index))
    marked = frames.markers.filter(pl.col("marker").is_in([str(code) for code in codes])).join(
        read, on=_SERIES, how="semi"
    )
    here = marked.join(index, on=_SERIES, how="semi")
    said = pl.format("{} in {} objects", "marker", "n_objects").sort_by("marker").str.join("; ")
    found = here.group_by(_SERIES).agg(said.alias("detail")).sort(_SERIES)
    n_others = marked.join(index, on=_SERIES, how="anti")[_SERIES].n_unique()
    n_rest = read.height - index.height
    return Marked(
        n_examined=index.height,
        found=found.select(pl.lit("series").alias("entity"), pl.col(_SERIES).alias("pseudonym"), "detail"),
        codes=_counted(here),
        others=f" Of the {n_rest:,} other series of the stores, {n_others:,} do." if n_others else "",
    )


def _read(frames: CheckFrames) -> pl.DataFrame:
    return frames.series.filter(pl.col("n_conflicting_instances").is_not_null()).select(_SERIES)


def _counted(marked: pl.DataFrame) -> str:
    """Each marker with its number of series, the commonest first."""
    counts = marked.group_by("marker").len("n").sort("n", "marker", descending=[True, False])
    told = [f"{marker} ({n:,})" for marker, n in counts.head(_TOLD).iter_rows()]
    more = [f"{counts.height - _TOLD} more"] if counts.height > _TOLD else []
    return ", ".join([*told, *more])
