"""Who defined the private elements of a header."""

from typing import Final

import polars as pl

from multisite.dicom.batch import Batch
from multisite.dicom.charset import Decoder, decoder

__all__ = ["private_creators"]

_LONGEST: Final = 64


def private_creators(batch: Batch) -> pl.Series:
    """The sorted distinct private creators of each row.

    A creator that is empty, longer than its VR allows, or no text in the row's character set is left out.
    """
    columns = batch.creators()
    if not columns:
        return pl.Series([[]], dtype=pl.List(pl.String)).new_from_index(0, batch.size)
    rows = list(zip(batch.charsets, *columns, strict=True))
    places = {row: place for place, row in enumerate(dict.fromkeys(rows))}
    lists = [_texts(values, decoder(charset)) for charset, *values in places]
    return pl.Series(lists, dtype=pl.List(pl.String)).gather(list(map(places.__getitem__, rows)))


def _texts(values: list[bytes | None], decode: Decoder) -> list[str]:
    texts = [decode(value) for value in values if value and len(value) <= _LONGEST]
    return sorted({text.strip(" \0") for text in texts if text} - {""})
