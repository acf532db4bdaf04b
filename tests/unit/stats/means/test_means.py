"""Means and limits of agreement from sums over patients: the same as from the rows."""

import numpy as np
import pytest

from multisite.stats import (
    ICC_FORMS,
    IccForm,
    MeanMoments,
    clustered_mean,
    grid_quantile,
    icc,
    icc_of_two,
    limits_from_moments,
    limits_of_agreement,
    limits_of_agreement_repeated,
    paired_mean_difference,
    sample_deviation,
)
from multisite.vocabulary import EstimateStatus

RNG = np.random.default_rng(20)
PATIENT = np.repeat(np.arange(30), RNG.integers(1, 5, 30))
FIRST = 60 + 9 * RNG.standard_normal(PATIENT.size) + (4 * RNG.standard_normal(30))[PATIENT]
SECOND = FIRST + 1.5 + 3 * RNG.standard_normal(PATIENT.size)
ALONE = np.arange(PATIENT.size)


def test_the_clustered_mean_is_that_of_the_rows() -> None:
    found = clustered_mean(MeanMoments.from_cases(FIRST, PATIENT))
    rows = paired_mean_difference(FIRST, np.zeros(FIRST.size), patient=PATIENT)
    assert (found.estimate, found.ci_low, found.ci_high) == pytest.approx((rows.estimate, rows.ci_low, rows.ci_high))
    assert found.standard_error == pytest.approx(rows.standard_error)
    assert (found.n_patients, found.n_cases) == (30, FIRST.size)


def test_moments_of_disjoint_patients_add() -> None:
    early = PATIENT < 12
    parts = [MeanMoments.from_cases(FIRST[rows], PATIENT[rows]) for rows in (early, ~early)]
    together, whole = parts[0] + parts[1], MeanMoments.from_cases(FIRST, PATIENT)
    for name in MeanMoments.__slots__:
        assert getattr(together, name) == pytest.approx(getattr(whole, name), rel=1e-13)


@pytest.mark.parametrize("repeated", [True, False])
def test_limits_of_agreement_are_those_of_the_rows(repeated: bool) -> None:
    patient = PATIENT if repeated else ALONE
    found = limits_from_moments(MeanMoments.from_cases(FIRST - SECOND, patient), level=0.9)
    rows = (
        limits_of_agreement_repeated(FIRST, SECOND, patient, level=0.9)
        if repeated
        else limits_of_agreement(FIRST, SECOND, level=0.9)
    )
    for name in ("bias", "lower", "upper"):
        one, other = getattr(found, name), getattr(rows, name)
        assert one.ci_method == other.ci_method
        assert (one.estimate, one.ci_low, one.ci_high) == pytest.approx((other.estimate, other.ci_low, other.ci_high))
    assert (found.n_patients, found.n_cases) == (rows.n_patients, rows.n_cases)


@pytest.mark.parametrize("form", ICC_FORMS)
def test_the_icc_of_two_is_that_of_the_rows(form: IccForm) -> None:
    moments = [MeanMoments.from_cases(values, ALONE) for values in (FIRST - SECOND, FIRST + SECOND)]
    found, rows = icc_of_two(*moments, form=form), icc(np.column_stack([FIRST, SECOND]), form=form)
    assert (found.estimate, found.ci_low, found.ci_high) == pytest.approx((rows.estimate, rows.ci_low, rows.ci_high))


def test_equal_measurements_have_an_icc_of_one_without_an_interval() -> None:
    moments = [MeanMoments.from_cases(values, ALONE) for values in (FIRST - FIRST, FIRST + FIRST)]
    found = icc_of_two(*moments, form="2,1")
    assert (found.estimate, found.ci_low, found.status) == (1.0, None, EstimateStatus.INSUFFICIENT)


def test_without_a_case_there_is_no_mean_and_no_limit() -> None:
    nothing = MeanMoments.from_cases([], [])
    assert clustered_mean(nothing).status is EstimateStatus.UNDEFINED
    assert limits_from_moments(nothing).bias.status is EstimateStatus.UNDEFINED
    assert icc_of_two(nothing, nothing, form="2,1").status is EstimateStatus.UNDEFINED
    assert sample_deviation(nothing) is None


def test_one_patient_shows_no_variance_between_patients() -> None:
    one = MeanMoments.from_cases([0.7, 0.9], ["a", "a"])
    found = clustered_mean(one)
    assert (found.estimate, found.ci_low, found.status) == (pytest.approx(0.8), None, EstimateStatus.INSUFFICIENT)
    assert limits_from_moments(one).lower.status is EstimateStatus.UNDEFINED


def test_values_that_differ_by_rounding_only_are_alike() -> None:
    alike = MeanMoments.from_cases([0.1 + 0.2, 0.3] * 4, list("abcdefgh"))
    assert (clustered_mean(alike).reason or "").startswith("patients show no variance")
    assert sample_deviation(alike) == 0.0
    assert limits_from_moments(alike).upper.status is EstimateStatus.INSUFFICIENT


def test_a_quantile_of_a_grid_lies_within_a_cell_of_that_of_the_rows() -> None:
    values = RNG.beta(8, 2, 5000)
    counts = np.histogram(values, bins=100, range=(0, 1))[0]
    for probability in (0.25, 0.5, 0.75):
        found = grid_quantile(counts, low=0.0, high=1.0, probability=probability)
        assert found == pytest.approx(np.quantile(values, probability), abs=0.01)
    assert grid_quantile([0, 0], low=0.0, high=1.0, probability=0.5) is None


@pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 20])
def test_a_quantile_from_a_grid_is_within_a_cell_of_that_of_the_rows_also_beside_gaps(n: int) -> None:
    rng = np.random.default_rng(n)
    for _ in range(50):
        # Two groups with a gap between them, now and then of equal size.
        values = np.where(rng.random(n) < 0.5, rng.uniform(0, 0.2, n), rng.uniform(0.8, 1, n))
        counts = np.histogram(values, bins=20, range=(0, 1))[0]
        for probability in (0.1, 0.25, 0.5, 0.75):
            found = grid_quantile(counts, low=0.0, high=1.0, probability=probability)
            assert found is not None
            assert abs(found - np.quantile(values, probability)) < 1 / 20


def test_the_median_of_two_cells_with_a_gap_lies_between_them() -> None:
    assert grid_quantile([1, 0, 0, 0, 1], low=0.0, high=10.0, probability=0.5) == pytest.approx(5.0)


def test_input_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        MeanMoments.from_cases([1.0, float("nan")], ["a", "b"])
    with pytest.raises(ValueError, match="patient"):
        MeanMoments.from_cases([1.0], ["a", "b"])
    with pytest.raises(ValueError, match="needs a cell"):
        grid_quantile([], low=0.0, high=1.0, probability=0.5)
    with pytest.raises(ValueError, match="`low` below `high`"):
        grid_quantile([1], low=1.0, high=1.0, probability=0.5)
    with pytest.raises(ValueError, match="same cases"):
        icc_of_two(MeanMoments.from_cases([1.0], ["a"]), MeanMoments.from_cases([], []), form="2,1")
