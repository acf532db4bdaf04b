"""Reading all of a shelf as one shard, with the rows checked against their schemas."""

from collections.abc import Mapping

import polars as pl

from multisite.dicom import Pseudonymiser
from multisite.provenance.headers import ShardRows, read_shard
from multisite.schemas.provenance import HEADERS, QUARANTINE, SHARD_COUNTS
from tests.lib.shelf import Shelf

__all__ = ["PSEUDONYMS", "read", "reasons"]

PSEUDONYMS = Pseudonymiser(b"sixteen bytes or more")


def read(
    shelf: Shelf,
    *,
    first: int = 4096,
    longest: int = 1 << 20,
    archive: int = 1 << 30,
    listing: pl.DataFrame | None = None,
    earlier: Mapping[str, pl.DataFrame] | None = None,
) -> ShardRows:
    rows = read_shard(
        shelf.shard() if listing is None else listing,
        site="north",
        objects=shelf,
        pseudonyms=PSEUDONYMS,
        first_read_bytes=first,
        max_header_bytes=longest,
        max_archive_bytes=archive,
        earlier=earlier or {},
    )
    HEADERS.conform(rows.headers)
    QUARANTINE.conform(rows.quarantine)
    SHARD_COUNTS.conform(rows.counts)
    return rows


def reasons(rows: ShardRows) -> dict[str, str]:
    """The reason for each quarantined object, or member by its name."""
    names = rows.quarantine["member_name"].to_list()
    keys = rows.quarantine["object_key"].to_list()
    return {name or key: reason for name, key, reason in zip(names, keys, rows.quarantine["reason"], strict=True)}
