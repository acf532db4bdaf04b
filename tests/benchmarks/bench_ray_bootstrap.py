"""The same bootstrap through Ray, on two workers against one. Starting the cluster is not counted, one warm-up is."""

import numpy as np

from multisite.runners import bootstrap_over
from multisite.runners.ray_cluster import RayExecutor
from multisite.stats import WeightedAuc
from tests.benchmarks.bench_bootstrap import CASES, PATIENTS, REPLICATES, SEED
from tests.benchmarks.ratio import Ratio, in_turn

__all__ = ["bench"]

ROUNDS = 3
AIM = 1.7


def bench(*, rounds: int = ROUNDS) -> list[Ratio]:
    """One ratio, of scores that are all distinct."""
    rng = np.random.default_rng(SEED)
    patient = rng.integers(0, PATIENTS, CASES)
    positive = rng.random(CASES) < 0.2
    statistic = WeightedAuc(positive, rng.normal(size=PATIENTS)[patient] + rng.normal(size=CASES) + 1.5 * positive)
    seconds, areas = {}, {}
    for workers in (1, 2):
        executor = RayExecutor(address="local", num_cpus=workers)

        def over_ray(executor: RayExecutor = executor) -> np.ndarray:
            return bootstrap_over(executor, statistic, patient, n_replicates=REPLICATES, seed=SEED, n_blocks=8)

        try:
            over_ray()
            (seconds[workers],), (areas[workers],) = in_turn([over_ray], rounds)
        finally:
            executor.close()
    assert np.array_equal(areas[1], areas[2])
    return [Ratio(f"{REPLICATES:,} bootstraps through Ray, two workers against one", seconds[2], seconds[1], aim=AIM)]
