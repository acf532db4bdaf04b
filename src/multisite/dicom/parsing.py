"""Text of a header → values, as Polars expressions over whole columns.

Every expression gives null for text that is no value of its form. Callers hold the text beside it, so that
a null from text that was there is known as invalid.
"""

from collections.abc import Callable
from typing import Final

import polars as pl

from multisite.dicom.attributes import Attribute, Form

__all__ = ["parse", "years_between"]

_DAYS_PER_YEAR: Final = 365.25
_AGE_UNITS: Final = {"D": 1 / _DAYS_PER_YEAR, "W": 7 / _DAYS_PER_YEAR, "M": 1 / 12, "Y": 1.0}
_SECOND: Final = 1_000_000_000


def parse(attribute: Attribute, text: pl.Expr) -> pl.Expr:
    """The column of an attribute from its text, stripped of padding.

    A list is null as a whole if one of its values is no value, or if it has not the number of values that the
    dictionary fixes. An empty place in a list of numbers is null and does not spoil the others.
    """
    one = _PARSERS[attribute.form]
    if not attribute.many:
        return pl.when(text != "").then(one(text))
    places = pl.when(text != "").then(text.str.split("\\"))
    if attribute.form in _NEVER_INVALID:
        return places.list.eval(one(pl.element()))
    values = places.list.eval(one(pl.element()))
    unfilled = values.list.eval(pl.element().null_count()).list.first()
    good = unfilled == places.list.count_matches("")
    if attribute.vm.isdigit():
        good &= places.list.len() == int(attribute.vm)
    return pl.when(good).then(values)


