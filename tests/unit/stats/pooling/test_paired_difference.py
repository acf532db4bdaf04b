"""The paired difference over sites, from added counts: its interval, its verdict at a margin, repeated patients."""

import numpy as np
import pytest

from multisite.stats import (
    PairedClusterMoments,
    PairedSums,
    clustered_mcnemar,
    paired_proportion_difference,
    pooled_paired_difference,
)

SEED = 5


def single(first_only: int, second_only: int, n: int) -> PairedSums:
    """Every case a patient."""
    return PairedSums(
        n_patients=n,
        n_cases=n,
        first_only=first_only,
        second_only=second_only,
        sum_dd=first_only + second_only,
        sum_dn=first_only - second_only,
        sum_nn=n,
    )


def repeated(difference: np.ndarray, n: np.ndarray) -> PairedSums:
    """Patients of ``n`` cases of which one model has so many more right than the other, and no case the other way."""
    return PairedSums(
        n_patients=n.size,
        n_cases=int(n.sum()),
        first_only=int(difference[difference > 0].sum()),
        second_only=int(-difference[difference < 0].sum()),
        sum_dd=int((difference**2).sum()),
        sum_dn=int((difference * n).sum()),
        sum_nn=int((n * n).sum()),
    )


def test_it_is_tango_s_interval_of_the_added_counts() -> None:
    found = pooled_paired_difference([single(3, 9, 80), single(0, 0, 40), single(5, 2, 60)])
    added = paired_proportion_difference(161, 8, 11, 0, method="tango")
    assert (found.estimate, found.n_sites, found.n_cases) == (added.estimate, 3, 180)
    assert (found.ci_low, found.ci_high) == pytest.approx((added.ci_low, added.ci_high))
    assert (found.degrees_of_freedom, found.design_effect) == (None, 1.0)


def test_the_p_value_agrees_with_the_interval_also_where_patients_repeat() -> None:
    rng = np.random.default_rng(SEED)
    for _ in range(40):
        n = rng.integers(1, 5, 30)
        sites = [repeated(rng.choice([1, 0, -1], 30, p=[0.12, 0.84, 0.04]) * n, n) for _ in range(3)]
        found = pooled_paired_difference(sites)
        assert (found.p_value < 0.05) == (not found.ci_low <= 0.0 <= found.ci_high)


def test_cases_of_a_patient_that_are_alike_count_as_one() -> None:
    n = np.full(40, 3)
    lost = np.where(np.arange(40) < 4, -3, 0)
    found = pooled_paired_difference([repeated(lost, n)] * 2)
    assert found.design_effect == pytest.approx(3.0, abs=0.05)
    as_one = pooled_paired_difference([single(0, 4, 40)] * 2)
    assert found.ci_low == pytest.approx(as_one.ci_low, abs=0.004)
    moments = PairedClusterMoments.from_clusters(np.r_[np.zeros(8), np.full(72, 3)], np.full(80, 3), np.full(80, 3))
    assert found.p_value == pytest.approx(clustered_mcnemar(moments).p_value, rel=0.3)


def test_cases_of_a_patient_never_count_for_more_than_they_are() -> None:
    contrary = PairedSums(n_patients=40, n_cases=80, first_only=8, second_only=8, sum_dd=0, sum_dn=0, sum_nn=160)
    found = pooled_paired_difference([contrary, contrary])
    assert (found.estimate, found.design_effect) == (0.0, 1.0)


def test_without_a_discordant_case_there_is_an_interval_and_a_p_value_of_one() -> None:
    found = pooled_paired_difference([single(0, 0, 50)] * 4)
    assert (found.estimate, found.p_value) == (0.0, 1.0)
    assert found.ci_high == pytest.approx(3.8415 / 203.8415, abs=1e-5)
    assert found.standard_error > 0.0
    assert found.between.tau2 == 0.0


def test_no_site_is_undefined_and_one_site_has_no_interval_over_sites() -> None:
    assert pooled_paired_difference([single(0, 0, 0)]).status == "undefined"
    one = pooled_paired_difference([single(1, 2, 30), single(0, 0, 0)])
    assert (one.status, one.n_sites, one.ci_low, one.standard_error) == ("insufficient", 1, None, None)
    assert one.estimate == pytest.approx(-1 / 30)


@pytest.mark.parametrize("wrong", [{"first_only": 31}, {"sum_dd": -1}, {"sum_dn": 90}, {"sum_nn": 3}, {"n_cases": 2.5}])
def test_sums_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    sums = {"n_patients": 30, "n_cases": 30, "first_only": 1, "second_only": 2, "sum_dd": 3, "sum_dn": -1, "sum_nn": 30}
    with pytest.raises(ValueError, match=r"whole number|contradict"):
        PairedSums(**sums | wrong)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sites", "n", "new_only", "old_only"), [(8, 100, 0.0, 0.03), (12, 100, 0.0, 0.03), (8, 100, 0.01, 0.04)]
)
def test_a_margin_that_is_just_missed_is_rarely_said_to_be_met(
    sites: int, n: int, new_only: float, old_only: float
) -> None:
    rng = np.random.default_rng(SEED)
    truth = new_only - old_only
    met = covered = 0
    for _ in range(600):
        drawn = rng.multinomial(n, [new_only, old_only, 1.0 - new_only - old_only], size=sites)
        found = pooled_paired_difference([single(int(f), int(g), n) for f, g, _ in drawn])
        met += found.ci_low > truth
        covered += found.ci_low <= truth <= found.ci_high
    assert met <= 0.035 * 600
    assert covered >= 0.93 * 600
