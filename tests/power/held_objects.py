"""Stores in memory, as a stage sees them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b

import polars as pl

from multisite.schemas import RangeRequest
from multisite.schemas.objects import OBJECT_COLUMNS
from multisite.vocabulary import QuarantineReason

__all__ = ["HeldObjects"]

_WRITTEN_AT = datetime(2025, 1, 1, tzinfo=UTC)


class HeldObjects:
    """An ``ObjectReader`` over ``stores``: name → key → content. An object of other content has another entity tag."""

    def __init__(self, stores: Mapping[str, Mapping[str, bytes]]) -> None:
        self._stores = stores
        self._listed: dict[str, pl.DataFrame] = {}

    def stores(self) -> list[str]:
        """Names of the stores."""
        return list(self._stores)

    def split_points(self, store: str, *, parts: int) -> list[str]:
        """None: a simulated store is listed in one go."""
        return []

    def listing(self, store: str, *, after: str = "", until: str | None = None) -> Iterator[pl.DataFrame]:
        """The objects with ``after`` < key ≤ ``until``, in rising order of their keys."""
        if store not in self._listed:
            held = sorted(self._stores[store].items())
            rows = [(key, len(content), _tag(content), _WRITTEN_AT) for key, content in held]
            self._listed[store] = pl.DataFrame(rows, schema=OBJECT_COLUMNS, orient="row")
        key = pl.col("object_key")
        yield self._listed[store].filter(key > after, True if until is None else key <= until)

    def prefixes(self, store: str, requests: Sequence[RangeRequest]) -> list[bytes | QuarantineReason]:
        """The bytes of each request, in order."""
        held = self._stores[store]
        return [held[r.key][r.start : r.start + r.length] for r in requests]


def _tag(content: bytes) -> str:
    return blake2b(content, digest_size=8).hexdigest()
