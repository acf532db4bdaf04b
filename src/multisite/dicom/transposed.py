"""Records seen as columns.

Asking every record for every slot visits each record many times, long after it has left the processor's cache. Here
each record is visited once: those that fill the same slots in the same order are turned on their side together.
"""

from collections.abc import Mapping, Sequence

__all__ = ["Transposed"]


class Transposed:
    """The columns of ``records``, each a mapping of slots to bytes."""

    def __init__(self, records: Sequence[Mapping[int, bytes]]) -> None:
        shapes: dict[tuple[int, ...], list[int]] = {}
        for row, record in enumerate(records):
            shapes.setdefault(tuple(record), []).append(row)
        self._size = len(records)
        self._pieces: dict[int, list[tuple[int, tuple[bytes, ...]]]] = {}
        order: list[int] = []
        for shape, rows in shapes.items():
            columns = zip(*(records[row].values() for row in rows), strict=True)
            for slot, cells in zip(shape, columns, strict=True):
                self._pieces.setdefault(slot, []).append((len(order), cells))
            order += rows
        self._places: list[int] | None = None
        if len(shapes) > 1:
            self._places = [0] * self._size
            for place, row in enumerate(order):
                self._places[row] = place

    @property
    def slots(self) -> frozenset[int]:
        """The slots that any record fills."""
        return frozenset(self._pieces)

    def column(self, slot: int) -> list[bytes | None]:
        """What each record has in the slot; None where it has none."""
        grouped: list[bytes | None] = []
        for begin, cells in self._pieces.get(slot, ()):
            grouped += [None] * (begin - len(grouped))
            grouped += cells
        grouped += [None] * (self._size - len(grouped))
        return grouped if self._places is None else list(map(grouped.__getitem__, self._places))
