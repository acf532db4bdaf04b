"""What the protocol says of an operating point, and what every table of them has in common."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from multisite.stats import ChoiceRule, ClusterMoments, Estimate, ProportionEstimate, clustered_proportion, proportion
from multisite.tallies import ProportionMoments, shortage
from multisite.vocabulary import OVERALL, EstimateStatus

__all__ = [
    "DeclaredPoint",
    "OperatingPointParameters",
    "Sums",
    "interval_columns",
    "proportion_of",
    "seed_of",
    "status_columns",
    "sums_by_segment",
]

Sums = Mapping[str, ClusterMoments]
"""Metric to its moments, of one segment at one threshold."""


@dataclass(frozen=True, slots=True)
class DeclaredPoint:
    """The threshold of a finding and model, the rule that led to it, and the prevalence for results per 1,000.

    Net benefit exists only where the scores are ``probabilities``.
    """

    finding: str
    model: str
    threshold: float
    rule: ChoiceRule | None = None
    prevalence: float | None = None
    prevalence_source: str | None = None
    probabilities: bool = True

    @property
    def act_from(self) -> float:
        """The probability from which on one would act: the rule's, else the threshold itself."""
        named = None if self.rule is None else self.rule.act_from
        return self.threshold if named is None else named

    def target(self, metric: str) -> float | None:
        """What the rule asks of a metric."""
        return self.rule.at_least if self.rule is not None and self.rule.by == metric else None


@dataclass(frozen=True, slots=True)
class OperatingPointParameters:
    """What the protocol says about choosing thresholds and about what they do.

    ``strata`` are those of vendor and software version; ``curve`` the range of the decision curve. ``seed`` with the
    names of site, finding and model starts the random numbers of one choice.
    """

    points: tuple[DeclaredPoint, ...]
    strata: tuple[str, ...]
    curve: tuple[float, float]
    ci_level: float
    minimum_denominator: int
    score_grid_steps: int
    n_replicates: int
    seed: int

    def shortage(self, n_patients: int, unit: str) -> str | None:
        """Why a denominator is too small; ``None`` where it is not."""
        return shortage(n_patients, self.minimum_denominator, unit)


def seed_of(parameters: OperatingPointParameters, site: str, point: DeclaredPoint) -> int:
    """Of one choice, so that no result depends on the order or number of others."""
    words = [parameters.seed, "operating point", site, point.finding, point.model]
    return int.from_bytes(hashlib.sha256(json.dumps(words).encode()).digest())


def sums_by_segment(
    moments: ProportionMoments, point: DeclaredPoint, *, split: str
) -> Iterator[tuple[tuple[str, str, str], Sums]]:
    """(site, stratum, level) of every segment of the split, with its moments at the point's threshold."""
    found: dict[tuple[str, str, str], dict[str, ClusterMoments]] = {}
    wanted = moments.frame.filter(finding=point.finding, model=point.model, split=split)
    for row, sums in ProportionMoments(wanted).rows():
        if row["threshold"] in (None, point.threshold):
            found.setdefault((row["site"], row["stratum"], row["level"]), {})[row["metric"]] = sums
    yield from sorted(found.items(), key=lambda item: (item[0][1] != OVERALL, item[0]))


def proportion_of(moments: ClusterMoments, *, level: float) -> ProportionEstimate:
    """Wilson's interval, between patients where they repeat."""
    if moments.clustered:
        return clustered_proportion(moments, level=level)
    return proportion(moments.sum_y, moments.sum_n, level=level)


def interval_columns(estimate: Estimate, *, factor: float = 1.0, withheld: bool = False) -> dict[str, Any]:
    """The estimate with its interval, each times ``factor``; no number where it is withheld."""
    numbers = {name: getattr(estimate, name) for name in ("estimate", "ci_low", "ci_high")}
    shown = {name: None if withheld or value is None else factor * value for name, value in numbers.items()}
    return shown | {"ci_level": estimate.ci_level, "ci_method": estimate.ci_method}


def status_columns(estimate: Estimate, shortage: str | None) -> dict[str, Any]:
    """What does not exist is undefined however few patients there are; what they are too few for is insufficient."""
    if shortage is not None and estimate.status is not EstimateStatus.UNDEFINED:
        return {"status": EstimateStatus.INSUFFICIENT.value, "reason": shortage}
    fine = estimate.status is EstimateStatus.OK
    return {"status": estimate.status.value, "reason": None if fine else estimate.reason}
