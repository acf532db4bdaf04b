"""What need not be read again: rows of an earlier run for objects that have not changed."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from multisite.schemas import Artefact
from multisite.schemas.provenance import HEADERS, QUARANTINE
from multisite.vocabulary import QuarantineReason

__all__ = ["PASSING_REASONS", "Carried", "carry_over"]

_OBJECT = ["store", "object_key"]
_VERSION = ["size_bytes", "etag", "modified_at"]
PASSING_REASONS = tuple(reason.value for reason in QuarantineReason if reason.is_passing)
"""Reasons after which an object is read again."""


@dataclass(frozen=True, slots=True)
class Carried:
    """Rows that stand as they are, and the rows of the listing that are left to be read."""

    headers: pl.DataFrame
    quarantine: pl.DataFrame
    left: pl.DataFrame


def carry_over(listing: pl.DataFrame, earlier: Mapping[str, pl.DataFrame]) -> Carried:
    """Take the earlier rows of every object whose listed size, entity tag and time of change are what they were.

    Two nothings are equal: an object of which the store tells none of the three is carried by its key alone. Only
    DICOMweb is such a store, and there an instance never changes under its UID.

    A member of an archive has a size of its own, so that for members the tag and the time decide, and one of them must
    be known. An object is carried with all its rows or not at all: not if any of them says something else, gives a
    passing reason, or is there twice.
    """
    if all(frame.is_empty() for frame in earlier.values()):
        return Carried(HEADERS.empty(), QUARANTINE.empty(), listing)
    tables = {table.name: _rows(earlier, table) for table in (HEADERS, QUARANTINE)}
    keys = pl.concat(
        [
            tables[HEADERS.name].select(*_OBJECT, "member_name", *_VERSION, pl.lit(False).alias("passing")),
            tables[QUARANTINE.name].select(
                *_OBJECT, "member_name", *_VERSION, pl.col("reason").is_in(PASSING_REASONS).alias("passing")
            ),
        ]
    )
    if keys.is_empty():
        return Carried(tables[HEADERS.name], tables[QUARANTINE.name], listing)
    unchanged = _unchanged(listing, keys)
    return Carried(
        tables[HEADERS.name].join(unchanged, on=_OBJECT, how="semi"),
        tables[QUARANTINE.name].join(unchanged, on=_OBJECT, how="semi"),
        listing.join(unchanged, on=_OBJECT, how="anti", maintain_order="left"),
    )


def _rows(earlier: Mapping[str, pl.DataFrame], table: Artefact) -> pl.DataFrame:
    return earlier[table.name].select(table.schema.names()) if table.name in earlier else table.empty()


def _unchanged(listing: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    now = listing.select(*_OBJECT, *(pl.col(name).alias(f"{name}_now") for name in _VERSION))
    same = {name: pl.col(name).eq_missing(pl.col(f"{name}_now")) for name in _VERSION}
    is_member = pl.col("member_name").is_not_null()
    is_known = pl.col("etag").is_not_null() | pl.col("modified_at").is_not_null()
    stands = same["etag"] & same["modified_at"] & pl.when(is_member).then(is_known).otherwise(same["size_bytes"])
    return (
        keys.join(now, on=_OBJECT, how="inner")
        .group_by(_OBJECT)
        .agg(
            (stands & ~pl.col("passing")).all().alias("stands"),
            (pl.col("member_name").n_unique() == pl.len()).alias("once"),
        )
        .filter("stands", "once")
        .select(_OBJECT)
    )
