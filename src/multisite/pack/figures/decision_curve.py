"""A decision curve: net benefit of acting on the score, on everybody and on nobody, over what one might act from."""

from collections.abc import Sequence
from dataclasses import dataclass

from multisite.pack.figures.canvas import SMALL, TEXT, Canvas, fitted
from multisite.pack.figures.figure import Panel
from multisite.pack.figures.palette import ACCENT, BAND, INK, MUTED
from multisite.pack.numbers import fixed

__all__ = ["PANEL_WIDTH", "BenefitPoint", "draw_decision_curve"]

PANEL_WIDTH = 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 34.0, 258.0, 58.0, 228.0
_HEIGHT = 268.0


@dataclass(frozen=True, slots=True)
class BenefitPoint:
    """Net benefit, with its interval where there is one, and that of acting on everybody."""

    act_from: float
    value: float
    ci_low: float | None
    ci_high: float | None
    treat_all: float


def draw_decision_curve(
    points: Sequence[BenefitPoint], *, slug: str, label: str, note: str, act_from: float, low: float, high: float
) -> Panel:
    """One site's panel on a value axis from ``low`` to ``high``; what lies below ``low`` is cut off.

    ``act_from`` is marked by an upright line.
    """
    canvas = Canvas(PANEL_WIDTH, _HEIGHT)
    canvas.text(0, 13, fitted(label, PANEL_WIDTH, TEXT + 1), bold=True, size=TEXT + 1)
    canvas.text(0, 28, fitted(note, PANEL_WIDTH, SMALL), size=SMALL, colour=MUTED)
    canvas.text(0, _TOP - 9, "net benefit", size=SMALL, colour=MUTED)
    first, last = points[0].act_from, points[-1].act_from

    def x(value: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * (value - first) / ((last - first) or 1.0)

    def y(value: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * (min(max(value, low), high) - low) / ((high - low) or 1.0)

    for tick in (0.0, high / 2, high):
        canvas.line([_LEFT, _RIGHT], [y(tick)] * 2)
        canvas.text(_LEFT - 5, y(tick) + 4, fixed(tick, 2), anchor="right", size=SMALL, colour=MUTED)
    for tick in (first, (first + last) / 2, last):
        canvas.text(x(tick), _BOTTOM + 16, fixed(tick, 2), anchor="center", size=SMALL, colour=MUTED)
    banded = [(p.act_from, p.ci_low, p.ci_high) for p in points if p.ci_low is not None and p.ci_high is not None]
    if len(banded) > 1:
        xs = [x(place) for place, _, _ in banded]
        edge = [y(end) for _, end, _ in banded], [y(end) for _, _, end in banded]
        canvas.area([*xs, *reversed(xs)], [*edge[0], *reversed(edge[1])], colour=BAND)
    canvas.line([_LEFT, _RIGHT], [y(0.0)] * 2, colour=INK, width=1.2)
    everybody = [p for p in points if p.treat_all >= low]
    canvas.line([x(p.act_from) for p in everybody], [y(p.treat_all) for p in everybody], colour=INK, dashed=True)
    canvas.line([x(p.act_from) for p in points], [y(p.value) for p in points], colour=ACCENT, width=2.4)
    if first <= act_from <= last:
        canvas.line([x(act_from)] * 2, [_TOP, _BOTTOM], colour=MUTED, width=1.2)
    canvas.text(_RIGHT + 4, y(points[-1].value) - 3, "score", size=SMALL, colour=ACCENT)
    canvas.text(_RIGHT + 4, y(0.0) + 11, "nobody", size=SMALL)
    if everybody:
        end = everybody[-1]
        beside = x(end.act_from) > _RIGHT - 40
        canvas.text(
            _RIGHT + 4 if beside else x(end.act_from) + 3,
            _BOTTOM if not beside else y(end.treat_all) + 4,
            "everybody",
            size=SMALL,
        )
    middle = (_LEFT + _RIGHT) / 2
    canvas.text(middle, _HEIGHT - 6, "acting from a probability of", anchor="center", size=SMALL, colour=MUTED)
    return Panel(canvas.to_svg(slug=slug, title=f"{label}: decision curve", description=_described(label, points)))


def _described(label: str, points: Sequence[BenefitPoint]) -> str:
    better = [p for p in points if p.value > max(0.0, p.treat_all)]
    words = f"{label}: net benefit of acting on the score from {points[0].act_from:g} to {points[-1].act_from:g}; "
    if not better:
        return words + "nowhere above that of acting on everybody or on nobody."
    return words + f"above acting on everybody and on nobody at {len(better)} of {len(points)} points."
