"""Every metric with its interval over 40 strata of a million cases, against the grouping alone.

Theirs is the two ``group_by`` of Polars per stratum that any counting of cases needs: positives and cases per level
and score, and per level and patient. Ours counts, and makes thirteen metrics of each of 161 segments, with intervals
that count patients. Both are timed in turn in one run, on one core; the best of each counts.
"""

import numpy as np
import polars as pl

from multisite.performance import EvaluationParameters, evaluate
from multisite.performance.estimates.spread import PatientRows
from multisite.tallies import SegmentPatients, tally_proportions, tally_scores
from tests.benchmarks.ratio import Ratio, in_turn

__all__ = ["bench"]

SEED = 20_261_128
CASES = 1_000_000
PATIENTS = 700_000
STRATA = 40
ROUNDS = 2
AIM = 1.5
PARAMETERS = EvaluationParameters(
    threshold=0.35,
    ci_level=0.95,
    reliability_bins=10,
    minimum_denominator=10,
    score_grid_steps=1000,
    null_replicates=1000,
    seed=SEED,
)


def bench(*, cases: int = CASES, patients: int = PATIENTS, n_strata: int = STRATA, rounds: int = ROUNDS) -> list[Ratio]:
    """One ratio for scores that are all distinct and one for scores of four decimals."""
    rng = np.random.default_rng(SEED)
    reference = rng.random(cases) < 0.2
    score = 1 / (1 + np.exp(1.5 - rng.normal(size=cases) - 1.5 * reference))
    names = {name: np.full(cases, name) for name in ("site", "finding", "model")} | {"split": np.full(cases, "test")}
    strata = [f"stratum_{number}" for number in range(n_strata)]
    frame = pl.DataFrame(
        names
        | {"patient_id": rng.integers(0, patients, cases).astype(str), "reference": reference}
        | {stratum: np.array(list("abcd"))[rng.integers(0, 4, cases)] for stratum in strata}
    )
    return [
        _ratio(f"all metrics over {n_strata} strata of {cases:,} cases, {words}", frame, values, strata, rounds)
        for words, values in (("distinct scores", score), ("scores of 4 decimals", score.round(4)))
    ]


def _ratio(name: str, frame: pl.DataFrame, score: np.ndarray, strata: list[str], rounds: int) -> Ratio:
    cases = frame.with_columns(pl.Series("score", score))
    keys = ("site", "finding", "model", "split")

    def ours() -> int:
        tally = tally_scores(cases, strata=strata)
        moments = tally_proportions(cases, strata=strata, thresholds=[PARAMETERS.threshold])
        spread = PatientRows(SegmentPatients(cases, strata))
        return evaluate(tally, moments, PARAMETERS, spread=spread).estimates.height

    def theirs() -> int:
        counted = 0
        for stratum in strata:
            for unit in ("score", "patient_id"):
                counted += cases.group_by(*keys, stratum, unit).agg(pl.col("reference").sum(), pl.len()).height
        return counted

    seconds, _ = in_turn([ours, theirs], rounds)
    return Ratio(name, *seconds, aim=AIM, at_most=True)
