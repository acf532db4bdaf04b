"""Numbers, months and days as a mail writes them; what is under the smallest cell is hidden here, and nowhere else."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from multisite.vocabulary import MonitorKind

__all__ = [
    "change_words",
    "closely",
    "count_words",
    "day_words",
    "hide_small_counts",
    "is_hidden",
    "month_words",
    "one_line",
    "share_words",
    "usual_words",
    "value_words",
]

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_COUNTED = r"(?:study|studies|patients?|positives?|negatives?|cases?|labels?|values?|rows?|readings?)"
_SMALL = re.compile(rf"(?<![\d.,–-])(\d+)(?= (?:[a-z]+ )?{_COUNTED}\b)")
_DATE = re.compile(rf"\b(?:\d{{1,2}} )?(?:{'|'.join(_MONTHS)}) \d{{4}}\b")
_SHARES = (MonitorKind.SHARE, MonitorKind.CATEGORY)


def month_words(month: str) -> str:
    """``2026-10`` as ``Oct 2026``."""
    year, number = month.split("-")
    return f"{_MONTHS[int(number) - 1]} {year}"


def day_words(day: date) -> str:
    """A day as ``20 Nov 2026``."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def one_line(text: str, *, longest: int = 160) -> str:
    """``text`` without line breaks and control characters, cut at ``longest`` characters."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    plain = " ".join(plain.split())
    return plain if len(plain) <= longest else plain[: longest - 1].rstrip() + "…"


def closely(text: str) -> str:
    """``text`` with no-break spaces inside days, months and per cents, so that no line ends in one."""
    text = text.replace(" %", "\N{NO-BREAK SPACE}%")
    return _DATE.sub(lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), text)


def count_words(number: int, minimum: int) -> str:
    """A count; ``<10`` where it is under ``minimum`` and not 0."""
    return f"<{minimum}" if 0 < number < minimum else f"{number:,}"


def hide_small_counts(text: str, minimum: int) -> str:
    """``text`` with every count of studies, patients, … under ``minimum`` replaced by ``<10``."""
    return _SMALL.sub(lambda found: count_words(int(found[1]), minimum), text)


def is_hidden(row: Mapping[str, Any], minimum: int) -> bool:
    """Whether the value of a row of DRIFT_MONITORS would give away a count under ``minimum``, or its complement."""
    kind, value, n = MonitorKind(row["kind"]), row["value"], row["n_studies"]
    if kind is MonitorKind.SILENCE:
        return False
    if kind is MonitorKind.VOLUME:
        return bool(value is not None and 0 < round(value) < minimum)
    if 0 < n < minimum:
        return True
    if value is None or kind is MonitorKind.NUMBER:
        return False
    counted = round(value * n)
    return bool(0 < counted < minimum or 0 < n - counted < minimum)


def value_words(row: Mapping[str, Any], minimum: int) -> str:
    """The month's value with its unit; a hidden count as ``<10 of 412``, an undefined value as a dash."""
    kind, value, n = MonitorKind(row["kind"]), row["value"], row["n_studies"]
    if value is None:
        return "—"
    if not is_hidden(row, minimum):
        return _number(value, row)
    if kind in _SHARES and n >= minimum:
        small = f"<{minimum} of {n:,}"
        return small if round(value * n) < minimum else f"all but {small}"
    return f"<{minimum} studies"


def usual_words(row: Mapping[str, Any]) -> str:
    """The usual range at the month's number of studies; empty where there is none."""
    low, high = row["usual_low"], row["usual_high"]
    if low is None or high is None:
        return f"usual {_number(row['usual'], row)}" if row["usual"] is not None else ""
    first, last = _number(low, row), _number(high, row)
    if first == last:
        return f"usual {first}"
    # The unit stands once.
    unit = next(
        (
            sign
            for sign in (" %", " studies", " days", f" {row['unit']}")
            if first.endswith(sign) and last.endswith(sign)
        ),
        "",
    )
    return f"usual {first.removesuffix(unit)} to {last}"


def change_words(row: Mapping[str, Any], minimum: int) -> str:
    """The size of the change in its unit, with its sign; empty where it is undefined, or tells a hidden count."""
    change, unit = row["change"], row["change_unit"]
    if change is None or is_hidden(row, minimum):
        return ""
    sign = "+" if change > 0 else "\N{MINUS SIGN}"
    if unit == "share":
        return f"{sign}{100 * abs(change):.1f} percentage points"
    if unit == "volume":
        return f"{sign}{100 * abs(change):.0f} % of the usual volume"
    return f"{sign}{abs(change):.2g} {unit}".rstrip()


def share_words(share: float) -> str:
    """A share in per cent: one decimal, none from 100 % on."""
    return f"{100 * share:.1f} %" if share < 1 else f"{100 * share:.0f} %"


def _number(value: float, row: Mapping[str, Any]) -> str:
    kind = MonitorKind(row["kind"])
    if kind in _SHARES:
        return share_words(value)
    if kind is MonitorKind.VOLUME:
        return f"{value:,.0f} studies"
    if kind is MonitorKind.SILENCE:
        return f"{value:.0f} days"
    digits = f"{value:.3g}".replace("-", "\N{MINUS SIGN}")
    return f"{digits} {row['unit']}".rstrip()
