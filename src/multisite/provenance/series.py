"""Parts of shards → series: one row per series, in normalised terms, whatever the cut into shards.

Series are combined some at a time, so that the memory needed beyond parts and result does not grow with the site.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl

from multisite.provenance.content_incidents import find_content_incidents, shared_contents
from multisite.provenance.holders import Holders
from multisite.provenance.incidents import Digests, count_instances, find_incidents, repeated_digests, split_repeats
from multisite.provenance.normalisation import log_normalisation, with_normalised
from multisite.provenance.recorded import roll_up_recorded
from multisite.provenance.series_geometry import with_geometry
from multisite.schemas.series import CONTENT_INCIDENTS, INSTANCE_INCIDENTS, SERIES

__all__ = ["SeriesTables", "combine_series"]

_SERIES_AT_ONCE: Final = 20_000


@dataclass(frozen=True, slots=True)
class SeriesTables:
    """What the parts of a site say: its series, what is there again, and what became of its raw values."""

    series: pl.DataFrame
    instance_incidents: pl.DataFrame
    content_incidents: pl.DataFrame
    normalisation: pl.DataFrame


@dataclass(frozen=True, slots=True)
class _Repeated:
    """What occurs more than once at the site."""

    instances: Digests
    fingerprints: Digests


@dataclass(frozen=True, slots=True)
class _Combined:
    """Rows of SERIES for some series, and their objects whose instance or content is there again, anywhere."""

    series: pl.DataFrame
    repeats: pl.DataFrame
    shared: pl.DataFrame


def combine_series(parts: pl.DataFrame, *, site: str) -> SeriesTables:
    """SERIES, both kinds of incidents and NORMALISATION of a site from all its SERIES_PARTS, in any order and cut.

    A value that varies within a series is represented by its commonest (over objects; ties: the smallest), and named in
    ``inconsistent_attributes``; a missing value differs from none. An instance stored twice counts once in
    ``n_instances`` and in the geometry, where its smallest position stands for it, and twice in ``n_objects``.
    """
    repeated = _Repeated(repeated_digests(parts["instances"]), repeated_digests(parts["fingerprints"]))
    holders = Holders.of(parts)
    numbers = parts["series_instance_uid"].rank("dense").cast(pl.UInt32)
    order = numbers.arg_sort()
    starts = np.searchsorted(numbers.gather(order).to_numpy(), np.arange(1, _count(numbers) + 1, _SERIES_AT_ONCE))
    bounds = [*starts.tolist(), len(numbers)]
    combined = []
    for start, end in pairwise(bounds):
        rows = order.slice(start, end - start)
        some = parts[rows].with_columns(
            numbers.gather(rows).alias("series"), holders.of_parts.gather(rows).alias("holder")
        )
        combined.append(_combine_some(some, repeated))
    if not combined:
        nothing = (SERIES.empty(), INSTANCE_INCIDENTS.empty(), CONTENT_INCIDENTS.empty())
        return SeriesTables(*nothing, normalisation=log_normalisation(parts, site=site))
    repeats, shared = (pl.concat(frames) for frames in ([c.repeats for c in combined], [c.shared for c in combined]))
    return SeriesTables(
        series=pl.concat([c.series for c in combined]),
        instance_incidents=find_incidents(repeats, holders, site=site),
        content_incidents=find_content_incidents(shared, holders, site=site),
        normalisation=log_normalisation(parts, site=site),
    )


def _count(numbers: pl.Series) -> int:
    return int(numbers.max() or 0)  # type: ignore[arg-type]  # the type of the maximum of any column


def _combine_some(parts: pl.DataFrame, repeated: _Repeated) -> _Combined:
    points = parts.select(
        "series",
        "holder",
        pl.col("instances").alias("instance"),
        pl.col("contents").alias("content"),
        pl.col("fingerprints").alias("fingerprint"),
        pl.col("positions_um").alias("position_um"),
    ).explode("instance", "content", "fingerprint", "position_um")
    shared = shared_contents(points, repeated.fingerprints)
    single, repeats = split_repeats(points.drop("fingerprint"), repeated.instances)
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
    return _Combined(
        described.with_columns(_span()).select(SERIES.schema.names()),
        repeats.select("holder", "instance", "content"),
        shared,
    )


def _span() -> pl.Expr:
    between = pl.col("last_acquisition_at") - pl.col("first_acquisition_at")
    return (between.dt.total_microseconds() / 1_000_000).alias("acquisition_span_s")
