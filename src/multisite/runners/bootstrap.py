"""A bootstrap shared out over workers: the same replicates, to the bit, as in one process."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from multisite.runners.execution import Executor, Fault
from multisite.stats import FloatArray, WeightedStatistic, bootstrap_replicates
from multisite.stats.resampling.replicates import REPLICATES_PER_SEED

__all__ = ["bootstrap_over"]


@dataclass(frozen=True, slots=True)
class _Block:
    """Replicates ``first`` to ``last`` − 1, on the site's own nodes."""

    site: str
    first: int
    last: int


def bootstrap_over(
    executor: Executor,
    statistic: WeightedStatistic,
    patient: npt.ArrayLike,
    *,
    n_replicates: int,
    seed: int,
    site: str = "",
    n_blocks: int = 8,
) -> FloatArray:
    """:func:`multisite.stats.bootstrap_replicates`, its replicates divided among the workers of ``executor``.

    Parameters
    ----------
    executor
        Workers of this machine (``LocalExecutor``) or of a Ray cluster (``RayExecutor``), which stay open.
    statistic, patient, n_replicates, seed
        As there. Each task takes the statistic and the patients along: rows of a site, so that ``site`` should be
        named where the executor pins work to the nodes of its site.
    n_blocks
        Tasks at most, 1 or more; a task has a multiple of 64 replicates. Two or three per worker keep all of them
        busy to the end.

    Returns
    -------
    ndarray
        The replicates in their order, the same for every number of workers and blocks.

    Raises
    ------
    ValueError
        If ``n_blocks`` is below 1.
    MultisiteError
        What went wrong in a worker: a fault of the machine has been retried before.
    """
    if n_blocks < 1:
        raise ValueError("`n_blocks` must be at least 1.")
    draws = -(-n_replicates // REPLICATES_PER_SEED)
    length = REPLICATES_PER_SEED * max(1, -(-draws // n_blocks))
    blocks = [_Block(site, first, min(first + length, n_replicates)) for first in range(0, n_replicates, length)]
    work = partial(_replicates, statistic, np.asarray(patient), n_replicates, seed)
    found: dict[int, FloatArray] = {}
    for block, outcome in executor.run(work, blocks):
        if isinstance(outcome, Fault):
            raise outcome.error
        found[block.first] = outcome.result
    return np.concatenate([found[block.first] for block in blocks])


def _replicates(
    statistic: WeightedStatistic, patient: npt.NDArray[np.generic], n_replicates: int, seed: int, block: _Block
) -> FloatArray:
    return bootstrap_replicates(
        statistic, patient, n_replicates=n_replicates, seed=seed, first=block.first, last=block.last
    )
