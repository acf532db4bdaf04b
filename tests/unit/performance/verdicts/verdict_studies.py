"""Studies made of counts alone: what the verdicts say of many clean ones, and of many with a planted shortfall."""

import sys

import numpy as np
import polars as pl

from multisite.performance.verdicts.contrasts import Counted
from multisite.performance.verdicts.margins import MarginParameters
from multisite.performance.verdicts.verdict_rows import VerdictParameters, verdict_rows
from multisite.schemas.performance import DESIGN_EFFECTS, ESTIMATES
from multisite.stats import ProportionEstimate, clustered_proportion, proportion
from multisite.tallies import ProportionMoments, ScoreTally, tally_cross_moments
from multisite.tallies.proportion_moments import tally_proportions
from multisite.vocabulary import ALL_SITES, OVERALL, StratumRole

__all__ = ["failing", "simulated"]

_VENDORS = ("A", "B", "C", "D", "E", "F")
_SHARES = (0.3, 0.25, 0.15, 0.13, 0.1, 0.07)
_SENSITIVITY = 0.85
_PRIMARY = (("vendor", StratumRole.PRIMARY), ("sex", StratumRole.PRIMARY), ("age", StratumRole.PRIMARY))


def failing(seed: int, *, gap: float, shortfall: float = 0.0, n_patients: int = 500) -> set[tuple[str, str]]:
    """Stratum and level of each primary comparison of sensitivity that fails the margin ``gap``."""
    margin = MarginParameters(metric="sensitivity", gap_at_most=gap)
    rules = VerdictParameters(roles=_PRIMARY, margins=(margin,), ci_level=0.95, minimum_denominator=10)
    rows = verdict_rows(simulated(seed, shortfall=shortfall, n_patients=n_patients), rules)
    return set(rows.filter(verdict="fails").select("stratum", "level").rows())


def simulated(seed: int, *, shortfall: float = 0.0, n_patients: int = 500) -> Counted:
    """Positive cases, one or two of a patient and alike, by vendor (of the case), sex and age (of the patient).

    On vendor B the sensitivity is lower by ``shortfall``.
    """
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(n_patients), rng.integers(1, 3, n_patients))
    vendor = rng.choice(_VENDORS, size=patient.size, p=_SHARES)
    sex, age = rng.choice(["F", "M"], n_patients), rng.choice(["<50", "50–<65", "≥65"], n_patients)
    # A patient's cases share a draw half of the time, so that they are alike and each still has its own share.
    own, shared = rng.random(patient.size), rng.random(n_patients)[patient]
    drawn = np.where(rng.random(patient.size) < 0.5, shared, own)
    found = drawn < _SENSITIVITY - np.where(vendor == "B", shortfall, 0.0)
    cases = pl.DataFrame(
        {
            "site": "a",
            "finding": "nodule",
            "model": "m",
            "split": "test",
            "patient_id": patient.astype(str),
            "reference": True,
            "score": np.where(found, 0.9, 0.1),
            "vendor": vendor,
            "sex": sex[patient],
            "age": age[patient],
        }
    )
    strata = ["vendor", "sex", "age"]
    moments = tally_proportions(cases, strata=strata, thresholds=[0.5])
    tallied = ScoreTally.empty()
    cross = tally_cross_moments(cases, strata=strata, threshold=0.5)
    return Counted(_estimates(moments), moments, cross, tallied, DESIGN_EFFECTS.empty())


def _estimates(moments: ProportionMoments) -> pl.DataFrame:
    rows = []
    for row, sums in moments.over_sites().rows():
        if row["metric"] != "sensitivity" or row["stratum"] == OVERALL:
            continue
        shown = clustered_proportion(sums)
        rows.append(
            row
            | {
                "site": ALL_SITES,
                "estimate": shown.estimate,
                "ci_low": shown.ci_low,
                "ci_high": shown.ci_high,
                "ci_level": 0.95,
                "ci_method": shown.ci_method,
                "n_cases": sums.sum_n,
                "n_positive": sums.sum_n,
                "n_negative": 0,
                "numerator": sums.sum_y,
                "denominator": sums.sum_n,
                "status": "ok" if sums.n_patients >= 10 else "insufficient",
                "reason": None if sums.n_patients >= 10 else "fewer than 10 patients with a positive case",
            }
        )
    return pl.DataFrame([{name: row.get(name) for name in ESTIMATES.schema} for row in rows], schema=ESTIMATES.schema)


def _told(n: int) -> None:
    scenarios = [(0.0, 0.0, 500), (0.03, 0.0, 500), (0.03, 0.15, 300), (0.03, 0.15, 500), (0.03, 0.15, 1000)]
    for gap, shortfall, n_patients in scenarios:
        found = [failing(seed, gap=gap, shortfall=shortfall, n_patients=n_patients) for seed in range(n)]
        planted = {("vendor", "B")} if shortfall else set()
        wrong = proportion(sum(bool(one - planted) for one in found), n)
        told = f"margin {gap:g}, shortfall {shortfall:g}, {n_patients} patients: a wrong failure {_words(wrong)}"
        if planted:
            told += f", vendor B fails {_words(proportion(sum(planted <= one for one in found), n))}"
        print(told, flush=True)


def _words(share: ProportionEstimate) -> str:
    return f"{share.estimate:.3f} ({share.ci_low:.3f}-{share.ci_high:.3f})"


if __name__ == "__main__":
    _told(int(sys.argv[1]))
