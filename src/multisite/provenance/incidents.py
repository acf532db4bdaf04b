"""Instances that a site holds more than once: sent again, stored with other content, or in two series.

Instances and contents are told apart by 64 bits of their digests: among 50 million instances two different ones share
them with a probability below 1 in 10,000.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from multisite.provenance.holders import Holders
from multisite.schemas.series import INSTANCE_INCIDENTS

__all__ = ["Digests", "are_among", "count_instances", "find_incidents", "repeated_digests", "split_repeats"]

_BUCKETS: Final = 16
"""Passes over all digests, each of which sorts one part of them; bounds the memory, and changes no result."""
_ROWS: Final = 50_000

Digests = npt.NDArray[np.uint64]


def repeated_digests(lists: pl.Series) -> Digests:
    """The digests that occur more than once in a column of lists, in rising order; null is none."""
    edges = np.arange(_BUCKETS, dtype=np.uint64) * np.uint64(2**64 // _BUCKETS)
    found = []
    for low, high in zip(edges, [*edges[1:], None], strict=True):
        held = [v[(v >= low) & (v < high)] if high is not None else v[v >= low] for v in _values(lists)]
        ordered = np.sort(np.concatenate([np.empty(0, np.uint64), *held]))
        found.append(np.unique(ordered[1:][ordered[1:] == ordered[:-1]]))
    return np.concatenate(found)


def _values(lists: pl.Series) -> Iterator[Digests]:
    for start in range(0, len(lists), _ROWS):
        yield lists.slice(start, _ROWS).explode().drop_nulls().to_numpy()


def are_among(digests: pl.Series, repeated: Digests) -> pl.Series:
    """Which of ``digests``, none of them null, are in ``repeated``, which is in rising order."""
    if not len(repeated):
        return pl.Series([False], dtype=pl.Boolean).new_from_index(0, len(digests))
    values = digests.to_numpy()
    place = np.minimum(np.searchsorted(repeated, values), len(repeated) - 1)
    return pl.Series(repeated[place] == values)


def split_repeats(points: pl.DataFrame, repeated: Digests) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of ``points`` whose ``instance`` is not in ``repeated`` (in rising order), and those where it is."""
    if not len(repeated):
        return points, points.clear()
    again = are_among(points["instance"], repeated)
    return points.filter(~again), points.filter(again)


def count_instances(repeats: pl.DataFrame) -> pl.DataFrame:
    """Of each ``series`` with repeated instances: ``n_surplus``, ``n_resent``, ``n_conflicting_instances``.

    ``repeats`` has a row per object: ``series``, ``instance``, ``content``. Surplus are the objects beyond the first of
    their instance; of those, sent again are as many as have a content that another object of the instance has.
    """
    known = pl.col("content").is_not_null()
    instances = repeats.group_by("series", "instance").agg(
        pl.len().cast(pl.Int64).alias("n_objects"),
        known.sum().cast(pl.Int64).alias("n_known"),
        pl.col("content").drop_nulls().n_unique().cast(pl.Int64).alias("n_contents"),
    )
    return instances.group_by("series").agg(
        (pl.col("n_objects") - 1).sum().alias("n_surplus"),
        (pl.col("n_known") - pl.col("n_contents")).sum().alias("n_resent"),
        (pl.col("n_contents") > 1).sum().cast(pl.Int64).alias("n_conflicting_instances"),
    )


def find_incidents(repeats: pl.DataFrame, holders: Holders, *, site: str) -> pl.DataFrame:
    """The instances (INSTANCE_INCIDENTS) with more than one content, series, study or patient.

    ``repeats`` has a row per object: ``holder``, ``instance``, ``content``. A content, study or patient that is not
    known (null) is neither equal to another nor different from it.
    """
    # Most repeats are copies, which differ in nothing; numbers tell, before any name is looked at.
    spread = repeats.group_by("instance").agg(
        (pl.col(name).min() != pl.col(name).max()).alias(name) for name in ("holder", "content")
    )
    suspects = spread.filter(pl.any_horizontal("holder", "content"))
    some = repeats.join(suspects, on="instance", how="semi")
    held = pl.concat([some, holders.names(some["holder"])], how="horizontal")
    counted = held.group_by("instance").agg(
        pl.col("series_instance_uid").min(),
        *(
            pl.col(name).drop_nulls().n_unique().cast(pl.Int64).alias(count)
            for name, count in (
                ("series_instance_uid", "n_series"),
                ("content", "n_contents"),
                ("patient_id", "n_patients"),
            )
        ),
        pl.len().cast(pl.Int64).alias("n_objects"),
        pl.col("study_instance_uid").drop_nulls().unique().sort().alias("study_instance_uids"),
    )
    several = pl.any_horizontal(pl.col(name) > 1 for name in ("n_contents", "n_series", "n_patients"))
    incidents = counted.filter(several | (pl.col("study_instance_uids").list.len() > 1)).sort("instance")
    digits = pl.Series("instance", [f"{value:016x}" for value in incidents["instance"]], dtype=pl.String)
    return incidents.with_columns(digits, pl.lit(site).alias("site")).select(INSTANCE_INCIDENTS.schema.names())
