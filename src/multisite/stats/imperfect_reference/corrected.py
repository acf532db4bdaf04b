"""Prevalence, sensitivity, specificity and AUC against the truth, if labels err independently of the test."""

from dataclasses import dataclass

import numpy as np

from multisite.stats.estimate import Estimate, FloatArray, normal_quantile
from multisite.stats.imperfect_reference.labeller import LabellerValidation
from multisite.stats.imperfect_reference.simulated import N_DRAWS, beta_draws, drawn_estimate
from multisite.stats.proportions.counts import whole_count

__all__ = ["CorrectedAccuracy", "corrected_accuracy", "corrected_auc", "corrected_prevalence"]

_NO_POSITIVE = "by its labels corrected, no case has the finding"
_NO_NEGATIVE = "by its labels corrected, every case has the finding"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectedAccuracy:
    """Against the truth instead of the labels, each with its own status."""

    prevalence: Estimate
    sensitivity: Estimate
    specificity: Estimate


def corrected_prevalence(
    positives: int,
    cases: int,
    validation: LabellerValidation,
    *,
    rng: np.random.Generator,
    design_effect: float = 1.0,
    n_draws: int = N_DRAWS,
    level: float = 0.95,
) -> Estimate:
    """Rogan and Gladen's prevalence (p + Sp − 1)/(Se + Sp − 1) behind a share p of positive labels.

    Needs no independence of any test. Interval, range, errors and undefined cases: as in :func:`corrected_accuracy`.

    References
    ----------
    Rogan WJ, Gladen B. Am J Epidemiol 1978;107:71-76. doi:10.1093/oxfordjournals.aje.a112510
    """
    positives, cases = whole_count("positives", positives), whole_count("cases", cases)
    if positives > cases:
        raise ValueError("`positives` must not exceed `cases`.")
    found = corrected_accuracy(
        positives,
        0,
        0,
        cases - positives,
        validation,
        rng=rng,
        design_effects=(design_effect, 1.0, 1.0),
        n_draws=n_draws,
        level=level,
    )
    return found.prevalence


def corrected_accuracy(
    tp: int,
    fp: int,
    fn: int,
    tn: int,
    validation: LabellerValidation,
    *,
    rng: np.random.Generator,
    design_effects: tuple[float, float, float] = (1.0, 1.0, 1.0),
    n_draws: int = N_DRAWS,
    level: float = 0.95,
) -> CorrectedAccuracy:
    """Prevalence, sensitivity and specificity against the truth, from a table against labels with errors.

    With J = Se + Sp − 1 of the labels, p the share of positive labels, m the share of positive calls and q = tp/n: true
    prevalence π = (p + Sp − 1)/J (Rogan and Gladen), P(called and finding) x = (q − (1 − Sp)m)/J, sensitivity x/π,
    specificity 1 − (m − x)/(1 − π) (Gart and Buck; Staquet). The last two hold if test and labels err independently of
    each other given the truth. If they err on the same cases the test is better in the numbers than in truth; bounds
    without the assumption: :func:`accuracy_bounds`.

    The interval is simulated: Se and Sp of the labels from Jeffreys' beta distributions of the validation, p and the
    test's sensitivity and specificity against the labels from those of the table at n / design effect cases, and from
    each draw the numbers above; its ends are percentiles. The validation's cases are taken to be independent.
    Estimates and ends are **not cut** to [0, 1]: a number beyond says that chance, or dependence, is at work, and
    ``reason`` says so of an estimate.

    Parameters
    ----------
    tp, fp, fn, tn
        Calls of the test against the labels, whole numbers.
    validation
        Counts of the check of the labels.
    rng
        Where the draws come from.
    design_effects
        Of prevalence, sensitivity and specificity against the labels, each at least 1; see :func:`design_effect_of`.
    n_draws
        At least 100.
    level
        Confidence level in (0, 1).

    Returns
    -------
    CorrectedAccuracy
        Mostly in [0, 1].

    Raises
    ------
    ValueError
        If a count is not whole, a design effect below 1, or there are too few draws.

    Undefined cases
    ---------------
    No case, or labels of J ≤ 0: all three. A corrected prevalence of 0 or less: sensitivity. Of 1 or more:
    specificity. Where more draws than the interval leaves out on one side have such a prevalence, or J ≤ 0, the
    estimate stands without an interval, status ``insufficient``; fewer are counted beyond both ends.

    References
    ----------
    Gart JJ, Buck AA. Am J Epidemiol 1966;83:593-602. doi:10.1093/oxfordjournals.aje.a120610
    Staquet M et al. J Chronic Dis 1981;34:599-610. doi:10.1016/0021-9681(81)90059-X
    """
    tp, fp, fn, tn = (whole_count(name, n) for name, n in zip(("tp", "fp", "fn", "tn"), (tp, fp, fn, tn), strict=True))
    if not all(effect >= 1.0 for effect in design_effects):
        raise ValueError("`design_effects` must not lie below 1.")
    n_cases, errors = tp + fp + fn + tn, validation.errors
    drawn = validation.drawn(rng, n_draws)
    # A class without a case weighs nothing, whatever stands in for its share.
    hits = (tp + fn, fp + tn), (tp, fn), (tn, fp)
    p, called, quiet = (beta_draws(rng, *n, effect, n_draws) for n, effect in zip(hits, design_effects, strict=True))
    simulated = _corrected(p, called, quiet, *drawn)
    p, called, quiet = (np.array([y / (y + others) if y + others else 0.0]) for y, others in hits)
    point = _corrected(p, called, quiet, np.array([errors.sensitivity]), np.array([errors.specificity]))
    reasons = [_NO_POSITIVE, _NO_POSITIVE, _NO_NEGATIVE]
    why = "no case" if not n_cases else "the labels tell no more than chance" if errors.youden <= 0.0 else None
    prevalence, sensitivity, specificity = (
        drawn_estimate(
            None if why else float(point[place][0]), simulated[place], why or reasons[place], level=level, n=n_cases
        )
        for place in range(3)
    )
    return CorrectedAccuracy(prevalence=prevalence, sensitivity=sensitivity, specificity=specificity)


