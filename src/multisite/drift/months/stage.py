"""The stage that counts a month's studies on the bins of the baseline."""

from dataclasses import dataclass

import polars as pl

from multisite.drift.baseline.bins import BIN_COLUMNS
from multisite.drift.baseline.stage import RARE_CATEGORY_COUNT, axes_of
from multisite.drift.months.counts import BASELINE_WINDOW, count_on_bins, moments_of_numbers
from multisite.errors import UsageError
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.drift import DEPLOYMENT, DRIFT_COUNTS, DRIFT_COUNTS_BASELINE, DRIFT_REFERENCE
from multisite.schemas.drift_baseline import DRIFT_MOMENTS
from multisite.study import Site, Study
from multisite.vocabulary import OVERALL

__all__ = ["DRIFT_COUNTS_STAGE", "CountParameters"]


@dataclass(frozen=True, slots=True)
class CountParameters:
    """Below how many studies a category is rare, and the categories within which a monitor is counted."""

    rare: int
    axes: tuple[tuple[str, tuple[str, ...]], ...]


def count_month(inputs: StageInputs, parameters: CountParameters) -> StageOutputs:
    """The first study of each patient of the month on the bins of every baseline that the month is held against."""
    month = inputs.partition
    if month is None:
        raise UsageError("the counts need a month", place=f"site {inputs.site}", remedy="Run it with a runner.")
    deployment = inputs.frame(DEPLOYMENT.name)
    studies = deployment.filter((deployment["month"] == month) & deployment["is_first"])
    counts, moments = [], []
    for baseline in inputs.baselines_of(month):
        own = {"site": inputs.site, "window": month, "baseline": baseline.name}
        reference = baseline.frames[DRIFT_REFERENCE.name]
        counted = baseline.frames[DRIFT_COUNTS_BASELINE.name].filter(window=BASELINE_WINDOW, axis=OVERALL)
        bins = counted.select(BIN_COLUMNS.names())
        counts.append(
            count_on_bins(
                _with_columns_of(reference, studies),
                bins,
                reference=reference,
                rare=parameters.rare,
                axes=dict(parameters.axes),
                **own,
            )
        )
        moments.append(
            moments_of_numbers(_with_columns_of(reference, studies), bins, axes=dict(parameters.axes), **own)
        )
    empty = (pl.DataFrame(schema=DRIFT_COUNTS.schema), pl.DataFrame(schema=DRIFT_MOMENTS.schema))
    return StageOutputs(
        frames={
            DRIFT_COUNTS.name: pl.concat([empty[0], *counts]),
            DRIFT_MOMENTS.name: pl.concat([empty[1], *moments]),
        }
    )


def _with_columns_of(reference: pl.DataFrame, studies: pl.DataFrame) -> pl.DataFrame:
    """``studies`` with every column of a baseline: what is no longer watched has no values."""
    absent = [
        pl.lit(None, dtype).alias(name) for name, dtype in reference.schema.items() if name not in studies.columns
    ]
    return studies.with_columns(absent)


def _parameters(study: Study, site: Site | None) -> CountParameters:
    return CountParameters(RARE_CATEGORY_COUNT, tuple(sorted(axes_of(study).items())))


DRIFT_COUNTS_STAGE = Stage(
    name="drift_counts",
    title="Count a month's studies",
    verb="monitor",
    scope=Scope.MONTH,
    version=1,
    reads=(DEPLOYMENT,),
    writes=(DRIFT_COUNTS, DRIFT_MOMENTS),
    partition_of=DEPLOYMENT,
    run=count_month,
    parameters=_parameters,
    reads_baseline=True,
    isolates_sites=True,
)
