"""Proportions of clustered cases against GEEs of statsmodels, equations written out, and one another."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import special, stats
from statsmodels.stats.proportion import proportion_confint

from multisite.stats.proportions import (
    ClusterMoments,
    PairedClusterMoments,
    SharedMoments,
    clustered_mcnemar,
    clustered_proportion,
    clustered_proportion_gee,
    overlapping_proportion_difference,
    paired_clustered_proportion_difference,
)

SEED = 3


def test_variance_between_patients_is_the_sandwich_of_a_gee() -> None:
    # A GEE of the mean with independent working correlation has the variance Σ(y − r n)² / (Σn)², without K / (K − 1).
    rng = np.random.default_rng(SEED)
    cases = rng.integers(1, 6, 80)
    hits = rng.binomial(cases, rng.beta(2, 1, 80))
    outcome = np.concatenate([np.repeat([1.0, 0.0], [y, n - y]) for y, n in zip(hits, cases, strict=True)])
    patient = np.repeat(np.arange(80), cases)
    fit = sm.GEE(outcome, np.ones_like(outcome), groups=patient).fit()
    ours = clustered_proportion(ClusterMoments.from_clusters(hits, cases))
    assert ours.estimate == pytest.approx(fit.params[0], rel=1e-12)
    n = ours.denominator
    variance = ours.design_effect * ours.estimate * (1 - ours.estimate) / n
    assert variance * 79 / 80 == pytest.approx(fit.bse[0] ** 2, rel=1e-9)


def test_the_clustered_interval_is_wilson_at_the_effective_number() -> None:
    ours = clustered_proportion(ClusterMoments.from_clusters([2, 1, 0, 3, 2, 2], [3, 1, 2, 3, 2, 4]))
    assert ours.effective_n < ours.denominator
    low, high = proportion_confint(ours.estimate * ours.effective_n, ours.effective_n, method="wilson")
    assert (ours.ci_low, ours.ci_high) == pytest.approx((low, high), abs=1e-12)


def test_the_korn_graubard_interval_is_clopper_and_pearson_s_at_the_effective_number() -> None:
    # Beta quantiles at y* = r n* and n* − y*, as NCHS (Vital Health Stat 2017;2(175)) writes them.
    ours = clustered_proportion(
        ClusterMoments.from_clusters([2, 1, 0, 3, 2, 2], [3, 1, 2, 3, 2, 4]), method="korn-graubard"
    )
    n = ours.effective_n
    y = ours.estimate * n
    assert ours.ci_low == pytest.approx(stats.beta.ppf(0.025, y, n - y + 1), abs=1e-10)
    assert ours.ci_high == pytest.approx(stats.beta.ppf(0.975, y + 1, n - y), abs=1e-10)


def test_rao_and_scott_s_design_effect_by_hand() -> None:
    # Four patients of two cases with 2, 2, 1 and 0 hits: r = 5/8, residuals ¾, ¾, −¼ and −5/4, Σ = 2.75,
    # v = 4/3 · 2.75/64 = 11/192, over (5/8)(3/8)/8 = 15/512: a design effect of 88/45.
    ours = clustered_proportion(ClusterMoments.from_clusters([2, 2, 1, 0], [2, 2, 2, 2]), method="rao-scott")
    assert ours.design_effect == pytest.approx(88 / 45)
    assert ours.effective_n == pytest.approx(8 * 45 / 88)
    low, high = proportion_confint(5 / 8 * ours.effective_n, ours.effective_n, method="wilson")
    assert (ours.ci_low, ours.ci_high) == pytest.approx((low, high), abs=1e-12)


@pytest.mark.parametrize(("variance", "covariance"), [("robust", "robust"), ("bias-reduced", "bias_reduced")])
@pytest.mark.parametrize("working", ["independence", "exchangeable"])
def test_the_gee_is_that_of_statsmodels(working: str, variance: str, covariance: str) -> None:
    outcome, patient = clustered_cases()
    structure = sm.cov_struct.Exchangeable() if working == "exchangeable" else sm.cov_struct.Independence()
    model = sm.GEE(outcome, np.ones_like(outcome), groups=patient, family=sm.families.Binomial(), cov_struct=structure)
    fit = model.fit(cov_type=covariance)
    ours = clustered_proportion_gee(outcome, patient, working=working, variance=variance)
    assert ours.estimate == pytest.approx(special.expit(fit.params[0]), rel=1e-9)
    quantile = stats.norm.ppf(0.975) if variance == "robust" else stats.t.ppf(0.975, 29)
    assert ours.ci_high == pytest.approx(special.expit(fit.params[0] + quantile * fit.bse[0]), rel=1e-9)


def test_the_robust_gee_under_independence_has_the_variance_between_patients() -> None:
    outcome, patient = clustered_cases()
    hits, cases = np.bincount(patient, weights=outcome).astype(int), np.bincount(patient)
    survey = clustered_proportion(ClusterMoments.from_clusters(hits, cases))
    gee = clustered_proportion_gee(outcome, patient, working="independence", variance="robust")
    assert gee.estimate == pytest.approx(survey.estimate, rel=1e-9)
    assert gee.design_effect * 30 / 29 == pytest.approx(survey.design_effect, rel=1e-7)


def test_the_exchangeable_gee_solves_its_equation() -> None:
    # Σ (y − n p)/(1 + (n − 1)α) = 0, with α the moment estimate of statsmodels.
    outcome, patient = clustered_cases()
    structure = sm.cov_struct.Exchangeable()
    sm.GEE(outcome, np.ones_like(outcome), groups=patient, family=sm.families.Binomial(), cov_struct=structure).fit()
    hits, cases = np.bincount(patient, weights=outcome), np.bincount(patient)
    p = clustered_proportion_gee(outcome, patient).estimate
    assert float(((hits - cases * p) / (1 + (cases - 1) * structure.dep_params)).sum()) == pytest.approx(0, abs=1e-4)


def clustered_cases() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(SEED)
    cases = rng.integers(1, 6, 30)
    hits = rng.binomial(cases, rng.beta(2, 1, 30))
    outcome = np.concatenate([np.repeat([1.0, 0.0], [y, n - y]) for y, n in zip(hits, cases, strict=True)])
    return outcome, np.repeat(np.arange(30), cases)


def paired_clusters() -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(SEED)
    n = rng.integers(1, 6, 40)
    return rng.binomial(n, rng.beta(3, 1, 40)), rng.binomial(n, rng.beta(2, 1, 40)), n


def test_obuchowski_s_statistic_is_that_of_her_equations() -> None:
    # Both proportions about their mean under the null, with variances and covariance between patients.
    first, second, n = paired_clusters()
    k, total = n.size, n.sum()
    middle = (first.sum() + second.sum()) / (2 * total)
    residuals = [y - n * middle for y in (first, second)]
    v1, v2, c = (
        k / (k - 1) * float(a @ b) / total**2
        for a, b in ((0, 0), (1, 1), (0, 1))
        for a, b in [(residuals[a], residuals[b])]
    )
    expected = ((first.sum() - second.sum()) / total) ** 2 / (v1 + v2 - 2 * c)
    result = clustered_mcnemar(PairedClusterMoments.from_clusters(first, second, n))
    assert result.statistic == pytest.approx(expected)
    assert result.p_value == pytest.approx(stats.chi2.sf(expected, 1))


def test_yang_s_modified_statistic_is_that_of_the_equation() -> None:
    # As R's clust.bin.pair 0.1.2 computes its method "yang": the mean of the centred and the uncentred squares.
    first, second, n = paired_clusters()
    d, k = first - second, n.size
    theta = d.sum() / n.sum()
    expected = (k - 1) / k * d.sum() ** 2 / (0.5 * float(((d - n * theta) ** 2 + d**2).sum()))
    result = clustered_mcnemar(PairedClusterMoments.from_clusters(first, second, n), method="modified-obuchowski")
    assert result.statistic == pytest.approx(expected)


def test_the_paired_wald_variance_is_the_sandwich_of_a_gee_of_the_differences() -> None:
    first, second, n = paired_clusters()
    # Each case's difference is 1, 0 or −1; which of a patient's cases has which does not matter to the sandwich.
    cases = [
        np.sort(np.repeat([1.0, 0.0], [a, m - a])) - np.sort(np.repeat([1.0, 0.0], [b, m - b]))
        for a, b, m in zip(first, second, n, strict=True)
    ]
    difference = np.concatenate(cases)
    fit = sm.GEE(difference, np.ones_like(difference), groups=np.repeat(np.arange(n.size), n)).fit()
    ours = paired_clustered_proportion_difference(PairedClusterMoments.from_clusters(first, second, n), method="wald")
    assert ours.estimate == pytest.approx(fit.params[0], abs=1e-12)
    assert ours.standard_error**2 * 39 / 40 == pytest.approx(fit.bse[0] ** 2, rel=1e-9)


def test_the_correlation_of_overlapping_groups_is_that_of_their_linearised_residuals() -> None:
    # Cochran 1977, 6.4: the covariance of two ratios is that of the residuals y − r n, here by NumPy's corrcoef.
    rng = np.random.default_rng(8)
    n1, n2 = rng.integers(1, 4, 50), rng.integers(1, 4, 50)
    y1, y2 = rng.binomial(n1, 0.7), rng.binomial(n2, 0.6)
    first, second = ClusterMoments.from_clusters(y1, n1), ClusterMoments.from_clusters(y2, n2)
    shared = SharedMoments(50, int(y1 @ y2), int(y1 @ n2), int(n1 @ y2), int(n1 @ n2))
    residuals = y1 - y1.sum() / n1.sum() * n1, y2 - y2.sum() / n2.sum() * n2
    expected = np.corrcoef(*residuals)[0, 1]
    one, other = clustered_proportion(first), clustered_proportion(second)
    down, up = one.estimate - one.ci_low, other.ci_high - other.estimate
    found = overlapping_proportion_difference(first, second, shared)
    below = np.sqrt(down**2 - 2 * expected * down * up + up**2)
    assert found.ci_low == pytest.approx(found.estimate - below, rel=1e-12)
