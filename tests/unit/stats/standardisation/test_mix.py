"""Where the target's positives and negatives are, and how surely that is known."""

import numpy as np
import pytest

from multisite.stats import ClusterMoments
from multisite.stats.standardisation import TargetMix, mix_of_classes, mix_of_counts, population_shares


def alone(y: int, n: int) -> ClusterMoments:
    return ClusterMoments(n, y, n, y, y, n)


CELLS = [alone(10, 100), alone(40, 100), alone(30, 50)]


def test_positives_follow_the_cells_prevalences() -> None:
    mix = mix_of_counts(population_shares([50, 30, 20]), CELLS)
    # 0.05 + 0.12 + 0.12 = 0.29
    assert mix.prevalence == pytest.approx(0.29)
    assert mix.positive.share == pytest.approx(np.array([0.05, 0.12, 0.12]) / 0.29)
    assert mix.negative.share == pytest.approx(np.array([0.45, 0.18, 0.08]) / 0.71)


def test_a_stated_prevalence_multiplies_all_odds_by_one_factor() -> None:
    mix = mix_of_counts(population_shares([50, 30, 20]), CELLS, prevalence=0.1)
    own = np.array([0.1, 0.4, 0.6])
    cells = mix.positive.share * 0.1 / np.array([0.5, 0.3, 0.2])
    factor = cells / (1 - cells) / (own / (1 - own))
    assert factor == pytest.approx(np.full(3, factor[0]))
    assert (cells * [0.5, 0.3, 0.2]).sum() == pytest.approx(0.1)
    assert np.abs(mix.prevalence_moves).max() == 0


@pytest.mark.parametrize("stated", [None, 0.15])
def test_the_sources_are_derivatives_of_the_mix(stated: float | None) -> None:
    """The rows of the cells' prevalences against the mix of a prevalence a hair away."""
    shares = population_shares([50, 30, 20], census=True)
    big = [alone(10 * 10**5, 100 * 10**5), alone(40 * 10**5, 100 * 10**5), alone(30 * 10**5, 50 * 10**5)]
    mix = mix_of_counts(shares, big, prevalence=stated)
    for k, cell in enumerate(big):
        p, step = cell.sum_y / cell.sum_n, 50
        near = [alone(c.sum_y + (step if j == k else 0), c.sum_n) for j, c in enumerate(big)]
        moved = mix_of_counts(shares, near, prevalence=stated)
        scale = np.sqrt(p * (1 - p) / cell.sum_n) / (step / cell.sum_n)
        for name in ("positive", "negative"):
            difference = (getattr(moved, name).share - getattr(mix, name).share) * scale
            assert difference == pytest.approx(getattr(mix, name).sources[k], rel=1e-3, abs=1e-12)
        assert (moved.prevalence - mix.prevalence) * scale == pytest.approx(
            mix.prevalence_moves[k], rel=1e-3, abs=1e-12
        )


@pytest.mark.parametrize("stated", [None, 0.15])
def test_the_tables_error_is_that_of_many_tables(stated: float | None) -> None:
    q, n = np.array([0.5, 0.3, 0.2]), 4000
    rng = np.random.default_rng(4)
    values = np.array([0.9, 0.7, 0.4])
    drawn = [
        mix_of_counts(population_shares(rng.multinomial(n, q)), CELLS, prevalence=stated).positive.mean(values)
        for _ in range(3000)
    ]
    mix = mix_of_counts(population_shares((q * n).astype(int)), CELLS, prevalence=stated)
    of_table = np.sum(mix.positive.moves(values)[:3] ** 2)
    assert np.var(drawn) == pytest.approx(of_table, rel=0.08)


def test_a_cell_of_which_the_source_has_nobody_has_the_prevalence_of_all() -> None:
    mix = mix_of_counts(population_shares([50, 50]), [alone(20, 100), ClusterMoments(0, 0, 0, 0, 0, 0)])
    assert mix.positive.share == pytest.approx([0.5, 0.5])


def test_counted_classes_vary_apart() -> None:
    positive, negative = population_shares([30, 10]), population_shares([40, 120])
    mix = mix_of_classes(positive, negative, prevalence=0.2, n_cases=200)
    together = mix.positive.sources.T @ mix.negative.sources
    assert np.abs(together).max() == 0
    assert np.sum(mix.prevalence_moves**2) == pytest.approx(0.2 * 0.8 / 200)


def test_a_mix_without_positives_is_refused() -> None:
    with pytest.raises(ValueError, match="must hold positives and negatives"):
        mix_of_counts(population_shares([50, 0]), [alone(0, 20), alone(5, 20)])
    with pytest.raises(ValueError, match="No factor"):
        mix_of_counts(population_shares([50, 50]), [alone(0, 20), alone(5, 20)], prevalence=0.6)


def test_kept_cells_keep_the_prevalence() -> None:
    mix: TargetMix = mix_of_counts(population_shares([50, 30, 20]), CELLS).within([1, 1, 0], [1, 1, 1])
    assert mix.prevalence == pytest.approx(0.29)
    assert mix.positive.share == pytest.approx([5 / 17, 12 / 17, 0])
