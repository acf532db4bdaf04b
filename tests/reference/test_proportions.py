"""Proportions against published tables and against statsmodels."""

import csv
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
from statsmodels.stats.proportion import proportion_confint

from multisite.stats import ClusterMoments, clustered_proportion, proportion

DATA = Path(__file__).parent / "data"
SEED = 3


def newcombe() -> list[dict[str, str]]:
    lines = (DATA / "newcombe_1998_table_1.csv").read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


@pytest.mark.parametrize("row", newcombe(), ids=lambda row: f"{row['method']} {row['numerator']}/{row['denominator']}")
def test_newcombe_1998_table_1(row: dict[str, str]) -> None:
    result = proportion(int(row["numerator"]), int(row["denominator"]), method=row["method"])  # type: ignore[arg-type]  # from the table
    assert round(result.ci_low, 4) == float(row["ci_low"])
    assert round(result.ci_high, 4) == float(row["ci_high"])


@pytest.mark.parametrize(("method", "theirs"), [("wilson", "wilson"), ("clopper-pearson", "beta")])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_statsmodels_gives_the_same_interval(method: str, theirs: str, level: float) -> None:
    for numerator, denominator in [(0, 5), (5, 5), (1, 40), (37, 40), (613, 1000)]:
        low, high = proportion_confint(numerator, denominator, alpha=1 - level, method=theirs)
        ours = proportion(numerator, denominator, method=method, level=level)  # type: ignore[arg-type]  # a literal
        assert (ours.ci_low, ours.ci_high) == pytest.approx((low, high), abs=1e-12)


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
