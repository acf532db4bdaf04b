"""Bounds are the ends of what any dependence can give: linear programmes and every selection give the same."""

from itertools import combinations

import numpy as np
import pytest
from scipy import optimize

from multisite.stats import Bounds, LabelErrors, LabellerValidation, ScoreCounts, accuracy_bounds, auc, auc_bounds
from multisite.stats import corrected_accuracy as correct

TABLES = [(80, 40, 20, 860), (7, 2, 1, 29), (30, 1, 1, 68), (300, 0, 0, 700), (40, 45, 12, 3)]
ERRORS = [(0.94, 0.98), (0.98, 0.96), (1.0, 0.95), (0.8, 1.0), (1.0, 1.0)]


def programme(table: tuple[int, int, int, int], errors: LabelErrors, *, truth: bool) -> tuple[float, float] | None:
    """Ends of P(test = truth | truth) over all tables of test, label and truth with the margins that are known."""
    tp, fp, fn, tn = (count / sum(table) for count in table)
    observed = {(1, 1): tp, (1, 0): fp, (0, 1): fn, (0, 0): tn}
    prevalence = (tp + fn + errors.specificity - 1) / errors.youden
    cells = [(m, label, t) for m in (0, 1) for label in (0, 1) for t in (0, 1)]
    rows = [[float(cell[:2] == margin) for cell in cells] for margin in observed]
    rows += [[float(cell[1:] == (1, 1)) for cell in cells], [float(cell[1:] == (0, 0)) for cell in cells]]
    sides = [*observed.values(), errors.sensitivity * prevalence, errors.specificity * (1 - prevalence)]
    aim = np.array([float(cell[0] == cell[2] == int(truth)) for cell in cells])
    whole = prevalence if truth else 1 - prevalence
    found = [optimize.linprog(sign * aim, A_eq=rows, b_eq=sides, method="highs") for sign in (1, -1)]
    return (found[0].fun / whole, -found[1].fun / whole) if found[0].success else None


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("errors", ERRORS)
def test_they_are_the_ends_of_the_linear_programme(
    table: tuple[int, int, int, int], errors: tuple[float, float]
) -> None:
    labels = LabelErrors(sensitivity=errors[0], specificity=errors[1])
    found = accuracy_bounds(*table, labels)
    for truth, bounds in ((True, found.sensitivity), (False, found.specificity)):
        ends = programme(table, labels, truth=truth)
        assert (bounds.low, bounds.high) == ((None, None) if ends is None else pytest.approx(ends, abs=1e-7))


def test_what_independence_gives_lies_between_them() -> None:
    check = LabellerValidation(positives_checked=50, positives_found=47, negatives_checked=100, negatives_found=98)
    bounds = accuracy_bounds(80, 40, 20, 860, check.errors)
    found = correct(80, 40, 20, 860, check, rng=np.random.default_rng(1), n_draws=100)
    assert inside(found.sensitivity.estimate, bounds.sensitivity)
    assert inside(found.specificity.estimate, bounds.specificity)


def test_no_correction_that_is_a_share_lies_outside_them() -> None:
    rng = np.random.default_rng(8)
    seen = 0
    for _ in range(300):
        table = rng.integers(0, 60, 4).tolist()
        good = rng.integers(70, 101, 2).tolist()
        check = LabellerValidation(
            positives_checked=100, positives_found=good[0], negatives_checked=100, negatives_found=good[1]
        )
        found = correct(*table, check, rng=rng, n_draws=100)
        shares = [found.sensitivity.estimate, found.specificity.estimate]
        # Independence is then one of the dependences that the bounds allow.
        if all(share is not None and 0.0 <= share <= 1.0 for share in (found.prevalence.estimate, *shares)):
            bounds = accuracy_bounds(*table, check.errors)
            seen += 1
            for share, of in zip(shares, (bounds.sensitivity, bounds.specificity), strict=True):
                assert share is not None
                assert of.low is not None
                assert of.high is not None
                assert of.low - 1e-9 <= share <= of.high + 1e-9
    assert seen > 50


def inside(value: float | None, bounds: Bounds) -> bool:
    assert value is not None
    assert bounds.low is not None
    assert bounds.high is not None
    return bounds.low <= value <= bounds.high


def test_the_auc_is_bounded_by_every_choice_of_true_positives() -> None:
    rng = np.random.default_rng(2)
    label = np.repeat([True, False], 6)
    score = rng.integers(0, 5, 12).astype(float)
    # Of six labelled positives four have the finding, of six labelled negatives one: five of twelve.
    labels = LabelErrors(sensitivity=4 / 5, specificity=5 / 7)
    areas = []
    for first in combinations(range(6), 4):
        for second in range(6, 12):
            truth = np.zeros(12, dtype=bool)
            truth[[*first, second]] = True
            areas.append(auc(ScoreCounts.from_cases(truth, score)).estimate)
    found = auc_bounds(ScoreCounts.from_cases(label, score), labels)
    assert (found.low, found.high) == pytest.approx((min(areas), max(areas)))


def test_labels_without_errors_bound_to_what_is_seen() -> None:
    counts = ScoreCounts([0.1, 0.4, 0.9], [1, 3, 9], [8, 4, 1])
    found = auc_bounds(counts, LabelErrors(sensitivity=1.0, specificity=1.0))
    assert (found.low, found.high) == pytest.approx((auc(counts).estimate,) * 2)


@pytest.mark.parametrize(
    ("counts", "errors", "reason"),
    [
        (([], []), (0.9, 0.9), "no case"),
        (([1, 2], [40, 57]), (0.9, 0.9), "fewer cases are labelled positive than by the labeller's false positives"),
        (([30, 62], [4, 4]), (0.9, 0.9), "more cases are labelled positive than the labeller would find"),
        (([3, 2], [4, 5]), (0.5, 0.5), "the labels tell no more than chance"),
        (([0, 0], [4, 5]), (1.0, 1.0), "by its labels corrected, no case has the finding"),
        (([4, 5], [0, 0]), (1.0, 1.0), "by its labels corrected, every case has the finding"),
    ],
)
def test_where_there_are_no_bounds_it_is_said_why(
    counts: tuple[list[int], list[int]], errors: tuple[float, float], reason: str
) -> None:
    positive, negative = counts
    labels = LabelErrors(sensitivity=errors[0], specificity=errors[1])
    found = auc_bounds(ScoreCounts(np.arange(len(positive)) / 9, positive, negative), labels)
    assert found.low is None
    assert found.reason is not None
    assert found.reason.startswith(reason)
    of_table = accuracy_bounds(sum(positive), sum(negative), 0, 0, labels)
    assert reason in {(bounds.reason or "")[: len(reason)] for bounds in (of_table.sensitivity, of_table.specificity)}


def test_error_rates_are_shares() -> None:
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\]"):
        LabelErrors(sensitivity=1.2, specificity=0.9)
