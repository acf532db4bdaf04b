"""The stage that makes a site's drift baseline from the validated cohort."""

from dataclasses import dataclass

import polars as pl

from multisite.drift.baseline.bins import register_bins
from multisite.drift.baseline.limits import make_limits
from multisite.drift.baseline.reference import reference_studies
from multisite.drift.baseline.registry import Floors, monitor_names, register_monitors, watched_axes
from multisite.drift.baseline.season import CALENDAR_WINDOW, spans_two_years
from multisite.drift.monitors import Monitors, monitors_of
from multisite.drift.months.counts import BASELINE_WINDOW, Axes, count_on_bins
from multisite.drift.rule.budget_table import Budget, budget_table
from multisite.errors import ConfigError
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.cohort import COHORT, PREDICTIONS
from multisite.schemas.drift import DRIFT_COUNTS_BASELINE, DRIFT_REFERENCE
from multisite.schemas.drift_baseline import DRIFT_BASELINE_MONITORS, DRIFT_BUDGET, DRIFT_LIMITS
from multisite.study import Site, Study

__all__ = ["DRIFT_BASELINE_STAGE", "RARE_CATEGORY_COUNT", "BaselineParameters", "axes_of", "floors_of"]

RARE_CATEGORY_COUNT = 5
"""Studies below which a category has no bin of its own: rare text in a header can point to a person or a mistake."""

_REPLICATES = 10_000


@dataclass(frozen=True, slots=True)
class BaselineParameters:
    """What is watched, into how many bins a number is cut, below how many studies a category is rare, the smallest
    changes, the budget of false alarms, and where the draws of limits and budget start, and how many of the former.
    """

    monitors: Monitors
    bins: int
    rare: int
    floors: Floors
    budget: Budget
    seed: int
    replicates: int = _REPLICATES


def make_baseline(inputs: StageInputs, parameters: BaselineParameters) -> StageOutputs:
    """The reference rows, their bins and counts, the monitors, their limits, and how often it will be wrong."""
    cohort = inputs.frame(COHORT.name)
    reference = reference_studies(cohort, inputs.frame(PREDICTIONS.name), monitors=parameters.monitors)
    bins = register_bins(reference, bins=parameters.bins, rare=parameters.rare)
    axes = watched_axes(parameters.monitors)
    counts = _counts(reference, bins, axes=axes, rare=parameters.rare, site=inputs.site)
    registry = register_monitors(
        reference, counts, monitors=parameters.monitors, floors=parameters.floors, site=inputs.site
    )
    limits = make_limits(registry, counts, replicates=parameters.replicates, seed=parameters.seed, site=inputs.site)
    budget = budget_table(
        registry, counts, limits, budget=parameters.budget, models=parameters.monitors.models, seed=parameters.seed,
        site=inputs.site,
    )  # fmt: skip
    return StageOutputs(
        frames={
            DRIFT_REFERENCE.name: reference,
            DRIFT_COUNTS_BASELINE.name: counts,
            DRIFT_BASELINE_MONITORS.name: registry,
            DRIFT_LIMITS.name: limits,
            DRIFT_BUDGET.name: budget,
        }
    )


def _counts(reference: pl.DataFrame, bins: pl.DataFrame, *, axes: Axes, rare: int, site: str) -> pl.DataFrame:
    """Counts of the whole reference, and, where it spans two years, of each calendar month with those beside it."""
    whole = count_on_bins(reference, bins, reference=reference, rare=rare, site=site, window=BASELINE_WINDOW, axes=axes)
    if not spans_two_years(reference["month"]):
        return whole
    calendar = reference["month"].str.slice(5).cast(pl.Int64, strict=False)
    parts = [whole]
    for month in range(1, 13):
        beside = [(month - 2) % 12 + 1, month, month % 12 + 1]
        window = f"{CALENDAR_WINDOW}{month:02d}"
        studies = reference.filter(calendar.is_in(beside).fill_null(False))
        near = count_on_bins(studies, bins, reference=reference, rare=rare, site=site, window=window, axes=axes)
        parts.append(near)
    return pl.concat(parts)


def axes_of(study: Study) -> Axes:
    """The axes along which months are counted."""
    return watched_axes(monitors_of(study))


def floors_of(study: Study) -> Floors:
    """The smallest changes that the study file declares.

    Raises
    ------
    ConfigError
        When one is declared of a monitor that there is not.
    """
    smallest = study.drift.smallest_changes
    known = monitor_names(monitors_of(study))
    unknown = sorted(set(smallest.monitors) - known)
    if unknown:
        raise ConfigError(
            f"there is no monitor {', '.join(f'`{name}`' for name in unknown)}",
            place="drift.smallest_changes.monitors",
            remedy=f"Monitors: {', '.join(sorted(known))}.",
        )
    return Floors(
        share=smallest.share,
        standard_deviations=smallest.standard_deviations,
        volume=smallest.volume,
        silent_days=study.drift.feed.silent_days,
        monitors=tuple(sorted(smallest.monitors.items())),
        watch_missing=study.drift.feed.missing,
    )


def _parameters(study: Study, site: Site | None) -> BaselineParameters:
    budget = study.drift.budget
    return BaselineParameters(
        monitors_of(study),
        study.drift.bins,
        RARE_CATEGORY_COUNT,
        floors_of(study),
        Budget(
            false_ambers_per_year=budget.false_ambers_per_year,
            false_reds_per_five_years=budget.false_reds_per_five_years,
            simulated_years=budget.simulated_years,
            first_months=study.drift.feed.first_months,
        ),
        study.drift.seed,
    )


DRIFT_BASELINE_STAGE = Stage(
    name="drift_baseline",
    title="Make the drift baseline",
    verb="baseline",
    scope=Scope.SITE,
    version=3,
    reads=(COHORT, PREDICTIONS),
    writes=(DRIFT_REFERENCE, DRIFT_COUNTS_BASELINE, DRIFT_BASELINE_MONITORS, DRIFT_LIMITS, DRIFT_BUDGET),
    run=make_baseline,
    parameters=_parameters,
)
