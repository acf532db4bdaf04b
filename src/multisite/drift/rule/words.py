"""Monitors and months in words, the same in mails, pages and reports."""

from collections.abc import Mapping
from datetime import date

from multisite.drift.rule.series import Monitor
from multisite.vocabulary import OVERALL, MonitorKind

__all__ = ["day_words", "in_words", "month_words", "value_words"]

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNITS = ("_mm", "_kv", "_years")
_OF_PAIR = {
    "score": "AI score for {finding}",
    "alert": "AI alert rate for {finding}",
    "disagrees": "AI and report disagree on {finding}",
    "sensitivity": "Sensitivity for {finding}",
    "specificity": "Specificity for {finding}",
}
_OF_MODEL = {
    "abstained": "Abstentions of the AI",
    "failed": "Studies that the AI could not process",
    "volume": "Studies a month",
    "silence": "Days without any study",
}


def in_words(monitor: Monitor, titles: Mapping[str, str]) -> str:
    """A monitor in words; ``titles`` are those of the findings, by id."""
    words = _name(monitor.id, monitor.finding, titles)
    if monitor.axis == OVERALL:
        return words
    return f"{_plain(monitor.axis)} {monitor.level}: {words}"


def month_words(month: str) -> str:
    """``2026-10`` as ``Oct 2026``."""
    year, number = month.split("-")
    return f"{_MONTHS[int(number) - 1]} {year}"


def day_words(day: date) -> str:
    """A day as ``12 Oct 2026``."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def value_words(value: float, kind: MonitorKind, unit: str) -> str:
    """A value with its unit: a share in per cent, a count as it is, a number with three digits."""
    if kind in (MonitorKind.SHARE, MonitorKind.CATEGORY):
        return f"{100 * value:.1f} %"
    if kind in (MonitorKind.VOLUME, MonitorKind.SILENCE):
        return f"{value:.0f}"
    return f"{value:.3g} {unit}".rstrip()


def _name(name: str, finding: str, titles: Mapping[str, str]) -> str:
    if name == "invalid_tags":
        return "Studies with a tag that cannot be read"
    if name.startswith("missing_"):
        return f"Studies without {_lower(_name(name.removeprefix('missing_'), finding, titles))}"
    first = name.partition("_")[0]
    if first in _OF_PAIR and finding:
        return _OF_PAIR[first].format(finding=_lower(titles.get(finding, finding)))
    if first in _OF_MODEL:
        return _OF_MODEL[first]
    return _plain(name)


def _plain(column: str) -> str:
    name = column
    for unit in _UNITS:
        name = name.removesuffix(unit)
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def _lower(words: str) -> str:
    # "AI score" and "CT dose" keep their letters.
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]
