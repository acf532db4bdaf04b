"""Smoothers, isotonic curve, bins and sandwich against R's printed output, statsmodels, scikit-learn and SciPy."""

from fractions import Fraction

import numpy as np
import pytest
import statsmodels.api as sm
from sklearn.calibration import calibration_curve
from sklearn.isotonic import IsotonicRegression
from statsmodels.nonparametric.smoothers_lowess import lowess

from multisite.stats import ScoreCounts
from multisite.stats.calibration import (
    brier_decomposition,
    clustered_calibration_line,
    clustered_observed_expected,
    corp_reliability,
    expected_calibration_error,
    integrated_calibration_index,
    reliability,
)
from multisite.stats.calibration.smoothing import local_regression

SEED = 19


def cases(n: int, decimals: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(SEED)
    score = np.clip(rng.beta(1.5, 3, n).round(decimals), 0.01, 0.99)
    return (rng.random(n) < score**1.3).astype(float), score


SPEED = [4, 4, 7, 7, 8, 9, 10, 10, 10, 11, 11, 12, 12, 12, 12, 13, 13, 13, 13, 14, 14, 14, 14, 15, 15, 15, 16, 16, 17]
SPEED += [17, 17, 18, 18, 18, 18, 19, 19, 19, 20, 20, 20, 20, 20, 22, 23, 24, 24, 24, 24, 25]
DISTANCE = [
    2,
    10,
    4,
    22,
    16,
    10,
    18,
    26,
    34,
    17,
    28,
    14,
    20,
    24,
    28,
    26,
    34,
    34,
    46,
    26,
    36,
    60,
    80,
    20,
    26,
    54,
    32,
    40,
]
DISTANCE += [32, 40, 50, 42, 56, 76, 84, 36, 46, 68, 32, 48, 52, 56, 64, 66, 54, 70, 92, 93, 120, 85]
PRINTED = {7: 12.499786, 8: 15.281082, 9: 18.446568, 10: 21.865315, 11: 25.517015, 12: 29.350386, 13: 33.230660}
PRINTED |= {
    14: 37.167935,
    15: 41.205226,
    16: 45.055736,
    17: 48.355889,
    18: 49.824812,
    19: 51.986702,
    20: 56.461318,
    22: 68.569313,
}
PRINTED |= {23: 76.316068, 24: 85.212121, 25: 95.324047}


def test_loess_is_that_of_rs_own_example() -> None:
    # help("predict.loess"): cars.lo <- loess(dist ~ speed, cars); predict(cars.lo, data.frame(speed = seq(5, 30, 1))).
    speed, position = np.unique(SPEED, return_inverse=True)
    smooth = local_regression(
        speed.astype(float), np.bincount(position), span=0.75, degree=2, surface="interpolate", most_points=99
    )
    fitted = dict(zip(speed.tolist(), smooth.fitted(np.bincount(position, weights=DISTANCE)).tolist(), strict=True))
    assert [fitted[at] for at in PRINTED] == pytest.approx(list(PRINTED.values()), abs=6e-7)


@pytest.mark.parametrize(("n", "decimals"), [(150, 9), (400, 2), (90, 1)])
def test_direct_loess_is_weighted_least_squares_at_every_score(n: int, decimals: int) -> None:
    truth, score = cases(n, decimals)
    found = integrated_calibration_index(ScoreCounts.from_cases(truth, score), surface="direct")
    for at, value in zip(found.score, found.smoothed, strict=True):
        distance = np.abs(score - at)
        reach = np.sort(distance)[int(0.75 * n) - 1]
        weight = np.where(distance < reach, (1 - np.minimum(distance / reach, 1) ** 3) ** 3, 0)
        design = np.vander(score - at, 3, increasing=True) * np.sqrt(weight)[:, None]
        assert value == pytest.approx(np.linalg.lstsq(design, truth * np.sqrt(weight), rcond=None)[0][0], abs=1e-9)


def test_interpolated_loess_is_near_the_direct_one() -> None:
    truth, score = cases(500, 9)
    counts = ScoreCounts.from_cases(truth, score)
    one, other = (integrated_calibration_index(counts, surface=surface) for surface in ("interpolate", "direct"))
    assert one.ici.estimate == pytest.approx(other.ici.estimate, abs=2e-3)


@pytest.mark.parametrize("decimals", [9, 2])
def test_lowess_is_that_of_statsmodels_without_iterations(decimals: int) -> None:
    truth, score = cases(300, decimals)
    found = integrated_calibration_index(ScoreCounts.from_cases(truth, score), smoother="lowess")
    theirs = lowess(truth, score, frac=2 / 3, it=0, delta=0.0, return_sorted=False)
    ours = found.smoothed[np.searchsorted(found.score, score)]
    assert ours == pytest.approx(theirs, abs=1e-10)


@pytest.mark.parametrize("decimals", [9, 2, 1])
def test_the_isotonic_curve_is_that_of_scikit_learn(decimals: int) -> None:
    truth, score = cases(400, decimals)
    found = corp_reliability(ScoreCounts.from_cases(truth, score))
    theirs = IsotonicRegression().fit(score, truth).predict(found.score)
    assert found.recalibrated == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize(("binning", "strategy"), [("equal width", "uniform"), ("equal mass", "quantile")])
def test_bins_closed_on_the_right_are_those_of_scikit_learn(binning: str, strategy: str) -> None:
    # Scikit-learn interpolates its quantiles; without ties, and 10 a divisor of n, the cases per bin are the same.
    truth, score = cases(400, 9 if strategy == "quantile" else 1)
    observed, predicted = calibration_curve(truth, score, n_bins=10, strategy=strategy)
    table = reliability(ScoreCounts.from_cases(truth, score), n_bins=10, binning=binning, closed="right")
    used = table.n_cases > 0
    assert table.observed[used] == pytest.approx(observed, abs=1e-12)
    assert table.mean_score[used] == pytest.approx(predicted, abs=1e-12)


@pytest.mark.parametrize(("n", "decimals"), [(333, 9), (407, 2)])
def test_bins_of_linear_quantiles_are_those_of_scikit_learn_for_any_number_of_cases(n: int, decimals: int) -> None:
    truth, score = cases(n, decimals)
    observed, predicted = calibration_curve(truth, score, n_bins=10, strategy="quantile")
    cut = {"binning": "equal mass", "closed": "right", "quantiles": "linear"}
    table = reliability(ScoreCounts.from_cases(truth, score), n_bins=10, **cut)
    used = table.n_cases > 0
    assert table.observed[used] == pytest.approx(observed, abs=1e-12)
    assert table.mean_score[used] == pytest.approx(predicted, abs=1e-12)


def test_the_top_label_error_is_that_of_its_definition_case_by_case() -> None:
    truth, score = cases(333, 2)
    confidence = np.maximum(score, 1 - score)
    right = (score >= 0.5) == truth
    ece = 0.0
    for low in np.arange(10) / 10:
        inside = (confidence > low) & (confidence <= low + 0.1 + 1e-12)
        if inside.any():
            ece += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    found = expected_calibration_error(ScoreCounts.from_cases(truth, score), closed="right", target="top label")
    assert found.estimate == pytest.approx(ece, abs=1e-12)


def test_five_terms_in_exact_fractions() -> None:
    score = [Fraction(k, 20) for k in (1, 2, 5, 7, 8, 13, 15, 19)]
    positive, negative = [0, 1, 1, 0, 2, 3, 1, 4], [5, 3, 2, 4, 1, 1, 2, 0]
    data = [(s, y) for s, p, q in zip(score, positive, negative, strict=True) for y in [1] * p + [0] * q]
    n = len(data)
    overall = Fraction(sum(y for _, y in data), n)
    terms = [Fraction(0)] * 5
    for low in (Fraction(k, 4) for k in range(4)):
        inside = [(s, y) for s, y in data if low <= s < low + Fraction(1, 4)]
        if not inside:
            continue
        m = len(inside)
        mean_s, mean_y = sum(s for s, _ in inside) / m, Fraction(sum(y for _, y in inside), m)
        terms[0] += m * (mean_s - mean_y) ** 2 / n
        terms[1] += m * (mean_y - overall) ** 2 / n
        terms[3] += sum((s - mean_s) ** 2 for s, _ in inside) / n
        terms[4] += 2 * sum((s - mean_s) * (y - mean_y) for s, y in inside) / n
    terms[2] = overall * (1 - overall)
    assert terms[0] - terms[1] + terms[2] + terms[3] - terms[4] == sum((s - y) ** 2 for s, y in data) / n
    found = brier_decomposition(
        ScoreCounts([float(s) for s in score], positive, negative), binning="equal width", n_bins=4
    )
    ours = (found.reliability, found.resolution, found.uncertainty)
    assert (*ours, found.within_bin_variance, found.within_bin_covariance) == pytest.approx([float(t) for t in terms])


def test_the_sandwich_is_that_of_statsmodels_gee_but_for_the_number_of_patients() -> None:
    truth, score = cases(300, 9)
    patient = np.random.default_rng(SEED).integers(0, 70, 300)
    logit, k = np.log(score / (1 - score)), np.unique(patient).size
    line = clustered_calibration_line(truth, score, patient)
    family = sm.families.Binomial()
    joint = sm.GEE(truth, sm.add_constant(logit), groups=patient, family=family).fit()
    scale = np.sqrt(k / (k - 1))
    assert line.intercept.standard_error == pytest.approx(joint.bse[0] * scale, rel=1e-5)
    assert line.slope.standard_error == pytest.approx(joint.bse[1] * scale, rel=1e-5)
    assert line.covariance == pytest.approx(joint.cov_params()[0, 1] * scale**2, rel=1e-5)
    shift = sm.GEE(truth, np.ones((300, 1)), groups=patient, family=family, offset=logit).fit()
    assert line.in_the_large.standard_error == pytest.approx(shift.bse[0] * scale, rel=1e-5)


def test_the_error_of_the_clustered_ratio_is_that_of_the_jackknife_over_patients() -> None:
    truth, score = cases(400, 9)
    patient = np.arange(400) // 3
    left_out = [np.log(truth[patient != k].sum() / score[patient != k].sum()) for k in range(134)]
    jackknife = np.sqrt(133 * np.var(left_out))
    found = clustered_observed_expected(truth, score, patient)
    assert found.standard_error == pytest.approx(jackknife, rel=0.02)
