"""The columns of a decoded frame, declared once."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from multisite.dicom.attributes import ATTRIBUTES, Attribute, Form
from multisite.vocabulary import ColumnPrivacy

__all__ = ["HEADER_COLUMNS", "HeaderColumn"]


@dataclass(frozen=True, slots=True)
class HeaderColumn:
    """One column of the decoded frame. Any may be null; a presence is so only where it was not looked for."""

    name: str
    dtype: pl.DataType
    description: str
    unit: str
    privacy: ColumnPrivacy


def _describe(attribute: Attribute) -> str:
    group, element = attribute.tags[0] >> 16, attribute.tags[0] & 0xFFFF
    group_text = f"{group:04X}" if len(attribute.tags) == 1 else "60xx"
    source = f"{attribute.name} ({group_text},{element:04X})"
    if attribute.form is Form.AGE:
        return f"{source}; where it is missing, whole years from birth to study."
    if attribute.form is Form.PRESENCE:
        return f"Whether {source} is present and not empty."
    return f"Keyed pseudonym of {source}." if attribute.form is Form.PSEUDONYM else f"{source}."


HEADER_COLUMNS: Final[tuple[HeaderColumn, ...]] = (
    *(
        HeaderColumn(attribute.column, attribute.dtype, _describe(attribute), attribute.unit, attribute.column_privacy)
        for attribute in ATTRIBUTES
        if attribute.column is not None
    ),
    HeaderColumn(
        "content_fingerprint",
        pl.String(),
        "Keyed digest of what was acquired, without identifiers; null without a time of acquisition.",
        "",
        ColumnPrivacy.PSEUDONYM,
    ),
    HeaderColumn(
        "empty_attributes",
        pl.List(pl.String()),
        "Keywords of the attributes that are present without a value.",
        "",
        ColumnPrivacy.SAFE,
    ),
    HeaderColumn(
        "invalid_attributes",
        pl.List(pl.String()),
        "Keywords of the attributes whose value cannot be read as what it should be.",
        "",
        ColumnPrivacy.SAFE,
    ),
    HeaderColumn("header_bytes", pl.Int64(), "Length of the header in the object.", "bytes", ColumnPrivacy.SAFE),
    HeaderColumn("parsed_by", pl.String(), "What read the header: scanner or pydicom.", "", ColumnPrivacy.SAFE),
)
"""The columns of ``decode_headers``, in order."""
