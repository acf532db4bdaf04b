"""The stage that makes a site's drift baseline from the validated cohort."""

from dataclasses import dataclass

from multisite.drift.baseline.bins import register_bins
from multisite.drift.baseline.reference import reference_studies
from multisite.drift.monitors import Monitors, monitors_of
from multisite.drift.months.counts import BASELINE_WINDOW, count_on_bins
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.cohort import COHORT, PREDICTIONS
from multisite.schemas.drift import DRIFT_COUNTS_BASELINE, DRIFT_REFERENCE
from multisite.study import Site, Study

__all__ = ["DRIFT_BASELINE_STAGE", "RARE_CATEGORY_COUNT", "BaselineParameters"]

RARE_CATEGORY_COUNT = 5
"""Studies below which a category has no bin of its own: rare text in a header can point to a person or a mistake."""


@dataclass(frozen=True, slots=True)
class BaselineParameters:
    """What is watched, into how many bins a number is cut, and below how many studies a category is rare."""

    monitors: Monitors
    bins: int
    rare: int


def make_baseline(inputs: StageInputs, parameters: BaselineParameters) -> StageOutputs:
    """The reference rows, their bins and counts."""
    cohort = inputs.frame(COHORT.name)
    reference = reference_studies(cohort, inputs.frame(PREDICTIONS.name), monitors=parameters.monitors)
    bins = register_bins(reference, bins=parameters.bins, rare=parameters.rare)
    counts = count_on_bins(
        reference, bins, reference=reference, rare=parameters.rare, site=inputs.site, window=BASELINE_WINDOW
    )
    return StageOutputs(frames={DRIFT_REFERENCE.name: reference, DRIFT_COUNTS_BASELINE.name: counts})


def _parameters(study: Study, site: Site | None) -> BaselineParameters:
    return BaselineParameters(monitors_of(study), study.drift.bins, RARE_CATEGORY_COUNT)


DRIFT_BASELINE_STAGE = Stage(
    name="drift_baseline",
    title="Make the drift baseline",
    verb="baseline",
    scope=Scope.SITE,
    version=2,
    reads=(COHORT, PREDICTIONS),
    writes=(DRIFT_REFERENCE, DRIFT_COUNTS_BASELINE),
    run=make_baseline,
    parameters=_parameters,
)
