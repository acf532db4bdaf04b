"""A forest of a continuous endpoint in its own unit: a row per site or level, with limits of agreement where it has."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from multisite.pack.evidence import EstimateRow
from multisite.pack.figures.canvas import SMALL, TEXT, Canvas, fitted, text_width
from multisite.pack.figures.figure import Panel
from multisite.pack.figures.forest import PANEL_WIDTH
from multisite.pack.figures.palette import ACCENT, BAND, GRID, INK, MUTED, PAPER
from multisite.pack.numbers import NO_NUMBER, count, fixed, write

__all__ = ["MeasureAxis", "MeasureRow", "draw_measures", "measure_axis"]

_SIDE = 4.0
_HEAD, _FOOT, _ROW, _HEADING = 42.0, 8.0, 34.0, 26.0
_ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """A label with its mean or bias, and the two limits of agreement; without an estimate it is a heading."""

    label: str
    estimate: EstimateRow | None = None
    limits: tuple[float, float] | None = None
    heading: bool = False
    total: bool = False


@dataclass(frozen=True, slots=True)
class MeasureAxis:
    """From ``low`` to ``high`` in the unit of the measure; ``decimals`` that its ends are written with."""

    low: float
    high: float
    decimals: int

    def __call__(self, value: float) -> float:
        inside = min(max(value, self.low), self.high)
        return _SIDE + (PANEL_WIDTH - 2 * _SIDE) * (inside - self.low) / (self.high - self.low)


def measure_axis(values: Sequence[float], *, about_zero: bool) -> MeasureAxis:
    """An axis that holds all ``values``, with ends that are multiples of a round step; even about 0 if asked for."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if about_zero:
        furthest = max(abs(low), abs(high))
        low, high = -furthest, furthest
    width = high - low
    if width <= 0.0:
        low, high, width = low - 0.5, high + 0.5, 1.0
    power = 10.0 ** math.floor(math.log10(width / 4))
    step = next(power * factor for factor in _ROUND if power * factor >= width / 4 * (1 - 1e-9))
    decimals = max(0, math.isclose(step, 2.5 * power) - math.floor(math.log10(step) + 1e-9))
    return MeasureAxis(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, decimals)


def draw_measures(
    rows: Sequence[MeasureRow],
    axis: MeasureAxis,
    *,
    slug: str,
    head: str,
    title: str,
    line: float | None,
    band: tuple[float, float] | None,
) -> Panel:
    """A panel on ``axis``; ``line`` is dashed down all rows, ``band`` shades what the protocol accepts."""
    tops, y = [], _HEAD
    for row in rows:
        tops.append(y)
        y += _HEADING if row.heading else _ROW
    canvas = Canvas(PANEL_WIDTH, y + _FOOT)
    canvas.text(0, 13, head, bold=True, size=TEXT + 1)
    canvas.text(PANEL_WIDTH, 13, "estimate (interval) · cases", anchor="right", size=SMALL, colour=MUTED)
    canvas.text(_SIDE, 31, fixed(axis.low, axis.decimals), size=SMALL, colour=MUTED)
    canvas.text(PANEL_WIDTH - _SIDE, 31, fixed(axis.high, axis.decimals), anchor="right", size=SMALL, colour=MUTED)
    if axis.low < 0.0 < axis.high:
        canvas.text(axis(0.0), 31, "0", anchor="center", size=SMALL, colour=MUTED)
    for row, top in zip(rows, tops, strict=True):
        if row.heading:
            canvas.text(0, top + 17, fitted(row.label, PANEL_WIDTH), bold=True)
        else:
            _draw(canvas, row, top, axis, line, band)
    return Panel(canvas.to_svg(slug=slug, title=f"{head}: forest plot", description=f"{title}. {_described(rows)}"))


def _draw(
    canvas: Canvas, row: MeasureRow, top: float, axis: MeasureAxis, line: float | None, band: tuple[float, float] | None
) -> None:
    found, y, end = row.estimate, top + 22, PANEL_WIDTH - 44
    canvas.text(PANEL_WIDTH, top + 11, count(found.n_cases) if found else "", anchor="right", size=SMALL, colour=MUTED)
    sound = found is not None and found.sound
    words = _words(found)
    colour = INK if sound else MUTED
    canvas.text(0, top + 11, fitted(row.label, end - text_width(words) - 8), bold=row.total, colour=colour)
    canvas.text(end, top + 11, words, anchor="right", bold=row.total, colour=colour)
    if found is None or not sound:
        why = "not computed" if found is None else found.why
        canvas.text(0, top + 25, fitted(why, PANEL_WIDTH, SMALL), size=SMALL, colour=MUTED, italic=True)
        return
    if band is not None:
        canvas.box(axis(band[0]), y - 7, axis(band[1]), y + 7, colour=BAND)
    canvas.line([_SIDE, PANEL_WIDTH - _SIDE], [y, y], colour=GRID)
    if line is not None:
        canvas.line([axis(line)] * 2, [y - 7, y + 7], colour=MUTED, dashed=True, width=1.2)
    if row.limits is not None:
        left, right = (axis(limit) for limit in row.limits)
        canvas.line([left, right], [y, y], colour=INK, width=1.6)
        canvas.segments([(left, y - 4, left, y + 4), (right, y - 4, right, y + 4)], colour=INK, width=1.6)
    centre = axis(found.value)
    # An interval narrower than the point would hide behind it.
    ends = [min(axis(found.low), centre - 3), max(axis(found.high), centre + 3)]
    canvas.line(ends, [y, y], colour=INK if row.total else ACCENT, width=6)
    canvas.line([centre, centre], [y - 3, y + 3], colour=PAPER, width=1.6)


def _words(found: EstimateRow | None) -> str:
    return str(write(found.value, found.low, found.high)) if found is not None and found.sound else NO_NUMBER


def _described(rows: Sequence[MeasureRow]) -> str:
    said = [
        f"{row.label}: {_words(row.estimate)}"
        if row.estimate is not None and row.estimate.sound
        else f"{row.label}: {row.estimate.why if row.estimate is not None else 'not computed'}"
        for row in rows
        if not row.heading
    ]
    return f"{'; '.join(said)}."
