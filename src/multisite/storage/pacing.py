"""How many requests a store is asked at a time: fewer, and later, each time it says that it is too much."""

import contextlib
import math
import threading
import time
from collections.abc import Iterator
from random import Random

from multisite.storage.retrying import Patience

__all__ = ["Pace"]


class Pace:
    """The turns of several threads that ask one store.

    A throttled turn halves the number of turns at a time and makes all of them wait, each time longer; turns that were
    already on their way then do not count again. A round of answered ones adds one to the number, up to where it began.
    """

    def __init__(self, patience: Patience, rng: Random) -> None:
        self._patience = patience
        self._rng = rng
        self._change = threading.Condition()
        self._most = 1
        self.at_a_time = math.inf
        """How many turns there may be at a time; of a fraction, the whole part."""
        self._in_turn = 0
        self._n_pauses_in_a_row = 0
        self._goes_on_at = 0.0
        self._throttled: set[int] = set()
        self.n_pauses = 0
        """How often the store was given a rest."""

    def begin(self, at_a_time: int) -> None:
        """Go on with other requests, and at most so many turns at a time; no thread may be in turn."""
        self._most = max(1, at_a_time)
        self.at_a_time = min(self.at_a_time, self._most)
        self._n_pauses_in_a_row = 0
        self._throttled.clear()

    @contextlib.contextmanager
    def turn(self) -> Iterator[int]:
        """Wait for a turn and hold it. The value is for ``throttled``."""
        with self._change:
            while (pause := self._goes_on_at - time.monotonic()) > 0 or self._in_turn >= int(self.at_a_time):
                self._change.wait(pause if pause > 0 else None)
            self._in_turn += 1
            moment = self.n_pauses
        try:
            yield moment
        finally:
            with self._change:
                self._in_turn -= 1
                self._change.notify()

    def answered(self) -> None:
        """The store answered a turn with something else than that it is too much."""
        if not self._n_pauses_in_a_row and self.at_a_time == self._most:
            return
        with self._change:
            self._n_pauses_in_a_row = 0
            self._throttled.clear()
            self.at_a_time = min(self.at_a_time + 1 / self.at_a_time, self._most)
            self._change.notify_all()

    def throttled(self, index: int, moment: int) -> None:
        """The store throttled the request with number ``index`` in the turn that ``moment`` is the value of."""
        with self._change:
            self._throttled.add(index)
            if moment != self.n_pauses or self.is_exhausted:
                return
            self.n_pauses += 1
            self._n_pauses_in_a_row += 1
            self.at_a_time = max(1, self.at_a_time / 2)
            if not self.is_exhausted:
                self._goes_on_at = time.monotonic() + self._patience.pause_s(self._n_pauses_in_a_row, self._rng)
            self._change.notify_all()

    @property
    def is_exhausted(self) -> bool:
        """Whether the store was waited for as often as patience allows, and answered nothing in between."""
        return self._n_pauses_in_a_row > self._patience.throttled_pauses

    @property
    def throttled_since_an_answer(self) -> frozenset[int]:
        """Numbers of the requests that were throttled after the last answer."""
        return frozenset(self._throttled)
