"""Whether the servers that a run depends on still listen. It asks the kernel, not the servers, so it cannot hang."""

import socket
import time
from collections.abc import Callable, Mapping

__all__ = ["Address", "Pulse"]

Address = tuple[str, int]

_CONNECT_S = 2.0


class Pulse:
    """Says which server has been away for too long.

    Parameters
    ----------
    servers : what each is called → where it listens
    grace_s : what each is called → seconds after which it is given up, unless it has been started again by then
    every_s : seconds between two looks
    clock : seconds, rising
    """

    def __init__(
        self,
        servers: Mapping[str, Address],
        *,
        grace_s: Mapping[str, float],
        every_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._servers = servers
        self._grace_s = grace_s
        self._every_s = every_s
        self._clock = clock
        self._looked = clock() - every_s
        self._away_since: dict[str, float] = {}

    def lost(self) -> str | None:
        """What has been away for longer than its grace; None while all are there, or may come back."""
        if self._clock() - self._looked >= self._every_s:
            self._look()
        now = self._clock()
        gone = (name for name, since in self._away_since.items() if now - since >= self._grace_s[name])
        return next(gone, None)

    def all_there(self) -> bool:
        """Whether all of them answer now."""
        self._look()
        return not self._away_since

    def _look(self) -> None:
        self._looked = self._clock()
        for name, address in self._servers.items():
            if _listens(address):
                self._away_since.pop(name, None)
            else:
                self._away_since.setdefault(name, self._looked)


def _listens(address: Address) -> bool:
    try:
        with socket.create_connection(address, timeout=_CONNECT_S):
            return True
    except OSError:
        return False
