"""The five lines of the status table, the changes that are told, and what could not be judged."""

from collections.abc import Mapping, Sequence
from typing import Any

from multisite.notify.content.agreement import Agreement
from multisite.notify.content.mail import Change, Gap, StatusLine
from multisite.notify.content.written import (
    change_words,
    count_words,
    day_words,
    hide_small_counts,
    month_words,
    one_line,
    share_words,
    usual_words,
    value_words,
)
from multisite.vocabulary import FALLS, SINCE, MonitorFamily, MonitorKind, MonitorStatus

__all__ = ["MOST_CHANGES", "MOST_GAPS", "changes_of", "event_words", "gaps_of", "is_signal", "status_lines"]

MOST_CHANGES = 3
MOST_GAPS = 5

Row = Mapping[str, Any]

_LINES = (
    ("Feed", (MonitorFamily.FEED,), "volume_"),
    ("Inputs", (MonitorFamily.ACQUISITION, MonitorFamily.POPULATION), ""),
    ("AI output", (MonitorFamily.OUTPUT,), "alert_"),
    ("Agreement", (MonitorFamily.AGREEMENT, MonitorFamily.PERFORMANCE), "disagrees_"),
    ("Subgroups", (MonitorFamily.SUBGROUPS,), ""),
)
_WORDS = {
    MonitorStatus.SIGNAL: "changed",
    MonitorStatus.PLANNED: "planned change",
    MonitorStatus.MUTED: "muted",
    MonitorStatus.SMALL: "in range",
    MonitorStatus.IN_RANGE: "in range",
    MonitorStatus.NOT_ASSESSABLE: "not judged",
}
_ORDER = list(_WORDS)


def is_signal(row: Row) -> bool:
    """Whether the month signals in a row of DRIFT_MONITORS."""
    return bool(row["status"] == MonitorStatus.SIGNAL.value)


def status_lines(monitors: Sequence[Row], performance: Sequence[Row], *, minimum: int) -> tuple[StatusLine, ...]:
    """Feed, inputs, output, agreement and subgroups, each with the monitor that says most of it."""
    fallen = sorted(
        (row for row in performance if row["verdict"] in FALLS), key=lambda row: FALLS.index(row["verdict"])
    )
    lines = []
    for title, families, first in _LINES:
        members = [row for row in monitors if row["family"] in families]
        if title == "Agreement" and fallen:
            lines.append(StatusLine(title, "changed", _performance_words(fallen[0], minimum)))
        else:
            lines.append(_line(title, members, first=first, minimum=minimum))
    return tuple(lines)


def _line(title: str, members: Sequence[Row], *, first: str, minimum: int) -> StatusLine:
    if not members:
        return StatusLine(title, "not watched", "no monitor of this kind")
    shown = min(members, key=lambda row: _rank(row, first))
    status = MonitorStatus(shown["status"])
    n, n_judged = len(members), sum(row["status"] != MonitorStatus.NOT_ASSESSABLE.value for row in members)
    if status is MonitorStatus.NOT_ASSESSABLE:
        return StatusLine(title, _WORDS[status], _why(shown, minimum))
    if status in (MonitorStatus.IN_RANGE, MonitorStatus.SMALL) and not shown["monitor"].startswith(first or "\0"):
        return StatusLine(title, _WORDS[status], f"{n_judged} of {n} monitors judged, all in range")
    since = month_words(shown["since"]) if status is MonitorStatus.SIGNAL and shown["since"] else ""
    now = f"{_title(shown)}: {value_words(shown, minimum)}"
    return StatusLine(title, _WORDS[status], now, usual_words(shown), since)


def _rank(row: Row, first: str) -> tuple[int, bool, float]:
    status = _ORDER.index(MonitorStatus(row["status"]))
    return (status, not (first and row["monitor"].startswith(first)), -(row["evidence"] or 0.0))


def changes_of(
    monitors: Sequence[Row], events: Sequence[Row], agreement: Agreement, *, minimum: int
) -> tuple[Change, ...]:
    """Every signal, the most telling first: by family as the table, then by evidence."""
    families = [MonitorFamily.PERFORMANCE, MonitorFamily.OUTPUT, *MonitorFamily]
    signals = sorted(
        filter(is_signal, monitors), key=lambda row: (families.index(row["family"]), -(row["evidence"] or 0.0))
    )
    total = max((row["n_studies"] for row in monitors if row["kind"] != MonitorKind.SILENCE.value), default=0)
    return tuple(_change(row, events, agreement, minimum, total) for row in signals)


