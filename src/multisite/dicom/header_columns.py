"""The columns of a decoded frame, declared once."""

from dataclasses import dataclass
from typing import Final

import polars as pl
from pydicom.datadict import dictionary_description

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
    if attribute.path:
        source += (
            f" in {'the items' if attribute.each else 'the first item'} of {dictionary_description(attribute.path[0])}"
        )
    match attribute.form:
        case Form.AGE:
            return f"{source}; where it is missing, whole years from birth to study."
        case Form.PRESENCE:
            return f"Whether {source} is present and not empty."
        case Form.PSEUDONYM:
            return f"Keyed pseudonym of {source}."
        case Form.CODES:
            return f"Code values of the items of {source}."
    return f"{source}, one text for each item." if attribute.each else f"{source}."


HEADER_COLUMNS: Final[tuple[HeaderColumn, ...]] = (
    *(
        HeaderColumn(attribute.column, attribute.dtype, _describe(attribute), attribute.unit, attribute.column_privacy)
        for attribute in ATTRIBUTES
        if attribute.column is not None
    ),
    HeaderColumn(
        "age_source",
        pl.String(),
        "What the age was taken from: patient_age, dates, or none.",
        "",
        ColumnPrivacy.SAFE,
    ),
    HeaderColumn(
        "content_fingerprint",
        pl.String(),
        "Keyed digest of what was acquired, without identifiers; null without a time of acquisition.",
        "",
        ColumnPrivacy.PSEUDONYM,
    ),
    HeaderColumn(
        "dataset_digest",
        pl.String(),
        "Keyed digest of the header's bytes without preamble and file meta, and of the length of the rest: equal for "
        "an identical instance that was sent again; null where the object's size is not known.",
        "",
        ColumnPrivacy.PSEUDONYM,
    ),
    HeaderColumn(
        "removed_attributes",
        pl.List(pl.String()),
        "Keywords of the attributes without a value (or with a sentinel for one) in a header that says that it was "
        "de-identified, and that PS3.15 does not keep under the options it names; without named options the Basic "
        "Profile alone is assumed.",
        "",
        ColumnPrivacy.SAFE,
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
    HeaderColumn(
        "unseen_attributes",
        pl.List(pl.String()),
        "Keywords of the attributes that were not looked for everywhere: they may stand behind the groups of the first "
        "frame, behind a waveform, or in a sequence that cannot be read.",
        "",
        ColumnPrivacy.SAFE,
    ),
    HeaderColumn(
        "functional_group_attributes",
        pl.List(pl.String()),
        "Keywords of the attributes whose value is not from their own place in the header but from the functional "
        "groups (those shared by all frames, else the first frame's), or from another sequence that stands in.",
        "",
        ColumnPrivacy.SAFE,
    ),
    HeaderColumn(
        "private_creators",
        pl.List(pl.String()),
        "Who defined the private elements at the top level, sorted and distinct.",
        "",
        ColumnPrivacy.QUASI,
    ),
    HeaderColumn(
        "demographics_key",
        pl.String(),
        "Keyed pseudonym of name, birth date and sex; null where the header has not both of the first, or says that it "
        "was de-identified.",
        "",
        ColumnPrivacy.PSEUDONYM,
    ),
    HeaderColumn(
        "identity_traces",
        pl.List(pl.String()),
        "Codes of what of a person stands in the object's key, in free text, or in a header that says that it was "
        "de-identified; never a value.",
        "",
        ColumnPrivacy.SAFE,
    ),
    HeaderColumn("header_bytes", pl.Int64(), "Length of the header in the object.", "bytes", ColumnPrivacy.SAFE),
    HeaderColumn("parsed_by", pl.String(), "What read the header: scanner or pydicom.", "", ColumnPrivacy.SAFE),
)
"""The columns of ``decode_headers``, in order."""
