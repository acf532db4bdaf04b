"""Reliability curves: observed share against mean score, with the band a calibrated model would stay in."""

from collections.abc import Sequence
from dataclasses import dataclass

from multisite.pack.figures.canvas import SMALL, TEXT, Canvas, fitted
from multisite.pack.figures.figure import Panel
from multisite.pack.figures.palette import ACCENT, ALERT, BAND, GRID, INK, MUTED, PAPER
from multisite.pack.numbers import count, fixed

__all__ = ["PANEL_WIDTH", "ReliabilityBin", "bins_outside", "draw_reliability"]

PANEL_WIDTH = 300
_LEFT, _RIGHT, _TOP, _SIDE = 30.0, 290.0, 58.0, 240.0
_SIGNS, _BARS = 14.0, 30.0
_HEIGHT = _TOP + _SIDE + _SIGNS + _BARS + 38


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """One bin with cases: its mean score, its observed share with interval, and the band of a calibrated model."""

    n_cases: int
    n_positive: int
    mean_score: float
    observed: float
    ci_low: float
    ci_high: float
    band_low: float | None
    band_high: float | None

    @property
    def outside(self) -> bool:
        """Whether the observed share lies outside the band."""
        return (
            self.band_low is not None
            and self.band_high is not None
            and not (self.band_low <= self.observed <= self.band_high)
        )


def bins_outside(bins: Sequence[ReliabilityBin]) -> int:
    """How many bins lie outside their band."""
    return sum(b.outside for b in bins)


def draw_reliability(bins: Sequence[ReliabilityBin], *, slug: str, label: str, note: str) -> Panel:
    """One site's panel; axes run from 0 to 1 in every panel. Bars below show where the cases are.

    A triangle under a bin outside its band points to the side on which it lies.
    """
    canvas = Canvas(PANEL_WIDTH, _HEIGHT)
    canvas.text(0, 13, fitted(label, PANEL_WIDTH, TEXT + 1), bold=True, size=TEXT + 1)
    canvas.text(0, 28, fitted(note, PANEL_WIDTH, SMALL), size=SMALL, colour=MUTED)
    _grid(canvas)
    _band(canvas, bins)
    canvas.line([_x(0), _x(1)], [_y(0), _y(1)], colour=MUTED, dashed=True, width=1.2)
    for b in bins:
        colour = ALERT if b.outside else ACCENT
        canvas.line([_x(b.mean_score)] * 2, [_y(b.ci_low), _y(b.ci_high)], colour=colour, width=5)
        canvas.line([_x(b.mean_score) - 2.5, _x(b.mean_score) + 2.5], [_y(b.observed)] * 2, colour=PAPER, width=1.6)
    _signs(canvas, bins)
    _bars(canvas, bins)
    canvas.text((_LEFT + _RIGHT) / 2, _HEIGHT - 4, "score", anchor="center", size=SMALL, colour=MUTED)
    return Panel(canvas.to_svg(slug=slug, title=f"{label}: reliability curve", description=_described(label, bins)))


def _x(value: float) -> float:
    return _LEFT + (_RIGHT - _LEFT) * value


def _y(value: float) -> float:
    return _TOP + _SIDE * (1 - value)


def _grid(canvas: Canvas) -> None:
    quarters = (0.0, 0.25, 0.5, 0.75, 1.0)
    canvas.segments([(_x(0), _y(tick), _x(1), _y(tick)) for tick in quarters])
    canvas.segments([(_x(tick), _y(0), _x(tick), _y(1)) for tick in quarters])
    below = _TOP + _SIDE + _SIGNS + _BARS + 17
    for tick in (0.0, 0.5, 1.0):
        canvas.text(_LEFT - 5, _y(tick) + 4, fixed(tick, 1), anchor="right", size=SMALL, colour=MUTED)
        canvas.text(_x(tick), below, fixed(tick, 1), anchor="center", size=SMALL, colour=MUTED)
    canvas.text(0, _TOP - 9, "observed share", size=SMALL, colour=MUTED)


def _band(canvas: Canvas, bins: Sequence[ReliabilityBin]) -> None:
    banded = [
        (b.mean_score, b.band_low, b.band_high) for b in bins if b.band_low is not None and b.band_high is not None
    ]
    xs = [_x(x) for x, _, _ in banded]
    if len(banded) == 1:
        xs = [xs[0] - 4, xs[0] + 4]
        banded = banded * 2
    if banded:
        lows, highs = [_y(low) for _, low, _ in banded], [_y(high) for _, _, high in banded]
        canvas.area([*xs, *reversed(xs)], [*lows, *reversed(highs)], colour=BAND)


def _signs(canvas: Canvas, bins: Sequence[ReliabilityBin]) -> None:
    y = _TOP + _SIDE + 9
    for b in bins:
        if b.outside:
            fewer = b.observed < b.mean_score
            canvas.dots([_x(b.mean_score)], [y], colour=ALERT, size=8, shape="down" if fewer else "up")


def _bars(canvas: Canvas, bins: Sequence[ReliabilityBin]) -> None:
    floor = _TOP + _SIDE + _SIGNS + _BARS + 3
    most = max((b.n_cases for b in bins), default=1)
    for b in bins:
        height = max(1.0, (_BARS - 4) * b.n_cases / most)
        canvas.line([_x(b.mean_score)] * 2, [floor, floor - height], colour=GRID, width=12)
        with_finding = height * b.n_positive / b.n_cases
        canvas.line([_x(b.mean_score)] * 2, [floor, floor - with_finding], colour=INK, width=12)


def _described(label: str, bins: Sequence[ReliabilityBin]) -> str:
    n = sum(b.n_cases for b in bins)
    outside = [b for b in bins if b.outside]
    words = f"{label}: {count(n)} cases in {len(bins)} bins of the score; "
    if not outside:
        return words + "every bin lies inside the band that a calibrated model would stay in."
    below = sum(1 for b in outside if b.observed < b.mean_score)
    words += f"{len(outside)} bins lie outside the band that a calibrated model would stay in, "
    return words + f"{below} of them with fewer positives than the scores say."
