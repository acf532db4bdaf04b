"""ROC curves: the share of positives that are called against that of negatives, one panel per site."""

from collections.abc import Sequence
from dataclasses import dataclass

from multisite.pack.figures.canvas import SMALL, TEXT, Canvas, fitted
from multisite.pack.figures.figure import Panel
from multisite.pack.figures.palette import ACCENT, GRID, INK, MUTED
from multisite.pack.numbers import fixed

__all__ = ["PANEL_WIDTH", "RocCurve", "draw_roc"]

PANEL_WIDTH = 260
_LEFT, _RIGHT, _TOP, _SIDE = 30.0, 250.0, 58.0, 220.0
_HEIGHT = _TOP + _SIDE + 36


@dataclass(frozen=True, slots=True)
class RocCurve:
    """Rising points (1 − specificity, sensitivity) from (0, 0) to (1, 1), and the operating point with its intervals:
    (1 − specificity, low, high) and (sensitivity, low, high); None where it was not estimated.
    """

    points: tuple[tuple[float, float], ...]
    false_alarms: tuple[float, float, float] | None = None
    sensitivity: tuple[float, float, float] | None = None


def draw_roc(curve: RocCurve, others: Sequence[RocCurve], *, slug: str, label: str, note: str) -> Panel:
    """One site's curve over those of the others; the cross is the operating point with both intervals."""
    canvas = Canvas(PANEL_WIDTH, _HEIGHT)
    canvas.text(0, 13, fitted(label, PANEL_WIDTH, TEXT + 1), bold=True, size=TEXT + 1)
    canvas.text(0, 28, fitted(note, PANEL_WIDTH, SMALL), size=SMALL, colour=MUTED)
    quarters = (0.0, 0.25, 0.5, 0.75, 1.0)
    canvas.segments([(_x(0), _y(tick), _x(1), _y(tick)) for tick in quarters])
    canvas.segments([(_x(tick), _y(0), _x(tick), _y(1)) for tick in quarters])
    for tick in (0.0, 0.5, 1.0):
        canvas.text(_LEFT - 5, _y(tick) + 4, fixed(tick, 1), anchor="right", size=SMALL, colour=MUTED)
        canvas.text(_x(tick), _y(0) + 15, fixed(tick, 1), anchor="center", size=SMALL, colour=MUTED)
    canvas.text(0, _TOP - 9, "sensitivity", size=SMALL, colour=MUTED)
    canvas.text((_LEFT + _RIGHT) / 2, _HEIGHT - 4, "1 − specificity", anchor="center", size=SMALL, colour=MUTED)
    canvas.line([_x(0), _x(1)], [_y(0), _y(1)], colour=MUTED, dashed=True, width=1.2)
    for other in others:
        _line(canvas, other, colour=GRID, width=1.2)
    _line(canvas, curve, colour=ACCENT, width=2.0)
    if curve.false_alarms is not None and curve.sensitivity is not None:
        (x, left, right), (y, low, high) = curve.false_alarms, curve.sensitivity
        canvas.line([_x(left), _x(right)], [_y(y)] * 2, colour=INK, width=3)
        canvas.line([_x(x)] * 2, [_y(low), _y(high)], colour=INK, width=3)
    return Panel(canvas.to_svg(slug=slug, title=f"{label}: ROC curve", description=_described(label, note, curve)))


def _line(canvas: Canvas, curve: RocCurve, *, colour: str, width: float) -> None:
    canvas.line([_x(x) for x, _ in curve.points], [_y(y) for _, y in curve.points], colour=colour, width=width)


def _x(value: float) -> float:
    return _LEFT + (_RIGHT - _LEFT) * value


def _y(value: float) -> float:
    return _TOP + _SIDE * (1 - value)


def _described(label: str, note: str, curve: RocCurve) -> str:
    said = f"{label}: {note}."
    if curve.false_alarms is None or curve.sensitivity is None:
        return said
    x, y = curve.false_alarms[0], curve.sensitivity[0]
    return f"{said} At the operating point the sensitivity is {fixed(y, 2)} and one less the specificity {fixed(x, 2)}."
