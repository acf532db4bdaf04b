"""Checked arrays of cases, and the numbers of their patients."""

import numpy as np
import pytest

from multisite.stats.resampling.case_arrays import case_arrays, patient_numbers


def test_patients_are_numbered_in_the_order_of_their_names() -> None:
    numbers, n = patient_numbers(["c", "a", "c", "b"])
    assert (numbers.tolist(), n) == ([2, 0, 2, 1], 3)


def test_a_patient_may_have_cases_of_both_classes_and_then_counts_twice() -> None:
    cases, (score,) = case_arrays([1, 0, 0, 1], [7, 7, 8, 9], score=[1, 2, 3, 4])
    assert (cases.n_cases, cases.n_positive, cases.n_negative) == (4, 2, 2)
    assert (cases.n_patients, cases.n_patients_positive, cases.n_patients_negative) == (3, 2, 2)
    assert score.dtype == np.float64


def test_without_names_every_case_is_a_patient() -> None:
    cases, _ = case_arrays([True, False, True], None)
    assert (cases.n_patients, cases.patient.tolist()) == (3, [0, 1, 2])


@pytest.mark.parametrize(
    ("positive", "missing"), [([], "no positive case"), ([1], "no negative case"), ([0], "no positive case")]
)
def test_a_missing_class_is_named(positive: list[int], missing: str) -> None:
    assert case_arrays(positive, None)[0].missing_class == missing


@pytest.mark.parametrize("bad", [[0.5, 1], [np.nan, 1], [2, 1], ["yes", "no"]])
def test_a_truth_that_is_not_binary_is_refused(bad: list) -> None:
    with pytest.raises(ValueError, match="`positive`"):
        case_arrays(bad, None)


@pytest.mark.parametrize(
    "names", [["a", None], ["a", float("nan")], [1.0, float("inf")], np.ma.array([1, 2], mask=[0, 1])]
)
def test_a_case_without_a_patient_is_refused(names: object) -> None:
    with pytest.raises(ValueError, match="must be given for every case"):
        patient_numbers(names)
    with pytest.raises(ValueError, match="numbers only or texts only"):
        patient_numbers(["a", 1])
