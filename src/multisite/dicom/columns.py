"""Raw headers → one typed frame, column by column."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from multisite.dicom.ages import age_sources
from multisite.dicom.attributes import ATTRIBUTES
from multisite.dicom.batch import Batch
from multisite.dicom.creators import private_creators
from multisite.dicom.decoding import Decoded, decode
from multisite.dicom.fingerprint import FINGERPRINT_COLUMNS, content_fingerprint
from multisite.dicom.header_columns import HEADER_COLUMNS
from multisite.dicom.keyword_lists import keyword_lists
from multisite.dicom.parsing import years_between
from multisite.dicom.people import demographics_keys, person_names
from multisite.dicom.pseudonym import Pseudonymiser
from multisite.dicom.records import RawHeader
from multisite.dicom.removal import declared_rows, take_removed
from multisite.dicom.slots import SLOTS
from multisite.dicom.traces import Person, identity_traces

__all__ = ["decode_headers"]

_AGE: Final = "PatientAge"
_BIRTH: Final = "PatientBirthDate"
_STUDY: Final = "StudyDate"
_SEX: Final = "PatientSex"

Mask = npt.NDArray[np.bool_]


def decode_headers(
    headers: Sequence[RawHeader], pseudonymiser: Pseudonymiser, *, keys: pl.Series | None = None
) -> pl.DataFrame:
    """Decode a batch of raw headers, one row each, in order; ``keys`` are those of their objects.

    The columns are ``HEADER_COLUMNS``, whatever the batch holds. Why a value is null, the first of these lists
    that names its keyword tells: ``removed_attributes``, ``empty_attributes``, ``invalid_attributes``,
    ``unseen_attributes``; if none does, the attribute was absent. Identifiers leave as pseudonyms, names and
    free text as presences, and the date of birth as an age. What of a person was found in a key or a text, the codes
    in ``identity_traces`` tell.
    """
    batch = Batch(headers)
    decoded = decode(batch)
    unseen = _unseen(batch)
    removed = take_removed(decoded, unseen, batch.size)
    person = Person(person_names(batch), declared_rows(decoded, batch.size))
    traces = identity_traces(batch, decoded, person, keys=keys)
    demographics = _demographics_keys(decoded, person, pseudonymiser)
    _replace_identifiers(decoded, pseudonymiser)
    age_source = _derive_age(decoded, batch.size)
    if _AGE in removed and _AGE in decoded.values:
        removed[_AGE] &= decoded.values[_AGE].is_null().to_numpy()
    made = {a.column: decoded.values[a.keyword] for a in ATTRIBUTES if a.column and a.keyword in decoded.values}
    made["age_source"] = age_source
    facts: dict[str, pl.Series] = {name: made[name] for name in FINGERPRINT_COLUMNS if name in made}
    if facts:
        made["content_fingerprint"] = content_fingerprint(_frame(facts, batch.size), pseudonymiser)
    made["dataset_digest"] = _dataset_digest(headers, pseudonymiser)
    made["removed_attributes"] = keyword_lists(removed, batch.size)
    made["empty_attributes"] = keyword_lists(decoded.empty, batch.size)
    made["invalid_attributes"] = keyword_lists(decoded.invalid, batch.size)
    made["unseen_attributes"] = keyword_lists(unseen, batch.size)
    made["functional_group_attributes"] = keyword_lists(_stood_in(headers), batch.size)
    made["private_creators"] = private_creators(batch)
    made["demographics_key"] = demographics
    made["identity_traces"] = traces
    made["header_bytes"] = pl.Series([header.header_bytes for header in headers], dtype=pl.Int64)
    made["parsed_by"] = pl.Series([header.parsed_by for header in headers], dtype=pl.String)
    return _frame(_completed(made, batch.size), batch.size)


def _unseen(batch: Batch) -> dict[str, Mask]:
    rows = {attribute.keyword: batch.unseen(attribute) for attribute in ATTRIBUTES} if batch.has_unseen else {}
    return {keyword: _mask(unseen, batch.size) for keyword, unseen in rows.items() if unseen}


def _stood_in(headers: Sequence[RawHeader]) -> dict[str, Mask]:
    rows: dict[int, list[int]] = {}
    for row, header in enumerate(headers):
        for slot in header.stood_in:
            rows.setdefault(slot, []).append(row)
    return {SLOTS[slot].attribute.keyword: _mask(rows[slot], len(headers)) for slot in rows}


def _mask(rows: list[int], size: int) -> Mask:
    mask = np.zeros(size, dtype=bool)
    mask[rows] = True
    return mask


def _dataset_digest(headers: Sequence[RawHeader], pseudonymiser: Pseudonymiser) -> pl.Series:
    """The digest is null where the header's bytes or the length of the rest are not known."""
    facts = [
        f"{header.digest.hex()} {header.rest_bytes}" if header.digest and header.rest_bytes is not None else None
        for header in headers
    ]
    return pseudonymiser.pseudonyms(pl.Series(facts, dtype=pl.String), kind="dataset")


