"""Sensitivity and specificity pooled together, with the correlation that a common threshold brings."""

import math
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import special

from multisite.stats.estimate import CountArray, Estimate, FloatArray, normal_quantile
from multisite.stats.pooling.between_sites import between_sites_variance
from multisite.stats.pooling.bivariate_likelihood import BivariateFit, fit_bivariate
from multisite.stats.pooling.logit_of_counts import Correction
from multisite.vocabulary import EstimateStatus

__all__ = ["Bivariate", "BivariateInterval", "bivariate"]

BivariateInterval: TypeAlias = Literal["t(k-1)", "z"]
Pair: TypeAlias = tuple[float, float]
Matrix: TypeAlias = tuple[Pair, Pair]

_LEAST_SITES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Bivariate:
    """The summary point and how sites scatter about it; pairs are (sensitivity, specificity), on the logit scale.

    ``logit_mean`` with ``logit_covariance`` describes the confidence region of the summary point,
    ``prediction_covariance`` (that between sites plus that of the mean) the region of one more site; both are the
    ellipse (x − mean)ᵀ C⁻¹ (x − mean) = ``region_radius`` ², the radius being √(2·F(2, k − 2)).
    ``n_corrected`` sites had a zero cell and ½ added to their four cells; ``n_left_out`` lacked cases with, or
    without, the finding.
    """

    sensitivity: Estimate
    specificity: Estimate
    n_sites: int
    n_corrected: int
    n_left_out: int
    sd_sensitivity: float | None = None
    sd_specificity: float | None = None
    correlation: float | None = None
    logit_mean: Pair | None = None
    logit_covariance: Matrix | None = None
    prediction_covariance: Matrix | None = None
    region_radius: float | None = None
    deviance: float | None = None
    at_boundary: bool | None = None


def bivariate(
    true_positive: npt.ArrayLike,
    false_positive: npt.ArrayLike,
    false_negative: npt.ArrayLike,
    true_negative: npt.ArrayLike,
    *,
    correction: Correction = "zero-cells",
    interval: BivariateInterval = "t(k-1)",
    level: float = 0.95,
) -> Bivariate:
    """Reitsma's model: (logit sensitivity, logit specificity) of a site ~ N(μ, Σ + diag(v)), Σ by REML.

    v = 1/y + 1/(n − y) of each, uncorrelated within a site since they come from different cases. μ̂ by generalised
    least squares, its covariance (Σᵢ(Σ̂ + diag(vᵢ))⁻¹)⁻¹. Parameters of specificity are for specificity, not for the
    false positive share: a threshold that differs between sites gives a **negative** correlation.

    Parameters
    ----------
    true_positive, false_positive, false_negative, true_negative
        Whole numbers per site, shape ``(n_sites,)``, in the order of :func:`diagnostic_accuracy`.
    correction
        ``zero-cells``: a site with a zero cell, and no other, has ½ added to its four. ``all``: if any site has a zero
        cell, all sites have.
    interval
        Quantile of the intervals μ̂ ± quantile·SE: ``z`` as published, or Student's on k − 1 degrees of freedom.
    level
        Confidence level in (0, 1), also of ``region_radius``.

    Returns
    -------
    Bivariate
        The summary point is the median of sites, taken back by 1/(1 + e⁻ˣ).

    Raises
    ------
    ValueError
        If counts are not whole, negative or not of one length, or an option is unknown.

    Undefined cases
    ---------------
    A site without a case with the finding, or without one without it, is left out and counted. No site: undefined.
    Fewer than five (five parameters are fitted), or no convergence: each side is pooled by itself (REML,
    correlation 0), status ``insufficient``, without intervals. A standard deviation of 0 or a correlation of ±1 is
    the end of its range, common with few sites, and not an estimate to interpret: ``at_boundary`` says so.

    Coverage
    --------
    Simulated, 40 to 150 cases per class, sensitivity 0.85: t(k−1) 96 % of 5 sites, 94 % of 10, 93 % of 30, for the
    logits' bias towards ½ does not shrink as sites are added.

    Where cells are small, the exact binomial likelihood is to be preferred (Chu and Cole 2006): the logit's normal law
    draws extremes towards ½.

    References
    ----------
    Reitsma JB et al. J Clin Epidemiol 2005;58:982-990. doi:10.1016/j.jclinepi.2005.02.022
    Harbord RM et al. Biostatistics 2007;8:239-251. doi:10.1093/biostatistics/kxl004 (regions)
    Chu H, Cole SR. J Clin Epidemiol 2006;59:1331-1332. doi:10.1016/j.jclinepi.2006.06.011

    Examples
    --------
    >>> found = bivariate([45, 80, 30, 60, 28], [10, 20, 5, 15, 9], [5, 8, 6, 3, 4], [90, 70, 85, 60, 88])
    >>> round(found.sensitivity.estimate, 2), round(found.specificity.estimate, 2)
    (0.9, 0.87)
    """
    if interval not in ("t(k-1)", "z"):
        raise ValueError("`interval` must be `t(k-1)` or `z`.")
    if correction not in ("zero-cells", "all"):
        raise ValueError("`correction` must be `zero-cells` or `all`.")
    z = normal_quantile(level)
    cells = _cells(
        true_positive=true_positive,
        false_negative=false_negative,
        true_negative=true_negative,
        false_positive=false_positive,
    )
    usable = (cells[:, 0] + cells[:, 1] > 0) & (cells[:, 2] + cells[:, 3] > 0)
    cells = cells[usable]
    zero = (cells == 0).any(axis=1)
    if correction == "all":
        zero |= zero.any()
    corrected = cells + 0.5 * zero[:, np.newaxis]
    y = np.log(corrected[:, [0, 2]] / corrected[:, [1, 3]])
    v = 1.0 / corrected[:, [0, 2]] + 1.0 / corrected[:, [1, 3]]
    k = int(y.shape[0])
    known: dict[str, Any] = {
        "n_sites": k,
        "n_corrected": int(zero.sum()),
        "n_left_out": int((~usable).sum()),
    }
    method = f"bivariate normal, reml, {interval}, logit scale"
    n_cases = int(cells[:, :2].sum()), int(cells[:, 2:].sum())
    apart = _apart(y, v)
    fit = fit_bivariate(y, v, (apart[0][1], apart[1][1])) if k >= _LEAST_SITES else None
    if fit is None:
        reason = "the fit did not converge" if k >= _LEAST_SITES else f"fewer than {_LEAST_SITES} sites"
        sides = [_without_interval(apart[i][0], n_cases[i], method, level, reason) for i in range(2)]
        return Bivariate(sensitivity=sides[0], specificity=sides[1], **known)
    quantile = z if interval == "z" else float(special.stdtrit(k - 1, 0.5 + level / 2.0))
    sides = [_with_interval(fit, i, quantile, n_cases[i], method, level) for i in range(2)]
    deviation = np.sqrt(np.diag(fit.between))
    product = float(deviation[0] * deviation[1])
    return Bivariate(
        sensitivity=sides[0],
        specificity=sides[1],
        sd_sensitivity=float(deviation[0]),
        sd_specificity=float(deviation[1]),
        # Without variance on one side there is nothing to correlate.
        correlation=float(fit.between[0, 1]) / product if product > 0.0 else None,
        logit_mean=(float(fit.mean[0]), float(fit.mean[1])),
        logit_covariance=_matrix(fit.mean_covariance),
        prediction_covariance=_matrix(fit.mean_covariance + fit.between),
        region_radius=math.sqrt(2.0 * float(special.fdtri(2, k - 2, level))),
        deviance=fit.deviance,
        at_boundary=fit.at_boundary,
        **known,
    )


