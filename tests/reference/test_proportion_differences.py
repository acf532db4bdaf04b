"""Differences of proportions against published examples, and against likelihoods maximised by brute force."""

import math

import numpy as np
import pytest
from scipy import optimize, stats
from statsmodels.stats.contingency_tables import mcnemar as their_mcnemar
from statsmodels.stats.proportion import confint_proportions_2indep

from multisite.stats.proportions import mcnemar, paired_proportion_difference, proportion_difference

# Newcombe RG. Stat Med 1998;17:873-890, Table II, examples (a) to (h): methods 10 and 11.
NEWCOMBE_TABLE_2 = [
    ((56, 70, 48, 80), (0.0524, 0.3339), (0.0428, 0.3422)),
    ((9, 10, 3, 10), (0.1705, 0.8090), (0.1013, 0.8387)),
    ((6, 7, 2, 7), (0.0582, 0.8062), (-0.0290, 0.8423)),
    ((5, 56, 0, 29), (-0.0381, 0.1926), (-0.0667, 0.2037)),
    ((0, 10, 0, 20), (-0.1611, 0.2775), (-0.2005, 0.3445)),
    ((0, 10, 0, 10), (-0.2775, 0.2775), (-0.3445, 0.3445)),
    ((10, 10, 0, 20), (0.6791, 1.0000), (0.6014, 1.0000)),
    ((10, 10, 0, 10), (0.6075, 1.0000), (0.5128, 1.0000)),
]

# The same table, Miettinen and Nurminen's method (5); SAS and R's ratesci print the same.
MIETTINEN_NURMINEN = [
    ((56, 70, 48, 80), (0.0528, 0.3382)),
    ((9, 10, 3, 10), (0.1700, 0.8406)),
    ((5, 56, 0, 29), (-0.0326, 0.1933)),
    ((10, 10, 0, 20), (0.7156, 1.0000)),
]


@pytest.mark.parametrize(("table", "method_10", "method_11"), NEWCOMBE_TABLE_2)
def test_newcombe_1998_table_2(table: tuple, method_10: tuple, method_11: tuple) -> None:
    for method, expected in (("newcombe", method_10), ("newcombe-cc", method_11)):
        result = proportion_difference(*table, method=method)
        assert (round(result.ci_low, 4), round(result.ci_high, 4)) == expected


@pytest.mark.parametrize(("table", "expected"), MIETTINEN_NURMINEN)
def test_miettinen_and_nurminen_s_interval_as_newcombe_prints_it(table: tuple, expected: tuple) -> None:
    result = proportion_difference(*table, method="miettinen-nurminen")
    assert (round(result.ci_low, 4), round(result.ci_high, 4)) == expected


@pytest.mark.parametrize("table", [(56, 70, 48, 80), (9, 10, 3, 10), (613, 1000, 40, 90)])
def test_statsmodels_gives_the_same_newcombe_interval(table: tuple) -> None:
    # Its score interval is no reference: it fails with NaN at zero counts and gives (0.0526, 0.3440) for the first.
    low, high = confint_proportions_2indep(*table, method="newcomb", compare="diff")
    ours = proportion_difference(*table)
    assert (ours.ci_low, ours.ci_high) == pytest.approx((low, high), abs=1e-12)


@pytest.mark.parametrize("table", [(56, 70, 48, 80), (5, 56, 0, 29), (0, 10, 0, 20), (1, 10, 10, 10), (3, 8, 5, 9)])
def test_at_miettinen_and_nurminen_s_limits_the_score_statistic_is_the_normal_quantile(table: tuple) -> None:
    y1, n1, y2, n2 = table
    result = proportion_difference(*table, method="miettinen-nurminen")
    for delta in (result.ci_low, result.ci_high):

        def loss(p2: float, delta: float = delta) -> float:
            terms = ((y1, p2 + delta), (n1 - y1, 1 - p2 - delta), (y2, p2), (n2 - y2, 1 - p2))
            return -sum(count * math.log(max(p, 1e-300)) for count, p in terms if count)

        bounds = max(0.0, -delta), min(1.0, 1 - delta)
        p2 = optimize.minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-12}).x
        variance = (p2 + delta) * (1 - p2 - delta) / n1 + p2 * (1 - p2) / n2
        z = (result.estimate - delta) / math.sqrt(variance * (n1 + n2) / (n1 + n2 - 1))
        assert abs(z) == pytest.approx(stats.norm.ppf(0.975), rel=1e-4)


