"""McNemar's test of cases that cluster in patients, where each patient's counts are known."""

from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import FloatArray
from multisite.stats.proportions.counts import whole_counts
from multisite.stats.proportions.mcnemar import chi_square_p
from multisite.stats.proportions.result import PairedTest
from multisite.vocabulary import EstimateStatus

__all__ = ["clustered_mcnemar_by_patient"]

PatientMcNemarMethod: TypeAlias = Literal["durkalski", "eliasziw-donner"]

_NAMES: dict[PatientMcNemarMethod, str] = {
    "durkalski": "durkalski's clustered mcnemar, patients of equal weight",
    "eliasziw-donner": "eliasziw and donner's clustered mcnemar, pooled correlation not below 0",
}


def clustered_mcnemar_by_patient(
    both: npt.ArrayLike,
    first_only: npt.ArrayLike,
    second_only: npt.ArrayLike,
    neither: npt.ArrayLike,
    *,
    method: PatientMcNemarMethod = "durkalski",
) -> PairedTest:
    """Two-sided test that two classifiers of the same cases of K patients have the same proportion.

    With b = ``first_only``, c = ``second_only`` and n cases of each patient: ``durkalski`` is χ² = (Σ(b − c)/n)² /
    Σ((b − c)/n)² on one degree of freedom, in which every patient weighs the same, however many cases it has.
    ``eliasziw-donner`` divides McNemar's (Σb − Σc)²/(Σb + Σc) by 1 + (n_c − 1)ρ: ρ is the correlation of discordance
    within patients, from the pooled one ρ* of all four outcomes (by analysis of variance) as ρ*/(ρ* + (p_b + p_c)
    (1 − ρ*)), p the shares of all cases; n_c = S₀ + K_d(S̄ − S₀) of the K_d patients with discordant cases S, S̄ their
    mean and S₀ = S̄ − Σ(S − S̄)²/(K_d(K_d − 1)S̄). A ρ* below 0 is taken as 0, so that the test is never above
    McNemar's. Obuchowski's (:func:`clustered_mcnemar`) needs no correlation that is alike in all patients, and weighs
    cases alike.

    Parameters
    ----------
    both, first_only, second_only, neither
        Whole numbers of cases of each patient that both, one or none of the two called positive; shape
        ``(n_patients,)``. A patient without a case takes no part.
    method
        Test.

    Returns
    -------
    PairedTest
        ``n_cases`` counts all cases, ``n_discordant`` those on which the two disagree.

    Raises
    ------
    ValueError
        If the shapes differ, a count is not whole, or the method is unknown.

    Undefined cases
    ---------------
    No case, one patient, or no discordant case: undefined. So is ``durkalski`` where no patient has a difference, and
    ``eliasziw-donner`` with a single patient with discordant cases. One case for every patient: no correlation, and
    ``eliasziw-donner`` is McNemar's asymptotic test.

    References
    ----------
    Durkalski VL, Palesch YY, Lipsitz SR, Rust PF. Stat Med 2003;22:2417-2428. doi:10.1002/sim.1438
    Eliasziw M, Donner A. Stat Med 1991;10:1981-1991. doi:10.1002/sim.4780101211

    Examples
    --------
    >>> found = clustered_mcnemar_by_patient([1, 0, 2], [1, 2, 0], [0, 1, 0], [1, 0, 1])
    >>> round(found.statistic, 4)
    2.0
    """
    if method not in _NAMES:
        raise ValueError(f"`method` must be one of: {', '.join(_NAMES)}.")
    names = ("both", "first_only", "second_only", "neither")
    given = [whole_counts(*pair) for pair in zip(names, (both, first_only, second_only, neither), strict=True)]
    if len({values.shape for values in given}) != 1:
        raise ValueError("`both`, `first_only`, `second_only` and `neither` must be of the same length.")
    cells = np.stack(given, axis=1).astype(np.float64)
    cells = cells[cells.sum(axis=1) > 0]
    discordant = cells[:, 1] + cells[:, 2]
    statistic = None
    reason = _obstacle(cells, discordant, method)
    if reason is None:
        statistic = _durkalski(cells) if method == "durkalski" else _eliasziw_donner(cells, discordant)
    return PairedTest(
        statistic=statistic,
        p_value=None if statistic is None else chi_square_p(statistic),
        method=_NAMES[method],
        n_cases=int(cells.sum()),
        n_discordant=int(discordant.sum()),
        n_patients=int(cells.shape[0]),
        status=EstimateStatus.UNDEFINED if reason else EstimateStatus.OK,
        reason=reason,
    )


def _obstacle(cells: FloatArray, discordant: FloatArray, method: PatientMcNemarMethod) -> str | None:
    if cells.shape[0] < 2:
        return "one patient: there is no variance between patients" if cells.size else "no case"
    if not discordant.any():
        return "no discordant case"
    if method == "durkalski":
        return None if (cells[:, 1] != cells[:, 2]).any() else "no patient has a difference"
    if np.count_nonzero(discordant) < 2 and cells.sum(axis=1).max() > 1.0:
        return "one patient alone has discordant cases"
    return None


def _durkalski(cells: FloatArray) -> float:
    share = (cells[:, 1] - cells[:, 2]) / cells.sum(axis=1)
    total, squares = float(share.sum()), float(share @ share)
    return total * total / squares


def _eliasziw_donner(cells: FloatArray, discordant: FloatArray) -> float:
    total = cells.sum(axis=0)
    plain = float((total[1] - total[2]) ** 2 / (total[1] + total[2]))
    n = cells.sum(axis=1)
    if n.max() == 1.0:
        return plain
    k, mean = n.size, float(n.mean())
    shares = total / n.sum()
    between = float(((cells - n[:, None] * shares) ** 2 / n[:, None]).sum()) / k
    within = float((cells * (n[:, None] - cells) / n[:, None]).sum()) / (k * (mean - 1.0))
    typical = mean - float(((n - mean) ** 2).sum()) / (k * (k - 1) * mean)
    pooled = max(0.0, (between - within) / (between + (typical - 1.0) * within))
    correlation = pooled / (pooled + float(shares[1] + shares[2]) * (1.0 - pooled))
    held = discordant[discordant > 0]
    average = float(held.mean())
    least = average - float(((held - average) ** 2).sum()) / (held.size * (held.size - 1) * average)
    size = least + held.size * (average - least)
    return float(plain / (1.0 + (size - 1.0) * correlation))
