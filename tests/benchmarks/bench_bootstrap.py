"""Two thousand replicates of AUC over drawn patients, by weights on sorted scores, against scikit-learn in a loop.

Theirs draws patients in the same way, repeats the cases of each as often as it was drawn and calls ``roc_auc_score``
on them. It gets fewer replicates, and its time is scaled up to as many. Both are timed in turn in one run; the best
of each counts.
"""

import numpy as np
from sklearn.metrics import roc_auc_score

from multisite.stats.resampling import WeightedAuc, bootstrap_replicates
from tests.benchmarks.ratio import Ratio, in_turn

__all__ = ["bench"]

SEED = 20_261_127
CASES = 100_000
PATIENTS = 70_000
REPLICATES = 2_000
THEIR_REPLICATES = 40
ROUNDS = 3
AIM = 20.0


def bench(*, cases: int = CASES, patients: int = PATIENTS, rounds: int = ROUNDS) -> list[Ratio]:
    """One ratio for scores that are all distinct and one for scores of two decimals."""
    rng = np.random.default_rng(SEED)
    patient = rng.integers(0, patients, cases)
    positive = rng.random(cases) < 0.2
    score = 1 / (1 + np.exp(1.5 - rng.normal(size=patients)[patient] - rng.normal(size=cases) - 1.5 * positive))
    return [
        _ratio(f"{REPLICATES:,} bootstraps of AUC, {cases:,} cases, {words}", positive, values, patient, rounds)
        for words, values in (("distinct scores", score), ("scores of 2 decimals", score.round(2)))
    ]


def _ratio(name: str, positive: np.ndarray, score: np.ndarray, patient: np.ndarray, rounds: int) -> Ratio:
    n_patients = int(patient.max()) + 1

    def ours() -> np.ndarray:
        statistic = WeightedAuc(positive, score)
        return bootstrap_replicates(statistic, patient, n_replicates=REPLICATES, seed=SEED)

    def theirs() -> np.ndarray:
        rng = np.random.default_rng(SEED)
        found = np.empty(THEIR_REPLICATES)
        for number in range(THEIR_REPLICATES):
            counts = np.bincount(rng.integers(0, n_patients, n_patients), minlength=n_patients)
            chosen = np.repeat(np.arange(patient.size), counts[patient])
            found[number] = roc_auc_score(positive[chosen], score[chosen])
        return found

    seconds, areas = in_turn([ours, theirs], rounds)
    # Two samples of one distribution.
    assert abs(areas[0].mean() - areas[1].mean()) < 5 * areas[0].std() / THEIR_REPLICATES**0.5
    return Ratio(name, seconds[0], seconds[1] * REPLICATES / THEIR_REPLICATES, aim=AIM)
