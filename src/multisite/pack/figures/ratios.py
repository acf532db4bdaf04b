"""A forest of O:E: a row per site or level about a line at 1, on a logarithmic axis."""

import math
from collections.abc import Sequence

from multisite.pack.figures.canvas import SMALL, TEXT, Canvas, fitted, text_width
from multisite.pack.figures.figure import Panel
from multisite.pack.figures.forest import PANEL_WIDTH, ForestRow
from multisite.pack.figures.palette import ACCENT, ALERT, GRID, INK, MUTED, PAPER
from multisite.pack.numbers import NO_NUMBER, count, fixed, write

__all__ = ["draw_ratios", "ratio_reach"]

_SIDE = 4.0
_HEAD, _FOOT, _ROW, _HEADING = 42.0, 8.0, 34.0, 26.0
_REACHES = (1.25, 1.5, 2.0, 3.0, 5.0)
_ARROW = 6.0


def ratio_reach(rows: Sequence[ForestRow]) -> float:
    """The axis runs from 1/reach to reach: the least of a few round numbers that holds every sound interval, else 5."""
    furthest = 1.0
    for row in rows:
        if row.estimate is not None and row.estimate.sound and row.estimate.low > 0.0:
            furthest = max(furthest, row.estimate.high, 1.0 / row.estimate.low)
    return next((reach for reach in _REACHES if furthest <= reach), _REACHES[-1])


def draw_ratios(rows: Sequence[ForestRow], *, slug: str, title: str, reach: float) -> Panel:
    """A panel on the axis from 1/``reach`` to ``reach``. An interval that goes on beyond it ends in an arrow.

    Rows whose interval leaves out 1 are marked: ▼ fewer cases with the finding than the scores add up to, ▲ more.
    """
    height = sum(_HEADING if row.heading else _ROW for row in rows)
    canvas = Canvas(PANEL_WIDTH, _HEAD + height + _FOOT)
    canvas.text(0, 13, "O:E", bold=True, size=TEXT + 1)
    canvas.text(PANEL_WIDTH, 13, "estimate (interval) · cases", anchor="right", size=SMALL, colour=MUTED)
    canvas.text(_SIDE, 31, f"{fixed(1 / reach, 2)} ◂ scores too high", size=SMALL, colour=MUTED)
    canvas.text(PANEL_WIDTH - _SIDE, 31, f"too low ▸ {reach:g}", anchor="right", size=SMALL, colour=MUTED)
    canvas.text(_x(1.0, reach), 31, "1", anchor="center", size=SMALL, colour=MUTED)
    top = _HEAD
    for row in rows:
        if row.heading:
            canvas.text(0, top + 17, fitted(row.label, PANEL_WIDTH), bold=True)
            top += _HEADING
        else:
            _draw(canvas, row, top, reach)
            top += _ROW
    return Panel(canvas.to_svg(slug=slug, title="O:E: forest plot", description=_described(rows, title)))


def _x(value: float, reach: float) -> float:
    inside = min(max(value, 1.0 / reach), reach)
    return _SIDE + (PANEL_WIDTH - 2 * _SIDE) * (math.log(inside) / math.log(reach) + 1.0) / 2.0


def _draw(canvas: Canvas, row: ForestRow, top: float, reach: float) -> None:
    found, y, end = row.estimate, top + 22, PANEL_WIDTH - 44
    if found is not None:
        canvas.text(PANEL_WIDTH, top + 11, count(found.n_cases), anchor="right", size=SMALL, colour=MUTED)
    if found is None or not found.sound:
        canvas.text(0, top + 11, fitted(row.label, end - 20), colour=MUTED)
        canvas.text(end, top + 11, NO_NUMBER, anchor="right", colour=MUTED)
        why = "not computed" if found is None else found.why
        canvas.text(0, top + 25, fitted(why, PANEL_WIDTH, SMALL), size=SMALL, colour=MUTED, italic=True)
        return
    off = found.excludes(1.0)
    words = str(write(found.value, found.low, found.high, expected=1.0))
    label = f"{'▼' if found.value < 1.0 else '▲'} {row.label}" if off else row.label
    canvas.text(0, top + 11, fitted(label, end - text_width(words) - 8), bold=row.total)
    canvas.text(end, top + 11, words, anchor="right", bold=row.total)
    if not row.total:
        canvas.line([_SIDE, PANEL_WIDTH - _SIDE], [y, y], colour=GRID)
    canvas.line([_x(1.0, reach)] * 2, [y - 7, y + 7], colour=MUTED, dashed=True, width=1.2)
    centre = _x(found.value, reach)
    left, right = min(_x(found.low, reach), centre - 3), max(_x(found.high, reach), centre + 3)
    if row.total:
        canvas.area([left, centre, right, centre], [y, y - 6, y, y + 6], colour=INK)
        return
    colour = ALERT if off else ACCENT
    beyond_left, beyond_right = found.low < 1.0 / reach, found.high > reach
    canvas.line([left + _ARROW * beyond_left, right - _ARROW * beyond_right], [y, y], colour=colour, width=6)
    if beyond_left:
        canvas.area([left, left + _ARROW, left + _ARROW], [y, y - 5, y + 5], colour=colour)
    if beyond_right:
        canvas.area([right, right - _ARROW, right - _ARROW], [y, y - 5, y + 5], colour=colour)
    canvas.line([centre, centre], [y - 3, y + 3], colour=PAPER, width=1.6)


def _described(rows: Sequence[ForestRow], title: str) -> str:
    drawn = [(row.label, row.estimate) for row in rows if row.estimate is not None and row.estimate.sound]
    off = [
        f"{label}: {write(found.value, found.low, found.high, expected=1.0)}"
        for label, found in drawn
        if found.excludes(1.0)
    ]
    left_out = f"1 is left out at {'; '.join(off)}." if off else "No interval leaves out 1."
    return f"{title}. {len(drawn)} rows have an interval. {left_out}"
