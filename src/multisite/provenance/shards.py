"""Cutting a listing, as it streams by, into shards whose identity is their content.

Objects come in the order of their keys, and a shard ends after an object whose key's checksum falls on a fixed share of
values, once it has half of the length that is aimed at. A new object therefore changes the shard it falls into and at
times a few behind it, and shards are of like cost.
"""

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from itertools import repeat

import polars as pl

from multisite.provenance.archives.keys import is_archive_key

__all__ = ["cut_into_shards", "describe_shard"]

_ARCHIVE_BYTES_PER_OBJECT = 1 << 19
"""An archive counts as one object for each half megabyte, about an image: its members are read one by one."""


def cut_into_shards(batches: Iterable[pl.DataFrame], *, target_cost: int) -> Iterator[pl.DataFrame]:
    """Shards, one after another, each with a column ``shard`` of 16 hexadecimal digits.

    Parameters
    ----------
    batches : columns store, object_key, size_bytes, etag, modified_at; one store, keys rising over all batches
    target_cost : cost at which a shard is likely to end; none ends before half of it, or goes on behind its double
        (but for an archive that costs more alone). A plain object costs 1.

    Returns
    -------
    The same rows in the same order. Equal content of a shard (store, keys, sizes, tags, times) gives an equal identity.
    No more than one shard and one batch are held at a time.
    """
    cutter = _Cutter(target_cost)
    held: list[pl.DataFrame] = []
    for batch in batches:
        begin = 0
        for end in cutter.ends(batch):
            held.append(batch[begin:end])
            yield _named(pl.concat(held))
            held, begin = [], end
        if begin < batch.height:
            held.append(batch[begin:])
    if held:
        yield _named(pl.concat(held))


def describe_shard(shard: pl.DataFrame) -> dict[str, str | int]:
    """What the SHARDS table says of a shard, but for the site."""
    first, last = shard.row(0, named=True), shard.row(-1, named=True)
    return {
        "store": first["store"],
        "shard": first["shard"],
        "first_key": first["object_key"],
        "last_key": last["object_key"],
        "n_objects": shard.height,
        "cost": sum(map(_cost, shard["object_key"].to_list(), shard["size_bytes"].to_list())),
    }


class _Cutter:
    """Where shards end, remembered over batches."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._cost = 0

    def ends(self, batch: pl.DataFrame) -> list[int]:
        """Positions behind the last object of each shard that ends within the batch."""
        found = []
        keys = batch["object_key"].to_list()
        sizes = batch["size_bytes"].to_list() if any(map(is_archive_key, keys)) else repeat(None)
        target = self._target
        for position, (key, size) in enumerate(zip(keys, sizes, strict=False), start=1):
            self._cost += 1 if size is None else _cost(key, size)
            if 2 * self._cost < target:
                continue
            # The later half of the target is left to chance: so much that two listings that differ in one key soon
            # cut at the same places again.
            if zlib.crc32(key.encode()) % max(1, target // 2) == 0 or self._cost >= 2 * target:
                found.append(position)
                self._cost = 0
        return found


def _cost(key: str, size: int | None) -> int:
    return max(1, (size or 0) // _ARCHIVE_BYTES_PER_OBJECT) if is_archive_key(key) else 1


def _named(shard: pl.DataFrame) -> pl.DataFrame:
    digest = hashlib.sha256()
    columns = ("store", "object_key", "size_bytes", "etag", pl.col("modified_at").cast(pl.Int64))
    for row in shard.select(columns).iter_rows():
        digest.update(repr(row).encode())
    return shard.with_columns(pl.lit(digest.hexdigest()[:16]).alias("shard"))
