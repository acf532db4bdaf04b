"""Outcomes, as they come in, become rows: headers, quarantine, and what they took."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from multisite.dicom import Pseudonymiser, RawHeader, decode_headers
from multisite.provenance.archives.reader import Member
from multisite.provenance.carrying import PASSING_REASONS, Carried
from multisite.provenance.header_reading import Reading
from multisite.provenance.shard_counts import costs_of_carried, costs_of_read, sum_costs
from multisite.schemas.provenance import HEADERS, QUARANTINE

__all__ = ["RowCollector", "ShardRows"]

_AT_ONCE = 8192
"""Outcomes held before they are decoded. Raw headers take many times the room of rows, and every batch costs something;
this is as long as a shard gets."""

_KEY = ["store", "object_key", "member_name"]

_Held = tuple[int, Member]


@dataclass(frozen=True, slots=True)
class ShardRows:
    """The rows of one shard (HEADERS, QUARANTINE and SHARD_COUNTS).

    ``settled`` is false when an object could not be read for a passing reason: reading again might give more.
    """

    headers: pl.DataFrame
    quarantine: pl.DataFrame
    counts: pl.DataFrame
    settled: bool


@dataclass(frozen=True, slots=True)
class _Frames:
    headers: pl.DataFrame
    quarantine: pl.DataFrame
    costs: pl.DataFrame


class RowCollector:
    """Collects what became of the objects of a listing, each by its position in it."""

    def __init__(self, listing: pl.DataFrame, *, site: str, pseudonyms: Pseudonymiser) -> None:
        self._objects = listing.select(pl.lit(site).alias("site"), "store", "object_key", "etag", "modified_at")
        self._site = site
        self._pseudonyms = pseudonyms
        self._held: list[_Held] = []
        self._frames: list[_Frames] = []

    def add(self, position: int, member: Member) -> None:
        """Keep what became of an object, or of one member of it."""
        self._held.append((position, member))
        if len(self._held) >= _AT_ONCE:
            self._frames.append(self._decoded(self._held))
            self._held = []

    def add_archive(self, position: int, members: Iterable[Member]) -> None:
        """Keep the rows of an archive, of which there is at least one; the last alone if it voids the others."""
        held: list[_Held] = []
        frames: list[_Frames] = []
        for member in members:
            if len(held) >= _AT_ONCE:
                frames.append(self._decoded(held))
                held = []
            held.append((position, member))
        last = held[-1][1]
        if last.name is None and last.reading.outcome in PASSING_REASONS:
            self.add(position, _instead_of(held, frames, last))
            return
        self._frames += frames
        for one in held:
            self.add(*one)

    def rows(self, carried: Carried) -> ShardRows:
        """All that was collected, and what was carried over, in the order of store, key and member."""
        parts = [
            _Frames(carried.headers, QUARANTINE.empty(), costs_of_carried(carried.headers)),
            _Frames(HEADERS.empty(), carried.quarantine, costs_of_carried(carried.quarantine)),
            *self._frames,
            self._decoded(self._held),
        ]
        quarantine = _ordered([part.quarantine for part in parts])
        return ShardRows(
            headers=_ordered([part.headers for part in parts]),
            quarantine=quarantine,
            counts=sum_costs([part.costs for part in parts], site=self._site),
            settled=not quarantine["reason"].is_in(PASSING_REASONS).any(),
        )

    def _decoded(self, held: Sequence[_Held]) -> _Frames:
        good = [one for one in held if isinstance(one[1].reading.outcome, RawHeader)]
        bad = [one for one in held if not isinstance(one[1].reading.outcome, RawHeader)]
        raw = [header for _, member in good if isinstance(header := member.reading.outcome, RawHeader)]
        where = self._where(good)
        keys = where.select(pl.concat_str("object_key", "member_name", separator="/", ignore_nulls=True)).to_series()
        headers = pl.concat([where, decode_headers(raw, self._pseudonyms, keys=keys)], how="horizontal")
        headers = headers.select(HEADERS.schema.names())
        reasons = pl.Series("reason", [str(member.reading.outcome) for _, member in bad], dtype=pl.String)
        quarantine = self._where(bad).with_columns(reasons).select(QUARANTINE.schema.names())
        return _Frames(headers, quarantine, pl.concat([_costs(headers, good), _costs(quarantine, bad)]))

    def _where(self, held: Sequence[_Held]) -> pl.DataFrame:
        return self._objects[[position for position, _ in held]].with_columns(
            pl.Series("member_name", [member.name for _, member in held], dtype=pl.String),
            pl.Series("size_bytes", [member.size_bytes for _, member in held], dtype=pl.Int64),
        )


def _costs(rows: pl.DataFrame, held: Sequence[_Held]) -> pl.DataFrame:
    return costs_of_read(
        rows,
        n_requests=[member.reading.n_requests for _, member in held],
        n_bytes_read=[member.reading.n_bytes_read for _, member in held],
    )


def _instead_of(held: Sequence[_Held], frames: Sequence[_Frames], last: Member) -> Member:
    """``last``, with what all the rows took."""
    n_requests = sum(member.reading.n_requests for _, member in held)
    n_bytes_read = sum(member.reading.n_bytes_read for _, member in held)
    for frame in frames:
        n_requests += int(frame.costs["n_requests"].sum())
        n_bytes_read += int(frame.costs["n_bytes_read"].sum())
    return Member(None, last.size_bytes, Reading(last.reading.outcome, n_requests, n_bytes_read))


def _ordered(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    rows = pl.concat([frame for frame in frames if not frame.is_empty()] or frames[:1], rechunk=True)
    order = rows.select(pl.arg_sort_by(_KEY, nulls_last=False)).to_series()
    # Rows that were all read come in the order of the listing, and are wide.
    return rows if order.is_sorted() else rows[order]
