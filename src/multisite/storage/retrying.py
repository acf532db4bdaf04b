"""How long a store is waited for, how often a fault is tried again, and how ranged reads are portioned."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from random import Random

from multisite.schemas.objects import RangeRequest
from multisite.storage.objects import ReadFailure, ReadResult

__all__ = ["RETRY_DELAYS_S", "Fault", "Patience", "Retries", "in_windows"]

RETRY_DELAYS_S = (0.1, 0.4, 1.6)
"""Pauses before the second, third and last attempt, in seconds."""

_SHARE_THAT_IS_CHANCE = 0.5


class Fault(Enum):
    """What a failed request says about asking again."""

    FINAL = "the store has answered, and will answer the same again"
    PASSING = "no answer, half of one, or a fault of the server"
    THROTTLED = "the store asks for fewer requests"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a store is waited for, and how often it is asked again.

    A request that fails for a passing reason is made ``attempts`` times in all. One that the store throttles is made
    again after each of ``throttled_pauses`` pauses. The n-th pause in a row, from 1, takes between half of and all of
    ``first_pause_s`` · 2ⁿ⁻¹, at most ``longest_pause_s``; chance, from ``seed``, decides where between, so that many
    readers that were throttled together do not come back together. All times are in seconds.
    """

    connect_timeout_s: float = 5.0
    read_timeout_s: float = 30.0
    attempts: int = 3
    first_pause_s: float = 0.4
    longest_pause_s: float = 30.0
    throttled_pauses: int = 10
    seed: int = 0

    @property
    def request_timeout_s(self) -> float:
        """The time that a request for a range may take, however slowly its answer trickles in."""
        return self.connect_timeout_s + self.read_timeout_s

    def pause_s(self, n: int, rng: Random) -> float:
        """The n-th pause in a row."""
        whole = min(self.first_pause_s * 2.0 ** (n - 1), self.longest_pause_s)
        return whole * (1 - _SHARE_THAT_IS_CHANCE * rng.random())


class Retries:
    """The attempts at one request so far."""

    def __init__(self, patience: Patience, rng: Random) -> None:
        self._patience = patience
        self._rng = rng
        self._n_passing = 0
        self._n_throttled = 0

    def pause_after(self, fault: Fault) -> float | None:
        """Seconds to wait before the next attempt; None when there is to be none."""
        if fault is Fault.THROTTLED:
            self._n_throttled += 1
            n, is_over = self._n_throttled, self._n_throttled > self._patience.throttled_pauses
        else:
            self._n_passing += 1
            n, is_over = self._n_passing, fault is Fault.FINAL or self._n_passing >= self._patience.attempts
        return None if is_over else self._patience.pause_s(n, self._rng)


def in_windows(
    requests: Sequence[RangeRequest],
    *,
    window: int,
    read: Callable[[Sequence[RangeRequest]], Sequence[ReadResult]],
    check: Callable[[], None],
) -> Iterator[ReadResult]:
    """The results of ``read`` over slices of ``requests``; a slice with failures is followed by ``check``.

    The check tells a fault of an object from a fault of the whole store: where the store is gone, it raises,
    and no object is blamed.
    """
    for begin in range(0, len(requests), window):
        results = read(requests[begin : begin + window])
        if any(isinstance(result, ReadFailure) for result in results):
            check()
        yield from results
