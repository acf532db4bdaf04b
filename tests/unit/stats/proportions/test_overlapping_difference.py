"""Two groups of cases of which some patients have both."""

import numpy as np
import pytest

from multisite.stats import (
    ClusterMoments,
    SharedMoments,
    clustered_proportion_difference,
    overlapping_proportion_difference,
)

SEED = 3


def moments(y1, n1, y2, n2) -> tuple[ClusterMoments, ClusterMoments, SharedMoments]:
    both = int(((n1 > 0) & (n2 > 0)).sum())
    shared = SharedMoments(both, int(y1 @ y2), int(y1 @ n2), int(n1 @ y2), int(n1 @ n2))
    return ClusterMoments.from_clusters(y1, n1), ClusterMoments.from_clusters(y2, n2), shared


def drawn(rng: np.random.Generator, *, effect: float, n: int = 60):
    """Patients with up to two cases in either group; ``effect`` makes the cases of one alike."""
    own = rng.standard_normal(n) * effect
    n1, n2 = rng.integers(0, 3, n), rng.integers(0, 3, n)
    chance = 1.0 / (1.0 + np.exp(-own - 1.0))
    return rng.binomial(n1, chance), n1, rng.binomial(n2, chance), n2


def test_without_shared_patients_it_is_the_difference_of_different_patients() -> None:
    first = ClusterMoments.from_clusters([1, 2, 0, 1], [2, 2, 1, 1])
    second = ClusterMoments.from_clusters([1, 1, 2, 0, 1], [2, 1, 2, 2, 1])
    plain = clustered_proportion_difference(first, second)
    found = overlapping_proportion_difference(first, second, SharedMoments())
    assert (found.estimate, found.ci_low, found.ci_high) == (plain.estimate, plain.ci_low, plain.ci_high)
    assert found.ci_method == plain.ci_method
    assert found.n_patients == 9


def test_patients_whose_cases_are_alike_narrow_the_interval_and_are_counted_once() -> None:
    first, second, shared = moments(*drawn(np.random.default_rng(SEED), effect=2.0))
    paired = overlapping_proportion_difference(first, second, shared)
    apart = overlapping_proportion_difference(first, second, SharedMoments())
    assert paired.ci_high - paired.ci_low < 0.9 * (apart.ci_high - apart.ci_low)
    assert paired.n_patients == apart.n_patients - shared.n_patients
    assert paired.ci_method.endswith("shared patients correlated")


@pytest.mark.slow
def test_the_interval_covers_where_patients_are_shared() -> None:
    rng = np.random.default_rng(SEED)
    held = 0
    for _ in range(1000):
        found = overlapping_proportion_difference(*moments(*drawn(rng, effect=1.5)))
        held += found.ci_low <= 0.0 <= found.ci_high
    assert 0.93 < held / 1000 < 0.975


def test_one_patient_or_no_case_gives_no_interval() -> None:
    alone, many = ClusterMoments.from_clusters([1], [2]), ClusterMoments.from_clusters([1, 0, 1], [1, 1, 1])
    assert overlapping_proportion_difference(alone, many, SharedMoments()).status == "insufficient"
    assert overlapping_proportion_difference(many, ClusterMoments(0, 0, 0, 0, 0, 0), SharedMoments()).estimate is None


def test_sums_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="contradict"):
        SharedMoments(1, 2, 1, 1, 1)
    many = ClusterMoments.from_clusters([1, 0, 1], [1, 1, 1])
    with pytest.raises(ValueError, match="More patients are shared"):
        overlapping_proportion_difference(many, many, SharedMoments(4, 0, 0, 0, 9))


def test_shared_sums_add() -> None:
    assert SharedMoments(1, 0, 1, 1, 2) + SharedMoments(2, 1, 1, 2, 3) == SharedMoments(3, 1, 2, 3, 5)
