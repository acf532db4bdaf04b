"""AUC that counts patients: what it reduces to, what it undoes, and where there is no interval."""

import numpy as np
import pytest

from multisite.stats import ScoreCounts, auc
from multisite.stats.discrimination import ClusteredAuc, clustered_auc
from multisite.vocabulary import EstimateStatus

SEED = 11


def cases(patients: int = 30) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(SEED)
    patient = np.repeat(np.arange(patients), rng.integers(1, 5, patients))
    positive = rng.random(patient.size) < 0.4
    return positive, (rng.normal(size=patients)[patient] + positive).round(1), patient


def test_the_area_is_that_of_all_cases() -> None:
    positive, score, patient = cases()
    assert clustered_auc(positive, score, patient).estimate == pytest.approx(
        auc(ScoreCounts.from_cases(positive, score)).estimate, abs=1e-15
    )


def test_one_case_per_patient_has_the_error_of_delong() -> None:
    positive, score, _ = cases()
    found = clustered_auc(positive, score, np.arange(score.size))
    independent = auc(ScoreCounts.from_cases(positive, score))
    assert found.standard_error == pytest.approx(independent.standard_error, rel=1e-12)
    assert found.design_effect == pytest.approx(1.0)
    # Student's quantile alone makes it wider.
    assert found.ci_low < independent.ci_low < independent.ci_high < found.ci_high


def test_cases_repeated_within_their_patient_change_nothing() -> None:
    positive, score, patient = cases()
    once = clustered_auc(positive, score, patient)
    thrice = clustered_auc(*(np.tile(values, 3) for values in (positive, score, patient)))
    for name in ("estimate", "ci_low", "ci_high", "standard_error", "degrees_of_freedom", "n_patients"):
        assert getattr(thrice, name) == pytest.approx(getattr(once, name), rel=1e-12), name
    assert thrice.n_cases == 3 * once.n_cases


def test_obuchowski_1997_worked_by_hand() -> None:
    # Patients a: + 3, - 1; b: + 2, - 2; c: + 1, - 0. Placements of positives 1, 5/6, 1/2; of negatives 2/3 + 1/6, …
    found = clustered_auc([1, 0, 1, 0, 1, 0], [3, 1, 2, 2, 1, 0], list("aabbcc"), method="obuchowski")
    v10, v01 = np.array([1, (2 + 0.5) / 3, (1 + 0.5) / 3]), np.array([2.5 / 3, 1.5 / 3, 1.0])
    area = v10.mean()
    assert found.estimate == pytest.approx(area)
    s10, s01 = v10.var(ddof=1), v01.var(ddof=1)
    s11 = ((v10 - area) * (v01 - area)).sum() * 3 / 2
    assert found.standard_error == pytest.approx(np.sqrt(s10 / 3 + s01 / 3 + 2 * s11 / 9))


@pytest.mark.parametrize(("positive", "reason"), [([1, 1], "no negative case"), ([0, 0], "no positive case")])
def test_one_class_is_undefined(positive: list[int], reason: str) -> None:
    found = clustered_auc(positive, [0.1, 0.2], [1, 2])
    assert (found.estimate, found.ci_low, found.status, found.reason) == (
        None,
        None,
        EstimateStatus.UNDEFINED,
        reason,
    )


def test_no_case_at_all_is_undefined() -> None:
    found = clustered_auc([], [], [])
    assert (found.estimate, found.n_cases, found.n_patients) == (None, 0, 0)


@pytest.mark.parametrize(
    ("positive", "patient"),
    [([1, 0, 1, 0], [5, 5, 5, 5]), ([1, 0, 0, 0], [1, 2, 3, 4]), ([1, 1, 0, 0], ["a", "a", "b", "c"])],
    ids=["a single patient with both classes", "one positive", "all positives of one patient"],
)
def test_too_few_patients_of_a_class_have_no_interval(positive: list[int], patient: list) -> None:
    found = clustered_auc(positive, [0.5, 0.1, 0.2, 0.9], patient)
    assert found.estimate is not None
    assert (found.ci_low, found.status) == (None, EstimateStatus.INSUFFICIENT)
    assert found.reason == "an interval needs two patients with a positive case and two with a negative one"


