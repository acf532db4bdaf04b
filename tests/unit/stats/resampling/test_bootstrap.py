"""Bootstrap intervals and the jackknife: against SciPy, and where there is no interval."""

import numpy as np
import pytest
from scipy import stats

from multisite.stats import ScoreCounts, auc
from multisite.stats.resampling import (
    WeightedAuc,
    bca_interval,
    bootstrap,
    bootstrap_replicates,
    jackknife,
    jackknife_acceleration,
    jackknife_variance,
    percentile_interval,
)
from multisite.vocabulary import EstimateStatus

SEED = 71


def weighted_mean(values: np.ndarray):  # type: ignore[no-untyped-def]  # a function of weights
    return lambda weights: (weights @ values) / weights.sum(axis=1)


def cases(n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(SEED)
    positive = rng.random(n) < 0.4
    return positive, (rng.normal(size=n) + 1.5 * positive).round(1)


@pytest.mark.parametrize("method", ["bca", "percentile"])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_scipy_gives_the_same_interval_from_the_same_replicates(method: str, level: float) -> None:
    values = np.random.default_rng(SEED).exponential(size=25)
    drawn = bootstrap_replicates(weighted_mean(values), np.arange(25), n_replicates=999, seed=SEED)
    held = stats.bootstrap((values,), np.mean, n_resamples=2, method="percentile")
    held.bootstrap_distribution = drawn
    theirs = stats.bootstrap(
        (values,),
        np.mean,
        n_resamples=0,
        bootstrap_result=held,
        method="BCa" if method == "bca" else "percentile",
        confidence_level=level,
    ).confidence_interval
    ours = bootstrap(weighted_mean(values), np.arange(25), n_replicates=999, seed=SEED, method=method, level=level)  # type: ignore[arg-type]  # a parametrised literal
    assert (ours.ci_low, ours.ci_high) == pytest.approx((theirs.low, theirs.high), rel=1e-12)
    assert ours.standard_error == pytest.approx(drawn.std(ddof=1))


def test_the_jackknife_of_a_mean_has_the_variance_of_a_mean() -> None:
    values = np.random.default_rng(SEED).exponential(size=30)
    left_out = jackknife(weighted_mean(values), np.arange(30))
    assert jackknife_variance(left_out) == pytest.approx(values.var(ddof=1) / 30)
    # Of a mean, the acceleration is a sixth of the skewness over √n.
    assert jackknife_acceleration(left_out) == pytest.approx(stats.skew(values) / (6 * np.sqrt(30)))


def test_the_jackknife_of_auc_is_near_the_error_of_delong() -> None:
    positive, score = cases(400)
    left_out = jackknife(WeightedAuc(positive, score), np.arange(400))
    error = auc(ScoreCounts.from_cases(positive, score)).standard_error
    assert jackknife_variance(left_out) ** 0.5 == pytest.approx(error, rel=0.01)


def test_the_error_of_auc_is_near_that_of_delong_and_the_result_is_complete() -> None:
    positive, score = cases(300)
    found = bootstrap(WeightedAuc(positive, score), np.arange(300), seed=SEED, n_replicates=1_000)
    independent = auc(ScoreCounts.from_cases(positive, score))
    assert found.estimate == independent.estimate
    assert found.standard_error == pytest.approx(independent.standard_error, rel=0.08)
    assert (found.ci_method, found.n_patients, found.n_replicates) == ("bootstrap of patients, BCa", 300, 1_000)
    assert found == bootstrap(WeightedAuc(positive, score), np.arange(300), seed=SEED, n_replicates=1_000)


@pytest.mark.parametrize("method", ["bca", "percentile"])
def test_one_class_is_undefined(method: str) -> None:
    found = bootstrap(WeightedAuc([1, 1], [1, 2]), [1, 2], seed=1, method=method)  # type: ignore[arg-type]  # a parametrised literal
    assert (found.estimate, found.ci_low, found.status) == (None, None, EstimateStatus.UNDEFINED)
    assert found.reason == "the statistic does not exist for these cases"


def test_no_case_is_undefined_and_one_patient_has_no_interval() -> None:
    assert bootstrap(WeightedAuc([], []), [], seed=1).reason == "no case"
    found = bootstrap(WeightedAuc([1, 0, 1, 0], [4, 3, 2, 1]), [9] * 4, seed=1)
    assert (found.estimate, found.ci_low, found.status) == (0.75, None, EstimateStatus.INSUFFICIENT)


@pytest.mark.parametrize("method", ["bca", "percentile"])
def test_a_perfect_separation_or_one_score_has_replicates_that_are_all_equal(method: str) -> None:
    for score, area in ((np.arange(30), 1.0), (np.zeros(30), 0.5)):
        found = bootstrap(WeightedAuc(np.arange(30) >= 15, score), np.arange(30), seed=1, method=method)  # type: ignore[arg-type]  # a parametrised literal
        assert (found.estimate, found.ci_low, found.status) == (area, None, EstimateStatus.INSUFFICIENT)
        assert found.reason == "every replicate has the same value, and there is no interval"


def test_replicates_that_are_nearly_all_equal_give_no_interval_of_no_width() -> None:
    values = np.r_[np.zeros(400), 1.0]

    def often_drawn(weights: np.ndarray) -> np.ndarray:
        return ((weights * values).sum(axis=1) > 4).astype(float)

    found = bootstrap(often_drawn, np.arange(401), n_replicates=2000, seed=SEED, method="percentile")
    assert (found.estimate, found.ci_low, found.ci_high) == (0.0, None, None)
    assert found.status is EstimateStatus.INSUFFICIENT
    assert found.reason == "nearly every replicate has the same value, and there is no interval"


def test_replicates_without_a_class_are_counted_and_too_many_leave_no_interval() -> None:
    # A lone positive is missing from (1 - 1/20)^20 of the draws.
    statistic = WeightedAuc([1] + [0] * 19, [10, *range(19)])
    found = bootstrap(statistic, np.arange(20), seed=1, method="percentile")
    assert found.n_undefined / 2_000 == pytest.approx(0.95**20, abs=0.04)
    assert (found.ci_low, found.status) == (None, EstimateStatus.INSUFFICIENT)
    assert found.reason == f"undefined in {found.n_undefined} of 2000 replicates, and no interval"
    allowed = bootstrap(statistic, np.arange(20), seed=1, method="percentile", max_undefined=0.5)
    assert allowed.ci_low is not None
    assert allowed.reason == f"undefined in {found.n_undefined} of 2000 replicates"
    # Without the patient of the lone positive there is no area, and so no acceleration.
    assert bootstrap(statistic, np.arange(20), seed=1, max_undefined=0.5).ci_low is None


def test_replicates_on_one_side_have_no_bias_and_no_interval() -> None:
    drawn = np.linspace(1, 2, 50)
    assert bca_interval(drawn, 0.5, np.array([1.0, 2.0, 4.0])) is None
    assert bca_interval(drawn, 1.5, np.array([1.0, np.nan])) is None
    assert bca_interval(drawn, 1.5, np.array([1.0, 1.0, 1.0])) == pytest.approx(percentile_interval(drawn))


@pytest.mark.parametrize("given", [{"method": "basic"}, {"max_undefined": -0.1}, {"level": 1.0}, {"n_replicates": 0}])
def test_an_argument_out_of_range_is_refused(given: dict) -> None:
    with pytest.raises(ValueError, match=r"`(method|max_undefined|n_replicates)`|level"):
        bootstrap(weighted_mean(np.arange(3.0)), [1, 2, 3], **{"seed": 1} | given)


TRUTH = np.array([1] * 4 + [0] * 41)
SCORES = np.concatenate([np.linspace(0.3, 0.9, 4), np.linspace(0.0, 0.8, 41)])


@pytest.mark.parametrize("method", ["bca", "percentile"])
def test_drawn_within_classes_no_replicate_lacks_one(method: str) -> None:
    found = bootstrap(WeightedAuc(TRUTH, SCORES), np.arange(45), seed=1, n_replicates=400, stratum=TRUTH, method=method)
    plain = bootstrap(WeightedAuc(TRUTH, SCORES), np.arange(45), seed=1, n_replicates=400, method=method)
    assert (found.n_undefined, plain.n_undefined > 0) == (0, True)
    assert "bootstrap of patients within strata, " in found.ci_method
    assert found.ci_low < found.estimate < found.ci_high


def test_every_stratum_gives_as_many_patients_as_it_has() -> None:
    patient, stratum = np.repeat(np.arange(9), 2), np.repeat([0, 0, 0, 0, 1, 1, 1, 2, 2], 2)

    def sizes(weights: np.ndarray) -> np.ndarray:
        return np.stack([weights[:, stratum == code].sum(axis=1) for code in range(3)], axis=1).astype(float)

    drawn = bootstrap_replicates(sizes, patient, n_replicates=100, seed=3, stratum=stratum)
    assert (drawn == [8, 6, 4]).all()
    part = bootstrap_replicates(sizes, patient, n_replicates=100, seed=3, stratum=stratum, first=30, last=70)
    assert (part == drawn[30:70]).all()


def test_one_stratum_is_none() -> None:
    area = WeightedAuc(TRUTH, SCORES)
    one = bootstrap(area, np.arange(45), seed=4, n_replicates=300, stratum=np.zeros(45))
    assert (one.ci_low, one.ci_high) == pytest.approx(
        (lambda plain: (plain.ci_low, plain.ci_high))(bootstrap(area, np.arange(45), seed=4, n_replicates=300))
    )


def test_the_acceleration_of_two_samples_is_that_of_davison_and_hinkley() -> None:
    rng = np.random.default_rng(2)
    first, second = rng.exponential(size=7), rng.exponential(size=12)
    without = np.concatenate([(first.sum() - first) / 6 - second.mean(), first.mean() - (second.sum() - second) / 11])
    influence = [first - first.mean(), -(second - second.mean())]
    cubes = sum((x**3).sum() / x.size**3 for x in influence)
    squares = sum((x**2).sum() / x.size**2 for x in influence)
    strata = [np.arange(7), np.arange(7, 19)]
    assert jackknife_acceleration(without, strata) == pytest.approx(cubes / (6 * squares**1.5))


def test_a_patient_lies_in_one_stratum() -> None:
    with pytest.raises(ValueError, match="`stratum` must be the same"):
        bootstrap(WeightedAuc([1, 0], [0.2, 0.1]), [7, 7], seed=1, stratum=[0, 1])
    with pytest.raises(ValueError, match="`stratum` must be given"):
        bootstrap(WeightedAuc([1, 0], [0.2, 0.1]), [7, 8], seed=1, stratum=[0, None])
