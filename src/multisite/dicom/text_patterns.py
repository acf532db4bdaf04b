"""What looks like a date, a telephone number, an e-mail address or a titled name, wherever it stands in a text."""

from typing import Final

import polars as pl

from multisite.dicom.trace_codes import TraceOf

__all__ = ["CLOCK_IN_UID", "MAY_HOLD", "PATTERNS", "rows_with"]

_YEAR: Final = "(?:19|20)[0-9]{2}"
_MONTH: Final = "(?:0[1-9]|1[0-2])"
_DAY: Final = "(?:0[1-9]|[12][0-9]|3[01])"
_TITLES: Final = r"(?:(?:Mrs|Miss|Herr|Frau|Mme|Mlle)\.?|(?:Mr|Ms|Dr|Prof)\.)"
"""Without its dot, the title of a doctor or a man is the modality DR or MR in a text of capitals and small letters."""

PATTERNS: Final[dict[TraceOf, str]] = {
    TraceOf.DATE: (
        rf"(?:^|[^0-9])(?:{_YEAR}(?:{_MONTH}{_DAY}|[-./]{_MONTH}[-./]{_DAY})|"
        rf"[0-3]?[0-9][-./][0-3]?[0-9][-./]{_YEAR})(?:$|[^0-9])"
    ),
    TraceOf.TELEPHONE_NUMBER: (
        r"(?i:\b(?:tel|phone|telephone|telefon|mobile|fax)\b)[.: ]*[+(]?[0-9][0-9 ()/.-]{5,}[0-9]"
        r"|\+[1-9][0-9]{0,2}[ (/-][0-9 ()/-]{6,}[0-9]"
        r"|(?:\([2-9][0-9]{2}\) ?|\b[2-9][0-9]{2}[-.])[0-9]{3}[-.][0-9]{4}\b"
    ),
    TraceOf.E_MAIL_ADDRESS: r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}",
    TraceOf.TITLED_NAME: rf"\b{_TITLES} ?\p{{Lu}}\p{{L}}+",
}
"""What of a person has a form by which it is known."""

MAY_HOLD: Final = r"@|[0-9]{3}|Mrs|Miss|Herr|Frau|Mme|Mlle|Mr\.|Ms\.|Dr\.|Prof\."
"""A text in which this is not found has none of the patterns; it is sooner looked for."""

CLOCK_IN_UID: Final = rf"(?:^|\.)(?:19[89]|20[0-4])[0-9]{_MONTH}{_DAY}(?:[01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]"
"""A component of a UID that begins with date and time to the second, as several vendors make them."""


def rows_with(pattern: str, texts: pl.Series) -> pl.Series:
    """Whether each text has the pattern; false where there is no text. Each distinct text is looked at once."""
    distinct = texts.unique()
    held = distinct.filter(distinct.str.contains(pattern).fill_null(False))
    return texts.is_in(held.implode()).fill_null(False)
