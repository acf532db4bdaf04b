"""How a number is written: never with more digits than its interval can bear."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = [
    "NO_NUMBER",
    "Written",
    "count",
    "decimals_for",
    "decimals_for_width",
    "evidence_words",
    "fixed",
    "megabytes",
    "per_cent",
    "share",
    "write",
]

NO_NUMBER = "—"
"""What stands where a number is undefined; the reason follows in words."""

_MINUS = "\N{MINUS SIGN}"
_PER_CENT = "\N{NARROW NO-BREAK SPACE}%"
_MOST_DECIMALS = 4
_WITHOUT_INTERVAL = 2
_MOST_EVIDENCE = 1e6


@dataclass(frozen=True, slots=True)
class Written:
    """A number as written: the point, and the interval in brackets (empty where there is none)."""

    point: str
    interval: str = ""

    def __str__(self) -> str:
        return f"{self.point} {self.interval}".rstrip()


def decimals_for_width(width: float) -> int:
    """Decimals such that one unit of the last digit is at most a quarter, and more than a fortieth, of ``width``.

    Between 0 and 4; 2 where the width is zero or not finite.
    """
    if not math.isfinite(width) or width <= 0:
        return _WITHOUT_INTERVAL
    # Rounding first: 0.4 / 4 is a hair below 0.1 in binary.
    exponent = math.floor(round(math.log10(width / 4), 9))
    return min(max(-exponent, 0), _MOST_DECIMALS)


def decimals_for(low: float, high: float, *, expected: float | None = None) -> int:
    """Decimals of an interval from ``low`` to ``high``.

    One more than the width asks for where rounding would otherwise move an end of the interval onto the ``expected``
    value that it excludes: the digits must not contradict the sentence beside them.
    """
    decimals = decimals_for_width(high - low)
    if expected is not None and not low <= expected <= high:
        nearest = low if expected < low else high
        while decimals < _MOST_DECIMALS and round(nearest, decimals) == round(expected, decimals):
            decimals += 1
    return decimals


def fixed(value: float, decimals: int) -> str:
    """``value`` with so many decimals, a true minus sign, and no negative zero."""
    text = f"{value:.{decimals}f}"
    if float(text) == 0:
        text = text.removeprefix("-")
    return text.replace("-", _MINUS)


def write(value: float, low: float | None, high: float | None, *, expected: float | None = None) -> Written:
    """``value`` with its interval, in the digits that the interval bears."""
    if low is None or high is None:
        return Written(fixed(value, _WITHOUT_INTERVAL))
    decimals = decimals_for(low, high, expected=expected)
    ends = fixed(low, decimals), fixed(high, decimals)
    # A dash beside a minus sign is misread.
    joint = " to " if any(end.startswith(_MINUS) for end in ends) else "–"
    return Written(fixed(value, decimals), f"({joint.join(ends)})")


def count(number: int) -> str:
    """A count with thousands separated by commas."""
    return f"{number:,}"


def share(part: int, whole: int) -> str:
    """``part`` of ``whole`` in per cent: no decimals below 1,000, one from there on; a dash for an empty whole."""
    if whole == 0:
        return NO_NUMBER
    decimals = 1 if whole >= 1000 else 0
    percent = round(100 * part / whole, decimals)
    # A case among many is not no case.
    return f"<{per_cent(10.0**-decimals, decimals)}" if part and not percent else per_cent(percent, decimals)


def evidence_words(value: float) -> str:
    """Evidence, as a multiple of none: a decimal below 10, none from there on, and no digits that nobody needs."""
    if value >= _MOST_EVIDENCE:
        return f"over {count(round(_MOST_EVIDENCE))}"
    return count(round(value)) if value >= 10 else fixed(value, 1)


def per_cent(value: float, decimals: int = 0) -> str:
    """``value`` per cent, with its sign."""
    return fixed(value, decimals) + _PER_CENT


def megabytes(sizes: Iterable[int]) -> str:
    """The sum of ``sizes`` in bytes, in the unit that leaves one to three digits before the point."""
    size = float(sum(sizes))
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{fixed(size, 0 if unit == 'B' or size >= 100 else 1)} {unit}"
        size /= 1000
    return f"{fixed(size, 1)} TB"
