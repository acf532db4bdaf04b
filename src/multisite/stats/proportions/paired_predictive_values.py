"""Predictive values of two tests of the same cases, compared."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from multisite.stats.estimate import normal_quantile
from multisite.stats.proportions.counts import PairedCounts
from multisite.stats.proportions.likelihood_ratio import log_ratio
from multisite.stats.proportions.mcnemar import chi_square_p
from multisite.stats.proportions.proportion import proportion
from multisite.stats.proportions.result import PairedTest, ProportionEstimate, RatioEstimate
from multisite.vocabulary import EstimateStatus

__all__ = ["PairedPredictiveValues", "PredictiveValueComparison", "paired_predictive_values"]

PredictiveTest: TypeAlias = Literal["weighted-generalised-score", "generalised-score"]

_TESTS: dict[PredictiveTest, str] = {
    "weighted-generalised-score": "weighted generalised score (kosinski)",
    "generalised-score": "generalised score (leisenring, alonzo and pepe)",
}
_RATIO = "log, multinomial (moskowitz and pepe)"


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictiveValueComparison:
    """A predictive value of both tests, first over second, and the test of whether they are equal."""

    first: ProportionEstimate
    second: ProportionEstimate
    ratio: RatioEstimate
    test: PairedTest


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedPredictiveValues:
    """The comparison of the positive and of the negative predictive values."""

    ppv: PredictiveValueComparison
    npv: PredictiveValueComparison


@dataclass(frozen=True, slots=True)
class _Results:
    """Cases to which both tests, or one of them only, gave the result in question, and how many of them it meets."""

    right: tuple[int, int, int]
    wrong: tuple[int, int, int]

    @property
    def first(self) -> tuple[int, int]:
        """Right and all, of the first test."""
        return self.right[0] + self.right[1], sum(self.right[:2]) + sum(self.wrong[:2])

    @property
    def second(self) -> tuple[int, int]:
        """Right and all, of the second test."""
        right = self.right[0] + self.right[2]
        return right, right + self.wrong[0] + self.wrong[2]


def paired_predictive_values(
    with_finding: PairedCounts,
    without_finding: PairedCounts,
    *,
    test: PredictiveTest = "weighted-generalised-score",
    level: float = 0.95,
) -> PairedPredictiveValues:
    """Relative predictive values rPPV = PPV₁/PPV₂ and rNPV = NPV₁/NPV₂ of two tests of the same independent cases.

    The interval is Moskowitz and Pepe's: ln r ± z·√v, v being the multinomial variance Σ x·φ² over the eight counts x,
    where a case that the first test called positive adds [with the finding]/TP₁ − 1/T₁ to its φ, and one that the
    second did, the same of the second with the other sign (T: positive results, TP: the true ones of them; the
    negative ones for NPV).

    ``weighted-generalised-score`` (Kosinski) is χ² = (PPV₁ − PPV₂)²/{[p(1 − p) − 2C](1/T₁ + 1/T₂)} on one degree of
    freedom, with p = (TP₁ + TP₂)/(T₁ + T₂) and C = [p²·FP₁₂ + (1 − p)²·TP₁₂]/(T₁ + T₂), 12 being what both called
    positive. ``generalised-score`` is that of Leisenring, Alonzo and Pepe, which does not weight by T₁ and T₂ and may
    then differ a little from it.

    Parameters
    ----------
    with_finding
        Cases with the finding by whether both tests, one only, or neither called them positive.
    without_finding
        The same of cases without the finding.
    test
        Test of equal predictive values.
    level
        Confidence level in (0, 1).

    Returns
    -------
    PairedPredictiveValues
        Ratios above 1 where the first is the better. The proportions carry Wilson's interval.

    Raises
    ------
    ValueError
        If the name of the test is unknown.

    Undefined cases
    ---------------
    A test without a positive (negative) result: its predictive value, ratio and test. The second value zero: the
    ratio. The first zero, or counts that show no variance (both tests right in all, or alike in all): the ratio stands
    without an interval, and a test over a variance of zero is undefined.

    References
    ----------
    Moskowitz CS, Pepe MS. Clin Trials 2006;3:272-279. doi:10.1191/1740774506cn147oa
    Kosinski AS. Stat Med 2013;32:964-977. doi:10.1002/sim.5587
    Leisenring W, Alonzo T, Pepe MS. Biometrics 2000;56:345-351. doi:10.1111/j.0006-341X.2000.00345.x
    """
    normal_quantile(level)
    if test not in _TESTS:
        raise ValueError(f"`test` must be one of: {', '.join(_TESTS)}.")
    positive = _Results(_called(with_finding), _called(without_finding))
    negative = _Results(_not_called(without_finding), _not_called(with_finding))
    return PairedPredictiveValues(ppv=_compared(positive, test, level), npv=_compared(negative, test, level))


def _called(counts: PairedCounts) -> tuple[int, int, int]:
    return counts.both, counts.first_only, counts.second_only


def _not_called(counts: PairedCounts) -> tuple[int, int, int]:
    # What only the second called positive, only the first called negative.
    return counts.neither, counts.second_only, counts.first_only


def _compared(results: _Results, test: PredictiveTest, level: float) -> PredictiveValueComparison:
    (right1, all1), (right2, all2) = results.first, results.second
    first, second = proportion(right1, all1, level=level), proportion(right2, all2, level=level)
    n = sum(results.right) + sum(results.wrong)
    variance = float(_log_variance(results)) if right1 and right2 else None
    # A test without such a result makes the ratio zero over zero.
    upper, lower = (right1 * all2, right2 * all1) if all1 and all2 else (0, 0)
    ratio = log_ratio(upper, lower, variance, method=_RATIO, level=level, n_cases=n)
    statistic = _statistic(results, test) if all1 and all2 else None
    missing = "the counts show no variance" if all1 and all2 else "a test has no such result"
    return PredictiveValueComparison(
        first=first,
        second=second,
        ratio=ratio,
        test=PairedTest(
            statistic=statistic,
            p_value=None if statistic is None else chi_square_p(statistic),
            method=_TESTS[test],
            n_cases=n,
            n_discordant=sum(results.right[1:]) + sum(results.wrong[1:]),
            status=EstimateStatus.UNDEFINED if statistic is None else EstimateStatus.OK,
            reason=missing if statistic is None else None,
        ),
    )


def _log_variance(results: _Results) -> Fraction:
    (right1, all1), (right2, all2) = results.first, results.second
    total = Fraction(0)
    for counts, is_right in ((results.right, 1), (results.wrong, 0)):
        one = Fraction(is_right, right1) - Fraction(1, all1)
        other = Fraction(is_right, right2) - Fraction(1, all2)
        both, first_only, second_only = counts
        total += both * (one - other) ** 2 + first_only * one**2 + second_only * other**2
    return total


def _statistic(results: _Results, test: PredictiveTest) -> float | None:
    """χ², or ``None`` over a variance of zero. In exact fractions, so that zero is zero."""
    (right1, all1), (right2, all2) = results.first, results.second
    p = Fraction(right1 + right2, all1 + all2)
    if test == "weighted-generalised-score":
        shared = (p**2 * results.wrong[0] + (1 - p) ** 2 * results.right[0]) / (all1 + all2)
        variance = (p * (1 - p) - 2 * shared) * (Fraction(1, all1) + Fraction(1, all2))
        score = Fraction(right1, all1) - Fraction(right2, all2)
    else:
        # Of all results the share of the second test, and each case's part in the score.
        z = Fraction(all2, all1 + all2)
        parts = (1 - 2 * z, -z, 1 - z)
        score = sum((part * count for part, count in zip(parts, results.right, strict=True)), Fraction(0))
        variance = sum(
            (
                part**2 * ((1 - p) ** 2 * right + p**2 * wrong)
                for part, right, wrong in zip(parts, results.right, results.wrong, strict=True)
            ),
            Fraction(0),
        )
    return None if variance == 0 else float(score**2 / variance)
