"""The section ``drift`` of the study file: what is watched after the validation, and how often it may be wrong."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, model_validator

from multisite.study.section import Identifier, Section

__all__ = ["AlertBand", "Drift", "DriftBudget", "Feed", "SmallestChanges", "WatchedColumns", "check_drift"]

_Share = Annotated[float, Field(gt=0, lt=1)]


class WatchedColumns(Section):
    """Columns of a study's index series."""

    numbers: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


class Feed(Section):
    """What is watched of the feed itself.

    ``silent_days`` working days without any study are a stopped feed, where the usual volume makes that unusual. What
    the validated set does not tell (volumes, failures, abstentions, agreement with reports) is learnt from the
    ``first_months`` months of routine use. ``missing`` watches values that are missing and tags that cannot be read.
    """

    silent_days: Annotated[int, Field(ge=1, le=60)] = 3
    first_months: Annotated[int, Field(ge=2, le=24)] = 3
    missing: bool = True


class DriftBudget(Section):
    """How often the monthly verdict may be wrong where nothing has changed, and the simulation that shows it."""

    false_ambers_per_year: Annotated[float, Field(gt=0, le=12)] = 1.0
    false_reds_per_five_years: Annotated[float, Field(gt=0, le=60)] = 1.0
    simulated_years: Annotated[int, Field(ge=20, le=10_000)] = 100


class SmallestChanges(Section):
    """Changes below which nobody is told, however sure they are: of a share, of a mean in standard deviations of the
    validated set, and of the volume as a share of the usual one. ``monitors`` sets it for one monitor, in its unit.
    """

    share: _Share = 0.02
    standard_deviations: Annotated[float, Field(gt=0, le=5)] = 0.05
    volume: _Share = 0.3
    monitors: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)


class AlertBand(Section):
    """The share of studies with a score at or above the threshold, between which use is agreed to be safe."""

    finding: Identifier
    model: Identifier | None = None
    low: Annotated[float, Field(ge=0, le=1)]
    high: Annotated[float, Field(ge=0, le=1)]

    @model_validator(mode="after")
    def _rises(self) -> "AlertBand":
        if self.low >= self.high:
            raise ValueError("`low` must be below `high`")
        return self


class Drift(Section):
    """What is watched after the validation, in families.

    ``subgroups`` names watched categories within whose values the model's output is watched, too. ``largest_fall`` is
    the fall of sensitivity or specificity below the validated one that is a breach. In the ``shadow_months`` first
    months of routine use everything is reported and nobody is alarmed.
    """

    acquisition: WatchedColumns = WatchedColumns()
    population: WatchedColumns = WatchedColumns()
    scores: bool = True
    alert_rate: bool = True
    subgroups: tuple[str, ...] = ()
    bins: Annotated[int, Field(ge=2, le=50)] = 10
    feed: Feed = Feed()
    budget: DriftBudget = DriftBudget()
    smallest_changes: SmallestChanges = SmallestChanges()
    alert_bands: tuple[AlertBand, ...] = ()
    largest_fall: _Share = 0.1
    shadow_months: Annotated[int, Field(ge=0, le=24)] = 0
    minimum_cell: Annotated[int, Field(ge=1, le=1000)] = 10
    seed: int = 20

    @property
    def numbers(self) -> tuple[str, ...]:
        """Watched numbers of every family, each once."""
        return tuple(dict.fromkeys((*self.acquisition.numbers, *self.population.numbers)))

    @property
    def categories(self) -> tuple[str, ...]:
        """Watched categories of every family, each once."""
        return tuple(dict.fromkeys((*self.acquisition.categories, *self.population.categories)))

    @model_validator(mode="after")
    def _something_is_watched(self) -> "Drift":
        if not (self.numbers or self.categories or self.scores or self.alert_rate):
            raise ValueError("watch something: a column of `acquisition` or `population`, `scores` or `alert_rate`")
        return self

    @model_validator(mode="after")
    def _families_are_apart(self) -> "Drift":
        acquisition = {*self.acquisition.numbers, *self.acquisition.categories}
        twice = acquisition & {*self.population.numbers, *self.population.categories}
        if twice or set(self.numbers) & set(self.categories):
            raise ValueError("a column stands once, in one family, and is a number or a category")
        return self

    @model_validator(mode="after")
    def _subgroups_are_watched(self) -> "Drift":
        if set(self.subgroups) - set(self.categories):
            raise ValueError("`subgroups` must name categories that are watched")
        return self


def check_drift(drift: Drift, *, findings: Sequence[str], models: Sequence[str]) -> None:
    """ValueError where an alert band names a finding or model that is not declared."""
    for band in drift.alert_bands:
        if band.finding not in findings or (band.model is not None and band.model not in models):
            raise ValueError("`drift.alert_bands` must name findings and models, each by its id")
