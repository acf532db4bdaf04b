"""From the site's stores to shards of objects: first divided into ranges of keys, then listed range by range."""

from collections.abc import Iterator

import polars as pl

from multisite.provenance.shards import cut_into_shards, describe_shard
from multisite.schemas import ObjectReader
from multisite.schemas.provenance import LISTING, LISTING_RANGES, SHARDS

__all__ = ["ListedShards", "divide_stores"]


_UNDIVIDED_SHARDS = 4
"""A store with so little to list that its first keys show all of it is one range: dividing it would only cut its shards
short."""


def divide_stores(objects: ObjectReader, *, site: str, parts: int, target_cost: int) -> pl.DataFrame:
    """Ranges of keys (rows of LISTING_RANGES) that together cover every store, at most ``parts`` of each.

    A store that holds no more than a few shards of ``target_cost``, or that cannot be divided cheaply, is one range.
    """
    rows: list[dict[str, str | None]] = []
    for store in objects.stores():
        divided = _holds_more_than(objects, store, _UNDIVIDED_SHARDS * target_cost)
        points = objects.split_points(store, parts=parts) if divided else []
        for after, until in zip(["", *points], [*points, None], strict=True):
            rows.append({"site": site, "store": store, "range": str(len(rows)), "after": after, "until": until})
    return pl.DataFrame(rows, schema=LISTING_RANGES.schema)


def _holds_more_than(objects: ObjectReader, store: str, n: int) -> bool:
    n_seen = 0
    for batch in objects.listing(store):
        n_seen += batch.height
        if n_seen > n:
            return True
    return False


class ListedShards:
    """The shards of some ranges, one frame of LISTING each, as their keys come in; none is kept.

    To be iterated once. What the shards were is known when the last has been taken.
    """

    def __init__(self, ranges: pl.DataFrame, objects: ObjectReader, *, site: str, target_cost: int) -> None:
        self._ranges = ranges
        self._objects = objects
        self._site = site
        self._target_cost = target_cost
        self._described: list[dict[str, str | int]] = []

    def __iter__(self) -> Iterator[pl.DataFrame]:
        for row in self._ranges.iter_rows(named=True):
            for shard in cut_into_shards(self._batches(**row), target_cost=self._target_cost):
                self._described.append({"site": self._site, **describe_shard(shard)})
                yield shard.select(pl.lit(self._site).alias("site"), *LISTING.schema.names()[1:])

    def descriptions(self) -> Iterator[pl.DataFrame]:
        """One frame of SHARDS, of the shards that have been taken by the time it is asked for."""
        yield pl.DataFrame(self._described, schema=SHARDS.schema)

    def _batches(self, *, store: str, after: str, until: str | None, **_: str) -> Iterator[pl.DataFrame]:
        for batch in self._objects.listing(store, after=after, until=until):
            yield batch.select(pl.lit(store).alias("store"), pl.all())
