"""Chosen instances → a row for each: read whole, a few at a time, decoded one by one and forgotten."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Final

import polars as pl

from multisite.dicom import Pseudonymiser
from multisite.dicom.pixels import PixelFacts, is_decoded, read_pixels
from multisite.schemas import ObjectReader, ObjectVersion, RangeRequest
from multisite.schemas.pixels import IMAGE_OF_PIXELS, OBJECT_OF_PIXELS, PIXELS
from multisite.vocabulary import PixelStatus, QuarantineReason

__all__ = ["look_at"]

_WINDOW: Final = 256
_WINDOW_BYTES: Final = 1 << 26
"""Objects, and bytes, that are held together; a larger object is held alone."""

_KEY: Final = ["store", "object_key"]
_VERSION: Final = ["size_bytes", "etag", "modified_at"]
_IMAGE_SCHEMA: Final = pl.Schema({name: PIXELS.schema[name] for name in IMAGE_OF_PIXELS})
_FACTS_SCHEMA: Final = pl.Schema({**_IMAGE_SCHEMA, "thumbnail": pl.Binary()})


def look_at(
    instances: pl.DataFrame,
    *,
    objects: ObjectReader,
    pseudonyms: Pseudonymiser,
    max_object_bytes: int,
    earlier: pl.DataFrame,
) -> pl.DataFrame:
    """Rows of PIXELS of ``instances``, which are rows of HEADERS.

    Parameters
    ----------
    max_object_bytes : larger objects are not read
    earlier : rows of PIXELS of an earlier run with the same limit, taken over where an object has not changed

    Raises
    ------
    StoreError
        When a store as a whole does not answer.
    """
    known = _carried(instances, earlier)
    left = instances.join(known, on=[*_KEY, "member_name"], how="anti", nulls_equal=True).sort(*_KEY, "member_name")
    made = [known, left.select(*_KEY, "member_name").clear().with_columns(_nothing())]
    for (store,), part in left.group_by(["store"], maintain_order=True):
        facts = list(_facts_of(part, str(store), objects, pseudonyms, max_object_bytes))
        columns = pl.DataFrame([asdict(one) for one in facts], schema=_FACTS_SCHEMA)
        columns = columns.with_columns(pl.col("thumbnail").bin.encode("base64"))
        made.append(pl.concat([part.select(*_KEY, "member_name"), columns], how="horizontal"))
    rows = instances.join(pl.concat(made), on=[*_KEY, "member_name"], how="left", nulls_equal=True)
    return PIXELS.conform(rows.select(PIXELS.schema.names()).sort(*_KEY, "member_name"))


def _nothing() -> list[pl.Expr]:
    return [pl.lit(None, dtype).alias(name) for name, dtype in _IMAGE_SCHEMA.items()]


def _carried(instances: pl.DataFrame, earlier: pl.DataFrame) -> pl.DataFrame:
    """What earlier rows say of objects whose size, tag and time are what they were, one of the last two being known."""
    settled = earlier.filter(pl.col("status") != PixelStatus.NOT_FETCHED.value).unique(
        [*_KEY, "member_name"], keep="none"
    )
    same = instances.select(*OBJECT_OF_PIXELS).join(settled, on=[*_KEY], how="inner", suffix="_then")
    unchanged = pl.all_horizontal(
        pl.col(name).eq_missing(pl.col(f"{name}_then")) for name in ("member_name", *_VERSION)
    )
    is_known = pl.col("etag").is_not_null() | pl.col("modified_at").is_not_null()
    return same.filter(unchanged & is_known).select(*_KEY, "member_name", *IMAGE_OF_PIXELS)


def _facts_of(
    part: pl.DataFrame, store: str, objects: ObjectReader, pseudonyms: Pseudonymiser, max_object_bytes: int
) -> Iterator[PixelFacts]:
    """The facts of each row of ``part``, in order."""
    for window in _windows(part, max_object_bytes):
        requests = [request for request, status in window if status is None]
        answers = iter(objects.prefixes(store, requests) if requests else [])
        for request, status in window:
            if status is not None:
                yield PixelFacts(status)
                continue
            answer = next(answers)
            if isinstance(answer, QuarantineReason) or len(answer) < request.length:
                yield PixelFacts(PixelStatus.NOT_FETCHED)
            else:
                yield read_pixels(answer, max_bytes=max_object_bytes, pseudonyms=pseudonyms)


_Window = list[tuple[RangeRequest, PixelStatus | None]]


def _windows(part: pl.DataFrame, max_object_bytes: int) -> Iterator[_Window]:
    """Requests for whole objects, or why there is none, cut where they are enough to be held together."""
    window: _Window = []
    n_bytes = 0
    columns = ("object_key", "member_name", *_VERSION, "transfer_syntax_uid")
    for key, member, size, etag, modified, syntax in part.select(columns).iter_rows():
        status = _refused(member, size, syntax, max_object_bytes)
        wanted = 0 if status else size
        if window and (len(window) == _WINDOW or n_bytes + wanted > _WINDOW_BYTES):
            yield window
            window, n_bytes = [], 0
        window.append((RangeRequest(key, 0, wanted, ObjectVersion(size, etag, modified)), status))
        n_bytes += wanted
    if window:
        yield window


def _refused(member: str | None, size: int | None, syntax: str | None, max_object_bytes: int) -> PixelStatus | None:
    """Why the object is not read."""
    if member is not None:
        return PixelStatus.IN_ARCHIVE
    if size is None:
        return PixelStatus.NO_SIZE
    if size > max_object_bytes:
        return PixelStatus.TOO_LARGE
    return PixelStatus.UNKNOWN_SYNTAX if syntax is not None and not is_decoded(syntax) else None
