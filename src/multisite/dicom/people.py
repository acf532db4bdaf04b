"""Names of people as words, and the key under which a person is known by name, birth date and sex.

A header that says that it was de-identified has the name and the birth date of nobody, and gives no key.
"""

from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from multisite.dicom.attributes import ATTRIBUTES
from multisite.dicom.batch import Batch
from multisite.dicom.pseudonym import Pseudonymiser
from multisite.dicom.records import SENTINELS

__all__ = ["PERSON_COLUMNS", "demographics_keys", "person_names", "plain_letters"]

PERSON_COLUMNS: Final = ("name", "family", "given")
"""Columns of ``person_names``."""

_NAME: Final = next(attribute for attribute in ATTRIBUTES if attribute.keyword == "PatientName")
_LONGEST_SHORT_NAME: Final = 3
_NO_NAME: Final = (
    rf"\b(?:{'|'.join(text.lower() for text in SENTINELS if text.isalpha() and len(text) > _LONGEST_SHORT_NAME)})\b"
)
"""Words that stand for a name; shorter sentinels (NA) are somebody's name."""

_NO_BIRTH_DATES: Final = [date.fromisoformat(text) for text in SENTINELS if len(text) == 8 and text.isdigit()]
_FAMILY_GIVEN_MIDDLE: Final = 3
_MARK: Final = "\x1f"

Mask = npt.NDArray[np.bool_]


def plain_letters(text: pl.Expr) -> pl.Expr:
    """Small letters without accents; whatever is no letter stays as it is."""
    return text.str.normalize("NFKD").str.to_lowercase().str.replace_all(r"\p{M}", "")


def _words(text: pl.Expr) -> pl.Expr:
    """One space in the place of whatever is neither letter nor number."""
    return text.str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()


def person_names(batch: Batch) -> pl.DataFrame:
    """The words of each row's PatientName, which are for use while the header is decoded, and never kept.

    ``name`` has the words of family, given and middle name in the order of the alphabet; of several groups
    (ideographic, phonetic) the first counts. ``family`` is the last word of the family name, ``given`` the first of the
    given name. All are null where there are fewer than two words, or one of them stands for a name that was taken out.
    """
    if not batch.has(_NAME):
        return pl.DataFrame(schema=dict.fromkeys(PERSON_COLUMNS, pl.String)).clear(batch.size)
    held = batch.searched(_NAME)
    components = pl.col("text").str.split("=").list.first().str.split("^").list
    read = (
        held.text.alias("text")
        .to_frame()
        .select(plain_letters(pl.col("text")))
        .select(
            _words(components.head(_FAMILY_GIVEN_MIDDLE).list.join(" ")).alias("words"),
            _words(components.get(0, null_on_oob=True)).str.split(" ").list.last().alias("family"),
            _words(components.get(1, null_on_oob=True)).str.split(" ").list.first().alias("given"),
        )
    )
    is_name = pl.col("words").str.contains(" ", literal=True) & ~pl.col("words").str.contains(_NO_NAME)
    in_order = pl.col("words").str.split(" ").list.sort().list.join(" ")
    named = read.select(
        pl.when(is_name).then(column).alias(name)
        for name, column in zip(PERSON_COLUMNS, (in_order, pl.col("family"), pl.col("given")), strict=True)
    )
    return named if held.codes is None else named[held.codes]


def demographics_keys(people: pl.DataFrame, *, unnamed: Mask, pseudonymiser: Pseudonymiser) -> pl.Series:
    """The keyed pseudonym of name, birth date and sex, of each row; null where name or birth date is not known.

    ``people`` has the columns of ``person_names``, ``birth`` and ``sex``. ``unnamed`` are the rows whose header says
    that it was de-identified. A missing sex is one of its own.
    """
    is_known = pl.col("name").is_not_null() & ~pl.col("birth").is_in(_NO_BIRTH_DATES) & ~pl.lit(pl.Series(unnamed))
    facts = pl.concat_str(
        "name", pl.col("birth").cast(pl.String), pl.col("sex").fill_null(""), separator=_MARK, ignore_nulls=False
    )
    return pseudonymiser.pseudonyms(people.select(pl.when(is_known).then(facts)).to_series(), kind="demographics")
