"""How ranged reads are portioned and how often a fault of the machine is tried again."""

from collections.abc import Callable, Iterator, Sequence

from multisite.storage.objects import ReadFailure, ReadResult

__all__ = ["RETRY_DELAYS_S", "in_windows"]

RETRY_DELAYS_S = (0.1, 0.4, 1.6)
"""Pauses before the second, third and last attempt, in seconds."""


def in_windows(
    requests: Sequence[tuple[str, int, int]],
    *,
    window: int,
    read: Callable[[Sequence[tuple[str, int, int]]], Sequence[ReadResult]],
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
