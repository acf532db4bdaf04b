"""Evidence over the months, on a logarithmic axis, beside the lines at which a verdict turns amber and red."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from multisite.pack.figures.canvas import SMALL, TEXT, Canvas, fitted
from multisite.pack.figures.figure import Panel
from multisite.pack.figures.palette import ACCENT, ALERT, INK, MUTED, PAPER, THIN
from multisite.pack.numbers import evidence_words

__all__ = ["PANEL_WIDTH", "EvidenceMonth", "draw_evidence"]

PANEL_WIDTH = 340
_LEFT, _RIGHT, _TOP, _BOTTOM = 40.0, 334.0, 58.0, 176.0
_HEIGHT = 198.0
_FLOOR = 0.1
_MOST_LABELS = 5
_APART = 12.0


@dataclass(frozen=True, slots=True)
class EvidenceMonth:
    """Mean evidence over the monitors, and over those that may turn the verdict red; None where there is none."""

    month: str
    evidence: float | None
    red_evidence: float | None
    amber_line: float
    red_line: float


def draw_evidence(months: Sequence[EvidenceMonth], *, slug: str, title: str) -> Panel:
    """The panel. Circles and a solid line: all monitors; squares and a dashed one: those that may turn it red."""
    canvas = Canvas(PANEL_WIDTH, _HEIGHT)
    last = months[-1]
    canvas.text(0, 13, fitted(title, PANEL_WIDTH, TEXT), bold=True)
    canvas.dots([6], [26], colour=ACCENT, size=6)
    canvas.text(14, 30, "all monitors", size=SMALL, colour=MUTED)
    canvas.dots([106], [26], colour=PAPER, edge=INK, size=6, shape="square")
    canvas.text(114, 30, "those that may turn it red", size=SMALL, colour=MUTED)
    known = [v for m in months for v in (m.evidence, m.red_evidence) if v is not None]
    top = max([10.0, *known, *(line for m in months for line in (m.amber_line, m.red_line))]) * 2
    scale = _Scale(len(months), math.log10(top))
    for power in range(-1, math.floor(scale.high) + 1):
        y = scale.y(10.0**power)
        canvas.line([_LEFT, _RIGHT], [y, y])
        canvas.text(_LEFT - 4, y + 4, f"{10.0**power:,g}", anchor="right", size=SMALL - 1, colour=MUTED)
    _lines(canvas, months, scale)
    reds = [(i, m.red_evidence) for i, m in enumerate(months) if m.red_evidence is not None]
    alls = [(i, m.evidence) for i, m in enumerate(months) if m.evidence is not None]
    _curve(canvas, reds, scale, is_red=True)
    _curve(canvas, alls, scale, is_red=False)
    every = math.ceil(len(months) / _MOST_LABELS)
    for i in range((len(months) - 1) % every, len(months), every):
        x = min(scale.x(i), _RIGHT - 18)
        canvas.text(x, _BOTTOM + 15, months[i].month, anchor="center", size=SMALL - 1, colour=MUTED)
    said = [f"{m.month}: {_number(m.evidence)}, may turn red {_number(m.red_evidence)}." for m in months]
    lines = f"Amber from {last.amber_line:g}, red from {last.red_line:g}."
    return Panel(
        canvas.to_svg(slug=slug, title=f"{title}: evidence", description=" ".join([f"{title}.", lines, *said]))
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    n: int
    high: float

    def x(self, i: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * (i + 0.5) / max(self.n, 1)

    def y(self, value: float) -> float:
        low = math.log10(_FLOOR)
        return _BOTTOM - (_BOTTOM - _TOP) * (math.log10(max(value, _FLOOR)) - low) / (self.high - low)


def _lines(canvas: Canvas, months: Sequence[EvidenceMonth], scale: _Scale) -> None:
    # A line may move with a change of the study file, so it is drawn month by month.
    half = (scale.x(1) - scale.x(0)) / 2
    for colour, of, dashed in ((THIN, "amber_line", True), (ALERT, "red_line", False)):
        ends = []
        for i, month in enumerate(months):
            y = scale.y(getattr(month, of))
            ends.append((scale.x(i) - half, y, scale.x(i) + half, y))
        canvas.segments(ends, colour=colour, width=1.8, dashed=dashed)
    amber, red = scale.y(months[0].amber_line), scale.y(months[0].red_line)
    words = (f"amber {months[0].amber_line:g}", f"red {months[0].red_line:g}")
    lower_first = amber >= red
    under = _APART if abs(amber - red) < 2 * _APART else -4.0
    canvas.text(_LEFT + 4, amber + (under if lower_first else -4), words[0], size=SMALL - 1, colour=INK)
    canvas.text(_LEFT + 4, red + (-4 if lower_first else under), words[1], size=SMALL - 1, colour=INK)


def _curve(canvas: Canvas, points: Sequence[tuple[int, float]], scale: _Scale, *, is_red: bool) -> None:
    xs, ys = [scale.x(i) for i, _ in points], [scale.y(value) for _, value in points]
    if len(points) > 1:
        canvas.line(xs, ys, colour=INK if is_red else ACCENT, width=1.2 if is_red else 1.6, dashed=is_red)
    if points and is_red:
        canvas.dots(xs, ys, colour=PAPER, edge=INK, size=5, shape="square")
    elif points:
        canvas.dots(xs, ys, colour=ACCENT, size=6)


def _number(value: float | None) -> str:
    return "none" if value is None else evidence_words(value)
