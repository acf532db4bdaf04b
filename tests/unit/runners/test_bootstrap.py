"""A bootstrap over workers gives what one process gives."""

import importlib.util

import numpy as np
import pytest

from multisite.errors import MachineError
from multisite.runners import LocalExecutor, bootstrap_over
from multisite.stats import CountArray, FloatArray, WeightedAuc, bootstrap_replicates

REPLICATES = 200


def study() -> tuple[WeightedAuc, np.ndarray]:
    rng = np.random.default_rng(8)
    patient = rng.integers(0, 60, 100)
    positive = rng.random(100) < 0.4
    return WeightedAuc(positive, rng.normal(size=100) + positive), patient


@pytest.mark.parametrize("n_blocks", [1, 2, 3, 8, 50])
def test_blocks_put_together_are_the_whole_to_the_bit(n_blocks: int) -> None:
    statistic, patient = study()
    whole = bootstrap_replicates(statistic, patient, n_replicates=REPLICATES, seed=4)
    executor = LocalExecutor()
    parts = bootstrap_over(executor, statistic, patient, n_replicates=REPLICATES, seed=4, n_blocks=n_blocks)
    assert np.array_equal(whole, parts)


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed")
def test_two_workers_of_a_ray_cluster_give_the_same() -> None:
    from multisite.runners.ray_cluster import RayExecutor

    statistic, patient = study()
    executor = RayExecutor(address="local", num_cpus=2)
    try:
        over_ray = bootstrap_over(executor, statistic, patient, n_replicates=REPLICATES, seed=4)
    finally:
        executor.close()
    assert np.array_equal(over_ray, bootstrap_replicates(statistic, patient, n_replicates=REPLICATES, seed=4))


def broken(weights: CountArray) -> FloatArray:
    raise RuntimeError("patient 4711")


def test_a_statistic_that_fails_is_told_without_its_text() -> None:
    _, patient = study()
    with pytest.raises(MachineError, match="RuntimeError") as caught:
        bootstrap_over(LocalExecutor(), broken, patient, n_replicates=10, seed=4)
    assert "4711" not in str(caught.value)


def test_no_block_is_refused() -> None:
    statistic, patient = study()
    with pytest.raises(ValueError, match="n_blocks"):
        bootstrap_over(LocalExecutor(), statistic, patient, n_replicates=10, seed=4, n_blocks=0)
