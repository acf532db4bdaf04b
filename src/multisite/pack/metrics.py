"""What each estimate is called, which value is expected of it, and what it means in one line."""

from dataclasses import dataclass

__all__ = [
    "AUC",
    "BRIER",
    "ECE",
    "ECE_NULL",
    "FOREST",
    "INTERCEPT",
    "METRICS",
    "NPV",
    "OBSERVED_EXPECTED",
    "PPV",
    "SENSITIVITY",
    "SLOPE",
    "SPECIFICITY",
    "Metric",
]

AUC, SENSITIVITY, SPECIFICITY, PPV, NPV = "auc", "sensitivity", "specificity", "ppv", "npv"
INTERCEPT, SLOPE, OBSERVED_EXPECTED = "calibration_in_the_large", "calibration_slope", "observed_expected"
BRIER, ECE, ECE_NULL = "brier", "ece", "ece_null_95"


@dataclass(frozen=True, slots=True)
class Metric:
    """``name`` as in the estimates; ``title`` for a head or a sentence; ``expected`` of a calibrated model, if any."""

    name: str
    title: str
    meaning: str
    expected: float | None = None

    @property
    def inside(self) -> str:
        """The title as it stands inside a sentence."""
        return self.title if self.title.isupper() else self.title.lower()


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(AUC, "AUC", "chance that a case with the finding scores higher than one without; 0.5 is guessing"),
        Metric(SENSITIVITY, "Sensitivity", "share of cases with the finding that the model calls positive"),
        Metric(SPECIFICITY, "Specificity", "share of cases without the finding that the model calls negative"),
        Metric(PPV, "PPV", "share of positive calls that are right, at this set's prevalence"),
        Metric(NPV, "NPV", "share of negative calls that are right, at this set's prevalence"),
        Metric(
            INTERCEPT,
            "Intercept",
            "slope fixed at 1; below 0: scores too high on the whole; above 0: too low",
            expected=0.0,
        ),
        Metric(SLOPE, "Slope", "below 1: scores too extreme; above 1: too timid", expected=1.0),
        Metric(OBSERVED_EXPECTED, "O:E", "cases observed over cases the scores add up to", expected=1.0),
        Metric(BRIER, "Brier", "mean squared distance of score and outcome; 0 is perfect"),
        Metric(ECE, "ECE", "mean gap between score and observed share over bins; never 0 by chance"),
    )
}
"""Metric name to its words, in the order of the report."""

FOREST = (AUC, SENSITIVITY, SPECIFICITY)
"""The three that are drawn per site and per stratum."""
