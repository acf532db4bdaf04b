"""Forest plots: a row per site or level, the interval heavier than the point, n at the row's end."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from multisite.pack.evidence import EstimateRow
from multisite.pack.figures.canvas import SMALL, TEXT, Canvas, fitted, text_width
from multisite.pack.figures.figure import Panel
from multisite.pack.figures.palette import ACCENT, ALERT, GRID, INK, MUTED, PAPER
from multisite.pack.numbers import NO_NUMBER, count, fixed, write

__all__ = ["PANEL_WIDTH", "ForestRow", "common_start", "draw_forest"]

PANEL_WIDTH = 340
_SIDE, _TICK_ROOM = 4.0, 9.0
_HEAD, _FOOT = 42.0, 28.0
_ROW, _HEADING, _EXTRA = 34.0, 26.0, 14.0


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One row: its label, and its estimate (``None`` where none was written). Without either it is a heading.

    ``shape``: a ``bar`` from end to end of the interval with a notch; a ``diamond`` as wide as it; or a ``span``, a
    thin line of which only the ends mean something.
    """

    label: str
    estimate: EstimateRow | None = None
    heading: bool = False
    total: bool = False
    shape: Literal["bar", "diamond", "span"] = "bar"


def common_start(estimates: Sequence[EstimateRow | None]) -> float:
    """Left end of an axis shared by panels: the tenth at or below every sound interval; never above 0.5."""
    lowest = min((row.low for row in estimates if row is not None and row.sound), default=0.5)
    return max(0.0, min(0.5, math.floor(lowest * 10) / 10))


def draw_forest(
    rows: Sequence[ForestRow],
    *,
    slug: str,
    metric: str,
    counted: str,
    title: str,
    start: float,
    reference: EstimateRow | None,
    reference_word: str = "all sites",
) -> Panel:
    """A panel of one metric on the axis from ``start`` to 1, with the ``reference`` estimate as a dashed line.

    ``reference_word`` says beside the line what it is of.

    ``counted`` names what n counts (the denominator of a proportion, else cases). Rows that the reference lies wholly
    above are marked by a triangle. Rows without a number show the reason instead.
    """
    tops: list[float] = []
    y = _HEAD
    for row in rows:
        tops.append(y)
        y += _height(row)
    canvas = Canvas(PANEL_WIDTH, y + _FOOT)
    scale = _Scale(start)
    expected = reference.value if reference is not None and reference.sound else None
    canvas.text(0, 13, metric, bold=True, size=TEXT + 1)
    canvas.text(PANEL_WIDTH, 13, f"estimate (interval) · {counted}", anchor="right", size=SMALL, colour=MUTED)
    _axis(canvas, scale, y + 2, y + 16)
    if expected is not None:
        words = f"{reference_word} {_reference_digits(reference)}"
        half = text_width(words, SMALL) / 2
        canvas.text(
            min(max(scale(expected), half), PANEL_WIDTH - half), 31, words, anchor="center", size=SMALL, colour=MUTED
        )
    for row, top in zip(rows, tops, strict=True):
        if row.heading:
            canvas.text(0, top + 17, fitted(row.label, PANEL_WIDTH), bold=True)
        else:
            _draw_row(canvas, row, top, scale, expected)
    said = f"{title}. {_described(rows, expected)}"
    return Panel(canvas.to_svg(slug=slug, title=f"{metric}: forest plot", description=said))


@dataclass(frozen=True, slots=True)
class _Scale:
    start: float

    def __call__(self, value: float) -> float:
        span = PANEL_WIDTH - 2 * _SIDE
        return _SIDE + span * (min(max(value, self.start), 1.0) - self.start) / (1.0 - self.start)

    @property
    def ticks(self) -> list[float]:
        step = 0.1 if self.start >= 0.4 else 0.2
        first = math.ceil(round(self.start / step, 6))
        return [i * step for i in range(first, round(1 / step) + 1)]


def _height(row: ForestRow) -> float:
    if row.heading:
        return _HEADING
    estimate = row.estimate
    thin_with_number = estimate is not None and not estimate.sound and estimate.estimate is not None
    return _ROW + (_EXTRA if thin_with_number else 0)


def _axis(canvas: Canvas, scale: _Scale, y: float, y_text: float) -> None:
    for tick in scale.ticks:
        canvas.line([scale(tick)] * 2, [y, y + 4], colour=MUTED)
        # The outermost labels would stick out of the picture if they were centred.
        x = min(max(scale(tick), _TICK_ROOM), PANEL_WIDTH - _TICK_ROOM)
        canvas.text(x, y_text, fixed(tick, 1), anchor="center", size=SMALL, colour=MUTED)


