"""Between which bounds accuracy lies, however the errors of the test and of the labels hang together."""

from dataclasses import dataclass

from multisite.stats.imperfect_reference.labeller import LabelErrors
from multisite.stats.proportions.counts import whole_count

__all__ = ["AccuracyBounds", "Bounds", "LabelledShares", "accuracy_bounds", "labelled_shares"]

_NO_LABELS = "the labels tell no more than chance"
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The smallest and the largest possible value; both ``None`` where there is none, for ``reason``."""

    low: float | None
    high: float | None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccuracyBounds:
    """Bounds of sensitivity and specificity against the truth."""

    sensitivity: Bounds
    specificity: Bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledShares:
    """True prevalence, and the shares of true positives among cases labelled positive and labelled negative."""

    prevalence: float
    of_positive: float
    of_negative: float


def labelled_shares(labelled: float, errors: LabelErrors) -> LabelledShares | str:
    """The shares behind a labelled prevalence; a reason where these errors cannot give it."""
    prevalence = errors.prevalence(labelled)
    if prevalence is None:
        return _NO_LABELS
    if prevalence < -_ROUNDING:
        return "fewer cases are labelled positive than by the labeller's false positives alone"
    if prevalence > 1.0 + _ROUNDING:
        return "more cases are labelled positive than the labeller would find if all had the finding"
    prevalence = min(1.0, max(0.0, prevalence))
    found = errors.sensitivity * prevalence
    return LabelledShares(
        prevalence=prevalence,
        of_positive=min(1.0, found / labelled) if labelled > 0.0 else 0.0,
        of_negative=min(1.0, (prevalence - found) / (1.0 - labelled)) if labelled < 1.0 else 0.0,
    )


def accuracy_bounds(tp: int, fp: int, fn: int, tn: int, errors: LabelErrors) -> AccuracyBounds:
    """Sharp bounds of sensitivity and specificity against the truth, from a table against labels with known errors.

    Of the cases labelled positive a share a has the finding, of those labelled negative a share b, by Rogan and
    Gladen. Of the former, the test called s = tp/(tp + fn) positive. The overlap of two shares lies between
    max(0, a + s − 1) and min(a, s), whatever hangs together (Fréchet); so for the latter; and the two labels are free
    of each other. The sums over both, divided by the true prevalence, are the ends of the linear programme over all
    tables of test, label and truth with these margins. Nothing is said of sampling error: counts and errors are taken
    as they are.

    Parameters
    ----------
    tp, fp, fn, tn
        Calls of the test against the labels, whole numbers.
    errors
        Of the labels against the truth.

    Returns
    -------
    AccuracyBounds
        In [0, 1]; equal ends where labels have no errors.

    Raises
    ------
    ValueError
        If a count is not whole.

    Undefined cases
    ---------------
    No case; labels that tell no more than chance (sensitivity + specificity ≤ 1); a share of labelled positives that
    these errors cannot give: both. A true prevalence of 0: sensitivity. Of 1: specificity.

    References
    ----------
    Thibodeau LA. Biometrics 1981;37:801-804.
    Emerson SC et al. Stat Methods Med Res 2018;27:2933-2945. doi:10.1177/0962280216689806
    """
    tp, fp, fn, tn = (whole_count(name, n) for name, n in zip(("tp", "fp", "fn", "tn"), (tp, fp, fn, tn), strict=True))
    positives, n_cases = tp + fn, tp + fp + fn + tn
    if n_cases == 0:
        return _both("no case")
    labelled = positives / n_cases
    shares = labelled_shares(labelled, errors)
    if isinstance(shares, str):
        return _both(shares)
    called = tp / positives if positives else 0.0
    alarms = fp / (n_cases - positives) if n_cases > positives else 0.0
    a, b, truth = shares.of_positive, shares.of_negative, shares.prevalence

    def summed(in_positive: tuple[float, float], in_negative: tuple[float, float], whole: float, reason: str) -> Bounds:
        if whole <= _ROUNDING:
            return Bounds(low=None, high=None, reason=reason)
        low, high = (
            labelled * one + (1.0 - labelled) * other for one, other in zip(in_positive, in_negative, strict=True)
        )
        return Bounds(low=max(0.0, low / whole), high=min(1.0, high / whole))

    return AccuracyBounds(
        sensitivity=summed(
            _overlap(a, called), _overlap(b, alarms), truth, "by its labels corrected, no case has the finding"
        ),
        specificity=summed(
            _overlap(1.0 - a, 1.0 - called),
            _overlap(1.0 - b, 1.0 - alarms),
            1.0 - truth,
            "by its labels corrected, every case has the finding",
        ),
    )


def _overlap(one: float, other: float) -> tuple[float, float]:
    """The least and the most that two shares of the same cases have in common."""
    return max(0.0, one + other - 1.0), min(one, other)


def _both(reason: str) -> AccuracyBounds:
    nothing = Bounds(low=None, high=None, reason=reason)
    return AccuracyBounds(sensitivity=nothing, specificity=nothing)
