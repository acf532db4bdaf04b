"""Small parts of sentences: lists, numbers with their nouns, months."""

import calendar
from collections.abc import Sequence

__all__ = ["attribute_words", "capital", "listed", "month_words", "named", "points"]

_UNITS = {"mm": "mm", "kv": "kV"}


def listed(words: Sequence[str]) -> str:
    """Words joined as in a sentence: a, b and c."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def capital(words: str) -> str:
    """Words as they begin a sentence."""
    return words[:1].upper() + words[1:]


def named(number: int, one: str, many: str) -> str:
    """A number with its noun; small numbers as words."""
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    return f"{words[number] if number < len(words) else f'{number:,}'} {one if number == 1 else many}"


def month_words(month: str) -> str:
    """A month given as YYYY-MM in words that are not broken over two lines."""
    year, _, number = month.partition("-")
    return f"{calendar.month_name[int(number)]}\N{NO-BREAK SPACE}{year}"


def points(difference: float) -> str:
    """A difference of shares in percentage points, without its sign."""
    size = round(abs(100 * difference))
    return f"{size} point" if size == 1 else f"{size} points"


def attribute_words(attribute: str) -> str:
    """An acquisition attribute as words; alone, ``model`` would be the index test."""
    if attribute == "model":
        return "scanner model"
    *words, last = attribute.split("_")
    return " ".join([*words, f"({_UNITS[last]})" if last in _UNITS else last])