def _draw_row(canvas: Canvas, row: ForestRow, top: float, scale: _Scale, expected: float | None) -> None:
    estimate, y = row.estimate, top + 22
    counts = estimate is not None and row.shape != "span"
    n = (
        ""
        if estimate is None or not counts
        else count(estimate.n_cases if estimate.denominator is None else estimate.denominator)
    )
    canvas.text(PANEL_WIDTH, top + 11, n, anchor="right", size=SMALL, colour=MUTED)
    end = PANEL_WIDTH - 44
    if estimate is None or estimate.estimate is None:
        why = "not computed" if estimate is None else estimate.why
        canvas.text(0, top + 11, fitted(row.label, end - 20), colour=MUTED)
        canvas.text(end, top + 11, NO_NUMBER, anchor="right", colour=MUTED)
        canvas.text(0, top + 25, fitted(why, PANEL_WIDTH, SMALL), size=SMALL, colour=MUTED, italic=True)
        return
    below = expected is not None and not row.total and estimate.sound and estimate.high < expected
    words = _words(row, estimate)
    label = ("▼ " if below else "") + row.label
    room = end - text_width(words) - 8
    colour = INK if estimate.sound else MUTED
    canvas.text(0, top + 11, fitted(label, room), colour=colour, bold=row.total)
    canvas.text(end, top + 11, words, anchor="right", colour=colour, bold=row.total)
    # Lines are drawn above areas: they would cross a diamond out.
    _track(canvas, scale, y, expected, ruled=row.shape != "diamond")
    if estimate.sound and row.shape == "diamond":
        _diamond(canvas, scale, estimate, y)
    elif estimate.sound and row.shape == "span":
        _span(canvas, scale, estimate, y)
    elif estimate.sound:
        _interval(canvas, scale, estimate, y, ALERT if below else INK if row.total else ACCENT)
    else:
        _thin(canvas, scale, estimate, y)
        canvas.text(0, top + 38, fitted(estimate.why, PANEL_WIDTH, SMALL), size=SMALL, colour=MUTED, italic=True)


def _words(row: ForestRow, estimate: EstimateRow) -> str:
    number = write(estimate.estimate or 0.0, estimate.ci_low, estimate.ci_high)
    return number.interval.strip("()") if row.shape == "span" else str(number)


def _track(canvas: Canvas, scale: _Scale, y: float, expected: float | None, *, ruled: bool) -> None:
    if ruled:
        ticks = [(scale(tick), y - 3, scale(tick), y + 3) for tick in scale.ticks]
        canvas.segments([(_SIDE, y, PANEL_WIDTH - _SIDE, y), *ticks], colour=GRID)
    if expected is not None:
        canvas.line([scale(expected)] * 2, [y - 7, y + 7], colour=MUTED, dashed=True, width=1.2)


def _interval(canvas: Canvas, scale: _Scale, estimate: EstimateRow, y: float, colour: str) -> None:
    left, right = scale(estimate.low), scale(estimate.high)
    # An interval narrower than the point would hide behind it.
    centre = scale(estimate.value)
    canvas.line([min(left, centre - 3), max(right, centre + 3)], [y, y], colour=colour, width=6)
    canvas.line([centre, centre], [y - 3, y + 3], colour=PAPER, width=1.6)


def _diamond(canvas: Canvas, scale: _Scale, estimate: EstimateRow, y: float) -> None:
    centre = scale(estimate.value)
    left, right = min(scale(estimate.low), centre - 3), max(scale(estimate.high), centre + 3)
    canvas.area([left, centre, right, centre], [y, y - 6, y, y + 6], colour=INK)


def _span(canvas: Canvas, scale: _Scale, estimate: EstimateRow, y: float) -> None:
    left, right = scale(estimate.low), scale(estimate.high)
    canvas.line([left, right], [y, y], colour=INK, width=1.6)
    canvas.segments([(right, y - 4, right, y + 4)], colour=INK, width=1.6)
    if estimate.low < scale.start:
        # The range goes on beyond the axis; its ends stand in words beside the label.
        canvas.area([left - 3, left + 5, left + 5], [y, y - 4, y + 4], colour=INK)
    else:
        canvas.segments([(left, y - 4, left, y + 4)], colour=INK, width=1.6)


def _thin(canvas: Canvas, scale: _Scale, estimate: EstimateRow, y: float) -> None:
    if estimate.ci_low is not None and estimate.ci_high is not None:
        canvas.line([scale(estimate.ci_low), scale(estimate.ci_high)], [y, y], colour=MUTED, width=1.6, dashed=True)
    else:
        canvas.dots([scale(estimate.estimate or 0.0)], [y], colour=PAPER, edge=MUTED, size=5)


def _reference_digits(reference: EstimateRow | None) -> str:
    return write(reference.value, reference.low, reference.high).point if reference is not None else ""


def _described(rows: Sequence[ForestRow], expected: float | None) -> str:
    sound = [(r, r.estimate) for r in rows if not r.heading and r.estimate is not None and r.estimate.sound]
    thin = sum(1 for r in rows if not r.heading) - len(sound)
    drawn = [(r, e) for r, e in sound if r.shape == "bar"]
    if not drawn:
        return f"No row has enough cases; {thin} rows show the reason."
    low = min(drawn, key=lambda pair: pair[1].value)
    high = max(drawn, key=lambda pair: pair[1].value)
    words = [
        f"{len(drawn)} rows have an estimate, from {write(low[1].value, low[1].low, low[1].high)} in {low[0].label}"
        f" to {write(high[1].value, high[1].low, high[1].high)} in {high[0].label}."
    ]
    if expected is not None:
        below = [row.label for row, e in drawn if not row.total and e.high < expected]
        words.append(f"Wholly below the estimate over all sites: {', '.join(below) or 'none'}.")
    words.extend(f"{r.label}: {_words(r, e)}." for r, e in sound if r.shape != "bar")
    if thin:
        words.append(f"{thin} rows have too few cases or none and show the reason.")
    return " ".join(words)
