"""Tally and AUC with DeLong interval over 21 levels of a million cases, against scikit-learn's AUC alone
per level.

Ours starts from a frame of text columns and includes the tally, which every other metric then shares.
Theirs starts from arrays already cut per level and gives no interval. Both are timed in turn in one run;
the best of each counts.
"""

import numpy as np
import polars as pl
from sklearn.metrics import roc_auc_score

from multisite.stats import auc_by_segment
from multisite.tallies import tally_scores
from tests.benchmarks.ratio import Ratio, in_turn

__all__ = ["bench"]

SEED = 20_260_301
CASES = 1_000_000
STRATA = {
    "vendor": ("Canon", "GE", "Philips", "Siemens"),
    "age": ("<45", "45-<60", "60-<75", ">=75"),
    "kernel": ("sharp", "medium", "smooth", "unknown"),
    "thickness": ("<1.5", "1.5-<3", ">=3", "unknown"),
    "setting": ("emergency", "inpatient", "outpatient", "screening"),
}
ROUNDS = 7
AIM = 4.0


def bench(*, cases: int = CASES, rounds: int = ROUNDS) -> list[Ratio]:
    """One ratio for scores that are all distinct and one for scores of four decimals."""
    rng = np.random.default_rng(SEED)
    reference = rng.random(cases) < 0.2
    score = 1 / (1 + np.exp(1.5 - rng.normal(size=cases) - 1.5 * reference))
    levels = {name: np.array(names)[rng.integers(0, len(names), cases)] for name, names in STRATA.items()}
    return [
        _ratio(f"AUC with interval over 21 levels of {cases:,} cases, {words}", reference, values, levels, rounds)
        for words, values in (("distinct scores", score), ("scores of 4 decimals", score.round(4)))
    ]


def _ratio(name: str, reference: np.ndarray, score: np.ndarray, levels: dict[str, np.ndarray], rounds: int) -> Ratio:
    frame = pl.DataFrame(
        {name: np.full(score.size, name) for name in ("site", "finding", "model", "split")}
        | {f"stratum_{stratum}": values for stratum, values in levels.items()}
        | {"reference": reference, "score": score}
    )
    cut = {("overall", "overall"): (reference, score)}
    for stratum, values in levels.items():
        for level in STRATA[stratum]:
            cut[stratum, level] = reference[values == level], score[values == level]

    def ours() -> dict[tuple[str, str], float | None]:
        tally = tally_scores(frame, strata=[f"stratum_{stratum}" for stratum in levels])
        found = auc_by_segment(tally.counts)
        keys = tally.keys.select("stratum", "level").iter_rows()
        return {(key[0], key[1]): area.estimate for key, area in zip(keys, found, strict=True)}

    def theirs() -> dict[tuple[str, str], float]:
        return {key: roc_auc_score(truth, values) for key, (truth, values) in cut.items()}

    seconds, areas = in_turn([ours, theirs], rounds)
    assert areas[0].keys() == areas[1].keys()
    assert max(abs(areas[0][key] - area) for key, area in areas[1].items()) < 1e-9
    return Ratio(name, *seconds, aim=AIM)
