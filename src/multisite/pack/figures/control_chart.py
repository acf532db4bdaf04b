"""Control charts: a monitor's months, each on the range that is usual at its number of studies."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from multisite.pack.figures.canvas import SMALL, TEXT, Canvas, fitted, text_width
from multisite.pack.figures.figure import Panel
from multisite.pack.figures.palette import ACCENT, ALERT, BAND, INK, MUTED, PAPER
from multisite.pack.numbers import count, fixed, per_cent
from multisite.vocabulary import MonitorStatus

__all__ = ["PANEL_WIDTH", "CaseSpan", "ChartMonth", "ControlChart", "draw_control_chart", "last_words", "ticks"]

PANEL_WIDTH = 340
_LEFT, _RIGHT = 40.0, 334.0
_CASES, _EVENTS, _TOP, _BOTTOM = 42.0, 57.0, 64.0, 152.0
_HEIGHT = 184.0
_MOST_LABELS = 5
_NEW_BASELINE = "new baseline"


@dataclass(frozen=True, slots=True)
class _Sign:
    colour: str
    size: float = 5.0
    shape: Literal["circle", "square", "down", "up"] = "circle"
    edge: str | None = None


_SIGNS = {
    MonitorStatus.IN_RANGE: _Sign(ACCENT),
    MonitorStatus.SMALL: _Sign(PAPER, 5.5, "square", ACCENT),
    MonitorStatus.NOT_ASSESSABLE: _Sign(PAPER, 5.5, "circle", MUTED),
    MonitorStatus.PLANNED: _Sign(PAPER, 7.5, "up", INK),
    MonitorStatus.MUTED: _Sign(PAPER, 7.5, "down", INK),
    MonitorStatus.SIGNAL: _Sign(ALERT, 8.0, "square"),
}
"""How a month is marked, by shape before colour. The last is drawn above the others."""


@dataclass(frozen=True, slots=True)
class ChartMonth:
    """One month: what was found, the range that is usual at ``n`` studies, and what the rule says of it.

    ``value`` is None where there is none; ``cell`` names the category that a share is of. ``status`` is empty for a
    month without a row.
    """

    month: str
    n: int = 0
    value: float | None = None
    usual: float | None = None
    low: float | None = None
    high: float | None = None
    cell: str = ""
    status: str = ""
    reason: str = ""
    baseline: str = ""
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseSpan:
    """A case of the monitor's family: first and last month (positions), its number, where it was acknowledged."""

    number: int
    first: int
    last: int
    acknowledged: int | None


@dataclass(frozen=True, slots=True)
class ControlChart:
    """A monitor with its months. ``is_share`` values are printed in per cent; ``unit`` follows other values."""

    slug: str
    title: str
    months: tuple[ChartMonth, ...]
    is_share: bool
    unit: str
    cases: tuple[CaseSpan, ...] = ()

    def words(self, value: float, *, step: float) -> str:
        """``value`` as printed, with the digits that tell values ``step`` apart."""
        if self.is_share:
            return per_cent(100 * value, _decimals(100 * step))
        return fixed(value, _decimals(step))

    def spread(self) -> tuple[float, float]:
        """Ends of the value axis: values and usual ranges, with some room.

        Months that could not be judged have the widest ranges, and say least: they are cut off where others are there.
        """
        judged = [m for m in self.months if m.status != MonitorStatus.NOT_ASSESSABLE and m.value is not None]
        known = [v for m in judged or self.months for v in (m.value, m.usual, m.low, m.high) if v is not None]
        low, high = (min(known), max(known)) if known else (0.0, 1.0)
        room = 0.06 * (high - low) or 0.5 * abs(high) or 0.5
        return (max(0.0, low - room) if low >= 0 else low - room), high + room


