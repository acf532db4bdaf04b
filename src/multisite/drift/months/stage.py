"""The stage that counts a month's studies on the bins of the baseline."""

from dataclasses import dataclass

from multisite.drift.baseline.bins import BIN_COLUMNS
from multisite.drift.baseline.stage import RARE_CATEGORY_COUNT
from multisite.drift.months.counts import count_on_bins
from multisite.errors import UsageError
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.drift import DEPLOYMENT, DRIFT_COUNTS, DRIFT_COUNTS_BASELINE, DRIFT_REFERENCE
from multisite.study import Site, Study

__all__ = ["DRIFT_COUNTS_STAGE", "CountParameters"]


@dataclass(frozen=True, slots=True)
class CountParameters:
    """Below how many studies a category is rare."""

    rare: int


def count_month(inputs: StageInputs, parameters: CountParameters) -> StageOutputs:
    """The counts of one month on the baseline's bins."""
    month = inputs.partition
    if month is None:
        raise UsageError("the counts need a month", place=f"site {inputs.site}", remedy="Run it with a runner.")
    reference = inputs.frame(DRIFT_REFERENCE.name)
    deployment = inputs.frame(DEPLOYMENT.name)
    studies = deployment.filter(deployment["month"] == month)
    bins = inputs.frame(DRIFT_COUNTS_BASELINE.name).select(BIN_COLUMNS.names())
    counts = count_on_bins(studies, bins, reference=reference, rare=parameters.rare, site=inputs.site, window=month)
    return StageOutputs(frames={DRIFT_COUNTS.name: counts})


def _parameters(study: Study, site: Site | None) -> CountParameters:
    return CountParameters(RARE_CATEGORY_COUNT)


DRIFT_COUNTS_STAGE = Stage(
    name="drift_counts",
    title="Count a month's studies",
    verb="monitor",
    scope=Scope.MONTH,
    version=1,
    reads=(DEPLOYMENT, DRIFT_REFERENCE, DRIFT_COUNTS_BASELINE),
    writes=(DRIFT_COUNTS,),
    partition_of=DEPLOYMENT,
    run=count_month,
    parameters=_parameters,
)
