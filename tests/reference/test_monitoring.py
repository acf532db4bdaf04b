"""The statistics of monthly monitoring against SciPy, closed forms and enumeration."""

from itertools import product

import numpy as np
import pytest
from scipy import integrate, stats

from multisite.stats import (
    cells_evidence,
    detectable_location_change,
    detectable_share_change,
    largest_cell_change,
    location_change,
    location_evidence,
    mix_and_within,
    share_p_value,
    silence_p_value,
    usual_share_range,
    volume_evidence,
    volume_p_value,
    volume_prediction,
)

SEED = 20260


@pytest.mark.parametrize(("x", "n", "x_reference", "m"), [(3, 40, 50, 400), (0, 25, 0, 90), (25, 25, 3, 8)])
def test_the_p_value_of_a_share_is_that_of_scipys_beta_binomial(x: int, n: int, x_reference: int, m: int) -> None:
    law = stats.betabinom(n, x_reference + 0.5, m - x_reference + 0.5)
    theirs = min(1.0, 2 * min(law.cdf(x), law.sf(x - 1)))
    assert float(share_p_value(x, n, x_reference, m)) == pytest.approx(theirs, rel=1e-8)


def test_the_usual_range_of_a_share_is_between_quantiles_of_scipys_beta_binomial() -> None:
    law = stats.betabinom(60, 50.5, 350.5)
    assert usual_share_range(50, 400, n=60) == (law.ppf(0.025) / 60, law.ppf(0.975) / 60)


def test_the_deviance_of_two_bins_is_the_g_test_of_scipy() -> None:
    month, reference = [12, 38], [40, 360]
    theirs = stats.chi2_contingency([month, reference], correction=False, lambda_="log-likelihood").statistic
    assert largest_cell_change(month, reference).statistic == pytest.approx(np.sqrt(theirs), rel=1e-10)


def test_the_shift_of_ranks_is_that_of_mann_and_whitney() -> None:
    month, reference = np.array([3, 9, 14, 4]), np.array([80, 90, 70, 60])
    values = [np.repeat(np.arange(4), side) for side in (month, reference)]
    u = stats.mannwhitneyu(*values).statistic
    assert location_change(month, reference).shift == pytest.approx(u / (30 * 300) - 0.5, rel=1e-12)


def test_the_evidence_of_one_month_is_a_ratio_of_scipys_beta_binomials() -> None:
    found, no, a, b = 9, 21, 20.5, 180.5
    unchanged = stats.betabinom(30, a, b).pmf(found)
    p = a / (a + b)
    ratios = [stats.betabinom(30, k * p, k * (1 - p)).pmf(found) / unchanged for k in (10, 50, 250, 1000)]
    evidence = cells_evidence([[found, no]], [20, 180]).evidence
    assert evidence == pytest.approx([np.mean(ratios)], rel=1e-8)


def test_the_evidence_of_later_months_shares_the_reference_and_the_months_before() -> None:
    months, reference = np.array([[4, 26], [9, 21], [11, 19]]), np.array([20, 180])

    def marginal(rows: np.ndarray, a: float, b: float) -> float:
        yes, no = rows.sum(axis=0)
        return float(integrate.quad(lambda p: p**yes * (1 - p) ** no * stats.beta(a, b).pdf(p), 0, 1, epsabs=0)[0])

    total = 0.0
    for start in range(3):
        known = reference + months[:start].sum(axis=0) + 0.5
        p = known[0] / known.sum()
        changed = [marginal(months[start:], k * p, k * (1 - p)) for k in (10, 50, 250, 1000)]
        total += np.mean(changed) / marginal(months[start:], *known)
    assert cells_evidence(months, reference).evidence[-1] == pytest.approx(total, rel=1e-6)


