"""DeLong's interval of ten million distinct scores: bytes taken per score, and whether it grows with them alone."""

import gc
import tracemalloc

import numpy as np

from multisite.stats import ScoreCounts, auc
from tests.benchmarks.ratio import Ratio

__all__ = ["bench"]

SEED = 20_261_128
FEW, MANY = 1_000_000, 10_000_000
AIM = 1.05


def bench(*, few: int = FEW, many: int = MANY) -> list[Ratio]:
    """Bytes per score at ``many`` against at ``few``: 1 where memory is linear in the distinct scores."""
    name = f"DeLong, bytes per score, {many:,} scores against {few:,}"
    return [Ratio(name, _bytes_per_score(many), _bytes_per_score(few), aim=AIM, unit="bytes", at_most=True)]


def _bytes_per_score(n: int) -> float:
    rng = np.random.default_rng(SEED)
    positive = rng.random(n) < 0.2
    counts = ScoreCounts(np.arange(n, dtype=np.float64), positive.astype(np.int64), (~positive).astype(np.int64))
    gc.collect()
    tracemalloc.start()
    try:
        auc(counts)
        return tracemalloc.get_traced_memory()[1] / n
    finally:
        tracemalloc.stop()
