"""What a test of known accuracy shows against labels with errors."""

from dataclasses import dataclass

from multisite.stats.imperfect_reference.labeller import LabelErrors

__all__ = ["ApparentAccuracy", "apparent_accuracy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApparentAccuracy:
    """What is found against the labels; ``None`` where they have no case of the class.

    ``prevalence`` is the share of cases that are labelled positive.
    """

    sensitivity: float | None
    specificity: float | None
    auc: float | None
    prevalence: float


def apparent_accuracy(
    errors: LabelErrors, *, prevalence: float, sensitivity: float = 1.0, specificity: float = 1.0, auc: float = 1.0
) -> ApparentAccuracy:
    """Accuracy against labels that err independently of the test, given the truth; by default of a perfect test.

    With a = P(finding | labelled positive) and b = P(finding | labelled negative): sensitivity a·se + (1 − a)(1 − sp),
    specificity (1 − b)sp + b(1 − se), and AUC ½ + (a − b)(AUC − ½), for each labelled class is a mixture of both.

    Parameters
    ----------
    errors
        Of the labels.
    prevalence
        True prevalence in [0, 1].
    sensitivity, specificity, auc
        Of the test against the truth, in [0, 1].

    Returns
    -------
    ApparentAccuracy
        Each in [0, 1].

    Raises
    ------
    ValueError
        If an argument lies outside its range.

    Undefined cases
    ---------------
    No case is labelled positive: sensitivity and AUC. None negative: specificity and AUC.

    References
    ----------
    Gart JJ, Buck AA. Am J Epidemiol 1966;83:593-602. doi:10.1093/oxfordjournals.aje.a120610

    Examples
    --------
    >>> labels = LabelErrors(sensitivity=1.0, specificity=0.95)
    >>> round(apparent_accuracy(labels, prevalence=0.1).sensitivity, 2)
    0.69
    """
    if not all(0.0 <= value <= 1.0 for value in (prevalence, sensitivity, specificity, auc)):
        raise ValueError("`prevalence`, `sensitivity`, `specificity` and `auc` must lie in [0, 1].")
    found = prevalence * errors.sensitivity
    missed = prevalence - found
    labelled = found + (1.0 - prevalence) * (1.0 - errors.specificity)
    a = found / labelled if labelled > 0.0 else None
    b = missed / (1.0 - labelled) if labelled < 1.0 else None
    return ApparentAccuracy(
        sensitivity=None if a is None else a * sensitivity + (1.0 - a) * (1.0 - specificity),
        specificity=None if b is None else (1.0 - b) * specificity + b * (1.0 - sensitivity),
        auc=None if a is None or b is None else 0.5 + (a - b) * (auc - 0.5),
        prevalence=labelled,
    )
