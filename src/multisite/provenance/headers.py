"""One shard: from listed objects to header rows and quarantine rows."""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

import polars as pl

from multisite.dicom import Pseudonymiser
from multisite.provenance.archives.keys import is_archive_key
from multisite.provenance.archives.reader import ArchiveLimits, ArchiveReader, Member
from multisite.provenance.carrying import Carried, carry_over
from multisite.provenance.first_read import HeaderLengths, folder_of
from multisite.provenance.header_reading import PlainObject, read_headers
from multisite.provenance.shard_rows import RowCollector, ShardRows
from multisite.schemas import ObjectReader, ObjectVersion

__all__ = ["ShardRows", "read_shard"]


def read_shard(
    listing: pl.DataFrame,
    *,
    site: str,
    objects: ObjectReader,
    pseudonyms: Pseudonymiser,
    first_read_bytes: int,
    max_header_bytes: int,
    max_archive_bytes: int,
    earlier: Mapping[str, pl.DataFrame],
) -> ShardRows:
    """Header rows and quarantine rows of the objects in ``listing``: every object gives at least one row.

    An archive gives a row for each member and, if it could not be read whole, one of its own. Nothing that is in an
    object stops the shard; what cannot be understood is a row with a reason. The rows depend on the objects and the two
    limits alone: not on what is asked for first, nor on what is carried over.

    Parameters
    ----------
    listing : rows of LISTING; sizes, tags and times may be missing
    first_read_bytes : asked for of the first objects; from then on, what headers showed to need
    max_header_bytes : a header that is longer is given up
    max_archive_bytes : what is read of a compressed archive, and what headers in one may inflate to
    earlier : ``headers`` and ``quarantine`` rows of an earlier run with the same limits, if any

    Raises
    ------
    StoreError
        When a store as a whole does not answer.
    """
    carried = carry_over(listing, earlier)
    with _without_collection():
        return _read(carried, site, objects, pseudonyms, first_read_bytes, max_header_bytes, max_archive_bytes)


@contextmanager
def _without_collection() -> Iterator[None]:
    """The search for cycles is off: there are none among thousands of raw headers, and it would look at all of them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read(
    carried: Carried,
    site: str,
    objects: ObjectReader,
    pseudonyms: Pseudonymiser,
    first_read_bytes: int,
    max_header_bytes: int,
    max_archive_bytes: int,
) -> ShardRows:
    left = carried.left
    collector = RowCollector(left, site=site, pseudonyms=pseudonyms)
    limits = ArchiveLimits(max_header_bytes, max_archive_bytes)
    positions = pl.int_range(pl.len(), dtype=pl.Int64).alias("position")
    for (store,), part in left.with_columns(positions).group_by(["store"], maintain_order=True):
        fetch = partial(objects.prefixes, str(store))
        lengths = HeaderLengths(first_read_bytes)
        reader = ArchiveReader(fetch, lengths, HeaderLengths(first_read_bytes), limits)
        rows = [
            (int(position), str(key), ObjectVersion(size, etag, modified))
            for position, key, size, etag, modified in part.select(
                "position", "object_key", "size_bytes", "etag", "modified_at"
            ).iter_rows()
        ]
        plain = [row for row in rows if not is_archive_key(row[1])]
        sources = [PlainObject(key, folder_of(key), version.size_bytes, version) for _, key, version in plain]
        readings = read_headers(sources, fetch, lengths=lengths, max_header_bytes=max_header_bytes)
        for (position, _, version), reading in zip(plain, readings, strict=True):
            collector.add(position, Member(None, version.size_bytes, reading))
        for position, key, version in rows:
            if is_archive_key(key):
                collector.add_archive(position, reader.members(key, version))
    return collector.rows(carried)
