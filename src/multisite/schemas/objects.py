"""The site's stores as a stage may see them: listed in order, read in ranges, and never written."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

import polars as pl

from multisite.vocabulary import QuarantineReason

__all__ = ["OBJECT_COLUMNS", "ObjectReader", "ObjectVersion", "RangeRequest"]

OBJECT_COLUMNS = pl.Schema(
    {
        "object_key": pl.String(),
        "size_bytes": pl.Int64(),
        "etag": pl.String(),
        "modified_at": pl.Datetime("us", "UTC"),
    }
)
"""What a listing says of an object; all but the key may be null, where the store does not say."""


class ObjectVersion(NamedTuple):
    """Which state of an object is meant, as far as its store told: size, entity tag, time of the last change."""

    size_bytes: int | None
    etag: str | None
    modified_at: datetime | None


class RangeRequest(NamedTuple):
    """The bytes from ``start`` (from 0), up to ``length`` of them; with ``version``, of that state only."""

    key: str
    start: int
    length: int
    version: ObjectVersion | None = None


class ObjectReader(Protocol):
    """The site's stores, by their names in the site file."""

    def stores(self) -> list[str]:
        """Names of the stores, in the order of the site file."""
        ...

    def split_points(self, store: str, *, parts: int) -> list[str]:
        """At most ``parts`` - 1 rising keys that cut the store's keys into ranges of roughly like numbers."""
        ...

    def listing(self, store: str, *, after: str = "", until: str | None = None) -> Iterator[pl.DataFrame]:
        """The objects with ``after`` < key ≤ ``until``, in rising order of their keys, as frames of OBJECT_COLUMNS."""
        ...

    def prefixes(self, store: str, requests: Sequence[RangeRequest]) -> list[bytes | QuarantineReason]:
        """The bytes of each request, in order; ``b""`` where there is nothing in the range.

        A reason where the object vanished, is no longer in the version asked for, or could not be read.
        """
        ...
