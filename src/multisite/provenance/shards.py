"""Cutting a listing into shards whose identity is their content.

Objects are ordered by store and key, and a shard ends after an object whose key's checksum falls on a fixed share of
values. A new object therefore changes the shard it falls into and no other, so that next month's run reads little more
than what is new.
"""

import hashlib
import zlib

import polars as pl

__all__ = ["cut_into_shards"]

_LONGEST = 4
"""A shard is cut at this multiple of the aimed size even where no key asks for it."""


def cut_into_shards(listing: pl.DataFrame, *, target_objects: int, reader_version: int) -> pl.DataFrame:
    """``listing`` sorted by store and key, with a column ``shard`` of 16 hexadecimal digits.

    Parameters
    ----------
    listing : columns store, object_key, size_bytes, etag, modified_at
    target_objects : mean size of a shard, in objects; none is longer than four times that
    reader_version : part of every shard's identity, so that a changed reader reads everything again

    Returns
    -------
    The same rows. Equal content of a shard (store, keys, sizes, tags, times) gives an equal identity.
    """
    ordered = listing.sort("store", "object_key")
    if ordered.is_empty():
        return ordered.with_columns(pl.lit(None, pl.String).alias("shard"))
    numbers = _shard_numbers(ordered["store"].to_list(), ordered["object_key"].to_list(), target_objects)
    numbered = ordered.with_columns(pl.Series("_number", numbers, dtype=pl.Int64))
    identities = [
        (number, _identity(part, reader_version))
        for (number,), part in numbered.group_by(["_number"], maintain_order=True)
    ]
    names = pl.DataFrame(identities, schema={"_number": pl.Int64, "shard": pl.String}, orient="row")
    return numbered.join(names, on="_number", how="left", maintain_order="left").drop("_number")


def _shard_numbers(stores: list[str], keys: list[str], target: int) -> list[int]:
    numbers: list[int] = []
    number, length = 0, 0
    previous: str | None = None
    for store, key in zip(stores, keys, strict=True):
        if store != previous and length:
            number, length = number + 1, 0
        numbers.append(number)
        previous, length = store, length + 1
        if zlib.crc32(key.encode()) % target == 0 or length >= _LONGEST * target:
            number, length = number + 1, 0
    return numbers


def _identity(part: pl.DataFrame, reader_version: int) -> str:
    digest = hashlib.sha256(f"{reader_version}\n".encode())
    for row in part.select(
        "store", "object_key", "size_bytes", "etag", pl.col("modified_at").cast(pl.Int64)
    ).iter_rows():
        digest.update(repr(row).encode())
    return digest.hexdigest()[:16]