# (both, first only, second only, neither), 95 % limits, and where they are printed.
TANGO = [
    ((4, 9, 3, 16), 0.95, (-0.027, 0.390)),  # Tango 1998, as the tests of R's ratesci have it
    ((43, 0, 1, 0), 0.90, (-0.096, 0.037)),  # Tango 1998, cross-over trial of lens disinfection
    ((53, 16, 8, 9), 0.95, (-0.020, 0.207)),  # Agresti and Min, Stat Med 2005;24:729-740
    ((1, 1, 7, 12), 0.95, (-0.517, -0.026)),  # Fagerland, Lydersen and Laake, Stat Med 2014;33:2850-2875
    ((7, 25, 2, 68), 0.95, (0.139, 0.321)),  # Chang et al. 2024, as the tests of R's ratesci have it
]


@pytest.mark.parametrize(("table", "level", "expected"), TANGO)
def test_tango_s_score_interval_as_printed(table: tuple, level: float, expected: tuple) -> None:
    result = paired_proportion_difference(*table, method="tango", level=level)
    assert (round(result.ci_low, 3), round(result.ci_high, 3)) == expected


def test_newcombe_s_paired_methods_as_printed() -> None:
    # Newcombe RG. Stat Med 1998;17:2635-2650, the example of 20, 12, 2 and 16 pairs.
    for method, expected in (("newcombe-8", (0.0618, 0.3242)), ("newcombe", (0.0562, 0.3292))):
        result = paired_proportion_difference(20, 12, 2, 16, method=method)
        assert (round(result.ci_low, 4), round(result.ci_high, 4)) == expected
    # Fagerland et al. 2014, who print method 10 to three digits.
    result = paired_proportion_difference(1, 1, 7, 12)
    assert (round(result.ci_low, 3), round(result.ci_high, 3)) == (-0.507, -0.026)


@pytest.mark.parametrize("table", [(4, 9, 3, 16), (43, 0, 1, 0), (53, 16, 8, 9), (0, 5, 1, 2), (5, 0, 6, 9)])
def test_at_tango_s_limits_the_score_statistic_is_the_normal_quantile(table: tuple) -> None:
    _, f, g, _ = table
    n = sum(table)
    result = paired_proportion_difference(*table, method="tango")
    for delta in (result.ci_low, result.ci_high):

        def loss(q: float, delta: float = delta) -> float:
            terms = ((f, q + delta), (g, q), (n - f - g, 1 - 2 * q - delta))
            return -sum(count * math.log(max(p, 1e-300)) for count, p in terms if count)

        bounds = max(0.0, -delta), (1 - delta) / 2
        q = optimize.minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-12}).x
        z = (f - g - n * delta) / math.sqrt(n * (2 * q + delta * (1 - delta)))
        assert abs(z) == pytest.approx(stats.norm.ppf(0.975), rel=1e-4)


@pytest.mark.parametrize(("f", "g"), [(1, 7), (0, 3), (9, 9), (16, 8), (121, 59)])
def test_mcnemar_s_tests_are_those_of_statsmodels_and_scipy(f: int, g: int) -> None:
    table = np.array([[50, f], [g, 30]])
    assert mcnemar(f, g, method="exact").p_value == pytest.approx(their_mcnemar(table, exact=True).pvalue, rel=1e-9)
    assert mcnemar(f, g, method="exact").p_value == pytest.approx(stats.binomtest(f, f + g).pvalue, rel=1e-9)
    for method, correction in (("asymptotic", False), ("asymptotic-cc", True)):
        if f == g and correction:  # statsmodels takes the square of 0 − 1; R's mcnemar.test gives 0, as ours
            continue
        theirs, ours = their_mcnemar(table, exact=False, correction=correction), mcnemar(f, g, method=method)
        assert (ours.statistic, ours.p_value) == pytest.approx((theirs.statistic, theirs.pvalue), rel=1e-9)


def test_mcnemar_s_p_values_as_printed() -> None:
    # Fagerland, Lydersen and Laake, BMC Med Res Methodol 2013;13:91: 1 against 7 discordant pairs.
    found = {m: round(mcnemar(1, 7, method=m).p_value, 3) for m in ("exact", "mid-p", "asymptotic", "asymptotic-cc")}
    assert found == {"exact": 0.070, "mid-p": 0.039, "asymptotic": 0.034, "asymptotic-cc": 0.077}


@pytest.mark.parametrize("counts", [(56, 70, 48, 80), (9, 10, 3, 10), (5, 56, 0, 29), (10, 10, 0, 10)])
def test_agresti_and_caffo_s_interval_is_that_of_statsmodels(counts: tuple[int, int, int, int]) -> None:
    found = proportion_difference(*counts, method="agresti-caffo")
    low, high = confint_proportions_2indep(*counts, compare="diff", method="agresti-caffo")
    assert (found.ci_low, found.ci_high) == pytest.approx(
        (max(-1.0, min(low, found.estimate)), min(1.0, max(high, found.estimate))), abs=1e-12
    )
