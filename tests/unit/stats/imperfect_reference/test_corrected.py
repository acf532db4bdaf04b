"""Numbers against labels with errors are turned back into those against the truth, and say where they cannot be."""

import numpy as np
import pytest

from multisite.stats import (
    CorrectedAccuracy,
    Estimate,
    LabelErrors,
    LabellerValidation,
    ScoreCounts,
    apparent_accuracy,
    auc,
    corrected_accuracy,
    corrected_auc,
    corrected_prevalence,
)
from multisite.vocabulary import EstimateStatus

GOOD = LabellerValidation(positives_checked=200, positives_found=188, negatives_checked=400, negatives_found=392)
PERFECT = LabellerValidation(
    positives_checked=10**9, positives_found=10**9, negatives_checked=10**9, negatives_found=10**9
)


def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def corrected(tp: int, fp: int, fn: int, tn: int, validation: LabellerValidation = GOOD) -> CorrectedAccuracy:
    return corrected_accuracy(tp, fp, fn, tn, validation, rng=rng(), n_draws=2000)


def table_against_labels(truth: tuple[float, float, float], n: int) -> tuple[int, int, int, int]:
    """Expected counts of a test of that prevalence, sensitivity and specificity, under the errors of GOOD."""
    seen = apparent_accuracy(GOOD.errors, prevalence=truth[0], sensitivity=truth[1], specificity=truth[2])
    assert seen.sensitivity is not None
    assert seen.specificity is not None
    positives = seen.prevalence * n
    negatives = n - positives
    tp, tn = positives * seen.sensitivity, negatives * seen.specificity
    return round(tp), round(negatives - tn), round(positives - tp), round(tn)


@pytest.mark.parametrize("truth", [(0.1, 0.9, 0.95), (0.4, 0.7, 0.8), (0.03, 1.0, 0.9)])
def test_the_correction_undoes_what_the_labels_do(truth: tuple[float, float, float]) -> None:
    found = corrected(*table_against_labels(truth, 10**8))
    for value, estimate in zip(truth, (found.prevalence, found.sensitivity, found.specificity), strict=True):
        assert estimate.estimate == pytest.approx(value, abs=1e-5)


def test_labels_without_errors_are_left_as_they_are() -> None:
    found = corrected(80, 30, 20, 870, PERFECT)
    assert found.prevalence.estimate == pytest.approx(0.1)
    assert found.sensitivity.estimate == pytest.approx(0.8)
    assert found.specificity.estimate == pytest.approx(870 / 900)
    assert found.sensitivity.ci_low == pytest.approx(0.713, abs=0.01)  # Jeffreys: 0.7140-0.8696


def test_the_interval_widens_with_a_small_check_and_with_patients_who_repeat() -> None:
    small = LabellerValidation(positives_checked=20, positives_found=19, negatives_checked=40, negatives_found=39)
    plain = corrected(280, 130, 40, 2550)
    checked_less = corrected(280, 130, 40, 2550, small)
    repeated = corrected_accuracy(280, 130, 40, 2550, GOOD, rng=rng(), n_draws=2000, design_effects=(3.0, 3.0, 3.0))
    assert width(plain.prevalence) < width(repeated.prevalence) < width(checked_less.prevalence)
    assert width(plain.sensitivity) < width(repeated.sensitivity)


def width(estimate: Estimate) -> float:
    assert estimate.ci_low is not None
    assert estimate.ci_high is not None
    return estimate.ci_high - estimate.ci_low


def test_a_number_that_no_share_can_be_stands_and_is_explained() -> None:
    found = corrected(300, 0, 0, 700).sensitivity
    assert found.estimate is not None
    assert found.estimate > 1.0
    assert found.status is EstimateStatus.OK
    assert found.reason is not None
    assert found.reason.startswith("above 1: by chance, or because")


def test_a_prevalence_that_false_positives_explain_has_no_sensitivity() -> None:
    found = corrected(10, 5, 5, 980)
    assert found.prevalence.estimate is not None
    assert found.prevalence.estimate < 0.0
    assert found.sensitivity.estimate is None
    assert found.sensitivity.reason == "by its labels corrected, no case has the finding"
    assert found.specificity.status is EstimateStatus.OK


def test_a_prevalence_that_cannot_be_told_from_none_leaves_no_interval() -> None:
    found = corrected(20, 5, 8, 967).sensitivity
    assert found.estimate is not None
    assert (found.ci_low, found.ci_high, found.status) == (None, None, EstimateStatus.INSUFFICIENT)