def draw_control_chart(chart: ControlChart) -> Panel:
    """The panel. Above the axis stand cases (a bar, with a tick where one was acknowledged) and letters of events."""
    canvas = Canvas(PANEL_WIDTH, _HEIGHT)
    scale = _Scale(len(chart.months), *chart.spread())
    canvas.text(0, 13, fitted(chart.title, PANEL_WIDTH, TEXT), bold=True)
    canvas.text(0, 28, fitted(last_words(chart), PANEL_WIDTH, SMALL), size=SMALL, colour=MUTED)
    _axes(canvas, chart, scale)
    _usual(canvas, chart, scale)
    _flags(canvas, chart, scale)
    _values(canvas, chart, scale)
    title = f"{chart.title}: control chart"
    return Panel(canvas.to_svg(slug=chart.slug, title=title, description=_described(chart)))


def last_words(chart: ControlChart) -> str:
    """The last month with a value in words: value, usual range, and studies."""
    known = [m for m in chart.months if m.value is not None]
    if not known:
        return "no month has a value"
    last = known[-1]
    value, step = last.value or 0.0, _step(last)
    of = f"{last.cell}: " if last.cell else ""
    unit = f" {chart.unit}" if chart.unit and not chart.is_share else ""
    usual = ""
    if last.low is not None and last.high is not None:
        usual = f", usual {chart.words(last.low, step=step)} to {chart.words(last.high, step=step)}"
    return f"{last.month}: {of}{chart.words(value, step=step)}{unit}{usual}, n {count(last.n)}"


def ticks(low: float, high: float) -> list[float]:
    """Two to five round values inside [``low``, ``high``]."""
    span = high - low
    if not span > 0:
        return [low]
    power = 10.0 ** math.floor(math.log10(span / 2))
    step = next((power * m for m in (5, 2, 1) if span / (power * m) >= 2), power)
    first = math.ceil(low / step - 1e-9)
    return [step * i for i in range(first, math.floor(high / step + 1e-9) + 1)]


@dataclass(frozen=True, slots=True)
class _Scale:
    n: int
    low: float
    high: float

    @property
    def step(self) -> float:
        return (_RIGHT - _LEFT) / max(self.n, 1)

    def x(self, i: float) -> float:
        return _LEFT + self.step * (i + 0.5)

    def y(self, value: float) -> float:
        span = self.high - self.low
        inside = min(max(value, self.low), self.high)
        return _BOTTOM - (_BOTTOM - _TOP) * ((inside - self.low) / span if span > 0 else 0.5)


def _axes(canvas: Canvas, chart: ControlChart, scale: _Scale) -> None:
    rounded = ticks(scale.low, scale.high)
    canvas.segments([(_LEFT, scale.y(tick), _RIGHT, scale.y(tick)) for tick in rounded])
    step = rounded[1] - rounded[0] if len(rounded) > 1 else abs(rounded[0]) or 1.0
    for tick in rounded:
        words = chart.words(tick, step=step)
        canvas.text(_LEFT - 4, scale.y(tick) + 4, words, anchor="right", size=SMALL - 1, colour=MUTED)
    every = math.ceil(len(chart.months) / _MOST_LABELS)
    canvas.text(0, _BOTTOM + 29, "n", size=SMALL, colour=MUTED)
    # Counted from the last month, which is the one that matters.
    for i in range((len(chart.months) - 1) % every, len(chart.months), every):
        month, x = chart.months[i], min(scale.x(i), _RIGHT - 18)
        canvas.text(x, _BOTTOM + 15, month.month, anchor="center", size=SMALL - 1, colour=MUTED)
        canvas.text(x, _BOTTOM + 29, count(month.n) if month.status else "—", anchor="center", size=SMALL, colour=MUTED)


def _usual(canvas: Canvas, chart: ControlChart, scale: _Scale) -> None:
    """The range of each month, as wide as the month: it breathes with the number of studies."""
    half = scale.step / 2
    for i, month in enumerate(chart.months):
        x = scale.x(i)
        if month.low is not None and month.high is not None:
            canvas.box(x - half, scale.y(month.high), x + half, scale.y(month.low), colour=BAND)
    usual = [
        (scale.x(i) - half, scale.y(m.usual), scale.x(i) + half, scale.y(m.usual))
        for i, m in enumerate(chart.months)
        if m.usual is not None
    ]
    canvas.segments(usual, colour=MUTED, width=1.0)


