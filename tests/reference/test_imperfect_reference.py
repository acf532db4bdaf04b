"""Label errors against documented examples of other software and published formulas."""

import pytest

from multisite.stats import LabelErrors, accuracy_bounds, apparent_accuracy


@pytest.mark.parametrize(
    ("positives", "cases", "sensitivity", "specificity", "per_cent"),
    [
        # Documented output of epiR's epi.prev: brucellosis, and two of three dairy herds.
        (23, 150, 0.96, 0.89, 5.1),
        (12, 189, 0.65, 0.95, 2.25),
        (7, 124, 0.70, 0.99, 6.73),
    ],
)
def test_rogan_and_gladen_as_documented_by_epir(
    positives: int, cases: int, sensitivity: float, specificity: float, per_cent: float
) -> None:
    errors = LabelErrors(sensitivity=sensitivity, specificity=specificity)
    found = errors.prevalence(positives / cases)
    assert found is not None
    assert 100 * found == pytest.approx(per_cent, abs=0.05 if per_cent == 5.1 else 0.005)


@pytest.mark.parametrize(("positives", "cases", "errors"), [(6, 151, (0.964, 0.927)), (8, 210, (0.6, 0.9))])
def test_what_epir_cuts_to_zero_is_below_zero_here(positives: int, cases: int, errors: tuple[float, float]) -> None:
    found = LabelErrors(sensitivity=errors[0], specificity=errors[1]).prevalence(positives / cases)
    assert found is not None
    assert found < 0.0


def emerson(table: tuple[int, int, int, int], errors: LabelErrors) -> list[float]:
    """Bounds as Emerson et al. 2018 write them, through predictive values of the reference test."""
    tp, fp, fn, tn = table
    n = sum(table)
    positive = (tp + fn) / n
    theta = (positive + errors.specificity - 1) / errors.youden
    psi, eta = errors.sensitivity * theta / positive, errors.specificity * (1 - theta) / (1 - positive)
    a, b = tp / (tp + fn), tn / (tn + fp)
    ends = []
    for joint_positive in (max(0.0, psi + a - 1), min(psi, a)):
        joint_negative = max(0.0, eta + b - 1) if joint_positive == max(0.0, psi + a - 1) else min(eta, b)
        of_test = joint_positive * positive + (1 - eta - b + joint_negative) * (1 - positive)
        ends.append(of_test / theta)
        spared = (1 - psi - a + joint_positive) * positive + joint_negative * (1 - positive)
        ends.append(spared / (1 - theta))
    return ends


@pytest.mark.parametrize("table", [(7, 2, 1, 29), (80, 40, 20, 860), (30, 9, 5, 56)])
@pytest.mark.parametrize("errors", [(0.98, 0.96), (0.94, 0.98)])
def test_bounds_are_those_of_emerson_and_others(table: tuple[int, int, int, int], errors: tuple[float, float]) -> None:
    labels = LabelErrors(sensitivity=errors[0], specificity=errors[1])
    found = accuracy_bounds(*table, labels)
    ends = [found.sensitivity.low, found.specificity.low, found.sensitivity.high, found.specificity.high]
    assert ends == pytest.approx(emerson(table, labels))


def test_the_auc_of_labelled_classes_is_that_of_the_mixture_pair_by_pair() -> None:
    errors, prevalence, area = LabelErrors(sensitivity=0.9, specificity=0.93), 0.2, 0.83
    seen = apparent_accuracy(errors, prevalence=prevalence, auc=area)
    a = prevalence * 0.9 / seen.prevalence
    b = prevalence * 0.1 / (1 - seen.prevalence)
    pairs = a * (1 - b) * area + b * (1 - a) * (1 - area) + 0.5 * (a * b + (1 - a) * (1 - b))
    assert seen.auc == pytest.approx(pairs)
