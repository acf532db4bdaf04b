"""The verdict on a month in one sentence."""

from collections.abc import Sequence
from typing import Any

from multisite.drift.rule.causes import DriftEvent
from multisite.drift.rule.words import day_words, month_words, value_words
from multisite.vocabulary import DriftState, MonitorKind

__all__ = ["change_words", "sentence_of"]

OTHER = "other"
"""The cell of the values that have none of their own."""


def change_words(row: dict[str, Any]) -> str:
    """A changed monitor in words: `AI alert rate for nodule rose from 6.1 % to 9.4 %`."""
    kind, title, unit = MonitorKind(row["kind"]), row["title"], row["unit"]
    value, usual = row["value"], row["usual"]
    if kind is MonitorKind.SILENCE:
        return f"No study on {value:.0f} working days in a row"
    if value is None or usual is None:
        shift = row["change"] or 0.0
        return f"{title} {'rose' if shift > 0 else 'fell'} by {abs(shift):.2f} standard deviations"
    now, before = value_words(value, kind, unit), value_words(usual, kind, unit)
    if kind is MonitorKind.VOLUME:
        return f"{title}: {now}, where {before} are usual"
    verb = "rose" if value > usual else "fell"
    if kind is MonitorKind.CATEGORY:
        cell = "values that are rare or new" if row["cell"] == OTHER else row["cell"]
        return f"{title}: {cell} {verb} from {before} to {now}"
    if kind is MonitorKind.NUMBER:
        return f"{title} {verb} from {before} to {now} on average"
    return f"{title} {verb} from {before} to {now}"


def sentence_of(
    state: DriftState,
    *,
    month: str,
    rows: Sequence[dict[str, Any]],
    cause: DriftEvent | None,
    reason: str,
    n_monitors: int,
    n_judged: int,
    planned: Sequence[str] = (),
) -> str:
    """The sentence; ``rows`` are the signals of the month, the most telling first, ``planned`` the titles of planned
    events whose changes are seen in it.
    """
    if rows:
        after = f" after {cause.title} ({day_words(cause.day)})" if cause else ""
        more = len(rows) - 1
        also = f", and {more} more {'monitor' if more == 1 else 'monitors'}" if more else ""
        return f"{change_words(rows[0])}{after}{also}."
    if state is DriftState.GREY:
        return f"{month_words(month)} could not be judged: {reason}."
    if state is DriftState.AMBER_1:
        return f"{month_words(month)} is in range; an open case closes if the next month is, too."
    but = f", but for what was planned: {'; '.join(planned)}" if planned else ""
    return f"{n_judged} of {n_monitors} monitors were judged in {month_words(month)}, and all are in range{but}."
