"""Work for worker processes, which import it by name."""

import os
import time
from dataclasses import dataclass

__all__ = ["Work", "alone_or_die", "die", "double", "sleep"]


@dataclass(frozen=True)
class Work:
    """An item of a site."""

    number: int

    @property
    def site(self) -> str:
        """The site."""
        return "north"


def double(work: Work) -> int:
    """Twice the number."""
    return 2 * work.number


def sleep(seconds: float) -> None:
    """Nothing, for long."""
    time.sleep(seconds)


def die(work: Work) -> int:
    """Take the process along."""
    os._exit(9)


def alone_or_die(work: Work) -> int:
    """The number, but for the third, which takes its process along."""
    return work.number if work.number != 3 else die(work)
