"""The flow diagram: what became of objects and cases, from the stores to the test set."""

from collections.abc import Sequence
from dataclasses import dataclass

from multisite.pack.figures.canvas import SMALL, TEXT, Canvas, text_width, wrapped
from multisite.pack.figures.figure import Panel
from multisite.pack.figures.palette import ACCENT, BAND, GRID, INK, MUTED

__all__ = ["PANEL_WIDTH", "FlowStep", "draw_flow"]

PANEL_WIDTH = 340
_MAIN = 152.0
_SIDE_LEFT = 170.0
_LINE = 14.0
_PAD = 7.0
_GAP = 18.0


@dataclass(frozen=True, slots=True)
class FlowStep:
    """A box of the main column: a number and its words; ``left_out`` stand beside the arrow that leads to it."""

    number: str
    words: str
    left_out: tuple[tuple[str, str], ...] = ()
    last: bool = False


def draw_flow(steps: Sequence[FlowStep], *, slug: str, title: str, description: str) -> Panel:
    """Main boxes on the left from top to bottom; what was left out on the right, where it happened."""
    plan = _plan(steps)
    canvas = Canvas(PANEL_WIDTH, plan[-1].bottom + 2)
    for i, place in enumerate(plan):
        _draw_main(canvas, place)
        if i:
            middle = _MAIN / 2
            canvas.line([middle, middle], [plan[i - 1].bottom, place.top - 4], colour=MUTED, width=1.2)
            canvas.dots([middle], [place.top - 4], colour=MUTED, shape="down", size=7)
    return Panel(canvas.to_svg(slug=slug, title=title, description=description))


@dataclass(frozen=True, slots=True)
class _Place:
    step: FlowStep
    words: tuple[str, ...]
    sides: tuple[tuple[float, float, str, tuple[str, ...]], ...]
    top: float
    bottom: float


def _plan(steps: Sequence[FlowStep]) -> list[_Place]:
    places: list[_Place] = []
    y = 2.0
    for step in steps:
        if places:
            y += _GAP
        sides = []
        for number, reason in step.left_out:
            room = PANEL_WIDTH - _SIDE_LEFT - 2 * _PAD - _indent(number)
            lines = tuple(wrapped(reason, room, SMALL))
            height = len(lines) * (_LINE - 1) + 2 * _PAD - 2
            sides.append((y, y + height, number, lines))
            y += height + 6
        if sides:
            y += _GAP - 6
        words = tuple(wrapped(step.words, _MAIN - 2 * _PAD, SMALL))
        bottom = y + 2 * _PAD + _LINE + len(words) * (_LINE - 1)
        places.append(_Place(step, words, tuple(sides), y, bottom))
        y = bottom
    return places


def _indent(number: str) -> float:
    return text_width(number, SMALL) * 1.15 + 6


def _draw_main(canvas: Canvas, place: _Place) -> None:
    for top, bottom, number, lines in place.sides:
        middle = (top + bottom) / 2
        canvas.line([_MAIN / 2, _SIDE_LEFT], [middle, middle], colour=MUTED, width=1.2)
        canvas.box(_SIDE_LEFT, top, PANEL_WIDTH, bottom, colour=GRID)
        canvas.text(_SIDE_LEFT + _PAD, top + _PAD + 9, number, size=SMALL, bold=True)
        for i, line in enumerate(lines):
            canvas.text(_SIDE_LEFT + _PAD + _indent(number), top + _PAD + 9 + i * (_LINE - 1), line, size=SMALL)
    canvas.box(0, place.top, _MAIN, place.bottom, colour=BAND)
    canvas.line([1.5, 1.5], [place.top, place.bottom], colour=ACCENT if place.step.last else MUTED, width=3)
    canvas.text(_PAD + 3, place.top + _PAD + 11, place.step.number, bold=True, size=TEXT + 1)
    for i, line in enumerate(place.words):
        canvas.text(_PAD + 3, place.top + _PAD + 11 + (i + 1) * (_LINE - 1) + 1, line, size=SMALL, colour=INK)
