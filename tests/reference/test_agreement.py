"""Agreement against published tables, statsmodels, scikit-learn and definitions written out.

Fleiss JL, Psychol Bull 1971;76:378-382 (table 1); Krippendorff K, Computing Krippendorff's Alpha-Reliability, 2011
(section C); Gwet KL, Handbook of Inter-Rater Reliability, and the data of its R package irrCAC 1.0 (`cac.raw4raters`,
`cont3x3abstractors`); Shrout PE, Fleiss JL, Psychol Bull 1979;86:420-428 (tables 2 to 4).
"""

from fractions import Fraction
from itertools import combinations, permutations

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.inter_rater import fleiss_kappa as their_fleiss_kappa

from multisite.stats.agreement import (
    ICC_FORMS,
    cohen_kappa,
    cohen_kappa_from_table,
    fleiss_kappa,
    fleiss_kappa_from_counts,
    gwet_ac1,
    gwet_ac2,
    icc,
    krippendorff_alpha,
    limits_of_agreement,
    limits_of_agreement_repeated,
    observed_agreement,
    specific_agreement,
)

NAN = float("nan")

FLEISS_1971 = np.array(
    [
        [0, 0, 0, 6, 0],
        [0, 3, 0, 0, 3],
        [0, 1, 4, 0, 1],
        [0, 0, 0, 0, 6],
        [0, 3, 0, 3, 0],
        [2, 0, 4, 0, 0],
        [0, 0, 4, 0, 2],
        [2, 0, 3, 1, 0],
        [2, 0, 0, 4, 0],
        [0, 0, 0, 0, 6],
        [1, 0, 0, 5, 0],
        [1, 1, 0, 4, 0],
        [0, 3, 3, 0, 0],
        [1, 0, 0, 5, 0],
        [0, 2, 0, 3, 1],
        [0, 0, 5, 0, 1],
        [3, 0, 0, 1, 2],
        [5, 1, 0, 0, 0],
        [0, 2, 0, 4, 0],
        [1, 0, 2, 0, 3],
        [0, 0, 0, 0, 6],
        [0, 1, 0, 5, 0],
        [0, 2, 0, 1, 3],
        [2, 0, 0, 4, 0],
        [1, 0, 0, 4, 1],
        [0, 5, 0, 1, 0],
        [4, 0, 0, 0, 2],
        [0, 2, 0, 4, 0],
        [1, 0, 5, 0, 0],
        [0, 0, 0, 0, 6],
    ]
)

KRIPPENDORFF = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
).T

FOUR_RATERS = np.array(
    [
        [1, 1, NAN, 1],
        [2, 2, 3, 2],
        [3, 3, 3, 3],
        [3, 3, 3, 3],
        [2, 2, 2, 2],
        [1, 2, 3, 4],
        [4, 4, 4, 4],
        [1, 1, 2, 1],
        [2, 2, 2, 2],
        [NAN, 5, 5, 5],
        [NAN, NAN, 1, 1],
        [NAN, NAN, 3, NAN],
    ]
)

ABSTRACTORS = np.array([[13, 0, 0], [0, 20, 7], [0, 4, 56]])

SHROUT_FLEISS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]

TABLES = [
    ABSTRACTORS,
    np.array([[20, 5], [10, 15]]),
    np.array([[5, 3, 0, 1], [2, 8, 4, 0], [0, 3, 9, 2], [1, 0, 2, 6]]),
]


def as_ratings(table: np.ndarray) -> np.ndarray:
    rows, columns = np.nonzero(table)
    return np.repeat(np.column_stack([rows, columns]), table[rows, columns], axis=0)


def test_fleiss_1971_table_1_has_kappa_0_430() -> None:
    assert round(fleiss_kappa_from_counts(FLEISS_1971).estimate, 3) == 0.430


def test_fleiss_1971_by_category_with_the_null_errors_of_1979_as_irr_prints_them() -> None:
    # irr::kappam.fleiss(diagnoses, detail = TRUE): kappa and z of each category, and z = 17.7 of all.
    result = fleiss_kappa_from_counts(FLEISS_1971)
    assert round(result.z, 1) == 17.7
    assert [round(one.estimate, 3) for one in result.by_category] == [0.245, 0.245, 0.520, 0.471, 0.566]
    assert [round(one.z, 3) for one in result.by_category] == [5.192, 5.192, 11.031, 9.994, 12.009]


def test_statsmodels_has_the_same_fleiss_kappa() -> None:
    assert fleiss_kappa_from_counts(FLEISS_1971).estimate == pytest.approx(their_fleiss_kappa(FLEISS_1971), rel=1e-12)


