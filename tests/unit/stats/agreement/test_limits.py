"""Limits of agreement where there is little to see, and for patients with several pairs."""

import numpy as np
import pytest

from multisite.stats.agreement import limits_of_agreement, limits_of_agreement_repeated
from multisite.vocabulary import EstimateStatus

NAN = float("nan")
FIRST = np.array([10.1, 12.3, 9.8, 14.2, 11.0, 13.7])
SECOND = np.array([9.9, 12.9, 9.1, 13.0, 11.4, 12.9])


def test_approximate_limits_are_bland_and_altman_s() -> None:
    d = FIRST - SECOND
    found = limits_of_agreement(FIRST, SECOND, method="approximate")
    assert found.upper.estimate == pytest.approx(d.mean() + 1.959964 * d.std(ddof=1), abs=1e-6)
    error = d.std(ddof=1) * np.sqrt(1 / 6 + 1.959964**2 / 10)
    assert found.upper.ci_high - found.upper.estimate == pytest.approx(2.570582 * error, abs=1e-5)
    assert found.standard_deviation == pytest.approx(d.std(ddof=1))


def test_methods_exchanged_mirror_everything() -> None:
    for method in ("exact", "approximate"):
        one, other = (
            limits_of_agreement(FIRST, SECOND, method=method),
            limits_of_agreement(SECOND, FIRST, method=method),
        )
        assert one.bias.estimate == pytest.approx(-other.bias.estimate)
        assert (one.lower.ci_low, one.lower.ci_high) == pytest.approx((-other.upper.ci_high, -other.upper.ci_low))


def test_no_pair_one_pair_and_pairs_all_alike() -> None:
    nothing = limits_of_agreement([1.0, NAN], [NAN, 2.0])
    assert (nothing.bias.status, nothing.upper.status, nothing.n_left_out) == ("undefined", "undefined", 2)
    one = limits_of_agreement([1.0], [0.5])
    assert (one.bias.estimate, one.bias.status, one.lower.status) == (0.5, "insufficient", "undefined")
    alike = limits_of_agreement([1.1, 2.2, 3.3], [1.0, 2.1, 3.2])
    assert alike.upper.estimate == pytest.approx(0.1)
    assert (alike.upper.ci_low, alike.upper.status) == (None, EstimateStatus.INSUFFICIENT)


def test_a_wider_coverage_moves_the_limits_and_a_higher_level_the_interval() -> None:
    usual = limits_of_agreement(FIRST, SECOND)
    assert limits_of_agreement(FIRST, SECOND, coverage=0.99).upper.estimate > usual.upper.estimate
    assert limits_of_agreement(FIRST, SECOND, level=0.99).upper.ci_high > usual.upper.ci_high


def test_one_pair_per_patient_gives_the_plain_limits() -> None:
    plain, repeated = limits_of_agreement(FIRST, SECOND), limits_of_agreement_repeated(FIRST, SECOND, list("abcdef"))
    assert repeated.upper.estimate == pytest.approx(plain.upper.estimate)
    assert (repeated.bias.ci_low, repeated.bias.ci_high) == pytest.approx((plain.bias.ci_low, plain.bias.ci_high))
    assert repeated.variance_within is None


def test_unbalanced_components_are_those_of_bland_and_altman_2007() -> None:
    patient = np.array([1, 1, 1, 2, 2, 3])
    d = FIRST - SECOND
    found = limits_of_agreement_repeated(FIRST, SECOND, patient)
    means = np.array([d[:3].mean(), d[3:5].mean(), d[5]])
    within = (((d[:3] - means[0]) ** 2).sum() + ((d[3:5] - means[1]) ** 2).sum()) / 3
    between = (np.array([3, 2, 1]) * (means - d.mean()) ** 2).sum() / 2
    # Their divisor ((Σ m)² − Σ m²)/((n − 1) Σ m).
    component = (between - within) / ((36 - 14) / (2 * 6))
    assert (found.variance_within, found.variance_between) == pytest.approx((within, component))
    assert found.standard_deviation**2 == pytest.approx(within + component)
    assert (found.n_cases, found.n_patients) == (6, 3)


def test_one_patient_has_no_limits() -> None:
    found = limits_of_agreement_repeated(FIRST, SECOND, np.ones(6))
    assert (found.bias.status, found.upper.status) == ("insufficient", "undefined")
    assert "one patient" in (found.bias.reason or "")


def test_patients_who_differ_less_than_chance_still_have_limits() -> None:
    found = limits_of_agreement_repeated([1.0, -1.0, 1.0, -1.0, 1.0, -1.0], np.zeros(6), [1, 1, 2, 2, 3, 3])
    assert found.variance_between < 0
    assert found.upper.ci_low <= found.upper.estimate <= found.upper.ci_high


def test_missing_measurements_take_their_pair_out() -> None:
    found = limits_of_agreement_repeated([*FIRST, NAN], [*SECOND, 1.0], [1, 1, 1, 2, 2, 3, 4])
    assert (found.n_cases, found.n_patients, found.n_left_out) == (6, 3, 1)


def test_impossible_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="`method`"):
        limits_of_agreement(FIRST, SECOND, method="bootstrap")  # type: ignore[arg-type]  # the point of the test
    with pytest.raises(ValueError, match="`coverage`"):
        limits_of_agreement(FIRST, SECOND, coverage=1.0)
    with pytest.raises(ValueError, match="same length"):
        limits_of_agreement(FIRST, SECOND[:3])
    with pytest.raises(ValueError, match="`first` must be finite"):
        limits_of_agreement([np.inf], [1.0])
    with pytest.raises(ValueError, match="`patient`"):
        limits_of_agreement_repeated(FIRST, SECOND, [1, 2])
    with pytest.raises(ValueError, match="`patient` must be given"):
        limits_of_agreement_repeated([1.0, 2.0], [1.0, 1.0], [1.0, NAN])
