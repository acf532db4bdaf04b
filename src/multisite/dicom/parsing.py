"""Text of a header → values, column by column.

Text that is no value of its form gives null. Callers hold the text beside it, so that a null from text that was there
is known as invalid.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from multisite.dicom.attributes import ITEM_MARK, Attribute, Form
from multisite.dicom.clocks import moments, times

__all__ = ["parse", "possible_years", "years_between"]

_DAYS_PER_YEAR: Final = 365.25
_AGE_UNITS: Final = {"D": 1 / _DAYS_PER_YEAR, "W": 7 / _DAYS_PER_YEAR, "M": 1 / 12, "Y": 1.0}
_OLDEST_YEARS: Final = 150.0
"""What says that somebody is older stands for something else, or is a slip."""


def parse(attributes: Sequence[Attribute], text: pl.DataFrame) -> dict[str, pl.Series]:
    """The column of each attribute from its text, stripped of padding, by keyword.

    A list is null as a whole if one of its values is no value, or if it has not the number of values that the
    dictionary fixes. An empty place in a list of numbers is null and does not spoil the others.
    """
    text = text.select(pl.when(pl.all() != "").then(pl.all()))
    lists = [attribute for attribute in attributes if attribute.many]
    plain = [a for a in attributes if not a.many and a.form in _EXPRESSIONS]
    columns = text.select(_EXPRESSIONS[a.form](pl.col(a.keyword)).alias(a.keyword) for a in plain).to_dict()
    for form, function in _FUNCTIONS.items():
        keywords = [a.keyword for a in attributes if not a.many and a.form is form]
        columns |= _at_once(function, {keyword: text[keyword] for keyword in keywords})
    places = text.select(
        pl.col(attribute.keyword).str.split(ITEM_MARK if attribute.of_items else "\\") for attribute in lists
    )
    for form in {attribute.form for attribute in lists}:
        columns |= _lists(form, [attribute for attribute in lists if attribute.form is form], places)
    return columns


def _at_once(function: Callable[[pl.Series], pl.Series], columns: dict[str, pl.Series]) -> dict[str, pl.Series]:
    """Apply a function to all columns laid end to end: a column costs little, a call does."""
    if not columns:
        return {}
    joined = function(pl.concat([column.rename("") for column in columns.values()]))
    ends = accumulate(len(column) for column in columns.values())
    return {
        keyword: joined.slice(end - len(column), len(column))
        for (keyword, column), end in zip(columns.items(), ends, strict=True)
    }


def _lists(form: Form, attributes: Sequence[Attribute], places: pl.DataFrame) -> dict[str, pl.Series]:
    """Every value of every list at once, put back into lists."""
    held = {attribute.keyword: _Lists.of(places[attribute.keyword]) for attribute in attributes}
    flat = {keyword: column.flat for keyword, column in held.items()}
    values = flat if form in (Form.TEXT, Form.CODES) else _at_once(partial(_one_by_one, form), flat)
    return {a.keyword: held[a.keyword].filled_with(values[a.keyword], a) for a in attributes}


def _one_by_one(form: Form, flat: pl.Series) -> pl.Series:
    if form in _FUNCTIONS:
        return _FUNCTIONS[form](flat)
    return flat.to_frame("values").select(_EXPRESSIONS[form](pl.col("values"))).to_series()


@dataclass(frozen=True, slots=True)
class _Lists:
    """A column of lists taken apart."""

    flat: pl.Series
    offsets: npt.NDArray[np.int64]
    present: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, column: pl.Series) -> "_Lists":
        lists = column.to_arrow()
        flat = pl.Series(pl.from_arrow(lists.flatten()), dtype=pl.String)
        lengths = lists.value_lengths().fill_null(0).to_numpy()
        return cls(flat, np.concatenate([[0], np.cumsum(lengths)]), lists.is_valid().to_numpy(zero_copy_only=False))

    def filled_with(self, values: pl.Series, attribute: Attribute) -> pl.Series:
        """The same lists of other values, null where a value or their number is wrong."""
        good = self.present.copy()
        lengths = np.diff(self.offsets)
        if attribute.vm.isdigit() and attribute.form in _NUMBERS:
            good &= lengths == int(attribute.vm)
        if values.null_count():
            spoilt = (values.is_null() & (self.flat != "")).to_numpy()
            good[np.repeat(np.arange(len(lengths)), lengths)[spoilt]] = False
        mask = pa.array(~good)
        lists = pa.LargeListArray.from_arrays(pa.array(self.offsets), values.to_arrow(), mask=mask)
        return pl.Series(pl.from_arrow(lists), dtype=attribute.dtype)


def possible_years(years: pl.Expr) -> pl.Expr:
    """The age in years, null where nobody has that: below 0, above 150, or no number."""
    return pl.when(years.is_between(0.0, _OLDEST_YEARS)).then(years)


def years_between(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """The age in whole years from one date to another, null if they are in the wrong order or too far apart."""
    birthday_to_come = _day_of_year(end) < _day_of_year(start)
    years = end.dt.year() - start.dt.year() - birthday_to_come.cast(pl.Int32)
    return pl.when(end >= start).then(possible_years(years.cast(pl.Float64)))


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
    digits = text.str.replace(r"^([0-9]{4})\.([0-9]{2})\.([0-9]{2})$", "$1$2$3")
    return pl.when(digits.str.contains("^[0-9]{8}$")).then(digits).str.to_date("%Y%m%d", strict=False)


def _age(text: pl.Expr) -> pl.Expr:
    number = text.str.extract(r"^([0-9]{1,3})[DWMY]$").cast(pl.Float64)
    unit = text.str.slice(-1).replace_strict(_AGE_UNITS, default=None, return_dtype=pl.Float64)
    return possible_years(number * unit)


def _decimal(text: pl.Expr) -> pl.Expr:
    number = text.cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number)


def _integer(text: pl.Expr) -> pl.Expr:
    """An integer, or a decimal that is one."""
    number = _decimal(text)
    from_decimal = pl.when(number == number.floor()).then(number.cast(pl.Int64, strict=False))
    return pl.coalesce(text.cast(pl.Int64, strict=False), from_decimal)


_EXPRESSIONS: Final[dict[Form, Callable[[pl.Expr], pl.Expr]]] = {
    Form.TEXT: _as_it_is,
    Form.CODES: _as_it_is,
    Form.PSEUDONYM: _as_it_is,
    Form.CODE: _code,
    Form.UID: _matching("^[0-9.]{1,64}$"),
    Form.SEX: _one_of("M", "F", "O"),
    Form.YES_NO: _yes_no,
    Form.LATERALITY: _one_of("L", "R", "B", "U"),
    Form.LOSSY: _one_of("00", "01"),
    Form.UTC_OFFSET: _matching("^[+-][0-9]{4}$"),
    Form.DATE: _date,
    Form.AGE: _age,
    Form.DECIMAL_TEXT: _decimal,
    Form.INTEGER_TEXT: _integer,
}
_FUNCTIONS: Final[dict[Form, Callable[[pl.Series], pl.Series]]] = {Form.TIME: times, Form.DATETIME: moments}
_NUMBERS: Final = frozenset({Form.DECIMAL_TEXT, Form.INTEGER_TEXT})