@pytest.mark.parametrize(
    ("metric", "printed"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_krippendorff_s_twelve_units_and_four_observers(metric: str, printed: float) -> None:
    result = krippendorff_alpha(KRIPPENDORFF, metric=metric, method="jackknife")  # type: ignore[arg-type]  # a literal
    assert round(result.estimate, 3) == printed
    assert (result.n_cases, result.n_ratings, result.n_left_out) == (11, 40, 1)


def delta(metric: str, values: list[float], c: float, k: float) -> Fraction:
    low, high = sorted((c, k))
    if metric == "nominal":
        return Fraction(int(c != k))
    if metric == "ordinal":
        between = sum(low <= v <= high for v in values)
        return (between - Fraction(values.count(c) + values.count(k), 2)) ** 2 if c != k else Fraction(0)
    difference = Fraction(int(c - k))
    return difference**2 if metric == "interval" else (difference / Fraction(int(c + k))) ** 2


@pytest.mark.parametrize("metric", ["nominal", "ordinal", "interval", "ratio"])
def test_alpha_is_its_definition_over_pairs_in_exact_fractions(metric: str) -> None:
    for ratings in (KRIPPENDORFF, FOUR_RATERS, np.array([[1.0, 2, 2], [2, 2, 3], [3, 3, 1], [1, 1, 1]])):
        units = [[v for v in row if v == v] for row in ratings.tolist()]
        units = [unit for unit in units if len(unit) > 1]
        values = [v for unit in units for v in unit]
        n = len(values)
        observed = sum(
            (delta(metric, values, a, b) / (len(unit) - 1) for unit in units for a, b in permutations(unit, 2)),
            Fraction(0),
        )
        expected = sum((delta(metric, values, a, b) for a, b in permutations(values, 2)), Fraction(0)) / (n - 1)
        result = krippendorff_alpha(ratings, metric=metric, method="jackknife")  # type: ignore[arg-type]  # a literal
        assert result.estimate == pytest.approx(float(1 - observed / expected), abs=1e-13)


def test_gwet_s_four_raters_with_missing_ratings() -> None:
    # irrCAC::gwet.ac1.raw(cac.raw4raters): 0.77544, 0.14295, (0.461, 1).
    result = gwet_ac1(FOUR_RATERS)
    assert (round(result.estimate, 5), round(result.standard_error, 5)) == (0.77544, 0.14295)
    assert (round(result.ci_low, 3), result.ci_high) == (0.461, 1.0)
    assert (result.n_cases, result.n_pairable) == (12, 11)


def test_generalised_fleiss_kappa_of_gwet_s_four_raters() -> None:
    # irrCAC::fleiss.kappa.raw(cac.raw4raters): 0.76117, 0.15302.
    result = fleiss_kappa(FOUR_RATERS)
    assert (round(result.estimate, 5), round(result.standard_error, 5)) == (0.76117, 0.15302)
    assert result.generalised
    assert result.z is None


def test_gwet_s_abstractors_have_his_kappa_and_ac1() -> None:
    # irrCAC::kappa2.table: 0.7964094, 0.05891072; gwet.ac1.table: 0.8493305, 0.04321747 (with n for n − 1).
    kappa, ac1 = cohen_kappa_from_table(ABSTRACTORS), gwet_ac1(as_ratings(ABSTRACTORS))
    assert (kappa.estimate, kappa.standard_error) == pytest.approx((0.7964094, 0.05891072), abs=5e-8)
    assert (ac1.estimate, ac1.standard_error * np.sqrt(0.99)) == pytest.approx((0.8493305, 0.04321747), abs=5e-8)


@pytest.mark.parametrize("table", TABLES, ids=len)
@pytest.mark.parametrize("weights", ["unweighted", "linear", "quadratic"])
def test_statsmodels_has_the_same_kappa_and_both_errors(table: np.ndarray, weights: str) -> None:
    theirs = cohens_kappa(table, wt=None if weights == "unweighted" else weights)
    ours = cohen_kappa_from_table(table, weights=weights)  # type: ignore[arg-type]  # a literal
    assert ours.estimate == pytest.approx(theirs.kappa, abs=1e-13)
    assert ours.standard_error**2 == pytest.approx(theirs.var_kappa, rel=1e-10)
    assert ours.null_standard_error**2 == pytest.approx(theirs.var_kappa0, rel=1e-10)
    assert ours.p_value == pytest.approx(theirs.pvalue_two_sided, abs=1e-12)
    assert ours.maximum == pytest.approx(theirs.kappa_max, abs=1e-12) or weights != "unweighted"


@pytest.mark.parametrize("table", TABLES, ids=len)
@pytest.mark.parametrize("weights", ["unweighted", "linear", "quadratic"])
def test_scikit_learn_has_the_same_kappa(table: np.ndarray, weights: str) -> None:
    first, second = as_ratings(table).T
    theirs = cohen_kappa_score(first, second, weights=None if weights == "unweighted" else weights)
    ours = cohen_kappa(first, second, categories=range(len(table)), weights=weights)  # type: ignore[arg-type]  # a literal
    assert ours.estimate == pytest.approx(theirs, abs=1e-13)


@pytest.mark.parametrize("weights", ["unweighted", "linear", "quadratic", "ordinal"])
def test_kappa_s_error_is_the_delta_method_by_numerical_differentiation(weights: str) -> None:
    table = TABLES[2]
    n, share = table.sum(), table / table.sum()
    d = np.abs(np.subtract.outer(np.arange(4), np.arange(4)))
    agreement = {"unweighted": d == 0, "linear": 1 - d / 3, "quadratic": 1 - d**2 / 9, "ordinal": 1 - d * (d + 1) / 12}

    def kappa(p: np.ndarray) -> float:
        w, total = agreement[weights], p.sum()
        chance = (w * np.outer(p.sum(1), p.sum(0))).sum() / total**2
        return float(((w * p).sum() / total - chance) / (1 - chance))

    step = 1e-6
    gradient = np.zeros_like(share)
    for cell in np.ndindex(share.shape):
        nudge = np.zeros_like(share)
        nudge[cell] = step
        gradient[cell] = (kappa(share + nudge) - kappa(share - nudge)) / (2 * step)
    variance = ((share * gradient**2).sum() - (share * gradient).sum() ** 2) / n
    ours = cohen_kappa_from_table(table, weights=weights)  # type: ignore[arg-type]  # a literal
    assert ours.standard_error**2 == pytest.approx(variance, rel=1e-6)


def test_the_largest_kappa_is_that_of_the_best_table_with_the_same_margins() -> None:
    # All 2 × 2 × … tables of these margins, one by one.
    row, column = (4, 3, 3), (2, 5, 3)
    tables = []
    for a, b, c, d in np.ndindex(5, 5, 4, 4):
        table = np.array([[a, b, row[0] - a - b], [c, d, row[1] - c - d], [0, 0, 0]])
        table[2] = np.array(column) - table[0] - table[1]
        if table.min() >= 0:
            tables.append(table)
    for weights in ("unweighted", "linear", "quadratic", "ordinal"):
        found = [cohen_kappa_from_table(table, weights=weights) for table in tables]  # type: ignore[arg-type]  # a literal
        assert found[0].maximum == pytest.approx(max(one.estimate for one in found), abs=1e-12)


def test_shrout_and_fleiss_1979_table_4() -> None:
    results = [icc(SHROUT_FLEISS, form=form) for form in ICC_FORMS]
    assert [round(one.estimate, 2) for one in results] == [0.17, 0.29, 0.71, 0.44, 0.62, 0.91]
    squares = (results[0].between_cases, results[0].within_cases, results[0].between_raters, results[0].residual)
    assert [round(square, 2) for square in squares] == [11.24, 6.26, 32.49, 1.02]


def test_intervals_of_shrout_and_fleiss_as_psych_prints_them() -> None:
    # psych::ICC(sf, lmer = FALSE), to two places.
    ends = [icc(SHROUT_FLEISS, form=form) for form in ICC_FORMS]
    low, high = [round(one.ci_low, 2) for one in ends], [round(one.ci_high, 2) for one in ends]
    assert low == [-0.13, 0.02, 0.34, -0.88, 0.07, 0.68]
    assert high == [0.72, 0.76, 0.95, 0.91, 0.93, 0.99]


def test_limits_of_a_mean_are_those_of_mcgraw_and_wong() -> None:
    # Their formulae for ICC(A,k), of which ours are Spearman and Brown's of ICC(A,1).
    values = np.array(SHROUT_FLEISS, dtype=float)
    n, k = values.shape
    one = icc(values, form="2,k")
    b, j, e, rho = one.between_cases, one.between_raters, one.residual, one.estimate
    c, d = rho / (n * (1 - rho)), 1 + rho * (n - 1) / (n * (1 - rho))
    v = (c * j + d * e) ** 2 / ((c * j) ** 2 / (k - 1) + (d * e) ** 2 / ((n - 1) * (k - 1)))
    f_low, f_high = stats.f.ppf(0.975, n - 1, v), stats.f.ppf(0.975, v, n - 1)
    low = n * (b - f_low * e) / (f_low * (j - e) + n * b)
    high = n * (f_high * b - e) / (j - e + n * f_high * b)
    assert (one.ci_low, one.ci_high) == pytest.approx((low, high), rel=1e-9)


def test_pairwise_agreement_is_the_mean_over_pairs_counted_one_by_one() -> None:
    each = []
    for row in FOUR_RATERS.tolist():
        given = [v for v in row if v == v]
        pairs = [a == b for a, b in combinations(given, 2)]
        if pairs:
            each.append(Fraction(sum(pairs), len(pairs)))
    assert observed_agreement(FOUR_RATERS).estimate == pytest.approx(float(sum(each) / len(each)), abs=1e-14)
    assert observed_agreement(FOUR_RATERS).estimate == pytest.approx(gwet_ac1(FOUR_RATERS).observed_agreement)


def test_specific_agreement_has_the_variance_of_graham_and_bull() -> None:
    # Var of 2a/(2a + s), s = b + c: 4 a s (a + s)/(2a + s)⁴; the interval is Wilson's at the number with this variance.
    a, b, c, d = 30, 7, 5, 58
    positive = specific_agreement([[1, 1]] * a + [[1, 0]] * b + [[0, 1]] * c + [[0, 0]] * d)[1]
    assert positive.estimate == pytest.approx(2 * a / (2 * a + b + c))
    s, took_part = b + c, a + b + c
    variance = 4 * a * s * (a + s) / (2 * a + s) ** 4 * took_part / (took_part - 1)
    t = stats.t.ppf(0.975, took_part - 1)
    p = positive.estimate
    n = p * (1 - p) / variance * (1.959963984540054 / t) ** 2
    z2 = 1.959963984540054**2
    centre, half = (p + z2 / (2 * n)) / (1 + z2 / n), np.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    assert (positive.ci_low, positive.ci_high) == pytest.approx((centre - half, centre + half), abs=1e-12)


def test_exact_limits_hold_their_definition_in_the_non_central_t() -> None:
    d = np.array([1.2, -0.4, 0.8, 2.1, 0.3, -1.0, 0.9])
    found = limits_of_agreement(d, np.zeros(7))
    mean, sd, z = d.mean(), d.std(ddof=1), stats.norm.ppf(0.975)
    tails = stats.nct.ppf([0.025, 0.975], 6, z * np.sqrt(7)) * sd / np.sqrt(7)
    assert (found.upper.ci_low, found.upper.ci_high) == pytest.approx(tuple(mean + tails), rel=1e-9)
    assert (found.lower.ci_low, found.lower.ci_high) == pytest.approx(tuple(mean - tails[::-1]), rel=1e-9)
    near = stats.ttest_1samp(d, 0).confidence_interval(0.95)
    assert (found.bias.ci_low, found.bias.ci_high) == pytest.approx((near.low, near.high), rel=1e-12)


def test_repeated_limits_of_balanced_data_have_the_components_of_a_mixed_model() -> None:
    # Balanced: sample variance of means = between + within/m, so that the components are those of REML.
    rng = np.random.default_rng(5)
    d = rng.normal(0, 2, (12, 1)) + rng.normal(size=(12, 4))
    found = limits_of_agreement_repeated(d.ravel(), np.zeros(48), np.repeat(np.arange(12), 4))
    within = d.var(axis=1, ddof=1).mean()
    between = d.mean(axis=1).var(ddof=1) - within / 4
    assert (found.variance_within, found.variance_between) == pytest.approx((within, between), rel=1e-12)
    assert found.standard_deviation == pytest.approx(np.sqrt(within + between))
    assert found.bias.ci_high == pytest.approx(stats.ttest_1samp(d.mean(axis=1), 0).confidence_interval(0.95).high)
    zero = stats.f_oneway(*d)
    assert (between * 4 + within) / within == pytest.approx(zero.statistic)


def test_linear_kappa_of_two_categories_and_ac2_of_unit_weights_are_the_unweighted_ones() -> None:
    table = TABLES[1]
    assert cohen_kappa_from_table(table, weights="linear").estimate == cohen_kappa_from_table(table).estimate
    ratings = as_ratings(ABSTRACTORS)
    assert gwet_ac2(ratings, categories=range(3), weights=np.eye(3)).standard_error == pytest.approx(
        gwet_ac1(ratings).standard_error, rel=1e-12
    )
