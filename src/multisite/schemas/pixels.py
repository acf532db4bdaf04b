"""What looking at pixels writes: one row per instance that was chosen, inside the site."""

import polars as pl

from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column, at_least, one_of
from multisite.schemas.provenance import HEADERS
from multisite.vocabulary import ColumnPrivacy, PixelStatus, Zone

__all__ = ["IMAGE_OF_PIXELS", "OBJECT_OF_PIXELS", "PIXELS"]

_TEXT, _COUNT = pl.String(), pl.Int64()
_PSEUDONYM, _QUASI = ColumnPrivacy.PSEUDONYM, ColumnPrivacy.QUASI

OBJECT_OF_PIXELS = ("site", "store", "object_key", "member_name", "size_bytes", "etag", "modified_at")
"""Columns that say which object, in which state, was looked at: as in the headers."""

_FROM_HEADERS = (
    *OBJECT_OF_PIXELS,
    "sop_instance_uid",
    "series_instance_uid",
    "study_instance_uid",
    "instance_number",
    "content_fingerprint",
    "burned_in_annotation",
)

_IMAGE = (
    Column("status", _TEXT, "What became of it", constraint=one_of("status", [s.value for s in PixelStatus])),
    Column("n_frames", _COUNT, "Frames", nullable=True, constraint=at_least("n_frames", 1)),
    Column("pixel_rows", _COUNT, "Rows of a frame", unit="pixels", nullable=True),
    Column("pixel_columns", _COUNT, "Columns of a frame", unit="pixels", nullable=True),
    Column("pixel_digest", _TEXT, "Pseudonym of all stored values", nullable=True, privacy=_PSEUDONYM),
    Column(
        "perceptual_hash",
        _TEXT,
        "256 bits of the middle frame's thumbnail, in hexadecimal; missing where that is flat or below 32 × 32",
        nullable=True,
        privacy=_QUASI,
    ),
    Column(
        "thumbnail", _TEXT, "The middle frame in 32 × 32 greys, a byte each, in base 64", nullable=True, privacy=_QUASI
    ),
    Column("is_flat", pl.Boolean(), "Whether nearly all pixels of the middle frame have one value", nullable=True),
    Column("letters_in_row", _COUNT, "Marks like letters in one row of its border; 0 below 5", nullable=True),
)

IMAGE_OF_PIXELS = tuple(column.name for column in _IMAGE)
"""Columns that follow from the bytes of the object."""

_OF_HEADERS = {column.name: column for column in HEADERS.columns}

PIXELS = Artefact(
    "pixels",
    Zone.SITE,
    "One row per instance whose pixels were to be looked at: their digest, a thumbnail with its hash, and marks like "
    "letters. Without a row where the study file does not ask for pixels.",
    (*(_OF_HEADERS[name] for name in _FROM_HEADERS), *_IMAGE),
    key=("store", "object_key", "member_name"),
)
