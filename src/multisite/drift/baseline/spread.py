"""By how much repeated studies of patients divide the number of reference studies, monitor by monitor."""

import numpy as np
import polars as pl

from multisite.stats import ClusterMoments, design_effect_of

__all__ = ["design_effect"]


def design_effect(patients: pl.Series, positions: np.ndarray, n_cells: int) -> float:
    """Mean design effect over the cells, weighted by share · (1 - share), 1 or more (Rao and Scott, first order).

    ``positions`` says the cell of each study, -1 for none. Cells of which it cannot be told count as those of which it
    can; 1 where it can be told of none, as without a patient who repeats.
    """
    known = positions >= 0
    if not known.any():
        return 1.0
    codes = patients.filter(pl.Series(known)).rank("dense").to_numpy().astype(np.int64) - 1
    cells = positions[known]
    n = np.bincount(codes)
    if n.max(initial=0) <= 1:
        return 1.0
    effects, weights = [], []
    for cell in range(n_cells):
        y = np.bincount(codes, weights=(cells == cell).astype(np.float64), minlength=n.size).astype(np.int64)
        share = y.sum() / n.sum()
        effect = design_effect_of(ClusterMoments.from_clusters(y, n))
        if effect is not None and 0 < share < 1:
            effects.append(effect)
            weights.append(share * (1 - share))
    return float(f"{np.average(effects, weights=weights):.6g}") if effects else 1.0