def test_labels_no_better_than_chance_give_nothing() -> None:
    useless = LabellerValidation(positives_checked=10, positives_found=5, negatives_checked=10, negatives_found=5)
    found = corrected(20, 5, 8, 67, useless)
    assert {found.prevalence.reason, found.sensitivity.reason} == {"the labels tell no more than chance"}
    area = corrected_auc(auc_of(0.8), 28, 72, useless, rng=rng())
    assert (area.estimate, area.reason) == (None, "the labels tell no more than chance")


def test_the_prevalence_alone_is_that_of_the_table() -> None:
    alone = corrected_prevalence(100, 1000, GOOD, rng=rng(), n_draws=2000)
    assert alone.estimate == corrected(80, 40, 20, 860).prevalence.estimate
    assert alone.estimate == pytest.approx((0.1 + 0.98 - 1) / (0.94 + 0.98 - 1))


def auc_of(value: float, low: float = 0.7, high: float = 0.9) -> Estimate:
    return Estimate(estimate=value, ci_low=low, ci_high=high, ci_level=0.95, ci_method="any", n_cases=100)


def test_the_auc_is_turned_back_on_simulated_scores() -> None:
    draw = np.random.default_rng(11)
    truth = draw.random(400_000) < 0.15
    score = draw.normal(size=truth.size) + 1.5 * truth
    label = np.where(draw.random(truth.size) < np.where(truth, 0.94, 0.98), truth, ~truth)
    true, seen = (auc(ScoreCounts.from_cases(which, score)) for which in (truth, label))
    found = corrected_auc(seen, int(label.sum()), int((~label).sum()), GOOD, rng=rng())
    assert true.estimate is not None
    assert seen.estimate is not None
    assert true.estimate - seen.estimate > 0.04
    assert found.estimate == pytest.approx(true.estimate, abs=0.003)


def test_an_auc_that_shows_no_variance_is_corrected_without_an_interval() -> None:
    found = corrected_auc(auc_of(1.0, 0.9, 1.0), 30, 70, GOOD, rng=rng())
    assert found.estimate is not None
    assert (found.ci_low, found.status) == (None, EstimateStatus.INSUFFICIENT)


def test_a_missing_auc_keeps_its_reason() -> None:
    none = Estimate(
        estimate=None, ci_low=None, ci_high=None, ci_level=0.95, ci_method="any", n_cases=0, reason="no positive case"
    )
    assert corrected_auc(none, 0, 70, GOOD, rng=rng()).reason == "no positive case"


def test_a_perfect_test_shows_little_against_labels_that_overcall_a_rare_finding() -> None:
    # The figures of the design research: 0.69 at a prevalence of 10 %, 0.51 at 5 %.
    overcalling = LabelErrors(sensitivity=1.0, specificity=0.95)
    shown = [apparent_accuracy(overcalling, prevalence=p).sensitivity for p in (0.1, 0.05)]
    assert shown == [pytest.approx(0.69, abs=0.005), pytest.approx(0.51, abs=0.005)]


def test_no_case_of_a_labelled_class_leaves_what_needs_it_out() -> None:
    sure = LabelErrors(sensitivity=1.0, specificity=1.0)
    none, every = (apparent_accuracy(sure, prevalence=p) for p in (0.0, 1.0))
    assert (none.sensitivity, none.specificity, none.auc) == (None, 1.0, None)
    assert (every.sensitivity, every.specificity, every.auc) == (1.0, None, None)


@pytest.mark.parametrize("wrong", [{"design_effects": (0.5, 1.0, 1.0)}, {"n_draws": 10}, {"level": 1.0}])
def test_what_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        corrected_accuracy(8, 2, 1, 40, GOOD, rng=rng(), **wrong)  # type: ignore[arg-type]  # what is refused


@pytest.mark.parametrize("counts", [(0, 0, 4, 4), (5, 6, 4, 4), (5, 4, 0, 0), (5, 4, 4, 5)])
def test_a_check_finds_no_more_than_it_checked_and_checks_both_classes(counts: tuple[int, int, int, int]) -> None:
    names = ("positives_checked", "positives_found", "negatives_checked", "negatives_found")
    with pytest.raises(ValueError, match="must be above 0 and not below"):
        LabellerValidation(**dict(zip(names, counts, strict=True)))
