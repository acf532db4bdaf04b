"""What of a person stands where it does not belong: in the object's key, in free text, or in a de-identified header.

A trace is a code of a closed list. The values that are compared are those of the same header, and no part of one is
kept. What a de-identified header calls PatientID or PatientName stands in for them, so that it is not sought.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from multisite.dicom.attributes import ATTRIBUTES
from multisite.dicom.batch import Batch
from multisite.dicom.decoding import Decoded
from multisite.dicom.deidentification import OPTION_CODES
from multisite.dicom.keyword_lists import code_lists
from multisite.dicom.own_identifiers import own_identifiers, own_traces
from multisite.dicom.removal import rows_with_option
from multisite.dicom.text_patterns import CLOCK_IN_UID, MAY_HOLD, PATTERNS, rows_with
from multisite.dicom.trace_codes import IDENTITY_TRACES, LEFT, OBJECT_KEY, TEXTS, UIDS, TraceOf, left, trace

__all__ = ["Person", "identity_traces"]

_BY_KEYWORD: Final = {attribute.keyword: attribute for attribute in ATTRIBUTES}
_PLACES: Final = {code: place for place, code in enumerate(IDENTITY_TRACES)}
_FULL_DATES: Final = (OPTION_CODES["retain_full_dates"],)
_NO_PERSON: Final = (
    r"[0-9]|\b(?:anonym|case|control|doe|dummy|mustermann|patient|phantom|proband|pseudonym|subject|test|volunteer)\b"
)
"""A name that a de-identification made up, or a person's who is not one: it has a number or such a word."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Person:
    """What is said of the person of each row: ``names`` as ``person_names`` gives them, and where nobody is meant.

    ``declared`` are the rows whose header says that it was de-identified.
    """

    names: pl.DataFrame
    declared: Mask


def identity_traces(batch: Batch, decoded: Decoded, person: Person, *, keys: pl.Series | None) -> pl.Series:
    """The codes of each row, sorted as in ``IDENTITY_TRACES``; the list may be empty.

    ``decoded`` still has its identifiers in clear. ``keys`` are the keys of the objects, with the names of members of
    archives behind them; without them nothing is sought there.
    """
    texts = _texts(batch, decoded)
    own = own_identifiers(decoded, person.names, unnamed=person.declared)
    found = {} if keys is None else own_traces(own, {OBJECT_KEY: keys})
    if texts:
        joined = pl.DataFrame(texts).select(pl.concat_str(pl.all(), separator="\n", ignore_nulls=True)).to_series()
        found |= own_traces(own, texts, joined)
        found |= _patterns(texts, joined, dated=_dated(decoded, person, batch.size))
    if person.declared.any():
        found |= _clocks_in_uids(decoded, _dated(decoded, person, batch.size))
        found |= _left(decoded, person, batch.size)
    return code_lists(found, batch.size, order=_PLACES)


def _texts(batch: Batch, decoded: Decoded) -> dict[str, pl.Series]:
    texts = {}
    for keyword in TEXTS:
        attribute = _BY_KEYWORD[keyword]
        if attribute.is_searched and batch.has(attribute):
            held = batch.searched(attribute)
            texts[keyword] = held.text if held.codes is None else held.text.gather(held.codes)
        elif not attribute.is_searched and keyword in decoded.values:
            texts[keyword] = decoded.values[keyword]
    return texts


def _dated(decoded: Decoded, person: Person, size: int) -> Mask:
    """Where a header says that it was de-identified, and not that dates were left as they are."""
    return person.declared & ~rows_with_option(decoded, _FULL_DATES, size)


def _patterns(texts: Mapping[str, pl.Series], joined: pl.Series, *, dated: Mask) -> dict[str, Mask]:
    may = joined.str.contains(MAY_HOLD).fill_null(False)
    if not may.any():
        return {}
    found = {}
    places = may.arg_true()
    for keyword, text in texts.items():
        some = text.gather(places)
        for of, pattern in PATTERNS.items():
            rows = places.filter(rows_with(pattern, some)).to_numpy()
            mask = np.zeros(len(text), dtype=bool)
            mask[rows] = True
            found[trace(of, keyword)] = mask & dated if of is TraceOf.DATE else mask
    return found


def _clocks_in_uids(decoded: Decoded, dated: Mask) -> dict[str, Mask]:
    held = {keyword: decoded.values[keyword] for keyword in UIDS if keyword in decoded.values}
    if not dated.any():
        return {}
    return {
        trace(TraceOf.DATE, keyword): dated & uids.str.contains(CLOCK_IN_UID).fill_null(False).to_numpy()
        for keyword, uids in held.items()
    }


def _left(decoded: Decoded, person: Person, size: int) -> dict[str, Mask]:
    """What the basic profile takes away is there, and no named option keeps or cleans it."""
    name, birth, *others = LEFT
    found = {left(name): person.declared & _is_a_person(decoded, person)}
    if birth in decoded.values:
        # The first of January is what remains of a date of which the year was kept.
        days = decoded.values[birth].dt.ordinal_day()
        found[left(birth)] = person.declared & (days > 1).fill_null(False).to_numpy()
    for keyword in others:
        if keyword in decoded.values:
            codes = tuple(OPTION_CODES[option] for option, _ in _BY_KEYWORD[keyword].ps315_options)
            present = decoded.values[keyword].fill_null(False).to_numpy()
            found[left(keyword)] = person.declared & present & ~rows_with_option(decoded, codes, size)
    return found


def _is_a_person(decoded: Decoded, person: Person) -> Mask:
    names = person.names["name"]
    is_one = names.is_not_null() & ~names.str.contains(_NO_PERSON).fill_null(True)
    return is_one.to_numpy()
