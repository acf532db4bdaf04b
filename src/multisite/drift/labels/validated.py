"""What the validated set says of sensitivity, specificity and calibration: what routine use is held against."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from multisite.drift.labels.performance_row import MEASURES, Endpoint
from multisite.stats import (
    CalibrationLine,
    ClusterMoments,
    ScoreCounts,
    calibration_line,
    clustered_proportion,
    design_effect_of,
)
from multisite.tallies import ProportionMoments
from multisite.vocabulary import OVERALL, Split

__all__ = ["Validated", "ValidatedRate", "rate_of", "validated_of"]

_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class ValidatedRate:
    """A validated proportion with its 95 % interval over patients.

    ``design_effect`` is by how much the repeated cases of patients divide the number of cases, 1 or more.
    """

    estimate: float
    low: float
    high: float
    design_effect: float


@dataclass(frozen=True, slots=True)
class Validated:
    """Sensitivity and specificity of the validated set, None where undefined, and its scores' calibration line."""

    sensitivity: ValidatedRate | None
    specificity: ValidatedRate | None
    line: CalibrationLine

    def of(self, measure: str) -> ValidatedRate | None:
        """The one or the other."""
        return self.sensitivity if measure == "sensitivity" else self.specificity


def validated_of(
    tally: pl.DataFrame, moments: pl.DataFrame, endpoints: Sequence[Endpoint]
) -> dict[tuple[str, str], Validated]:
    """By finding and model, from the counts of scores and the sums over patients that the evaluation made."""
    tested = {"stratum": OVERALL, "split": Split.TEST.value}
    scores, sums = tally.filter(**tested), ProportionMoments(moments.filter(**tested))
    found = {}
    for endpoint in endpoints:
        own = scores.filter(finding=endpoint.finding, model=endpoint.model).sort("score")
        if own.is_empty():
            continue
        rates = {measure: rate_of(held) for measure, held in _sums_of(sums, endpoint)}
        found[(endpoint.finding, endpoint.model)] = Validated(
            rates.get("sensitivity"),
            rates.get("specificity"),
            calibration_line(
                ScoreCounts(own["score"].to_numpy(), own["n_positive"].to_numpy(), own["n_negative"].to_numpy())
            ),
        )
    return found


def rate_of(sums: ClusterMoments) -> ValidatedRate | None:
    """The proportion of ``sums``; None without a case, or where one patient is all there is."""
    found, effect = clustered_proportion(sums, level=_LEVEL), design_effect_of(sums, level=_LEVEL)
    if found.estimate is None or found.ci_low is None or found.ci_high is None or effect is None:
        return None
    return ValidatedRate(found.estimate, found.ci_low, found.ci_high, effect)


def _sums_of(moments: ProportionMoments, endpoint: Endpoint) -> Iterator[tuple[str, ClusterMoments]]:
    for row, sums in moments.rows():
        is_own = row["finding"] == endpoint.finding and row["model"] == endpoint.model
        if is_own and row["metric"] in MEASURES and abs(row["threshold"] - endpoint.threshold) < 1e-9:
            yield row["metric"], sums
