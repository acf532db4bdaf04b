"""Text of a header → times and moments, by arithmetic on whole columns."""

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

__all__ = ["moments", "times"]

_PAIRS: Final = "(?:[0-9]{2}"
_CLOCK: Final = rf"^[0-9]{{2}}{_PAIRS}{_PAIRS}(?:\.[0-9]{{1,6}})?)?)?$"
_RETIRED_CLOCK: Final = r"^[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?$"
_MOMENT: Final = rf"^[0-9]{{4}}{_PAIRS * 5}(?:\.[0-9]{{1,6}})?{')?' * 5}(?:[+-][0-9]{{4}})?$"
_MICRO: Final = 1_000_000


def times(text: pl.Series) -> pl.Series:
    """HH, HHMM, HHMMSS, HHMMSS.F, or the retired forms with colons; null for anything else."""
    colons = text.str.contains(":", literal=True)
    if colons.any():
        retired = text.str.contains(_RETIRED_CLOCK)
        text = text.str.replace_all(":", "", literal=True).set(colons & ~retired, None)
    known = text.str.contains(_CLOCK).fill_null(False).to_numpy()
    since, on_the_clock = _microseconds(text)
    return _column(since * 1000, known & on_the_clock).cast(pl.Time)


def moments(text: pl.Series) -> pl.Series:
    """The local clock of YYYY[MM[DD[HH[MM[SS[.F]]]]]][±ZZZZ]; null for anything else.

    An offset from UTC is checked and dropped, and a missing month or day is the first.
    """
    known = text.str.contains(_MOMENT).fill_null(False)
    local = text.set(~known, None).str.replace(r"[+-][0-9]{4}$", "")
    day, clock = local.str.slice(0, 8), local.str.slice(8)
    day = (day + "0101").str.slice(0, 8).zip_with(day.str.len_bytes() < 6, (day + "01").str.slice(0, 8))
    date = day.str.to_datetime("%Y%m%d", strict=False, time_unit="us")
    since, on_the_clock = _microseconds(clock)
    return date + _column(since, known.to_numpy() & on_the_clock).cast(pl.Duration("us"))


def _microseconds(digits: pl.Series) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Microseconds since midnight of HHMMSS.F or its beginning, and whether a clock can show it.

    A leap second counts as the second before. Twelve digits are exact in a double.
    """
    number = digits.cast(pl.Float64, strict=False).fill_null(0.0).to_numpy()
    length = digits.str.len_bytes().fill_null(0).to_numpy()
    number = number * np.select([length == 2, length == 4], [10_000, 100], 1)
    on_the_clock = (number >= 0) & (number < 240_000)
    whole = np.where(on_the_clock, number, 0).astype(np.int64)
    fraction = np.where(on_the_clock, np.rint((number - whole) * _MICRO), 0).astype(np.int64)
    hours, minutes, seconds = whole // 10_000, whole // 100 % 100, whole % 100
    on_the_clock &= (minutes < 60) & (seconds <= 60)
    return (hours * 3600 + minutes * 60 + np.minimum(seconds, 59)) * _MICRO + fraction, on_the_clock


def _column(values: npt.NDArray[np.int64], known: npt.NDArray[np.bool_]) -> pl.Series:
    return pl.Series(pl.from_arrow(pa.array(values, mask=~known)))