def years_between(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Whole years from one date to another, null if they are in the wrong order."""
    birthday_to_come = _day_of_year(end) < _day_of_year(start)
    years = end.dt.year() - start.dt.year() - birthday_to_come.cast(pl.Int32)
    return pl.when(end >= start).then(years.cast(pl.Float64))


def _day_of_year(day: pl.Expr) -> pl.Expr:
    """Month and day as one number that is ordered alike in every year."""
    return day.dt.month().cast(pl.Int32) * 100 + day.dt.day().cast(pl.Int32)


def _as_it_is(text: pl.Expr) -> pl.Expr:
    return text


def _code(text: pl.Expr) -> pl.Expr:
    return text.str.to_uppercase()


def _one_of(*terms: str) -> Callable[[pl.Expr], pl.Expr]:
    def parse_term(text: pl.Expr) -> pl.Expr:
        upper = text.str.to_uppercase()
        return pl.when(upper.is_in(terms)).then(upper)

    return parse_term


def _yes_no(text: pl.Expr) -> pl.Expr:
    upper = text.str.to_uppercase()
    return upper.replace_strict(
        {"Y": "YES", "YES": "YES", "N": "NO", "NO": "NO", "BOTH": "BOTH"}, default=None, return_dtype=pl.String
    )


def _matching(pattern: str) -> Callable[[pl.Expr], pl.Expr]:
    def parse_text(text: pl.Expr) -> pl.Expr:
        return pl.when(text.str.contains(pattern)).then(text)

    return parse_text


def _date(text: pl.Expr) -> pl.Expr:
    retired = text.str.contains(r"^[0-9]{4}\.[0-9][0-9]\.[0-9][0-9]$")
    digits = pl.when(retired).then(text.str.replace_all(".", "", literal=True)).otherwise(text)
    whole = (digits.str.len_bytes() == 8) & digits.str.contains(r"^[0-9]{8}$")
    return pl.when(whole).then(digits).str.to_date("%Y%m%d", strict=False)


def _time(text: pl.Expr) -> pl.Expr:
    retired = text.str.contains(r"^[0-9][0-9]:[0-9][0-9](:[0-9][0-9](\.[0-9]{1,6})?)?$")
    digits = pl.when(retired).then(text.str.replace_all(":", "", literal=True)).otherwise(text)
    whole = digits.str.contains(r"^[0-9][0-9]([0-9][0-9]([0-9][0-9](\.[0-9]{1,6})?)?)?$")
    return pl.when(whole).then(_clock(digits)).cast(pl.Time)


def _clock(digits: pl.Expr) -> pl.Expr:
    """Nanoseconds since midnight of HH, HHMM, HHMMSS or HHMMSS.F; null beyond the clock. A leap second
    counts as 59."""
    hours = digits.str.slice(0, 2).cast(pl.Int64, strict=False)
    minutes = digits.str.slice(2, 2).cast(pl.Int64, strict=False).fill_null(0)
    seconds = digits.str.slice(4, 2).cast(pl.Int64, strict=False).fill_null(0)
    fraction = digits.str.slice(7).str.pad_end(9, "0").cast(pl.Int64, strict=False).fill_null(0)
    whole = hours * 3600 + minutes * 60 + seconds.clip(upper_bound=59)
    return pl.when((hours < 24) & (minutes < 60) & (seconds <= 60)).then(whole * _SECOND + fraction)


def _datetime(text: pl.Expr) -> pl.Expr:
    """The local clock as it stands; an offset from UTC is checked and dropped, a missing month or day is
    the first."""
    pattern = (
        r"^[0-9]{4}([0-9][0-9]([0-9][0-9]([0-9][0-9]([0-9][0-9]([0-9][0-9](\.[0-9]{1,6})?)?)?)?)?)?([+-][0-9]{4})?$"
    )
    local = pl.when(text.str.contains(pattern)).then(text.str.replace(r"[+-][0-9]{4}$", ""))
    day = (local.str.slice(0, 8) + pl.lit("0101")).str.slice(0, 8)
    short = local.str.len_bytes()
    day = (
        pl.when(short == 4).then(local + pl.lit("0101"))
        .when(short == 6).then(local + pl.lit("01"))
        .otherwise(local.str.slice(0, 8))
    )  # fmt: skip
    clock = pl.when(short > 8).then(_clock(local.str.slice(8))).otherwise(0)
    date = day.str.to_datetime("%Y%m%d", strict=False, time_unit="us")
    return date + (clock // 1000).cast(pl.Duration("us"))


def _age(text: pl.Expr) -> pl.Expr:
    number = text.str.extract(r"^([0-9]{1,3})[DWMY]$").cast(pl.Float64)
    unit = text.str.slice(-1).replace_strict(_AGE_UNITS, default=None, return_dtype=pl.Float64)
    return number * unit


def _decimal(text: pl.Expr) -> pl.Expr:
    number = text.cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number)


def _integer(text: pl.Expr) -> pl.Expr:
    """An integer, or a decimal that is one."""
    number = _decimal(text)
    from_decimal = pl.when(number == number.floor()).then(number.cast(pl.Int64, strict=False))
    return pl.coalesce(text.cast(pl.Int64, strict=False), from_decimal)


_PARSERS: Final[dict[Form, Callable[[pl.Expr], pl.Expr]]] = {
    Form.TEXT: _as_it_is,
    Form.PSEUDONYM: _as_it_is,
    Form.CODE: _code,
    Form.UID: _matching(r"^[0-9.]{1,64}$"),
    Form.SEX: _one_of("M", "F", "O"),
    Form.YES_NO: _yes_no,
    Form.LATERALITY: _one_of("L", "R", "B", "U"),
    Form.LOSSY: _one_of("00", "01"),
    Form.UTC_OFFSET: _matching(r"^[+-][0-9]{4}$"),
    Form.DATE: _date,
    Form.TIME: _time,
    Form.DATETIME: _datetime,
    Form.AGE: _age,
    Form.DECIMAL_TEXT: _decimal,
    Form.INTEGER_TEXT: _integer,
}
_NEVER_INVALID: Final = frozenset({Form.TEXT, Form.PSEUDONYM, Form.CODE})
