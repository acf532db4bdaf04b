"""How many bytes to ask for: learned from the headers that neighbours needed.

Instances of one series have headers of nearly one length, those of one folder of a few. What was needed is remembered
per folder and class of size, and the next length is the one that would have cost least on what was seen. Learning saves
requests and bytes; it never changes what is read from a header.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["REQUEST_COST_BYTES", "HeaderLengths", "folder_of"]

REQUEST_COST_BYTES: Final = 1 << 17
"""What one more request is worth, in bytes read in vain.

A store answers after some 10 ms, in which one of the few dozen connections at work carries about this much. It also has
the effect wanted of it: a length that leaves out 5 % of a folder's headers is worth choosing only where covering them
would cost the others more than 7 KB each.
"""

_TRUSTED: Final = 3
"""Headers that must have been seen before their lengths are believed; with fewer, the next wider circle is asked."""

_REMEMBERED: Final = 512
_CANDIDATES: Final = 48
_FIRM: Final = 32
_HANDFUL: Final = 8
_UNSEEN: Final = 1 << 14
"""Bytes asked for beyond what a header is known to have, where none as long was seen."""


def folder_of(key: str) -> str:
    """The key up to its last slash; empty without one."""
    return key.rpartition("/")[0]


class HeaderLengths:
    """The lengths that headers had, in their folder, in its parent and in the whole shard.

    Sizes fall into classes of powers of four: what shares a folder with images but is no image (reports, presentation
    states) then does not blur their lengths, and an object that is all header is asked for whole.
    """

    def __init__(self, first_read_bytes: int) -> None:
        self._first_read_bytes = first_read_bytes
        self._circles: dict[tuple[str | None, int], _Circle] = {}
        self._around: dict[tuple[str, int], tuple[_Circle, ...]] = {}

    def first(self, folder: str, size_bytes: int | None) -> int:
        """Bytes to ask for first, at least 1 and never more than the object has."""
        wanted = self._first_read_bytes
        for circle in self._of(folder, size_bytes):
            if circle.n_seen >= _TRUSTED:
                wanted = circle.best_length()
                break
        return wanted if size_bytes is None else max(1, min(wanted, size_bytes))

    def further(self, folder: str, size_bytes: int | None, *, have: int, at_least: int) -> int:
        """Length of the prefix to ask for next, when ``have`` bytes did not do and ``at_least`` are known to be needed.

        The best length among the longer headers of the narrowest circle that has any, or generously more.
        """
        for circle in self._of(folder, size_bytes):
            longer = circle.best_length_beyond(at_least)
            if longer is not None:
                return longer
        return max(at_least + _UNSEEN, 4 * have)

    def learn(self, folder: str, size_bytes: int | None, needed: int) -> None:
        """A prefix of ``needed`` bytes was enough for an object."""
        for circle in self._of(folder, size_bytes):
            circle.add(needed, size_bytes)

    def _of(self, folder: str, size_bytes: int | None) -> tuple["_Circle", ...]:
        """From the narrowest circle to the widest."""
        size_class = -1 if size_bytes is None else (size_bytes.bit_length() + 1) // 2
        found = self._around.get((folder, size_class))
        if found is None:
            names = dict.fromkeys([folder, folder_of(folder), None])
            found = tuple(self._circles.setdefault((name, size_class), _Circle()) for name in names)
            self._around[folder, size_class] = found
        return found


class _Circle:
    """Header lengths of objects that are expected to be alike; the last few hundred are remembered."""

    __slots__ = ("_best", "_best_until", "_needed", "_sizes", "n_seen")

    def __init__(self) -> None:
        # Lists, which take no room while they are empty: there is a circle for every folder.
        self._needed: list[int] = []
        self._sizes: list[int] = []
        self._best, self._best_until = 0, 0
        self.n_seen = 0

    def add(self, needed: int, size_bytes: int | None) -> None:
        size = 1 << 62 if size_bytes is None else size_bytes
        if self.n_seen < _REMEMBERED:
            self._needed.append(needed)
            self._sizes.append(size)
        else:
            self._needed[self.n_seen % _REMEMBERED] = needed
            self._sizes[self.n_seen % _REMEMBERED] = size
        self.n_seen += 1

    def best_length(self) -> int:
        # Worked out anew only when half as many again have been seen: the work per object stays constant.
        if self.n_seen > self._best_until:
            if self.n_seen <= _HANDFUL:
                self._best = _least_cost_of_few(self._needed, self._sizes)
            else:
                self._best = _least_cost(np.array(self._needed, dtype=np.int64), np.array(self._sizes, dtype=np.int64))
            self._best_until = self.n_seen + self.n_seen // 2
        return self._best

    def best_length_beyond(self, at_least: int) -> int | None:
        needed, sizes = np.array(self._needed, dtype=np.int64), np.array(self._sizes, dtype=np.int64)
        longer = needed >= at_least
        return _least_cost(needed[longer], sizes[longer]) if longer.any() else None


def _least_cost(needed: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]) -> int:
    """The length that would have cost least: the bytes it reads, and for headers beyond it one more request each.

    With a margin over a length that was seen, for values that take a few characters more: a quarter while few were
    seen, and a thirty-second when there is little left to be surprised by.
    """
    levels = np.linspace(0, 1, min(_CANDIDATES, needed.size))
    lengths = np.unique(np.quantile(needed, levels, method="higher"))
    lengths = (lengths + lengths // min(needed.size + 1, _FIRM) + 64)[:, np.newaxis]
    costs = np.where(needed <= lengths, np.minimum(lengths, sizes), needed + REQUEST_COST_BYTES).sum(axis=1)
    return int(lengths[np.argmin(costs), 0])


def _least_cost_of_few(needed: list[int], sizes: list[int]) -> int:
    """The same, where calling NumPy would take longer than the sum itself: most folders are small."""
    best, least = 0, 0
    for seen in sorted(set(needed)):
        length = seen + seen // (len(needed) + 1) + 64
        costs = (
            min(length, size) if need <= length else need + REQUEST_COST_BYTES
            for need, size in zip(needed, sizes, strict=True)
        )
        cost = sum(costs)
        if not best or cost < least:
            best, least = length, cost
    return best