def _flags(canvas: Canvas, chart: ControlChart, scale: _Scale) -> None:
    half = scale.step / 2
    for case in chart.cases:
        left, right = scale.x(case.first) - half + 1, scale.x(case.last) + half - 1
        canvas.line([left, right], [_CASES, _CASES], colour=INK, width=3)
        words = f"case {case.number}"
        beside = right + 4 + text_width(words, SMALL - 1) <= _RIGHT
        at = right + 4 if beside else left - 4
        canvas.text(at, _CASES + 3, words, size=SMALL - 1, colour=INK, anchor="left" if beside else "right")
        if case.acknowledged is not None:
            canvas.dots([scale.x(case.acknowledged)], [_CASES], colour=PAPER, edge=INK, size=7)
    flagged = [(scale.x(i), m.events) for i, m in enumerate(chart.months) if m.events]
    canvas.segments([(x, _EVENTS + 2, x, _BOTTOM) for x, _ in flagged], colour=INK, width=0.8, dashed=True)
    for x, letters in flagged:
        words = letters[0] if len(letters) == 1 else f"{letters[0]}+"
        canvas.text(x, _EVENTS, words, anchor="center", size=SMALL - 1, bold=True)
    for i in range(1, len(chart.months)):
        before, now = chart.months[i - 1].baseline, chart.months[i].baseline
        if before and now and before != now:
            x = scale.x(i) - half
            canvas.line([x, x], [_TOP, _BOTTOM], colour=MUTED, width=1.6)
            beside = x + 4 + text_width(_NEW_BASELINE, SMALL - 1) <= _RIGHT
            anchor: Literal["left", "right"] = "left" if beside else "right"
            canvas.text(
                x + (3 if beside else -3), _BOTTOM - 4, _NEW_BASELINE, size=SMALL - 1, colour=MUTED, anchor=anchor
            )


def _runs(months: Sequence[ChartMonth]) -> Iterator[list[int]]:
    """Neighbouring months whose values are of the same thing: same category, same baseline."""
    run: list[int] = []
    for i, month in enumerate(months):
        if month.value is None:
            continue
        joined = (
            run and run[-1] == i - 1 and (months[i - 1].cell, months[i - 1].baseline) == (month.cell, month.baseline)
        )
        if run and not joined:
            yield run
            run = []
        run.append(i)
    if run:
        yield run


def _values(canvas: Canvas, chart: ControlChart, scale: _Scale) -> None:
    for run in _runs(chart.months):
        ys = [scale.y(chart.months[i].value or 0.0) for i in run]
        if len(run) > 1:
            canvas.line([scale.x(i) for i in run], ys, colour=ACCENT, width=1.4)
    for status, sign in _SIGNS.items():
        points = [(i, m) for i, m in enumerate(chart.months) if m.status == status and m.value is not None]
        if points:
            xs, ys = [scale.x(i) for i, _ in points], [scale.y(m.value or 0.0) for _, m in points]
            canvas.dots(xs, ys, colour=sign.colour, size=sign.size, shape=sign.shape, edge=sign.edge)
    for i, month in enumerate(chart.months):
        if month.value is None and month.status:
            canvas.text(scale.x(i), (_TOP + _BOTTOM) / 2 + 4, "—", anchor="center", size=SMALL, colour=MUTED)


def _step(month: ChartMonth) -> float:
    if month.low is None or month.high is None or month.high <= month.low:
        return abs(month.value or 1.0) / 50
    return (month.high - month.low) / 8


def _decimals(step: float) -> int:
    return min(max(-math.floor(math.log10(step) + 1e-9), 0), 4) if step > 0 else 2


def _described(chart: ControlChart) -> str:
    said = []
    for month in chart.months:
        if not month.status:
            continue
        if month.value is None:
            said.append(f"{month.month}: no value ({month.reason or month.status}).")
            continue
        status = "" if month.status == MonitorStatus.IN_RANGE else f", {month.status}"
        said.append(f"{month.month}: {chart.words(month.value, step=_step(month))}, n {count(month.n)}{status}.")
    return " ".join([f"{chart.title}.", *said])
