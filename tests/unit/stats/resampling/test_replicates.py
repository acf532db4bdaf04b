"""Replicates: the same however they are shared out, patients whole, and multinomial."""

from itertools import pairwise

import numpy as np
import pytest

from multisite.stats.resampling import WeightedAuc, bootstrap_replicates

SEED = 61


def weights(patient: np.ndarray, n: int, seed: int = SEED) -> np.ndarray:
    return bootstrap_replicates(lambda drawn: drawn, patient, n_replicates=n, seed=seed)


def area(n: int = 200) -> tuple[WeightedAuc, np.ndarray]:
    rng = np.random.default_rng(SEED)
    positive = rng.random(n) < 0.4
    return WeightedAuc(positive, rng.normal(size=n) + positive), rng.integers(0, 70, n)


@pytest.mark.parametrize("edges", [(0, 1, 63, 64, 65, 200), (0, 200), (0, 128, 128, 199, 200), (0, 37, 150, 200)])
@pytest.mark.parametrize("n", [20, 200, 3_000])
def test_any_partition_gives_the_replicates_of_the_whole(edges: tuple[int, ...], n: int) -> None:
    statistic, patient = area(n)
    whole = bootstrap_replicates(statistic, patient, n_replicates=200, seed=SEED)
    parts = [
        bootstrap_replicates(statistic, patient, n_replicates=200, seed=SEED, first=first, last=last)
        for first, last in pairwise(edges)
    ]
    assert np.array_equal(np.concatenate(parts), whole, equal_nan=True)


def test_many_patients_are_drawn_in_small_batches_and_still_agree() -> None:
    patient = np.arange(70_000)
    whole = bootstrap_replicates(lambda drawn: drawn[:, :3].sum(axis=1), patient, n_replicates=6, seed=SEED)
    part = bootstrap_replicates(
        lambda drawn: drawn[:, :3].sum(axis=1), patient, n_replicates=6, seed=SEED, first=4, last=5
    )
    assert part.tolist() == whole[4:5].tolist()


def test_few_patients_of_many_cases_are_weighed_in_small_batches() -> None:
    patient, seen = np.arange(40_000) % 7, []

    def statistic(drawn: np.ndarray) -> np.ndarray:
        seen.append(drawn.size)
        return drawn[:, 0]

    found = bootstrap_replicates(statistic, patient, n_replicates=70, seed=SEED)
    assert max(seen) <= 1 << 16
    assert found.tolist() == weights(np.arange(7), 70)[:, 0].tolist()


def test_more_replicates_begin_with_the_same() -> None:
    statistic, patient = area()
    few, many = (bootstrap_replicates(statistic, patient, n_replicates=n, seed=SEED) for n in (70, 300))
    assert np.array_equal(few, many[:70])


def test_a_seed_sequence_gives_what_its_number_gives_and_stays_as_it_was() -> None:
    statistic, patient = area()
    sequence = np.random.SeedSequence(SEED)
    assert np.array_equal(
        bootstrap_replicates(statistic, patient, n_replicates=80, seed=sequence),
        bootstrap_replicates(statistic, patient, n_replicates=80, seed=SEED),
    )
    assert sequence.n_children_spawned == 0
    child = sequence.spawn(2)[1]
    assert not np.array_equal(
        bootstrap_replicates(statistic, patient, n_replicates=80, seed=child),
        bootstrap_replicates(statistic, patient, n_replicates=80, seed=SEED),
    )


def test_the_children_are_those_of_spawn() -> None:
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(SEED).spawn(3)[1]))
    expected = np.bincount(rng.integers(0, 9, size=(64, 9))[0], minlength=9)
    assert weights(np.arange(9), 65)[64].tolist() == expected.tolist()


def test_patients_are_drawn_whole_and_as_many_as_there_are() -> None:
    patient = np.array([0, 0, 0, 1, 2, 2, 3])
    drawn = weights(patient, 50)
    assert np.array_equal(drawn[:, 0], drawn[:, 2])
    assert np.array_equal(drawn[:, 4], drawn[:, 5])
    assert (drawn[:, [0, 3, 4, 6]].sum(axis=1) == 4).all()


def test_counts_are_multinomial() -> None:
    drawn = weights(np.arange(5), 20_000)
    assert drawn.mean(axis=0) == pytest.approx(np.ones(5), abs=0.03)
    expected = np.where(np.eye(5) > 0, 0.8, -0.2)
    assert np.cov(drawn.T) == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize(
    "given",
    [
        {"n_replicates": 0},
        {"first": 3, "last": 2},
        {"first": -1},
        {"last": 11},
        {"patient": []},
        {"seed": -1},
        {"patient": [[1]]},
        {"statistic": lambda drawn: np.zeros(1)},
    ],
)
def test_what_is_wrong_is_named(given: dict) -> None:
    known: dict = {"statistic": lambda drawn: drawn[:, 0], "patient": [1, 2], "n_replicates": 10, "seed": 1} | given
    with pytest.raises(ValueError, match="`"):
        bootstrap_replicates(known.pop("statistic"), known.pop("patient"), **known)


def test_an_empty_part_is_empty() -> None:
    statistic, patient = area()
    assert bootstrap_replicates(statistic, patient, n_replicates=10, seed=1, first=4, last=4).size == 0
