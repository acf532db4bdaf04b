"""A ratio of two measurements, and the way to take them so that both meet the same machine."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Ratio", "in_turn"]


@dataclass(frozen=True, slots=True)
class Ratio:
    """Ours and theirs on the same input, and what was aimed at.

    Where ``at_most`` is set, smaller is better and the ratio is ours / theirs; otherwise it is theirs / ours.
    Without an aim the row is there for comparison.
    """

    name: str
    ours: float
    theirs: float
    aim: float | None
    unit: str = "s"
    at_most: bool = False

    @property
    def ratio(self) -> float:
        """How many times as fast ours is, or what share it takes."""
        return self.ours / self.theirs if self.at_most else self.theirs / self.ours

    @property
    def verdict(self) -> str:
        """Whether the aim is reached."""
        if self.aim is None:
            return "for comparison"
        met = self.ratio <= self.aim if self.at_most else self.ratio >= self.aim
        return "meets" if met else "misses"

    def cells(self) -> tuple[str, ...]:
        """The row of the table."""
        shown = f"{self.ratio:.1%}" if self.at_most else f"{self.ratio:.1f}x"
        aim = "" if self.aim is None else f"≤ {self.aim:.0%}" if self.at_most else f"≥ {self.aim:g}x"
        return (self.name, self._number(self.ours), self._number(self.theirs), shown, aim, self.verdict)

    def _number(self, value: float) -> str:
        return {"B": f"{value / 1e6:.1f} MB", "µs": f"{value:.1f} µs", "bytes": f"{value:.1f} bytes"}.get(
            self.unit, f"{value:.3f} s"
        )


def in_turn(functions: Sequence[Callable[[], Any]], rounds: int) -> tuple[list[float], list[Any]]:
    """Best seconds and last result of each, timed one after the other so that both meet the same machine."""
    best, results = [float("inf")] * len(functions), [None] * len(functions)
    for _ in range(rounds):
        for place, function in enumerate(functions):
            began = time.perf_counter()
            results[place] = function()
            best[place] = min(best[place], time.perf_counter() - began)
    return best, results
