"""McNemar's test where the cases cluster in patients."""

from typing import Literal, TypeAlias

from multisite.stats.proportions.mcnemar import chi_square_p
from multisite.stats.proportions.paired_clusters import PairedClusterMoments
from multisite.stats.proportions.result import PairedTest
from multisite.vocabulary import EstimateStatus

__all__ = ["clustered_mcnemar"]

ClusteredMcNemarMethod: TypeAlias = Literal["obuchowski", "modified-obuchowski"]

_NAMES: dict[ClusteredMcNemarMethod, str] = {
    "obuchowski": "obuchowski's clustered mcnemar",
    "modified-obuchowski": "yang's modified obuchowski, clustered mcnemar",
}


def clustered_mcnemar(moments: PairedClusterMoments, *, method: ClusteredMcNemarMethod = "obuchowski") -> PairedTest:
    """Two-sided test that two classifiers of the same cases of K patients have the same proportion.

    With d = y₁ − y₂ in each patient, ``obuchowski`` is χ² = (K − 1)/K · (Σd)²/Σd² on one degree of freedom, whose
    variance is that under the null; ``modified-obuchowski`` (Yang et al.) puts the mean of Σd² and Σ(d − θn)²,
    θ = Σd/Σn, in the place of Σd², and rejects more often. With one case per patient the first is McNemar's
    asymptotic χ² times (K − 1)/K.

    Parameters
    ----------
    moments
        Sums over patients.
    method
        Test.

    Returns
    -------
    PairedTest
        ``n_cases`` counts all cases, ``n_discordant`` is ``None``: sums over patients do not tell it.

    Raises
    ------
    ValueError
        If the method is unknown.

    Undefined cases
    ---------------
    No case, one patient, or no patient with a difference: undefined.

    References
    ----------
    Obuchowski NA. Stat Med 1998;17:1495-1507.
    doi:10.1002/(SICI)1097-0258(19980715)17:13<1495::AID-SIM863>3.0.CO;2-I
    Yang Z, Sun X, Hardin JW. Biom J 2010;52:638-652. doi:10.1002/bimj.201000035
    """
    if method not in _NAMES:
        raise ValueError(f"`method` must be one of: {', '.join(_NAMES)}.")
    k, total = moments.n_patients, moments.sum_first - moments.sum_second
    squares: float = moments.sum_of_squared_differences
    reason = None
    if k < 2:
        reason = "no case" if k == 0 else "one patient: there is no variance between patients"
    elif squares == 0:
        reason = "no patient has a difference"
    statistic = None
    if reason is None:
        if method == "modified-obuchowski":
            squares = (squares + moments.sum_of_squared_residuals) / 2.0
        statistic = (k - 1) / k * total * total / squares
    return PairedTest(
        statistic=statistic,
        p_value=None if statistic is None else chi_square_p(statistic),
        method=_NAMES[method],
        n_cases=moments.sum_n,
        n_discordant=None,
        n_patients=k,
        status=EstimateStatus.UNDEFINED if reason else EstimateStatus.OK,
        reason=reason,
    )