def _cells(**counts: npt.ArrayLike) -> CountArray:
    columns = {name: np.asarray(count, dtype=np.float64) for name, count in counts.items()}
    for name, column in columns.items():
        if column.ndim != 1 or column.shape != columns["true_positive"].shape:
            raise ValueError("`true_positive` and the other counts must be one-dimensional and of the same length.")
        if not np.isfinite(column).all() or (column != np.trunc(column)).any() or (column < 0).any():
            raise ValueError(f"`{name}` must be whole numbers, 0 or more.")
    return np.column_stack(list(columns.values())).astype(np.int64)


def _apart(y: FloatArray, v: FloatArray) -> list[tuple[float | None, float]]:
    """Mean and standard deviation between sites of either side by itself."""
    if y.shape[0] == 0:
        return [(None, 0.0)] * 2
    if y.shape[0] == 1:
        return [(float(y[0, side]), 0.0) for side in range(2)]
    found: list[tuple[float | None, float]] = []
    for side in range(2):
        between = between_sites_variance(y[:, side], v[:, side], "reml")
        w = 1.0 / (v[:, side] + between)
        found.append((float(w @ y[:, side]) / float(w.sum()), math.sqrt(between)))
    return found


def _with_interval(fit: BivariateFit, side: int, quantile: float, n_cases: int, method: str, level: float) -> Estimate:
    mean, error = float(fit.mean[side]), math.sqrt(float(fit.mean_covariance[side, side]))
    low, middle, high = (float(special.expit(mean + step * quantile * error)) for step in (-1.0, 0.0, 1.0))
    return Estimate(estimate=middle, ci_low=low, ci_high=high, ci_level=level, ci_method=method, n_cases=n_cases)


def _without_interval(mean: float | None, n_cases: int, method: str, level: float, reason: str) -> Estimate:
    return Estimate(
        estimate=None if mean is None else float(special.expit(mean)),
        ci_low=None,
        ci_high=None,
        ci_level=level,
        ci_method=method,
        n_cases=n_cases,
        status=EstimateStatus.UNDEFINED if mean is None else EstimateStatus.INSUFFICIENT,
        reason="no site" if mean is None else f"{reason}: pooled without the other side, and no interval",
    )


def _matrix(values: FloatArray) -> Matrix:
    (a, b), (c, d) = values.tolist()
    return (a, b), (c, d)
