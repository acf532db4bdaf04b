"""The ribbon: locks, looks and deviations of every ledger on one axis of time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from multisite.audit import Chain, Event
from multisite.pack.figures.canvas import SMALL, TEXT, Canvas, fitted
from multisite.pack.figures.figure import Figure, Panel
from multisite.pack.figures.palette import ACCENT, ALERT, INK, MUTED
from multisite.pack.numbers import count
from multisite.pack.tables.table import Cell, Column, Row, Table, counted, plain_table

__all__ = ["ribbon_figure"]

_WIDTH, _LEFT, _RIGHT, _TOP, _STEP = 340, 92.0, 326.0, 22.0, 26.0

_SHOWN: Final[Mapping[str, tuple[str, Literal["circle", "square", "up"], str]]] = {
    Event.LOCK.value: ("lock", "square", ACCENT),
    Event.LOOK.value: ("look at test labels", "circle", INK),
    Event.DEVIATION.value: ("deviation", "up", ALERT),
}
"""Events that bear on whether results are planned: words, shape, colour."""


@dataclass(frozen=True, slots=True)
class _Mark:
    time: datetime
    event: str


def ribbon_figure(chains: Mapping[str, Chain], names: Mapping[str, str]) -> Figure:
    """A line per ledger; ``names`` are what the ledgers are called."""
    marks = {name: _marks(chain) for name, chain in chains.items()}
    times = [mark.time for own in marks.values() for mark in own]
    canvas = Canvas(_WIDTH, _TOP + _STEP * (len(chains) + 2))
    first, last = (min(times), max(times)) if times else (None, None)
    for place, (name, own) in enumerate(marks.items()):
        y = _TOP + _STEP * place
        canvas.text(0, y + 4, fitted(names[name], _LEFT - 8, TEXT))
        canvas.line([_LEFT, _RIGHT], [y, y])
        for event, (_, shape, colour) in _SHOWN.items():
            xs = [_x(mark.time, first, last) for mark in own if mark.event == event]
            if xs:
                canvas.dots(xs, [y] * len(xs), colour=colour, shape=shape, size=8)
    bottom = _TOP + _STEP * len(chains)
    if first and last:
        begun, ended = _ends(first, last)
        canvas.text(_LEFT, bottom, begun, size=SMALL, colour=MUTED)
        canvas.text(_RIGHT, bottom, ended, size=SMALL, colour=MUTED, anchor="right")
    x = 6.0
    for words, shape, colour in _SHOWN.values():
        canvas.dots([x], [bottom + 22], colour=colour, shape=shape, size=8)
        canvas.text(x + 10, bottom + 26, words, size=SMALL)
        x += 62 if words == "lock" else 132
    data = _table(chains, marks, names)
    return Figure(
        slug="ribbon",
        title=_title(marks),
        subtitle="Locks of the protocol, looks at test labels and deviations, as the ledgers have them.",
        panels=(
            Panel(canvas.to_svg(slug="ribbon", title="Ribbon of the ledgers", description=_described(marks, names))),
        ),
        panel_width=_WIDTH,
        data=data,
        method="Times are those of the machines that wrote the entries (UTC). The ledgers are tamper-evident, as far "
        "as others hold their heads.",
    )


def _marks(chain: Chain) -> list[_Mark]:
    entries = [link.entry for link in chain.links if link.entry is not None and link.holds]
    return [_Mark(datetime.fromisoformat(e.time), e.event) for e in entries if e.event in _SHOWN]


def _ends(first: datetime, last: datetime) -> tuple[str, str]:
    """Both ends of the axis, as exactly as it takes to tell them apart."""
    if first.date() != last.date():
        return f"{first:%-d %b %Y}", f"{last:%-d %b %Y}"
    clock = "%H:%M" if last - first >= timedelta(hours=1) else "%H:%M:%S"
    return f"{first:%-d %b %Y}, {first.strftime(clock)}", last.strftime(clock)


def _x(time: datetime, first: datetime | None, last: datetime | None) -> float:
    if first is None or last is None or first == last:
        return (_LEFT + _RIGHT) / 2
    return _LEFT + 6 + (_RIGHT - _LEFT - 12) * ((time - first) / (last - first))


def _title(marks: Mapping[str, Sequence[_Mark]]) -> str:
    early = [name for name, own in marks.items() if _looked_first(own)]
    if not any(mark.event == Event.LOCK.value for own in marks.values() for mark in own):
        return "No ledger has a lock of a protocol"
    if early:
        return f"At {count(len(early))} of {count(len(marks))} ledgers labels were read before a lock"
    return "No ledger has a look at test labels before a lock"


def _looked_first(own: Sequence[_Mark]) -> bool:
    events = [mark.event for mark in own]
    return Event.LOOK.value in events and Event.LOCK.value not in events[: events.index(Event.LOOK.value)]


def _described(marks: Mapping[str, Sequence[_Mark]], names: Mapping[str, str]) -> str:
    parts = []
    for name, own in marks.items():
        said = "; ".join(f"{_SHOWN[mark.event][0]} on {mark.time:%-d %B %Y}" for mark in own) or "nothing"
        parts.append(f"{names[name]}: {said}.")
    return " ".join(parts)


def _table(chains: Mapping[str, Chain], marks: Mapping[str, Sequence[_Mark]], names: Mapping[str, str]) -> Table:
    rows = []
    for name, chain in chains.items():
        counts = [sum(mark.event == event for mark in marks[name]) for event in _SHOWN]
        rows.append(
            Row((Cell(names[name]), *(counted(n) for n in counts), counted(len(chain.links)), Cell(chain.head)))
        )
    columns = (
        Column("Ledger"),
        Column("Locks", kind="number"),
        Column("Looks", kind="number"),
        Column("Deviations", kind="number"),
        Column("Entries", kind="number"),
        Column("Head"),
    )
    return plain_table(
        "ledgers",
        "Ledgers: their counts, and the heads that this pack anchors",
        columns,
        rows,
        method="Whoever keeps this pack can tell later whether an entry up to these heads was cut off or changed.",
    )