def corrected_auc(
    area: Estimate,
    positives: int,
    negatives: int,
    validation: LabellerValidation,
    *,
    rng: np.random.Generator,
    design_effect: float = 1.0,
    n_draws: int = N_DRAWS,
    level: float = 0.95,
) -> Estimate:
    """AUC against the truth, from the AUC against labels with errors: ½ + (AUC − ½)/(a − b).

    Each labelled class is a mixture: a = P(finding | labelled positive), b = P(finding | labelled negative), so that
    the AUC against labels is a(1 − b)·AUC + b(1 − a)(1 − AUC) + ½(ab + (1 − a)(1 − b)), if scores and errors of the
    labels are independent given the truth. a − b = π(1 − π)J / p(1 − p), π the corrected prevalence.

    The interval is simulated as in :func:`corrected_accuracy`; the AUC is drawn on the logit scale, its standard
    error half the width there of the interval of ``area``, in normal quantiles of ``area.ci_level``.

    Parameters
    ----------
    area
        AUC against the labels, with its interval.
    positives, negatives
        Cases by label, whole numbers.
    validation, rng, n_draws, level
        As in :func:`corrected_accuracy`.
    design_effect
        Of the share of positive labels, at least 1.

    Returns
    -------
    Estimate
        Not cut to [0, 1].

    Raises
    ------
    ValueError
        If a count is not whole, the design effect below 1, or there are too few draws.

    Undefined cases
    ---------------
    No AUC, labels of J ≤ 0, a corrected prevalence outside (0, 1). An AUC of 0 or 1, or without an interval: the
    estimate stands without one, status ``insufficient``.
    """
    positives, negatives = whole_count("positives", positives), whole_count("negatives", negatives)
    if not design_effect >= 1.0:
        raise ValueError("`design_effect` must not lie below 1.")
    n_cases, errors = positives + negatives, validation.errors
    sensitivity, specificity = validation.drawn(rng, n_draws)
    p = beta_draws(rng, positives, negatives, design_effect, n_draws)
    spread = _logit_error(area)
    if area.estimate is None or n_cases == 0:
        reason = area.reason if area.estimate is None else None
        return drawn_estimate(None, np.full(n_draws, np.nan), reason or "no case", level=level, n=n_cases)
    contrast = _contrast(p, sensitivity, specificity)
    observed = np.full(n_draws, np.nan)
    if spread is not None:
        centre = np.log(area.estimate / (1.0 - area.estimate))
        observed = 1.0 / (1.0 + np.exp(-(centre + spread * rng.standard_normal(n_draws))))
    seen = np.array([errors.sensitivity]), np.array([errors.specificity])
    own = float(_contrast(np.array([positives / n_cases]), *seen)[0])
    why = "the labels tell no more than chance" if errors.youden <= 0.0 else "no two classes are left once corrected"
    return drawn_estimate(
        0.5 + (area.estimate - 0.5) / own if own > 0.0 else None,
        0.5 + (observed - 0.5) / contrast,
        why,
        level=level,
        n=n_cases,
        without_interval=None
        if spread is not None
        else "the AUC against the labels has no interval on the logit scale",
    )


def _corrected(
    p: FloatArray, called: FloatArray, quiet: FloatArray, Se: FloatArray, Sp: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Prevalence, sensitivity and specificity; NaN where undefined."""
    J = np.where(Se + Sp > 1.0, Se + Sp - 1.0, np.nan)
    prevalence = (p + Sp - 1.0) / J
    m = p * called + (1.0 - p) * (1.0 - quiet)
    x = (p * called - (1.0 - Sp) * m) / J
    with_finding = np.where(prevalence > 0.0, prevalence, np.nan)
    without = np.where(prevalence < 1.0, 1.0 - prevalence, np.nan)
    return prevalence, x / with_finding, 1.0 - (m - x) / without


def _contrast(p: FloatArray, Se: FloatArray, Sp: FloatArray) -> FloatArray:
    """a − b of each draw; NaN where undefined."""
    J = np.where(Se + Sp > 1.0, Se + Sp - 1.0, np.nan)
    truth = (p + Sp - 1.0) / J
    possible = (truth > 0.0) & (truth < 1.0) & (p > 0.0) & (p < 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(possible, truth * (1.0 - truth) * J / (p * (1.0 - p)), np.nan)


def _logit_error(area: Estimate) -> float | None:
    """Standard error on the logit scale; ``None`` where there is none."""
    low, high, level = area.ci_low, area.ci_high, area.ci_level
    if low is None or high is None or level is None or not (0.0 < low <= high < 1.0):
        return None
    width = np.log(high / (1.0 - high)) - np.log(low / (1.0 - low))
    return float(width / (2.0 * normal_quantile(level)))
