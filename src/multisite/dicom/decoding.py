"""A batch of raw headers → values, and where a value is empty or invalid, by keyword."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from multisite.dicom.attributes import ATTRIBUTES, Attribute, Form
from multisite.dicom.batch import Batch, TextColumn
from multisite.dicom.deidentification import DECLARATIONS, KEPT_BY
from multisite.dicom.numbers import numbers
from multisite.dicom.parsing import parse
from multisite.dicom.records import DUMMY, PRESENT, SENTINELS

__all__ = ["Decoded", "decode"]

_PADDING: Final = " \0"
_BINARY: Final = frozenset({Form.INTEGER, Form.FLOAT})

Mask = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint32]


@dataclass(slots=True)
class Decoded:
    """Columns by keyword, and the rows where a keyword is there without a value, or without a valid one.

    ``dummy`` has the rows in which a sentinel stands for a value; only for attributes on which de-identification acts,
    and only if any header of the batch says that it was done.
    """

    values: dict[str, pl.Series] = field(default_factory=dict)
    empty: dict[str, Mask] = field(default_factory=dict)
    invalid: dict[str, Mask] = field(default_factory=dict)
    dummy: dict[str, Mask] = field(default_factory=dict)

    def put(
        self,
        keyword: str,
        value: pl.Series,
        *,
        raw: pl.Series,
        empty: pl.Series,
        refused: Sequence[int],
        codes: Codes | None = None,
    ) -> None:
        """Keep a column.

        ``raw`` is not null where there was an element, ``empty`` is true where it had no value, and ``refused`` are the
        rows whose value could not even be had. With ``codes`` all three series hold each distinct value once, and the
        codes say which of them a row has.
        """
        self.values[keyword] = value
        n_empty = int(empty.sum() or 0)
        if n_empty:
            self.empty[keyword] = _expand(empty, codes)
        if refused or value.null_count() > raw.null_count() + n_empty:
            lost = value.is_null() & raw.is_not_null() & ~empty.fill_null(False)
            self.invalid[keyword] = _expand(lost, codes)
            self.invalid[keyword][list(refused)] = True

    def put_dummy(self, keyword: str, dummy: pl.Series, codes: Codes | None = None) -> None:
        """Keep where a column holds a sentinel, if it does anywhere."""
        if dummy.any():
            self.dummy[keyword] = _expand(dummy, codes)


def _expand(mask: pl.Series, codes: Codes | None) -> Mask:
    rows = mask.fill_null(False).to_numpy(writable=True)
    return rows if codes is None else rows[codes]


def decode(batch: Batch) -> Decoded:
    """Decode every attribute that any header of the batch has."""
    found = [attribute for attribute in ATTRIBUTES if batch.has(attribute)]
    texts = [a for a in found if a.form is not Form.PRESENCE and a.form not in _BINARY]
    columns = {attribute.keyword: batch.text(attribute) for attribute in texts}
    decoded = Decoded()
    _decode_presences(batch, [a for a in found if a.form is Form.PRESENCE], decoded)
    _decode_numbers(batch, [a for a in found if a.form in _BINARY], decoded)
    declared = batch.any_of(DECLARATIONS)
    _decode_texts([a for a in texts if columns[a.keyword].codes is None], columns, decoded, declared=declared)
    _decode_texts([a for a in texts if columns[a.keyword].codes is not None], columns, decoded, declared=declared)
    return decoded


def _decode_presences(batch: Batch, attributes: Sequence[Attribute], decoded: Decoded) -> None:
    raw = pl.DataFrame({a.keyword: pl.Series(batch.presence(a), dtype=pl.Binary) for a in attributes})
    present = raw.select((pl.all() != pl.lit(b"")).fill_null(False))
    dummies = raw.select(pl.all() == pl.lit(DUMMY)) if batch.any_of(DECLARATIONS) else None
    empty = raw.select(pl.all() == pl.lit(b""))
    for attribute in attributes:
        key = attribute.keyword
        seen = present[key]
        unseen = batch.unseen(attribute)
        if unseen:
            seen = seen.scatter(unseen, None)
        if dummies is not None and key in KEPT_BY:
            decoded.put_dummy(key, dummies[key])
        decoded.put(key, seen, raw=raw[key], empty=empty[key], refused=batch.refused(attribute))


def _decode_numbers(batch: Batch, attributes: Sequence[Attribute], decoded: Decoded) -> None:
    raw = pl.DataFrame({a.keyword: pl.Series(batch.values(a), dtype=pl.Binary) for a in attributes})
    empty = raw.select(pl.all().bin.size() == 0)
    values = numbers(batch, attributes, raw)
    for attribute in attributes:
        key = attribute.keyword
        texts = batch.overrides(attribute)
        blank = [row for row, text in texts.items() if not text.strip(_PADDING)]
        nothing = empty[key].scatter(blank, True) if blank else empty[key]
        # What is held as text is there too: nulls are counted against it.
        there = raw[key].scatter(list(texts), PRESENT) if texts else raw[key]
        decoded.put(key, values[key], raw=there, empty=nothing, refused=batch.refused(attribute))


def _decode_texts(
    attributes: Sequence[Attribute], columns: dict[str, TextColumn], decoded: Decoded, *, declared: bool
) -> None:
    height = max((len(columns[a.keyword].text) for a in attributes), default=0)
    texts = {a.keyword: columns[a.keyword].text for a in attributes}
    nulls = pl.Series([None], dtype=pl.String).new_from_index(0, height)
    frame = pl.DataFrame({key: text.clone().extend(nulls.head(height - len(text))) for key, text in texts.items()})
    frame = frame.select(pl.all().str.strip_chars(_PADDING))
    empty = frame.select(pl.all() == "")
    values = parse(attributes, frame)
    acted = [a.keyword for a in attributes if declared and a.keyword in KEPT_BY]
    dummies = frame.select(pl.col(acted).str.to_uppercase().is_in(SENTINELS))
    for key in acted:
        decoded.put_dummy(key, dummies[key], columns[key].codes)
    spread = _spread(values, columns)
    for key, column in ((attribute.keyword, columns[attribute.keyword]) for attribute in attributes):
        decoded.put(key, values[key], raw=frame[key], empty=empty[key], refused=column.refused, codes=column.codes)
        decoded.values[key] = spread[key]


def _spread(values: dict[str, pl.Series], columns: dict[str, TextColumn]) -> dict[str, pl.Series]:
    """The values of each row, from distinct values and the codes that point to them."""
    codes = {key: columns[key].codes for key in values}
    coded = pl.DataFrame(values).select(
        pl.col(key).gather(pl.lit(pl.Series(code))) for key, code in codes.items() if code is not None
    )
    return values | coded.to_dict()
