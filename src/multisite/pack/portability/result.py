"""What the check of portability hands back."""

from dataclasses import dataclass

from multisite.pack.portability.facts import PackEndpoint
from multisite.stats import FilledBounds, StandardisedEstimate

__all__ = [
    "ClassWeights",
    "EndpointPortability",
    "LackingCell",
    "MetricPortability",
    "Portability",
    "PortabilityRules",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PortabilityRules:
    """When a number is refused, and what a table may not hold.

    ``minimum_patients`` of the pack with (without) the finding make a cell supported; ``most_unsupported`` is the
    largest share of the target without support, ``least_effective`` the smallest effective number of patients.
    ``max_ratio`` bounds the weights of raking over their mean.
    """

    minimum_patients: int = 10
    most_unsupported: float = 0.1
    least_effective: float = 30.0
    max_ratio: float = 10.0


@dataclass(frozen=True, slots=True)
class LackingCell:
    """A cell without support: its levels, its share of the reviewer's patients, and the pack's patients there."""

    levels: tuple[str, ...]
    share: float
    n_patients: int
    of: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class MetricPortability:
    """One measure: the pack's own value, the standardised one, or the ``reasons`` why it is refused.

    ``estimate`` is of the supported part; it is ``None`` where the measure is refused. ``bounds`` are of all of the
    reviewer's patients, whatever the unsupported ones are like.
    """

    metric: str
    pooled: float | None
    estimate: StandardisedEstimate | None
    unsupported: float
    bounds: FilledBounds
    reasons: tuple[str, ...] = ()
    lacking: tuple[LackingCell, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ClassWeights:
    """What weighting leaves of the pack's patients of one class: how many they are worth, and the largest weight."""

    called: str
    n_patients: int
    effective_patients: float
    n_cases: int
    effective_cases: float
    largest_ratio: float | None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class EndpointPortability:
    """All measures of one endpoint. ``reason`` says why none could be made."""

    endpoint: PackEndpoint
    prevalence: float | None
    prevalence_from: str
    capped: bool
    weights: tuple[ClassWeights, ...]
    metrics: tuple[MetricPortability, ...]
    reason: str | None = None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Portability:
    """The check of every endpoint of a pack against one population."""

    title: str
    ci_level: float
    strata: tuple[str, ...]
    summed_from: str | None
    raked: bool
    counted_positives: bool
    census: bool
    n_population: int
    rules: PortabilityRules
    endpoints: tuple[EndpointPortability, ...]
