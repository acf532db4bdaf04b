"""The picture inside the mail: states of the last months, and what changed most in the last of them."""

from collections.abc import Mapping
from typing import Any

from multisite.pack.figures.canvas import SMALL, TEXT, Canvas, fitted
from multisite.pack.figures.control_chart import ChartMonth, ControlChart, last_words
from multisite.pack.figures.palette import ACCENT, ALERT, BAND, GRID, INK, MUTED, PAPER, PASS, THIN
from multisite.pack.timeline.exhibits import chart_of
from multisite.pack.timeline.record import SiteRecord, Watched
from multisite.pack.words import month_words
from multisite.vocabulary import DriftState, MonitorKind, MonitorStatus

__all__ = ["month_chart"]

_WIDTH, _SIDE = 600, 14.0
_RIBBON_MONTHS, _MOST_MODELS, _MOST_CHANGES = 12, 4, 3
_MODEL, _CHANGE, _HEADING, _FOOT = 82.0, 46.0, 26.0, 12.0
_LEFT = 300.0
_SIGN = 7.0

_COLOURS = {
    DriftState.GREEN: PASS,
    DriftState.GREY: MUTED,
    DriftState.AMBER_1: THIN,
    DriftState.AMBER_2: THIN,
    DriftState.RED: ALERT,
}
_SHORT = {DriftState.AMBER_1: "AMB-1", DriftState.AMBER_2: "AMB-2"}


def month_chart(record: SiteRecord, *, minimum_cell: int = 10) -> bytes | None:
    """A PNG 600 pixels wide, legible in grey; None where no month was judged.

    It leaves the site's analysts with the mail, so that a share is left out where it would tell a count under
    ``minimum_cell``, of those with it or of those without.

    It shows the last twelve months of up to four models, the worst first, and up to three monitors with a signal in the
    last month. What it shows stands in the mail's words, too.
    """
    if not record.months:
        return None
    models = record.models[:_MOST_MODELS]
    changes = _changes(record, minimum_cell)
    height = _SIDE + _MODEL * len(models) + (_HEADING + _CHANGE * len(changes) if changes else 0.0) + _FOOT
    canvas = Canvas(_WIDTH, height)
    top = _SIDE
    for model in models:
        _ribbon(canvas, record, model, top)
        top += _MODEL
    if changes:
        words = f"Changed in {month_words(record.months[-1])}: value on its usual range"
        canvas.text(_SIDE, top + 12, words, size=SMALL, colour=MUTED)
        top += _HEADING
    for one in changes:
        _change(canvas, chart_of(record, one), top)
        top += _CHANGE
    return canvas.to_png()


def _changes(record: SiteRecord, minimum: int) -> list[Watched]:
    last, signal = record.months[-1], MonitorStatus.SIGNAL
    found = [one for one in record.watched if last in one.rows and one.rows[last]["status"] == signal]
    return [one for one in found if _may_be_told(one.rows[last], minimum)][:_MOST_CHANGES]


def _may_be_told(row: Mapping[str, Any], minimum: int) -> bool:
    """As the mail, in which the picture stands, hides it: no count under the minimum, and none that others tell."""
    value, n, kind = row["value"], row["n_studies"], row["kind"]
    if value is None or (kind != MonitorKind.SILENCE and 0 < n < minimum):
        return False
    if kind == MonitorKind.VOLUME:
        return not 0 < round(value) < minimum
    if kind not in (MonitorKind.SHARE, MonitorKind.CATEGORY):
        return True
    count = round(value * n)
    return not any(0 < side < minimum for side in (count, n - count))


def _ribbon(canvas: Canvas, record: SiteRecord, model: str, top: float) -> None:
    rows = record.verdicts[model][-_RIBBON_MONTHS:]
    canvas.text(_SIDE, top + 10, fitted(record.model_title(model), _WIDTH - 2 * _SIDE), bold=True)
    step = (_WIDTH - 2 * _SIDE) / _RIBBON_MONTHS
    for i, row in enumerate(rows):
        state = DriftState(row["state"])
        left = _SIDE + step * i
        middle = left + step / 2 - 2
        colour = _COLOURS[state]
        canvas.box(left, top + 20, left + step - 4, top + 24, colour=colour)
        _sign(canvas, middle, top + 37, state)
        words = _SHORT.get(state, state.value)
        canvas.text(middle, top + 56, words, anchor="center", size=SMALL - 1, bold=state is not DriftState.GREEN)
        label = month_words(row["month"])
        when = label[:3] if i and not row["month"].endswith("-01") else f"{label[:3]} {row['month'][2:4]}"
        canvas.text(middle, top + 69, when, anchor="center", size=SMALL - 1, colour=MUTED)


def _sign(canvas: Canvas, x: float, y: float, state: DriftState) -> None:
    colour = _COLOURS[state]
    if state is DriftState.GREY:
        canvas.dots([x], [y], colour=PAPER, edge=colour, size=9)
    elif state is DriftState.RED:
        canvas.dots([x], [y], colour=colour, shape="square", size=11)
    elif state is DriftState.AMBER_2:
        canvas.dots([x - _SIGN, x + _SIGN], [y, y], colour=colour, shape="up", size=10)
    elif state is DriftState.AMBER_1:
        canvas.dots([x], [y], colour=colour, shape="up", size=10)
    else:
        canvas.dots([x], [y], colour=colour, size=9)


def _change(canvas: Canvas, chart: ControlChart, top: float) -> None:
    last = chart.months[-1]
    canvas.text(_SIDE, top + 12, fitted(chart.title, _LEFT - _SIDE - 12, TEXT), bold=True)
    canvas.text(_SIDE, top + 28, fitted(last_words(chart).partition(": ")[2], _LEFT - _SIDE - 12, SMALL), size=SMALL)
    low, high = _reach(last)
    right = _WIDTH - _SIDE - 8

    def x(value: float) -> float:
        return _LEFT + (right - _LEFT) * (value - low) / (high - low)

    y = top + 18
    canvas.line([_LEFT, right], [y, y], colour=GRID, width=1.2)
    if last.low is not None and last.high is not None:
        canvas.box(x(last.low), y - 8, x(last.high), y + 8, colour=BAND)
    if last.usual is not None:
        canvas.line([x(last.usual)] * 2, [y - 8, y + 8], colour=ACCENT, width=1.6)
    if last.value is not None:
        canvas.dots([x(last.value)], [y], colour=ALERT, shape="square", size=10, edge=INK)


def _reach(month: ChartMonth) -> tuple[float, float]:
    known = [v for v in (month.value, month.usual, month.low, month.high) if v is not None]
    room = 0.15 * (max(known) - min(known)) or 0.5
    return min(known) - room, max(known) + room
