"""The cases that ours and the peers' functions are timed on; NumPy alone, for both environments read it."""

import numpy as np

__all__ = ["TASKS", "draw"]

TASKS: dict[str, tuple[int, int]] = {
    "AUC with DeLong's interval": (100_000, 0),
    "difference of two AUCs, paired, DeLong": (20_000, 0),
    "AUC with bootstrap interval": (20_000, 500),
    "sensitivity with Wilson's interval": (100_000, 0),
}
"""What is timed: cases, and bootstrap replicates where there are any."""


def draw(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth (0 or 1) and the scores of two models in (0, 1), a case per patient."""
    rng = np.random.default_rng(20_261_128)
    truth = (rng.random(n) < 0.3).astype(int)
    shared = rng.normal(size=n)
    one, other = (1 / (1 + np.exp(-(lift * truth + shared + rng.normal(size=n)))) for lift in (1.6, 1.4))
    return truth, one, other
