"""Proportions against published tables and against statsmodels."""

import csv
from pathlib import Path

import pytest
from scipy.stats import binomtest
from statsmodels.stats.proportion import proportion_confint

from multisite.stats.proportions import proportion

DATA = Path(__file__).parent / "data"


def newcombe() -> list[dict[str, str]]:
    lines = (DATA / "newcombe_1998_table_1.csv").read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


@pytest.mark.parametrize("row", newcombe(), ids=lambda row: f"{row['method']} {row['numerator']}/{row['denominator']}")
def test_newcombe_1998_table_1(row: dict[str, str]) -> None:
    result = proportion(int(row["numerator"]), int(row["denominator"]), method=row["method"])  # type: ignore[arg-type]  # from the table
    assert round(result.ci_low, 4) == float(row["ci_low"])
    assert round(result.ci_high, 4) == float(row["ci_high"])


@pytest.mark.parametrize(
    ("method", "theirs"),
    [("wilson", "wilson"), ("clopper-pearson", "beta"), ("agresti-coull", "agresti_coull"), ("jeffreys", "jeffreys")],
)
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_statsmodels_gives_the_same_interval(method: str, theirs: str, level: float) -> None:
    for numerator, denominator in [(0, 5), (5, 5), (1, 40), (37, 40), (613, 1000)]:
        low, high = proportion_confint(numerator, denominator, alpha=1 - level, method=theirs)
        ours = proportion(numerator, denominator, method=method, level=level)  # type: ignore[arg-type]  # a literal
        if method == "jeffreys":  # which statsmodels does not take to the ends of the scale
            low, high = (0.0 if numerator == 0 else low), (1.0 if numerator == denominator else high)
        assert (ours.ci_low, ours.ci_high) == pytest.approx((low, high), abs=1e-12)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_scipy_gives_the_same_wilson_interval_with_continuity_correction(level: float) -> None:
    for numerator, denominator in [(0, 5), (5, 5), (1, 40), (37, 40), (613, 1000)]:
        theirs = binomtest(numerator, denominator).proportion_ci(level, method="wilsoncc")
        ours = proportion(numerator, denominator, method="wilson-cc", level=level)
        assert (ours.ci_low, ours.ci_high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


@pytest.mark.parametrize(
    ("numerator", "denominator", "low", "high"),
    [(81, 263, 0.2544, 0.3658), (15, 148, 0.0601, 0.1581), (0, 20, 0.0, 0.1391), (1, 29, 0.0017, 0.1585)],
)
def test_mid_p_and_wald_as_newcombe_1998_table_1_prints_them(
    numerator: int, denominator: int, low: float, high: float
) -> None:
    found = proportion(numerator, denominator, method="mid-p")  # his method 6
    assert (found.ci_low, found.ci_high) == pytest.approx((low, high), abs=5e-5)


def test_statsmodels_gives_the_same_wald_interval() -> None:
    found = proportion(81, 263, method="wald")
    assert (found.ci_low, found.ci_high) == pytest.approx(proportion_confint(81, 263, method="normal"), abs=1e-12)
