"""Many seeds, in a few processes."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TypeVar

__all__ = ["try_seeds"]

_TOLD_EVERY_S = 15.0
_Found = TypeVar("_Found")
_FRESH = multiprocessing.get_context("spawn")


def try_seeds(
    seeds: Sequence[int], try_seed: Callable[[int], _Found], *, processes: int, say: Callable[[str], None]
) -> list[_Found]:
    """What each seed shows, in the order of ``seeds``, with a line of progress now and then; after Ctrl-C, of some."""
    # A pool of threads within each process would only get into each other's way; read when Polars is imported.
    os.environ["POLARS_MAX_THREADS"] = "1"
    start = told = time.monotonic()
    with ProcessPoolExecutor(processes, _FRESH, _leave_interrupts_to_the_parent) as pool:
        running = {pool.submit(try_seed, seed): seed for seed in seeds}
        done: dict[int, _Found] = {}
        try:
            for future in as_completed(running):
                done[running[future]] = future.result()
                now = time.monotonic()
                if now - told >= _TOLD_EVERY_S:
                    told = now
                    left = (now - start) / len(done) * (len(seeds) - len(done))
                    say(f"{len(done)} of {len(seeds)} seeds, about {left / 60:.0f} min left")
        except KeyboardInterrupt:
            say(f"stopped: {len(done)} of {len(seeds)} seeds count; what has begun ends first")
        finally:
            pool.shutdown(cancel_futures=True)
    return [done[seed] for seed in seeds if seed in done]


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
