"""Parts of shards → series: one row per series, in normalised terms, whatever the cut into shards.

Series are combined some at a time, so that the memory needed beyond parts and result does not grow with the site.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl

from multisite.provenance.incidents import Digests, count_instances, find_incidents, repeated_digests, split_repeats
from multisite.provenance.normalisation import log_normalisation, with_normalised
from multisite.provenance.recorded import roll_up_recorded
from multisite.provenance.series_geometry import with_geometry
from multisite.schemas.series import INSTANCE_INCIDENTS, SERIES

__all__ = ["SeriesTables", "combine_series"]

_SERIES_AT_ONCE: Final = 20_000


@dataclass(frozen=True, slots=True)
class SeriesTables:
    """What the parts of a site say: its series, its repeated instances, and what became of its raw values."""

    series: pl.DataFrame
    instance_incidents: pl.DataFrame
    normalisation: pl.DataFrame


def combine_series(parts: pl.DataFrame, *, site: str) -> SeriesTables:
    """SERIES, INSTANCE_INCIDENTS and NORMALISATION of a site from all its SERIES_PARTS, in any order and cut.

    A value that varies within a series is represented by its commonest (over objects; ties: the smallest), and named in
    ``inconsistent_attributes``; a missing value differs from none. An instance stored twice counts once in
    ``n_instances`` and in the geometry, where its smallest position stands for it, and twice in ``n_objects``.
    """
    repeated = repeated_digests(parts["instances"])
    numbers = parts["series_instance_uid"].rank("dense").cast(pl.UInt32)
    order = numbers.arg_sort()
    starts = np.searchsorted(numbers.gather(order).to_numpy(), np.arange(1, _count(numbers) + 1, _SERIES_AT_ONCE))
    bounds = [*starts.tolist(), len(numbers)]
    series, repeats = [], []
    for start, end in pairwise(bounds):
        rows = order.slice(start, end - start)
        some = parts[rows].with_columns(numbers.gather(rows).alias("series"))
        rolled_up, objects = _combine_some(some, repeated)
        series.append(rolled_up)
        repeats.append(objects)
    found = pl.concat(series) if series else SERIES.empty()
    return SeriesTables(
        series=found,
        instance_incidents=find_incidents(pl.concat(repeats), site=site) if repeats else INSTANCE_INCIDENTS.empty(),
        normalisation=log_normalisation(parts, site=site),
    )


def _count(numbers: pl.Series) -> int:
    return int(numbers.max() or 0)  # type: ignore[arg-type]  # the type of the maximum of any column


def _combine_some(parts: pl.DataFrame, repeated: Digests) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of SERIES for the series of ``parts``, and their objects whose instance is repeated anywhere."""
    points = parts.select(
        "series",
        pl.col("instances").alias("instance"),
        pl.col("contents").alias("content"),
        pl.col("positions_um").alias("position_um"),
    ).explode("instance", "content", "position_um")
    single, repeats = split_repeats(points, repeated)
    copies = pl.col("n_surplus", "n_resent", "n_conflicting_instances").fill_null(0)
    counted = (
        roll_up_recorded(parts)
        .join(count_instances(repeats), on="series", how="left")
        .with_columns(copies)
        .with_columns((pl.col("n_objects") - pl.col("n_surplus")).alias("n_instances"))
    )
    located = repeats.group_by("series", "instance").agg(pl.col("position_um").min())
    positions = pl.concat([frame.select("series", "position_um") for frame in (single, located)])
    described = with_normalised(with_geometry(counted, parts, positions.drop_nulls()))
    objects = repeats.join(counted.select("series", "series_instance_uid"), on="series")
    return (
        described.with_columns(_span()).select(SERIES.schema.names()),
        objects.select("series_instance_uid", "instance", "content"),
    )


def _span() -> pl.Expr:
    between = pl.col("last_acquisition_at") - pl.col("first_acquisition_at")
    return (between.dt.total_microseconds() / 1_000_000).alias("acquisition_span_s")