def _change(row: Row, events: Sequence[Row], agreement: Agreement, minimum: int, total: int) -> Change:
    n = row["n_studies"]
    return Change(
        title=_title(row),
        now=value_words(row, minimum),
        usual=usual_words(row),
        size=change_words(row, minimum),
        # What lacks to all studies, or to another monitor's, would be told by the difference.
        n_studies=f"all but <{minimum} of {total:,}" if 0 < total - n < minimum else count_words(n, minimum),
        since=month_words(row["since"] or row["month"]),
        event=event_words(row["event"], events, agreement),
        mix=_mix(row, minimum),
    )


def event_words(title: str | None, events: Sequence[Row], agreement: Agreement) -> str:
    """An event with its day, and the hospital's name of its device where it has one; empty for none."""
    if not title:
        return ""
    told = next((event for event in reversed(events) if event["title"] == title), None)
    words = one_line(title, longest=140)
    if told is None:
        return words
    device = agreement.device_name(told["device"])
    return f"{words} ({f'{one_line(device, longest=40)}, ' if device else ''}{day_words(told['date'])})"


def _mix(row: Row, minimum: int) -> str:
    mix, within = row["mix_change"], row["within_change"]
    if row["mix_axis"] is None or mix is None or within is None or change_words(row, minimum) == "":
        return ""
    axis = row["mix_axis"].replace("_", " ")
    parts = [f"{100 * part:+.1f}".replace("-", "\N{MINUS SIGN}") for part in (mix, within)]
    return f"{parts[0]} points from another mix of {axis}, {parts[1]} within equal {axis}"


def gaps_of(monitors: Sequence[Row], performance: Sequence[Row], *, minimum: int) -> tuple[Gap, ...]:
    """What could not be judged, performance first; monitors with one reason stand together."""
    fallen = {(row["finding"], row["measure"]) for row in performance if row["verdict"] in FALLS}
    gaps = [
        Gap(_measure(row), one_line(hide_small_counts(_performance_gap(row, minimum), minimum)))
        for row in performance
        if row["verdict"] == "insufficient evidence" and (row["finding"], row["measure"]) not in fallen
    ]
    by_reason: dict[str, list[str]] = {}
    for row in monitors:
        told = bool(performance) and row["family"] == MonitorFamily.PERFORMANCE.value
        if row["status"] == MonitorStatus.NOT_ASSESSABLE.value and not told:
            by_reason.setdefault(_why(row, minimum), []).append(_title(row))
    return (*gaps, *(Gap(_several(titles), why) for why, titles in by_reason.items()))


def _several(titles: Sequence[str]) -> str:
    unique = list(dict.fromkeys(titles))
    more = len(unique) - 2
    return ", ".join(unique[:2]) + (f" and {more} more" if more > 0 else "")


def _why(row: Row, minimum: int) -> str:
    return one_line(hide_small_counts(row["reason"] or "no reason was given", minimum))


def _title(row: Row) -> str:
    title = one_line(row["title"], longest=80)
    named = row["kind"] == MonitorKind.CATEGORY.value and row["cell"]
    if named and row["cell"] == "other":
        return f"{title}, other values"
    return f"{title} {one_line(row['cell'], longest=40)}" if named else title


def _measure(row: Row) -> str:
    words = {"labels": "from labels", "audit": "from the audit", "without labels": "estimated without labels"}
    finding = row["finding"].replace("_", " ")
    return f"{row['measure'].capitalize()} for {finding}, {words.get(row['method'], row['method'])}"


def _performance_words(row: Row, minimum: int) -> str:
    estimate, n = row["estimate"], row["n_labelled"] or 0
    if estimate is None or n < minimum:
        return f"{_measure(row)}: <{minimum} labels" if 0 < n < minimum else f"{_measure(row)}: —"
    validated = f" (validated: {share_words(row['reference'])})" if row["reference"] is not None else ""
    since = f" since {month_words(row['level'])}" if row["axis"] == SINCE else ""
    return f"{_measure(row)}: {share_words(estimate)}{since}{validated}"


def _performance_gap(row: Row, minimum: int) -> str:
    n = row["n_labelled"]
    needed = f": {count_words(n or 0, minimum)} labelled, {row['n_needed']:,} are needed" if row["n_needed"] else ""
    when = f"; next estimate in {month_words(row['next_month'])}" if row["next_month"] else ""
    return f"{row['reason'] or 'too few labels'}{needed}{when}"
