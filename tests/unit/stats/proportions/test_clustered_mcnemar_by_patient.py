"""Durkalski's and Eliasziw and Donner's tests: equations written out, identities, and what is undefined."""

import numpy as np
import pytest

from multisite.stats.proportions import (
    PairedClusterMoments,
    clustered_mcnemar,
    clustered_mcnemar_by_patient,
    mcnemar,
)
from multisite.vocabulary import EstimateStatus

BOTH, FIRST = [3, 0, 2, 0, 4, 0, 0, 5], [0, 3, 0, 0, 0, 2, 1, 0]
SECOND, NEITHER = [0, 1, 0, 0, 0, 0, 0, 0], [0, 0, 1, 4, 0, 0, 3, 0]
CELLS = np.array([BOTH, FIRST, SECOND, NEITHER], dtype=float).T


def test_durkalski_weighs_every_patient_alike() -> None:
    share = [(b - c) / n for b, c, n in zip(FIRST, SECOND, CELLS.sum(axis=1), strict=True)]
    found = clustered_mcnemar_by_patient(BOTH, FIRST, SECOND, NEITHER)
    assert found.statistic == pytest.approx(sum(share) ** 2 / sum(d * d for d in share))
    assert (found.n_cases, found.n_discordant, found.n_patients) == (int(CELLS.sum()), 7, 8)


def test_with_as_many_cases_for_each_patient_durkalski_s_is_obuchowski_s_but_for_a_factor() -> None:
    both, first, second = np.array([1, 2, 0, 3, 1]), np.array([2, 1, 3, 0, 1]), np.array([0, 1, 0, 0, 2])
    neither = 4 - both - first - second
    ours = clustered_mcnemar_by_patient(both, first, second, neither)
    moments = PairedClusterMoments.from_clusters(both + first, both + second, np.full(5, 4))
    assert ours.statistic * 4 / 5 == pytest.approx(clustered_mcnemar(moments).statistic)


def test_eliasziw_and_donner_by_its_equations_one_patient_at_a_time() -> None:
    n, (k, _) = CELLS.sum(axis=1), CELLS.shape
    p, mean = CELLS.sum(axis=0) / CELLS.sum(), n.sum() / k
    between = sum((CELLS[i, j] - n[i] * p[j]) ** 2 / n[i] for i in range(k) for j in range(4)) / k
    within = sum(CELLS[i, j] * (n[i] - CELLS[i, j]) / n[i] for i in range(k) for j in range(4)) / (k * (mean - 1))
    n0 = mean - sum((m - mean) ** 2 for m in n) / (k * (k - 1) * mean)
    star = (between - within) / (between + (n0 - 1) * within)
    assert star > 0
    rho = 1 / (1 + p[1] * (1 - star) / star + p[2] * (1 - star) / star)
    s = [b + c for b, c in zip(FIRST, SECOND, strict=True) if b + c]
    average, kd = sum(s) / len(s), len(s)
    s0 = average - sum((x - average) ** 2 for x in s) / (kd * (kd - 1) * average)
    correction = 1 + (s0 + kd * (average - s0) - 1) * rho
    found = clustered_mcnemar_by_patient(BOTH, FIRST, SECOND, NEITHER, method="eliasziw-donner")
    assert found.statistic == pytest.approx((sum(FIRST) - sum(SECOND)) ** 2 / sum(s) / correction)


def test_with_one_case_for_each_patient_eliasziw_and_donner_s_is_mcnemar_s() -> None:
    first, second = [1] * 9 + [0] * 8, [0] * 9 + [1] * 3 + [0] * 5
    neither = [0] * 12 + [1] * 5
    found = clustered_mcnemar_by_patient([0] * 17, first, second, neither, method="eliasziw-donner")
    assert found.statistic == pytest.approx(mcnemar(9, 3, method="asymptotic").statistic)
    assert found.p_value == pytest.approx(mcnemar(9, 3, method="asymptotic").p_value)


def test_swapping_the_classifiers_changes_nothing() -> None:
    for method in ("durkalski", "eliasziw-donner"):
        one = clustered_mcnemar_by_patient(BOTH, FIRST, SECOND, NEITHER, method=method)
        other = clustered_mcnemar_by_patient(BOTH, SECOND, FIRST, NEITHER, method=method)
        assert one.statistic == pytest.approx(other.statistic)


@pytest.mark.parametrize(
    ("table", "method", "reason"),
    [
        (([], [], [], []), "durkalski", "no case"),
        (([2], [1], [0], [0]), "durkalski", "one patient: there is no variance between patients"),
        (([2, 1], [0, 0], [0, 0], [1, 1]), "eliasziw-donner", "no discordant case"),
        (([0, 1], [1, 1], [1, 1], [1, 1]), "durkalski", "no patient has a difference"),
        (([2, 1], [1, 0], [0, 0], [1, 1]), "eliasziw-donner", "one patient alone has discordant cases"),
    ],
)
def test_what_shows_nothing_is_undefined(table: tuple, method: str, reason: str) -> None:
    found = clustered_mcnemar_by_patient(*table, method=method)
    assert (found.p_value, found.status, found.reason) == (None, EstimateStatus.UNDEFINED, reason)


def test_impossible_input_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="same length"):
        clustered_mcnemar_by_patient([1], [1, 2], [0], [1])
    with pytest.raises(ValueError, match="`both`"):
        clustered_mcnemar_by_patient([0.5], [1], [0], [1])
    with pytest.raises(ValueError, match="`method`"):
        clustered_mcnemar_by_patient([1], [1], [0], [1], method="yang")
