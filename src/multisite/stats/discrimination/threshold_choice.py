"""A threshold that a rule takes from cases, and how far it would have fallen elsewhere with other patients."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from multisite.stats.calibration.binning import equal_width_cell
from multisite.stats.discrimination.choice_rule import ChoiceRule
from multisite.stats.estimate import CountArray, Estimate, FloatArray, normal_quantile
from multisite.stats.resampling.bootstrap import too_many_undefined
from multisite.stats.resampling.case_arrays import case_arrays
from multisite.stats.resampling.replicates import bootstrap_replicates
from multisite.vocabulary import EstimateStatus

__all__ = ["ChosenThreshold", "Curve", "chosen_by", "chosen_threshold"]

_MOST_UNDEFINED = 0.05


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChosenThreshold(Estimate):
    """``estimate`` is the threshold, of the form k/steps; ``replicates`` are those of the bootstrap, NaN where none."""

    n_positive: int
    n_negative: int
    n_undefined: int
    replicates: FloatArray

    def shares_beside(self, threshold: float) -> tuple[float, float] | None:
        """Shares of the replicates that have a threshold below, and above, ``threshold``; ``None`` without any."""
        defined = self.replicates[~np.isnan(self.replicates)]
        if not defined.size:
            return None
        return float((defined < threshold).mean()), float((defined > threshold).mean())


def chosen_threshold(
    positive: npt.ArrayLike,
    score: npt.ArrayLike,
    *,
    rule: ChoiceRule,
    seed: int | np.random.SeedSequence,
    patient: npt.ArrayLike | None = None,
    design_effects: tuple[float, float] = (1.0, 1.0),
    steps: int = 1000,
    n_replicates: int = 1000,
    level: float = 0.95,
) -> ChosenThreshold:
    """The threshold k/steps that ``rule`` takes, k from 0 to steps − 1, with a bootstrap interval over patients.

    Each replicate draws as many patients with all their cases and takes the threshold anew. The interval holds the
    central share ``level`` of the replicates that have one, and its ends are thresholds of replicates.

    Parameters
    ----------
    positive, score
        Truth, and score in [0, 1], of each case, shape ``(n_cases,)``; called positive at or above a threshold.
    rule
        What the threshold must have. By ``lower_bound`` the threshold lies below that of the population, and so does
        the interval: it says how far the *rule's* threshold varies at this number of cases.
    seed, n_replicates
        Of :func:`bootstrap_replicates`.
    patient
        Patient of each case; ``None``: every case is a patient.
    design_effects
        Of sensitivity and specificity, for a rule by ``lower_bound`` where patients repeat.
    steps
        Thresholds are multiples of 1/steps: an exact one would be the score of one case.
    level
        Of the interval, in (0, 1).

    Returns
    -------
    ChosenThreshold
        In [0, 1).

    Raises
    ------
    ValueError
        If the arrays do not fit or an argument is out of its range.

    Undefined cases
    ---------------
    No case of a class that the rule needs, or no threshold with what it asks for: undefined. More than 5 % of the
    replicates without a threshold, or replicates that are all or nearly all equal, so that the interval would have no
    width: the threshold stands without an interval, status ``insufficient``.

    Coverage
    --------
    Simulated, rule by the estimate of a sensitivity of 0.90, of the population's threshold: 93 % with 100 positive
    cases, and with 150 patients of 1 to 3 cases; most intervals that miss lie above it. About 90 % with 40. By
    ``lower_bound`` the true sensitivity lay below 0.90 in 2 % of the data sets, by ``estimate`` in 55 to 63 % (40 to
    200 positive cases).

    References
    ----------
    Efron B, Tibshirani RJ. An Introduction to the Bootstrap. 1993; chapter 13. doi:10.1201/9780429246593

    Examples
    --------
    >>> rule = ChoiceRule(by="sensitivity", at_least=0.6)
    >>> chosen_threshold([0, 0, 1, 1, 1], [0.1, 0.6, 0.3, 0.5, 0.9], rule=rule, seed=1, steps=10).estimate
    0.5
    """
    normal_quantile(level)
    cases, (values,) = case_arrays(positive, patient, score=score)
    cells = equal_width_cell(values, steps)
    order = np.argsort(cells, kind="stable")
    distinct, begin = np.unique(cells[order], return_index=True)
    curve = Curve(distinct, steps, rule, design_effects)
    of_positive, of_negative = cases.positive[order], ~cases.positive[order]

    def drawn(weights: CountArray) -> FloatArray:
        ordered = weights[:, order]
        classes = (np.add.reduceat(ordered * chosen, begin, axis=1) for chosen in (of_positive, of_negative))
        return curve.thresholds(*(summed.astype(np.float64) for summed in classes))

    return chosen_by(
        (cases.n_positive, cases.n_negative),
        rule,
        level,
        "bootstrap of patients, percentile",
        value=lambda: float(drawn(np.ones((1, cases.n_cases), dtype=np.int64))[0]),
        replicates=lambda: bootstrap_replicates(drawn, cases.patient, n_replicates=n_replicates, seed=seed),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """From cases per cell to the threshold that the rule takes."""

    cells: CountArray
    steps: int
    rule: ChoiceRule
    design_effects: tuple[float, float]

    def thresholds(self, n_positive: FloatArray, n_negative: FloatArray) -> FloatArray:
        """Threshold per row of cases per cell, shape ``(n, n_cells)``; NaN where the rule takes none."""
        called = [_at_or_above(counts) for counts in (n_positive, n_negative)]
        place = self.rule.places(called[0], called[1], design_effects=self.design_effects)
        # Between two cells with cases every threshold makes the same calls; beyond the last cell none is on the grid.
        above = np.append(0, self.cells + 1) if not self.rule.takes_highest else np.append(self.cells, self.steps)
        threshold = np.where(place < 0, self.steps, above[place])
        return np.where(threshold < self.steps, threshold / self.steps, np.nan)


def _at_or_above(counts: FloatArray) -> FloatArray:
    summed = np.zeros((counts.shape[0], counts.shape[1] + 1))
    summed[:, :-1] = np.cumsum(counts[:, ::-1], axis=1)[:, ::-1]
    return summed


def chosen_by(
    totals: tuple[int, int],
    rule: ChoiceRule,
    level: float,
    method: str,
    *,
    value: Callable[[], float],
    replicates: Callable[[], FloatArray],
) -> ChosenThreshold:
    """The threshold ``value`` with the percentiles of its ``replicates``, each asked for only where it can be.

    ``totals`` are the positives and the negatives.
    """
    threshold = interval = None
    drawn, undefined = np.empty(0), 0
    status, reason = EstimateStatus.UNDEFINED, _missing(totals, rule)
    if reason is None:
        found = value()
        if np.isnan(found):
            reason = "no threshold has what the rule asks for, for want of cases or of discrimination"
        else:
            threshold, drawn = found, replicates()
            undefined = int(np.isnan(drawn).sum())
            defined = drawn[~np.isnan(drawn)]
            reason = too_many_undefined(undefined, drawn.size, _MOST_UNDEFINED)
            if reason is None:
                ends = np.quantile(defined, [(1.0 - level) / 2.0, (1.0 + level) / 2.0], method="inverted_cdf")
                interval = min(float(ends[0]), threshold), max(float(ends[1]), threshold)
                if interval[0] == interval[1]:
                    share = "every" if defined.min() == defined.max() else "nearly every"
                    interval, reason = None, f"{share} replicate has the same threshold, and there is no interval"
            status = EstimateStatus.OK if interval else EstimateStatus.INSUFFICIENT
            if interval and undefined:
                reason = f"undefined in {undefined} of {drawn.size} replicates"
    return ChosenThreshold(
        estimate=threshold,
        ci_low=None if interval is None else interval[0],
        ci_high=None if interval is None else interval[1],
        ci_level=level,
        ci_method=method,
        n_cases=sum(totals),
        status=status,
        reason=reason,
        n_positive=totals[0],
        n_negative=totals[1],
        n_undefined=undefined,
        replicates=drawn,
    )


def _missing(totals: tuple[int, int], rule: ChoiceRule) -> str | None:
    needs = {"sensitivity": (True, False), "specificity": (False, True)}.get(rule.by, (True, True))
    if not sum(totals):
        return "no case"
    if needs[0] and not totals[0]:
        return "no positive case"
    return "no negative case" if needs[1] and not totals[1] else None
