"""Drift panels: a monitor's months at one site against its baseline."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from multisite.pack.figures.canvas import SMALL, TEXT, Canvas, fitted
from multisite.pack.figures.figure import Panel
from multisite.pack.figures.palette import ACCENT, ALERT, BAND, MUTED, PAPER
from multisite.pack.numbers import count, decimals_for_width, fixed

__all__ = ["PANEL_WIDTH", "DriftMonth", "draw_drift"]

PANEL_WIDTH = 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 8.0, 194.0, 42.0, 126.0
_HEIGHT = 162.0
_STEPS = 4


@dataclass(frozen=True, slots=True)
class DriftMonth:
    """One month: its value (``None`` where there is no comparison, with the reason) and Evidently's verdict.

    ``band`` is the range in which a month of this size would fall in 95 of 100 draws from the baseline, where that is
    known (shares); ``flagged`` is Evidently's verdict.
    """

    month: str
    n: int
    value: float | None
    flagged: bool | None
    band: tuple[float, float] | None = None
    reason: str = ""


def draw_drift(
    months: Sequence[DriftMonth],
    *,
    slug: str,
    site: str,
    baseline: float | None,
    low: float,
    high: float,
    category: str = "",
    unit: str = "",
) -> Panel:
    """One site's panel on the value axis from ``low`` to ``high``, shared by the sites.

    ``category`` names what a share is of. A hollow mark is a month with a value and without a comparison.
    """
    canvas = Canvas(PANEL_WIDTH, _HEIGHT)
    scale = _Scale(len(months), low, high)
    canvas.text(0, 13, fitted(site, PANEL_WIDTH, TEXT + 1), bold=True, size=TEXT + 1)
    note = f"{_sizes(months)} · {category}" if category else _sizes(months)
    canvas.text(0, 28, fitted(note, PANEL_WIDTH, SMALL), size=SMALL, colour=MUTED)
    _months(canvas, months, scale)
    digits = decimals_for_width((high - low) / _STEPS or 1.0)
    if baseline is not None:
        _baseline(canvas, months, scale, baseline, digits)
    known = [(scale.x(i), m) for i, m in enumerate(months) if m.value is not None]
    if len(known) > 1:
        canvas.line([x for x, _ in known], [scale.y(m.value or 0.0) for _, m in known], colour=ACCENT, width=1.6)
    for x, month in known:
        y = scale.y(month.value or 0.0)
        if month.flagged is None:
            canvas.dots([x], [y], colour=PAPER, edge=MUTED, size=6)
        elif month.flagged:
            canvas.dots([x], [y], colour=ALERT, shape="square", size=8)
        else:
            canvas.dots([x], [y], colour=ACCENT, size=6)
    if known:
        x, month = known[-1]
        y = scale.y(month.value or 0.0)
        if baseline is not None and abs(y - scale.y(baseline)) < 12:
            y = scale.y(baseline) + (-12 if y <= scale.y(baseline) else 12)
        canvas.text(x + 8, y + 4, fixed(month.value or 0.0, digits), size=SMALL, colour=ACCENT)
    title = f"{site}: months against the baseline"
    return Panel(canvas.to_svg(slug=slug, title=title, description=_described(site, months, baseline, digits, unit)))


@dataclass(frozen=True, slots=True)
class _Scale:
    n: int
    low: float
    high: float

    def x(self, i: int) -> float:
        return _LEFT + 10 + (_RIGHT - _LEFT - 20) * (i / (self.n - 1) if self.n > 1 else 0.5)

    def y(self, value: float) -> float:
        span = self.high - self.low
        return _BOTTOM - (_BOTTOM - _TOP) * ((value - self.low) / span if span > 0 else 0.5)


def _sizes(months: Sequence[DriftMonth]) -> str:
    sizes = [month.n for month in months]
    if min(sizes) == max(sizes):
        return f"n {count(sizes[0])}"
    return f"n {count(min(sizes))} to {count(max(sizes))}"


def _months(canvas: Canvas, months: Sequence[DriftMonth], scale: _Scale) -> None:
    every = math.ceil(len(months) / 6)
    canvas.segments([(scale.x(i), _TOP, scale.x(i), _BOTTOM) for i in range(len(months))])
    for i, month in enumerate(months):
        x = scale.x(i)
        if i % every == 0:
            # Months of one year need no year but the first.
            canvas.text(x, _BOTTOM + 15, month.month[5:], anchor="center", size=SMALL, colour=MUTED)
            if i == 0 or month.month[:4] != months[i - every].month[:4]:
                canvas.text(x, _BOTTOM + 29, month.month[:4], anchor="center", size=SMALL, colour=MUTED)
        if month.value is None:
            canvas.text(x, (_TOP + _BOTTOM) / 2, "—", anchor="center", colour=MUTED)


def _baseline(canvas: Canvas, months: Sequence[DriftMonth], scale: _Scale, baseline: float, digits: int) -> None:
    banded = [(scale.x(i), m.band) for i, m in enumerate(months) if m.band is not None]
    if banded:
        half = 10.0 if len(banded) == 1 else 0.0
        xs = [banded[0][0] - half, *(x for x, _ in banded[1:-1]), banded[-1][0] + half]
        if len(banded) == 1:
            banded = banded * 2
        lows, highs = [scale.y(b[0]) for _, b in banded], [scale.y(b[1]) for _, b in banded]
        canvas.area([*xs, *reversed(xs)], [*lows, *reversed(highs)], colour=BAND)
    y = scale.y(baseline)
    canvas.line([_LEFT, _RIGHT], [y, y], colour=MUTED, dashed=True, width=1.2)
    canvas.text(_RIGHT + 4, y + 4, fixed(baseline, digits), size=SMALL, colour=MUTED)


def _described(site: str, months: Sequence[DriftMonth], baseline: float | None, digits: int, unit: str) -> str:
    parts = [f"{site}. Baseline {fixed(baseline, digits)}{unit}." if baseline is not None else f"{site}. No baseline."]
    for month in months:
        if month.value is None:
            parts.append(f"{month.month}: no comparison ({month.reason}).")
        else:
            said = "; Evidently calls it different" if month.flagged else ""
            parts.append(f"{month.month}: {fixed(month.value, digits)}{unit}, n {count(month.n)}{said}.")
    return " ".join(parts)
