"""Simulated studies as the performance stages receive them: calibrated scores at four sites, with or without a gap."""

from collections.abc import Mapping

import numpy as np
import polars as pl
from scipy import special, stats

from multisite.performance import ESTIMATES_STAGE, LEVEL_MOMENTS_STAGE, PERFORMANCE_STAGE, EvaluationParameters
from multisite.performance.verdicts.stage import LevelMomentsParameters
from multisite.schemas import StageInputs
from multisite.vocabulary import ALL_SITES

__all__ = ["FINDINGS", "MODEL", "PRIMARY", "STRATA", "WEAK", "area", "counted_study", "sensitivity"]

FINDINGS = ("nodule", "effusion")
MODEL = "m"
PRIMARY = ("vendor", "sex", "age_band")
STRATA: Mapping[str, Mapping[str, float]] = {
    "vendor": {"A": 0.3, "B": 0.25, "C": 0.2, "D": 0.15, "E": 0.1},
    "sex": {"F": 0.55, "M": 0.45},
    "age_band": {"<40": 0.15, "40–<55": 0.25, "55–<70": 0.35, "≥70": 0.25},
    "kernel": {"soft": 0.5, "sharp": 0.3, "unknown": 0.2},
    "thickness": {"<1.5": 0.4, "1.5–<3": 0.35, "≥3": 0.25},
}
"""Levels and their shares. Sex and age belong to the patient, the others to the case."""

WEAK = ("vendor", "B")
"""Where a gap is planted."""

_OF_PATIENT = ("sex", "age_band")
_SITES = {"east": 0.35, "north": 0.3, "south": 0.2, "west": 0.15}
_MEAN, _SD = -1.0, 2.4
_THRESHOLD = 0.5
_RULES = EvaluationParameters(
    threshold=_THRESHOLD,
    ci_level=0.95,
    reliability_bins=10,
    minimum_denominator=10,
    score_grid_steps=1000,
    null_replicates=20,
    seed=1,
)


def counted_study(seed: int, *, n_patients: int, gap: float = 0.0) -> dict[str, pl.DataFrame]:
    """All that the stage of the verdicts reads, made by the stages before it.

    Each patient has 1 to 3 test cases, whose scores and truths are alike. Scores are calibrated, and every level and
    site has the same sensitivity and AUC; with a ``gap`` the sensitivity for positives of :data:`WEAK` is lower by it.
    """
    made: list[dict[str, pl.DataFrame]] = []
    for number, (site, share) in enumerate(_SITES.items()):
        rng = np.random.default_rng([seed, number])
        cohort, predictions = _site(site, round(share * n_patients), gap, rng)
        inputs = StageInputs(site=site, frames={"cohort": cohort, "predictions": predictions})
        counted = dict(PERFORMANCE_STAGE.run(inputs, _RULES).frames)
        made.append(counted | dict(LEVEL_MOMENTS_STAGE.run(inputs, LevelMomentsParameters(_THRESHOLD)).frames))
    frames = {name: pl.concat([one[name] for one in made]) for name in made[0]}
    return frames | dict(ESTIMATES_STAGE.run(StageInputs(site=ALL_SITES, frames=frames), _RULES).frames)


def sensitivity() -> float:
    """What every level's sensitivity truly is, without a gap."""
    z, density = _law()
    positive = density * special.expit(z)
    return float(positive[z >= 0.0].sum() / positive.sum())


def area() -> float:
    """What every level's AUC truly is, without a gap."""
    z, density = _law()
    positive, negative = density * special.expit(z), density * special.expit(-z)
    below = np.cumsum(negative) - negative / 2.0
    return float((positive * below).sum() / (positive.sum() * negative.sum()))


def _law() -> tuple[np.ndarray, np.ndarray]:
    z = _MEAN + _SD * (np.arange(-8.0, 8.0, 0.001) + 0.0005)
    return z, stats.norm.pdf(z, _MEAN, _SD)


def _site(site: str, n_patients: int, gap: float, rng: np.random.Generator) -> tuple[pl.DataFrame, pl.DataFrame]:
    patient = np.repeat(np.arange(n_patients), rng.integers(1, 4, n_patients))
    n = patient.size
    strata = {name: _levels(name, n_patients, rng)[patient] for name in STRATA if name in _OF_PATIENT}
    strata |= {name: _levels(name, n, rng) for name in STRATA if name not in _OF_PATIENT}
    cohort = {
        "site": np.full(n, site),
        "case_id": [f"{site}-c{number}" for number in range(n)],
        "patient_id": [f"{site}-p{number}" for number in patient],
        "split": np.full(n, "test"),
        "included": np.ones(n, dtype=np.bool_),
        **{f"stratum_{name}": levels for name, levels in strata.items()},
    }
    predictions = []
    for finding in FINDINGS:
        alike = rng.standard_normal(n_patients)[patient]
        z = _MEAN + _SD * np.sqrt(0.5) * (alike + rng.standard_normal(n))
        # A patient's cases share a draw half of the time, so that they are alike and each still has its own chance.
        drawn = np.where(rng.random(n) < 0.5, rng.random(n_patients)[patient], rng.random(n))
        positive = drawn < special.expit(z)
        missed = positive & (strata[WEAK[0]] == WEAK[1]) & (rng.random(n) < gap / sensitivity()) & (z >= 0.0)
        cohort[f"reference_{finding}"] = positive
        score = special.expit(np.where(missed, -z, z)).round(4)
        predictions.append(
            pl.DataFrame({"site": site, "case_id": cohort["case_id"], "score": score}).with_columns(
                finding=pl.lit(finding), model=pl.lit(MODEL)
            )
        )
    return pl.DataFrame(cohort), pl.concat(predictions)


def _levels(stratum: str, n: int, rng: np.random.Generator) -> np.ndarray:
    shares = STRATA[stratum]
    return rng.choice(list(shares), size=n, p=list(shares.values()))
