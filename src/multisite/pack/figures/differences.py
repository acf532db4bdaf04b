"""A forest of differences: a row per site about a line of no difference, with the margin as a shaded band."""

from collections.abc import Sequence
from dataclasses import dataclass

from multisite.pack.evidence import EstimateRow
from multisite.pack.figures.canvas import SMALL, TEXT, Canvas, fitted, text_width
from multisite.pack.figures.figure import Panel
from multisite.pack.figures.forest import PANEL_WIDTH
from multisite.pack.figures.palette import ACCENT, BAND, GRID, INK, MUTED, PAPER
from multisite.pack.numbers import NO_NUMBER, count, fixed, write

__all__ = ["DifferenceRow", "common_reach", "draw_differences"]

_SIDE = 4.0
_HEAD, _FOOT, _ROW = 42.0, 8.0, 34.0
_STEPS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """A site, or the mean over sites, with its difference."""

    label: str
    estimate: EstimateRow
    total: bool = False


def common_reach(estimates: Sequence[EstimateRow]) -> float:
    """Half the length of an axis about 0 that holds every sound interval: the least of a few round numbers."""
    furthest = max((max(abs(row.low), abs(row.high)) for row in estimates if row.sound), default=0.0)
    return next((step for step in _STEPS if furthest <= step), _STEPS[-1])


def draw_differences(
    rows: Sequence[DifferenceRow], *, slug: str, metric: str, title: str, reach: float, margin: float | None
) -> Panel:
    """A panel of one metric on the axis from −``reach`` to ``reach``; a loss within ``margin`` is shaded."""
    canvas = Canvas(PANEL_WIDTH, _HEAD + _ROW * len(rows) + _FOOT)
    canvas.text(0, 13, metric, bold=True, size=TEXT + 1)
    canvas.text(PANEL_WIDTH, 13, "new minus old (interval) · cases", anchor="right", size=SMALL, colour=MUTED)
    canvas.text(_SIDE, 31, f"{fixed(-reach, 2)} ◂ old better", size=SMALL, colour=MUTED)
    canvas.text(PANEL_WIDTH - _SIDE, 31, f"new better ▸ {fixed(reach, 2)}", anchor="right", size=SMALL, colour=MUTED)
    canvas.text(_x(0.0, reach), 31, "0", anchor="center", size=SMALL, colour=MUTED)
    for number, row in enumerate(rows):
        _draw(canvas, row, _HEAD + _ROW * number, reach, margin)
    return Panel(canvas.to_svg(slug=slug, title=f"{metric}: differences", description=_described(rows, title, margin)))


def _x(value: float, reach: float) -> float:
    inside = min(max(value, -reach), reach)
    return _SIDE + (PANEL_WIDTH - 2 * _SIDE) * (inside + reach) / (2 * reach)


def _draw(canvas: Canvas, row: DifferenceRow, top: float, reach: float, margin: float | None) -> None:
    found, y, end = row.estimate, top + 22, PANEL_WIDTH - 44
    canvas.text(PANEL_WIDTH, top + 11, count(found.n_cases), anchor="right", size=SMALL, colour=MUTED)
    words = str(write(found.value, found.low, found.high, expected=0.0)) if found.sound else NO_NUMBER
    colour = INK if found.sound else MUTED
    canvas.text(0, top + 11, fitted(row.label, end - text_width(words) - 8), bold=row.total, colour=colour)
    canvas.text(end, top + 11, words, anchor="right", bold=row.total, colour=colour)
    if not found.sound:
        canvas.text(0, top + 25, fitted(found.why, PANEL_WIDTH, SMALL), size=SMALL, colour=MUTED, italic=True)
        return
    if margin is not None:
        canvas.box(_x(-margin, reach), y - 7, _x(0.0, reach), y + 7, colour=BAND)
    # A diamond would be crossed out by the rule, for lines are drawn above areas.
    if not row.total:
        canvas.line([_SIDE, PANEL_WIDTH - _SIDE], [y, y], colour=GRID)
    canvas.line([_x(0.0, reach)] * 2, [y - 7, y + 7], colour=MUTED, dashed=True, width=1.2)
    centre = _x(found.value, reach)
    left, right = min(_x(found.low, reach), centre - 3), max(_x(found.high, reach), centre + 3)
    if row.total:
        canvas.area([left, centre, right, centre], [y, y - 6, y, y + 6], colour=INK)
    else:
        canvas.line([left, right], [y, y], colour=ACCENT, width=6)
        canvas.line([centre, centre], [y - 3, y + 3], colour=PAPER, width=1.6)


def _described(rows: Sequence[DifferenceRow], title: str, margin: float | None) -> str:
    said = [
        f"{row.label}: {write(row.estimate.value, row.estimate.low, row.estimate.high, expected=0.0)}"
        if row.estimate.sound
        else f"{row.label}: {row.estimate.why}"
        for row in rows
    ]
    bound = "" if margin is None else f" A loss of up to {fixed(margin, 3)} is shaded."
    return f"{title}. {'; '.join(said)}.{bound}"
