"""Net benefit against its definition case by case, and its variances against the jackknife."""

import numpy as np
import pytest
from scipy import integrate, stats

from multisite.stats import ScoreCounts
from multisite.stats.benefit.decision_curve import decision_curve, net_benefit, net_benefit_by_patient
from multisite.stats.detectable_difference import detectable_auc_difference, detectable_proportion_difference

RNG = np.random.default_rng(31)
SCORE = RNG.beta(1.2, 3, 150).round(2)
TRUTH = RNG.random(150) < SCORE
THRESHOLDS = (0.01, 0.1, 0.25, 0.5)


def by_definition(truth: np.ndarray, called: np.ndarray, threshold: float) -> tuple[float, float, float]:
    """Vickers and Elkin 2006: of the model, of acting on everybody; and interventions avoided per 100."""
    weight = threshold / (1 - threshold)
    model = (called & truth).mean() - weight * (called & ~truth).mean()
    everybody = truth.mean() - weight * (~truth).mean()
    return model, everybody, 100 * (model - everybody) / weight


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_net_benefit_is_that_of_the_definition_case_by_case(threshold: float) -> None:
    (found,) = decision_curve(ScoreCounts.from_cases(TRUTH, SCORE), [threshold])
    model, everybody, avoided = by_definition(TRUTH, threshold <= SCORE, threshold)
    assert found.estimate == pytest.approx(model, abs=1e-12)
    assert found.treat_all == pytest.approx(everybody, abs=1e-12)
    assert found.interventions_avoided.estimate == pytest.approx(avoided, abs=1e-9)
    assert found.standardised.estimate == pytest.approx(model / TRUTH.mean(), abs=1e-12)


@pytest.mark.parametrize("threshold", THRESHOLDS[1:])
def test_variances_are_nearly_those_of_the_jackknife(threshold: float) -> None:
    (found,) = decision_curve(ScoreCounts.from_cases(TRUTH, SCORE), [threshold])
    called, n = threshold <= SCORE, TRUTH.size

    def three(keep: np.ndarray) -> tuple[float, float, float]:
        model, _, avoided = by_definition(TRUTH[keep], called[keep], threshold)
        return model, model / TRUTH[keep].mean(), avoided

    left = np.array([three(np.arange(n) != i) for i in range(n)])
    expected = np.sqrt((n - 1) / n * ((left - left.mean(axis=0)) ** 2).sum(axis=0))
    for one, error in zip((found, found.standardised, found.interventions_avoided), expected, strict=True):
        assert one.ci_low is not None
        assert one.ci_high is not None
        assert (one.ci_high - one.ci_low) / 2 / stats.norm.ppf(0.975) == pytest.approx(error, rel=0.03)


def test_the_variance_is_the_published_formula() -> None:
    tp, fp, n, threshold = 62, 140, 750, 0.15
    w = threshold / (1 - threshold)
    value = tp / n - w * fp / n
    half = stats.norm.ppf(0.975) * np.sqrt(((tp + w**2 * fp) / n - value**2) / n)
    found = net_benefit(tp, fp, 105, 645, threshold=threshold)
    assert (found.ci_low, found.ci_high) == pytest.approx((value - half, value + half), abs=1e-12)


def test_a_case_control_set_at_the_prevalence_of_the_cohort_has_the_benefit_of_the_cohort() -> None:
    # Every case with the finding and every tenth without it, as if drawn for a study.
    cohort = net_benefit(80, 900, 100, 9_000, threshold=0.08)
    drawn = net_benefit(80, 90, 100, 900, threshold=0.08, prevalence=100 / 9_100)
    for of_cohort, of_drawn in (
        (cohort, drawn),
        (cohort.standardised, drawn.standardised),
        (cohort.interventions_avoided, drawn.interventions_avoided),
    ):
        assert of_drawn.estimate == pytest.approx(of_cohort.estimate, rel=1e-9)
    assert drawn.treat_all == pytest.approx(cohort.treat_all)


@pytest.mark.slow
def test_the_clustered_variance_is_the_sandwich_of_a_regression_on_a_constant() -> None:
    import statsmodels.api as sm

    rng = np.random.default_rng(5)
    n_patients, threshold = 40, 0.2
    cases = rng.integers(1, 6, n_patients)
    patient = np.repeat(np.arange(n_patients), cases)
    truth = rng.random(patient.size) < rng.beta(1, 2, n_patients)[patient]
    called = rng.random(patient.size) < np.where(truth, 0.8, 0.3)
    columns = [np.bincount(patient, weights=c) for c in (called & truth, called & ~truth, truth, ~truth)]
    found = net_benefit_by_patient(*columns, threshold=threshold)
    gain = (called & truth) - threshold / (1 - threshold) * (called & ~truth)
    fit = sm.OLS(gain, np.ones(gain.size)).fit()
    robust = fit.get_robustcov_results("cluster", groups=patient, use_correction=False)
    error = robust.bse[0] * np.sqrt(n_patients / (n_patients - 1))
    assert found.estimate == pytest.approx(fit.params[0])
    assert found.ci_high == pytest.approx(fit.params[0] + stats.t.ppf(0.975, n_patients - 1) * error)
    assert found.n_patients == n_patients


def test_the_detectable_gap_is_found_as_often_as_it_says() -> None:
    gap = detectable_proportion_difference(0.8, 400, 500)
    assert gap.difference is not None
    assert gap.standard_error == pytest.approx(np.sqrt(0.16 * (1 / 400 + 1 / 500)))
    z = stats.norm(gap.difference / gap.standard_error)
    assert z.sf(stats.norm.ppf(0.975)) == pytest.approx(0.8, abs=1e-9)


def test_the_error_of_an_area_is_that_of_exponential_scores() -> None:
    # Scores of negatives with mean 1, of positives with mean r: the area is r/(1 + r).
    positives, negatives, ratio = 51, 58, 4.0
    area = ratio / (1 + ratio)
    two_above, _ = integrate.quad(lambda x: np.exp(-x) * np.exp(-x / ratio) ** 2, 0, np.inf)
    two_below, _ = integrate.quad(lambda x: np.exp(-x / ratio) / ratio * (1 - np.exp(-x)) ** 2, 0, np.inf)
    spread = (positives - 1) * (two_above - area**2) + (negatives - 1) * (two_below - area**2)
    expected = np.sqrt((area * (1 - area) + spread) / (positives * negatives))
    assert detectable_auc_difference(area, positives, negatives).standard_error == pytest.approx(expected, rel=1e-9)