def _demographics_keys(decoded: Decoded, person: Person, pseudonymiser: Pseudonymiser) -> pl.Series:
    size = person.names.height
    people = person.names.with_columns(
        decoded.values.get(_BIRTH, _blank(pl.Date(), size)).alias("birth"),
        decoded.values.get(_SEX, _blank(pl.String(), size)).alias("sex"),
    )
    return demographics_keys(people, unnamed=person.declared, pseudonymiser=pseudonymiser)


def _blank(dtype: pl.DataType, size: int) -> pl.Series:
    return pl.Series([None], dtype=dtype).new_from_index(0, size)


def _replace_identifiers(decoded: Decoded, pseudonymiser: Pseudonymiser) -> None:
    known: dict[str, dict[str | None, str | None]] = {}
    for attribute in ATTRIBUTES:
        kind = attribute.pseudonym
        if kind is None or attribute.keyword not in decoded.values:
            continue
        column = decoded.values[attribute.keyword]
        flat = column.explode() if attribute.many else column
        values = flat.to_list()
        memo = known.setdefault(kind, {})
        memo |= pseudonymiser.known(set(values).difference(memo), kind=kind)
        if attribute.many:
            hashed = [None if row is None else [memo[value] for value in row] for row in column.to_list()]
            decoded.values[attribute.keyword] = pl.Series(hashed, dtype=attribute.dtype)
        else:
            decoded.values[attribute.keyword] = pl.Series(list(map(memo.__getitem__, values)), dtype=pl.String)


def _derive_age(decoded: Decoded, size: int) -> pl.Series:
    """The age as stated, else from the date of birth, which is then dropped; and what it was taken from."""
    birth, study = decoded.values.pop(_BIRTH, None), decoded.values.get(_STUDY)
    stated = decoded.values.get(_AGE, pl.Series([None] * size, dtype=pl.Float64))
    if birth is None or study is None:
        return age_sources(stated, stated)
    dates = pl.DataFrame({"birth": birth, "study": study})
    years = dates.select(years_between(pl.col("birth"), pl.col("study"))).to_series()
    decoded.values[_AGE] = stated.zip_with(stated.is_not_null(), years)
    return age_sources(stated, decoded.values[_AGE])


def _completed(made: dict[str, pl.Series], size: int) -> dict[str, pl.Series]:
    """Every declared column, those that no header has as typed nulls or as false."""
    blanks = {
        dtype: pl.Series([False if dtype == pl.Boolean else None], dtype=dtype).new_from_index(0, size)
        for dtype in {column.dtype for column in HEADER_COLUMNS}
    }
    return {column.name: made.get(column.name, blanks[column.dtype]) for column in HEADER_COLUMNS}


def _frame(columns: dict[str, pl.Series], size: int) -> pl.DataFrame:
    return pl.DataFrame([column.alias(name) for name, column in columns.items()], height=size)
