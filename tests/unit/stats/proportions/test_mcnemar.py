"""McNemar's test, of independent cases and of clustered ones."""

import sys

import numpy as np
import pytest
from scipy import stats

from multisite.stats.proportions import PairedClusterMoments, clustered_mcnemar, mcnemar
from multisite.vocabulary import EstimateStatus

METHODS = ("exact", "mid-p", "asymptotic", "asymptotic-cc")


@pytest.mark.parametrize("method", [method for method in METHODS if method != "mid-p"])
def test_equal_numbers_give_a_p_value_of_one(method: str) -> None:
    assert mcnemar(6, 6, method=method).p_value == pytest.approx(1.0)


@pytest.mark.parametrize("method", METHODS)
def test_the_two_may_change_places(method: str) -> None:
    assert mcnemar(3, 11, method=method) == mcnemar(11, 3, method=method)


@pytest.mark.parametrize("method", ["exact", "mid-p"])
def test_without_a_discordant_case_the_exact_p_values_are_one(method: str) -> None:
    result = mcnemar(0, 0, method=method)
    assert (result.p_value, result.status) == (1.0, EstimateStatus.OK)


@pytest.mark.parametrize("method", ["asymptotic", "asymptotic-cc"])
def test_without_a_discordant_case_the_asymptotic_p_values_are_undefined(method: str) -> None:
    result = mcnemar(0, 0, method=method)
    assert (result.statistic, result.p_value, result.status) == (None, None, EstimateStatus.UNDEFINED)
    assert result.reason == "no discordant case"


@pytest.mark.parametrize("method", METHODS)
def test_a_p_value_never_is_zero(method: str) -> None:
    assert mcnemar(0, 5000, method=method).p_value == sys.float_info.min


def test_the_mid_p_is_the_exact_one_less_the_chance_of_what_was_seen() -> None:
    for f in range(12):
        exact, mid = mcnemar(f, 12, method="exact"), mcnemar(f, 12, method="mid-p")
        assert exact.p_value - mid.p_value == pytest.approx(stats.binom.pmf(f, f + 12, 0.5), rel=1e-9)


def test_impossible_input_is_refused() -> None:
    with pytest.raises(ValueError, match="first_only"):
        mcnemar(-1, 2)
    with pytest.raises(ValueError, match="method"):
        mcnemar(1, 2, method="edwards")


@pytest.mark.parametrize(("method", "most"), [("exact", 0.05), ("mid-p", 0.053), ("asymptotic", 0.06)])
def test_a_true_null_is_rejected_about_as_often_as_said(method: str, most: float) -> None:
    # By enumeration: m discordant cases of 60, of which one in ten is.
    chance = stats.binom.pmf(np.arange(61), 60, 0.3)
    rejected = sum(
        float(chance[m] * stats.binom.pmf(f, m, 0.5))
        for m in range(1, 41)
        for f in range(m + 1)
        if mcnemar(f, m - f, method=method).p_value <= 0.05
    )
    assert rejected <= most
    assert rejected >= 0.02


def test_with_one_case_per_patient_obuchowski_s_is_mcnemar_s_but_for_the_number_of_patients() -> None:
    first, second = [1] * 20 + [0] * 12 + [1] * 30, [0] * 20 + [1] * 12 + [1] * 30
    result = clustered_mcnemar(PairedClusterMoments.from_clusters(first, second, [1] * 62))
    assert result.statistic == pytest.approx(mcnemar(20, 12, method="asymptotic").statistic * 61 / 62)


def test_the_modified_test_rejects_more_often() -> None:
    moments = PairedClusterMoments.from_clusters([2, 1, 3, 0, 2], [1, 1, 1, 0, 3], [3, 1, 4, 2, 3])
    one, other = (clustered_mcnemar(moments, method=m) for m in ("obuchowski", "modified-obuchowski"))
    assert other.statistic > one.statistic
    assert other.p_value < one.p_value


@pytest.mark.parametrize(
    ("first", "second", "n", "reason"),
    [([], [], [], "no case"), ([1], [0], [2], "one patient"), ([1, 2], [1, 2], [2, 2], "no patient has a difference")],
)
@pytest.mark.parametrize("method", ["obuchowski", "modified-obuchowski"])
def test_what_cannot_be_tested_is_undefined(first: list, second: list, n: list, reason: str, method: str) -> None:
    result = clustered_mcnemar(PairedClusterMoments.from_clusters(first, second, n), method=method)
    assert (result.statistic, result.p_value, result.status) == (None, None, EstimateStatus.UNDEFINED)
    assert reason in (result.reason or "")


def test_an_unknown_clustered_test_is_refused() -> None:
    with pytest.raises(ValueError, match="method"):
        clustered_mcnemar(PairedClusterMoments.from_clusters([1], [0], [2]), method="durkalski")


@pytest.mark.parametrize(("method", "most"), [("obuchowski", 0.075), ("modified-obuchowski", 0.09)])
def test_a_true_null_of_clustered_cases_is_rejected_about_as_often_as_said(method: str, most: float) -> None:
    rng = np.random.default_rng(5)
    rejected = 0
    for _ in range(600):
        n = rng.integers(1, 6, 25)
        chance = rng.beta(2, 1, 25)
        moments = PairedClusterMoments.from_clusters(rng.binomial(n, chance), rng.binomial(n, chance), n)
        rejected += clustered_mcnemar(moments, method=method).p_value <= 0.05
    assert 0.03 <= rejected / 600 <= most


@pytest.mark.parametrize(("n", "expected"), [(1, 0.75), (3, 0.84375), (10, 0.9119)])
def test_mid_p_of_equal_counts_is_one_less_half_their_probability(n: int, expected: float) -> None:
    """Fagerland, Lydersen and Laake 2013, supplement."""
    assert mcnemar(n, n, method="mid-p").p_value == pytest.approx(expected, abs=5e-5)
