"""A store in memory that counts what it is asked for, and can be made to answer as it should not."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256

import polars as pl

from multisite.schemas import RangeRequest
from multisite.schemas.objects import OBJECT_COLUMNS
from multisite.schemas.provenance import LISTING
from multisite.vocabulary import QuarantineReason

__all__ = ["Answer", "Shelf"]

Answer = Callable[[RangeRequest], bytes | QuarantineReason]


class Shelf:
    """An ``ObjectReader`` over one store of objects; ``sizes_known`` and the like say what its listing tells."""

    def __init__(
        self,
        objects: Mapping[str, bytes],
        answer: Answer | None = None,
        *,
        store: str = "archive",
        sizes_known: bool = True,
        versions_known: bool = True,
    ) -> None:
        self.objects = dict(objects)
        self.answer = answer
        self.store = store
        self.sizes_known = sizes_known
        self.versions_known = versions_known
        self.requests: list[RangeRequest] = []
        self.windows: list[int] = []
        self.n_bytes = 0

    def stores(self) -> list[str]:
        return [self.store]

    def split_points(self, store: str, *, parts: int) -> list[str]:
        return []

    def listing(self, store: str, *, after: str = "", until: str | None = None) -> Iterator[pl.DataFrame]:
        keys = [key for key in sorted(self.objects) if key > after and (until is None or key <= until)]
        rows = [
            (
                key,
                len(self.objects[key]) if self.sizes_known else None,
                sha256(self.objects[key]).hexdigest()[:8] if self.versions_known else None,
                datetime(2025, 1, 1, tzinfo=UTC) if self.versions_known else None,
            )
            for key in keys
        ]
        yield pl.DataFrame(rows, schema=OBJECT_COLUMNS, orient="row")

    def prefixes(self, store: str, requests: Sequence[RangeRequest]) -> list[bytes | QuarantineReason]:
        assert store == self.store
        assert all(request.start >= 0 and request.length > 0 for request in requests)
        self.requests += requests
        self.windows.append(len(requests))
        answers = [self._answer(request) for request in requests]
        self.n_bytes += sum(len(answer) for answer in answers if isinstance(answer, bytes))
        return answers

    def shard(self) -> pl.DataFrame:
        """All of the listing, as one shard."""
        frame = pl.concat(self.listing(self.store))
        return frame.select(
            pl.lit("north").alias("site"), pl.lit(self.store).alias("store"), pl.all(), pl.lit("s").alias("shard")
        ).select(LISTING.schema.names())

    def _answer(self, request: RangeRequest) -> bytes | QuarantineReason:
        if self.answer is not None:
            return self.answer(request)
        return self.objects[request.key][request.start : request.start + request.length]
