"""A share estimated from a small random audit, helped by what the scores predict of all studies."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import normal_quantile
from multisite.vocabulary import EstimateStatus

__all__ = ["AuditSums", "AuditedShare", "audit_sums", "audited_share"]


@dataclass(frozen=True, slots=True)
class AuditSums:
    """Sums over studies, which add over months: of predicted numerator and denominator (u, v) over all studies, of the
    corrections ((y - u)/π, …) over the audited, and their squares and products.
    """

    n_studies: int
    n_audited: int
    n_positive: int
    u: float
    v: float
    uu: float
    uv: float
    vv: float
    du: float
    dv: float
    duu: float
    duv: float
    dvv: float

    def __add__(self, other: "AuditSums") -> "AuditSums":
        return AuditSums(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class AuditedShare:
    """The share with its interval, on how many audited studies; None with a status and reason where undefined."""

    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    ci_level: float
    n_audited: int
    n_positive: int
    status: EstimateStatus
    reason: str | None = None


def audit_sums(
    predicted: npt.ArrayLike, called: npt.ArrayLike, truth: npt.ArrayLike, probability: npt.ArrayLike
) -> AuditSums:
    """Sums of studies for the share of ``called`` among those with the truth.

    Parameters
    ----------
    predicted
        Calibrated probability of the truth, in [0, 1], shape (n_studies,).
    called
        Whether the study counts in the numerator if the truth holds, shape (n_studies,).
    truth
        1, 0, or NaN where the study was not audited.
    probability
        Chance with which each audited study was drawn, in (0, 1]; NaN elsewhere.

    Raises
    ------
    ValueError
        If shapes differ, or a number is out of its range, or an audited study has no probability.
    """
    p, a, y, chance = (np.asarray(values, dtype=np.float64) for values in (predicted, called, truth, probability))
    if p.ndim != 1 or not (p.shape == a.shape == y.shape == chance.shape):
        raise ValueError("All four must have one shape, in one dimension.")
    audited = ~np.isnan(y)
    if not (np.all((p >= 0) & (p <= 1)) and np.all((a == 0) | (a == 1)) and np.all(np.isin(y[audited], (0, 1)))):
        raise ValueError("Probabilities must lie in [0, 1], and what was called and the truth be 0 or 1.")
    if not np.all((chance[audited] > 0) & (chance[audited] <= 1)):
        raise ValueError("Every audited study must have been drawn with a chance above 0 and up to 1.")
    u, v = p * a, p
    du, dv = (y - p)[audited] * a[audited] / chance[audited], (y - p)[audited] / chance[audited]
    return AuditSums(
        n_studies=p.size,
        n_audited=int(audited.sum()),
        n_positive=int(y[audited].sum()),
        u=float(u.sum()), v=float(v.sum()), uu=float(u @ u), uv=float(u @ v), vv=float(v @ v),
        du=float(du.sum()), dv=float(dv.sum()), duu=float(du @ du), duv=float(du @ dv), dvv=float(dv @ dv),
    )  # fmt: skip


def audited_share(sums: AuditSums, *, level: float = 0.95, minimum_positive: int = 5) -> AuditedShare:
    """Prediction-powered ratio (Σu + Σdu)/(Σv + Σdv): right whatever the predictions are, closer where they are good.

    Σ over the audited are weighted by one over the chance of being drawn (Horvitz and Thompson), so that the sample
    corrects what the predictions have wrong. The interval is normal, its variance that of the residuals
    r = u - S v of all studies (drawn anew each month) and of the corrections of the audited.

    Parameters
    ----------
    sums
        Of :func:`audit_sums`, added over months as one likes.
    minimum_positive
        Audited studies with the truth below which the share is insufficient.

    Raises
    ------
    ValueError
        For a level outside (0, 1).

    Undefined cases
    ---------------
    Nothing audited, or a denominator that is not above 0: undefined. Too few with the truth: insufficient.

    References
    ----------
    Angelopoulos AN, et al. Science 2023;382:669-674. doi:10.1126/science.adi6000
    """
    z = normal_quantile(level)
    bottom = sums.v + sums.dv
    if sums.n_audited == 0 or bottom <= 0:
        reason = "no study was audited" if sums.n_audited == 0 else "the audit finds no case"
        return _nothing(sums, level, EstimateStatus.UNDEFINED, reason)
    if sums.n_positive < minimum_positive:
        reason = f"{sums.n_positive} audited studies that count; {minimum_positive} are needed"
        return _nothing(sums, level, EstimateStatus.INSUFFICIENT, reason)
    share = min(1.0, max(0.0, (sums.u + sums.du) / bottom))
    drawn = sums.uu - 2 * share * sums.uv + share**2 * sums.vv
    corrected = sums.duu - 2 * share * sums.duv + share**2 * sums.dvv
    half = z * float(np.sqrt(max(0.0, drawn + corrected))) / bottom
    return AuditedShare(
        estimate=share,
        ci_low=max(0.0, share - half),
        ci_high=min(1.0, share + half),
        ci_level=level,
        n_audited=sums.n_audited,
        n_positive=sums.n_positive,
        status=EstimateStatus.OK,
    )


def _nothing(sums: AuditSums, level: float, status: EstimateStatus, reason: str) -> AuditedShare:
    return AuditedShare(None, None, None, level, sums.n_audited, sums.n_positive, status, reason)