def test_one_score_for_all_has_no_interval() -> None:
    found = clustered_auc([1, 0] * 5, [0.3] * 10, np.arange(10) // 2)
    assert (found.estimate, found.ci_low, found.status) == (0.5, None, EstimateStatus.INSUFFICIENT)
    assert found.reason == "the patients show no variance, and there is no interval"


def test_patients_who_are_all_alike_have_no_interval() -> None:
    found = clustered_auc([1, 1, 0, 0] * 6, [2.0, 0.0, 1.0, 1.0] * 6, np.repeat(np.arange(6), 4))
    assert (found.estimate, found.ci_low) == (0.5, None)


@pytest.mark.parametrize("right", [True, False])
def test_a_perfect_separation_counts_patients_and_names_it(right: bool) -> None:
    positive, patient = np.array([1, 1, 1, 0, 0, 0] * 4), np.repeat(np.arange(8), 3)
    found = clustered_auc(positive, positive if right else 1 - positive, patient)
    four = auc(ScoreCounts.from_cases([1] * 4 + [0] * 4, [int(right)] * 4 + [int(not right)] * 4))
    assert found.estimate == float(right)
    assert (found.ci_low, found.ci_high) == (four.ci_low, four.ci_high)
    assert found.ci_method.endswith(f"since AUC is {right:d} and shows no variance")


def test_the_plain_scale_is_offered_and_cut() -> None:
    positive, score, patient = [1, 0, 1, 0, 1, 0], [0.9, 0.2, 0.4, 0.5, 0.8, 0.1], [1, 1, 2, 2, 3, 3]
    assert clustered_auc(positive, score, patient, method="obuchowski").ci_high == 1.0
    assert clustered_auc(positive, score, patient).ci_high < 1.0


def test_names_of_patients_are_free_and_the_order_of_cases_too() -> None:
    positive, score, patient = cases()
    order = np.random.default_rng(SEED).permutation(score.size)
    names = np.array([f"p{number:03d}" for number in patient])
    one, other = clustered_auc(positive, score, patient), clustered_auc(positive[order], score[order], names[order])
    assert (other.ci_low, other.ci_high) == pytest.approx((one.ci_low, one.ci_high), rel=1e-12)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"positive": [1, 2]}, "`positive` must hold only 0 and 1"),
        ({"score": [0.1, float("nan")]}, "`score` must hold finite scores"),
        ({"score": [0.1]}, "`score` must have one value for each case"),
        ({"patient": [1.0, float("nan")]}, "`patient` must be given for every case"),
        ({"patient": [1]}, "`patient` must have one value for each case"),
        ({"positive": [[1, 0]]}, "`positive` must be one-dimensional"),
        ({"method": "gee"}, "`method` must be one of"),
        ({"level": 1.0}, "level"),
    ],
)
def test_what_is_wrong_is_named(changed: dict, message: str) -> None:
    given: dict = {"positive": [1, 0], "score": [0.1, 0.2], "patient": [1, 2]} | changed
    with pytest.raises(ValueError, match=message):
        clustered_auc(given.pop("positive"), given.pop("score"), given.pop("patient"), **given)


def test_the_result_is_frozen_and_says_on_how_many() -> None:
    found = clustered_auc(*cases())
    assert isinstance(found, ClusteredAuc)
    assert found.n_positive + found.n_negative == found.n_cases
    assert found.n_patients == 30
    assert found.n_patients_positive + found.n_patients_negative > 30
    with pytest.raises(AttributeError):
        found.estimate = 1.0  # type: ignore[misc]  # the point of the test