def test_the_evidence_of_a_location_is_a_ratio_of_normal_densities() -> None:
    month, reference = np.array([2, 8, 20]), np.array([100, 100, 100])
    mean = location_change(month, reference).shift / np.sqrt(2 / 27)
    variance = 1 / 30 + 1 / 300
    density = stats.norm.pdf
    ratios = [
        density(mean, 0, np.sqrt(variance + tau**2)) / density(mean, 0, np.sqrt(variance))
        for tau in (0.05, 0.15, 0.5, 1.5)
    ]
    assert location_evidence([month], reference).evidence == pytest.approx([np.mean(ratios)], rel=1e-9)


def test_the_prediction_of_a_volume_is_scipys_negative_binomial() -> None:
    counts, days = [200, 230, 190, 215], [20, 22, 19, 21]
    mean = 835 / 82 * 20
    expected = 835 / 82 * np.array(days)
    excess = max(0.0, float(((counts - expected) ** 2 - expected).sum())) / float((expected**2).mean())
    over = (0.12**2 * 4 + excess) / 7 * (1 + 1 / 4) + 1 / 835
    law = stats.nbinom(1 / over, 1 / (1 + over * mean))
    found = volume_prediction(counts, days, exposure=20)
    assert (found.expected, found.low, found.high) == pytest.approx((mean, law.ppf(0.025), law.ppf(0.975)))
    p = volume_p_value(120, exposure=20, counts=counts, exposures=days)
    assert p == pytest.approx(2 * law.cdf(120), rel=1e-9)
    ratios = [
        stats.nbinom(1 / over, 1 / (1 + over * mean * by)).pmf(120) / law.pmf(120)
        for by in (0.5, 0.7, 0.85, 1.2, 1.4, 2.0)
    ]
    evidence = volume_evidence([120], [20], counts=counts, exposures=days).evidence
    assert evidence == pytest.approx([np.mean(ratios)], rel=1e-9)


@pytest.mark.parametrize("days", [1, 2, 3, 5])
def test_a_silence_is_as_likely_as_all_orders_of_silent_days_say(days: int) -> None:
    rate, n_days = 0.8, 9
    silent, total = np.exp(-rate), 0.0
    for week in product([0, 1], repeat=n_days):
        if "0" * days in "".join(map(str, week)):
            total += silent ** week.count(0) * (1 - silent) ** week.count(1)
    assert silence_p_value(days, rate_per_day=rate, n_days=n_days) == pytest.approx(total, rel=1e-12)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.9])
def test_a_detectable_change_of_a_share_is_found_as_often_as_it_says(share: float) -> None:
    change = detectable_share_change(share, n=400, n_reference=2000, alpha=0.01)
    assert change is not None
    rng = np.random.default_rng(SEED)
    before, now = rng.binomial(2000, share, 4000), rng.binomial(400, share + change, 4000)
    pairs = zip(now, before, strict=True)
    found = [largest_cell_change([x, 400 - x], [y, 2000 - y]).statistic > stats.norm.isf(0.005) for x, y in pairs]
    assert 0.76 < np.mean(found) < 0.84


def test_a_detectable_shift_is_found_as_often_as_it_says() -> None:
    shift = detectable_location_change(n=200, n_reference=2000, alpha=0.01)
    assert shift is not None
    rng = np.random.default_rng(SEED)
    edges = stats.norm.ppf(np.arange(1, 20) / 20)
    usual, moved = (np.diff(stats.norm.cdf(edges - by), prepend=0, append=1) for by in (0.0, shift))
    pairs = zip(rng.multinomial(200, moved, 4000), rng.multinomial(2000, usual, 4000), strict=True)
    found = [abs(location_change(now, before).statistic) > stats.norm.isf(0.005) for now, before in pairs]
    assert 0.76 < np.mean(found) < 0.84


def test_a_changed_rate_divides_as_kitagawa_divides_it() -> None:
    mix, within = mix_and_within([60, 40], [0.1, 0.3], [40, 60], [0.1, 0.4])
    assert (mix, within) == pytest.approx((0.04, 0.06))
    assert mix + within == pytest.approx((0.4 * 0.1 + 0.6 * 0.4) - (0.6 * 0.1 + 0.4 * 0.3))
