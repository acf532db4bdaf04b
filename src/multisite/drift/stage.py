"""The three stages of drift: routine use, the baseline, and one month against it."""

from dataclasses import dataclass

import polars as pl

from multisite.drift.bins import BIN_COLUMNS, monitored_columns, register_bins
from multisite.drift.comparison import comparison_table, reasons_not_to_compare
from multisite.drift.counts import BASELINE_WINDOW, count_on_bins
from multisite.drift.deployment import count_outcomes, monitored_studies, route_rows
from multisite.drift.evidently_report import EvidentlyDocument, compare_with_evidently, describe_with_evidently
from multisite.drift.monitors import Monitors, monitors_of
from multisite.drift.reference import last_month, reference_studies
from multisite.errors import UsageError
from multisite.schemas import FileArtefact, Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.cohort import COHORT, PREDICTIONS
from multisite.schemas.drift import (
    DEPLOYMENT,
    DEPLOYMENT_COUNTS,
    DRIFT_COMPARISON,
    DRIFT_COUNTS,
    DRIFT_COUNTS_BASELINE,
    DRIFT_REFERENCE,
    EVIDENTLY_BASELINE_PAGE,
    EVIDENTLY_BASELINE_SNAPSHOT,
    EVIDENTLY_MONTH_PAGE,
    EVIDENTLY_MONTH_SNAPSHOT,
)
from multisite.schemas.series import STUDIES
from multisite.schemas.site_tables import DEPLOYMENT as DEPLOYMENT_TABLE
from multisite.study import Site, Study
from multisite.tallies import CategoryScores, placed_scores

__all__ = [
    "DEPLOYMENT_STAGE",
    "DRIFT_BASELINE_STAGE",
    "DRIFT_COMPARISON_STAGE",
    "BaselineParameters",
    "ComparisonParameters",
    "DeploymentParameters",
]

RARE_CATEGORY_COUNT = 5
"""Studies below which a category has no bin of its own: rare text in a header can point to a person or a mistake."""

MINIMUM_VALUES = 10
"""Studies with a value below which a month, or a reference, is not compared."""

_UNDATED = "1970-01"


@dataclass(frozen=True, slots=True)
class DeploymentParameters:
    """What is watched, the (finding, model) pairs of the study, and the categories of ordinal models."""

    monitors: Monitors
    pairs: tuple[tuple[str, str], ...]
    categories: tuple[CategoryScores, ...] = ()


@dataclass(frozen=True, slots=True)
class BaselineParameters:
    """What is watched, into how many bins a number is cut, and below how many studies a category is rare."""

    monitors: Monitors
    bins: int
    rare: int


@dataclass(frozen=True, slots=True)
class ComparisonParameters:
    """Studies with a value that a comparison needs, and below how many a category is rare."""

    minimum_values: int
    rare: int


def watch_deployment(inputs: StageInputs, parameters: DeploymentParameters) -> StageOutputs:
    """Studies in routine use, and what became of every row of the table.

    A site without the table has no studies and no counts; one with an empty table has counts of zero.
    """
    table = inputs.tables.get(DEPLOYMENT_TABLE.name)
    empty = pl.DataFrame(schema={column.name: column.dtype for column in DEPLOYMENT_TABLE.columns})
    rows = route_rows(
        placed_scores(empty if table is None else table, parameters.categories),
        inputs.frame(STUDIES.name),
        monitors=parameters.monitors,
        pairs=parameters.pairs,
    )
    counts = count_outcomes(rows, site=inputs.site)
    return StageOutputs(
        frames={
            DEPLOYMENT.name: monitored_studies(rows, site=inputs.site, monitors=parameters.monitors),
            DEPLOYMENT_COUNTS.name: counts.clear() if table is None else counts,
        }
    )


def make_baseline(inputs: StageInputs, parameters: BaselineParameters) -> StageOutputs:
    """The reference rows, their bins and counts, and Evidently's page of them; no page where there is no value."""
    cohort = inputs.frame(COHORT.name)
    reference = reference_studies(cohort, inputs.frame(PREDICTIONS.name), monitors=parameters.monitors)
    bins = register_bins(reference, bins=parameters.bins, rare=parameters.rare)
    counts = count_on_bins(
        reference, bins, reference=reference, rare=parameters.rare, site=inputs.site, window=BASELINE_WINDOW
    )
    columns = monitored_columns(reference)
    empty = [name for name in columns if reference[name].null_count() == reference.height]
    document = describe_with_evidently(
        reference,
        columns=[name for name in columns if name not in empty],
        site=inputs.site,
        window=last_month(cohort) or _UNDATED,
        left_out=dict.fromkeys(empty, "no study of the reference has a value"),
    )
    return StageOutputs(
        frames={DRIFT_REFERENCE.name: reference, DRIFT_COUNTS_BASELINE.name: counts},
        files=_files(document, EVIDENTLY_BASELINE_PAGE, EVIDENTLY_BASELINE_SNAPSHOT),
    )


def compare_month(inputs: StageInputs, parameters: ComparisonParameters) -> StageOutputs:
    """One month on the baseline's bins and beside the reference; Evidently's verdicts are a picture, not an alarm."""
    month = inputs.partition
    if month is None:
        raise UsageError("the comparison needs a month", place=f"site {inputs.site}", remedy="Run it with a runner.")
    reference = inputs.frame(DRIFT_REFERENCE.name)
    deployment = inputs.frame(DEPLOYMENT.name)
    studies = deployment.filter(deployment["month"] == month)
    bins = inputs.frame(DRIFT_COUNTS_BASELINE.name).select(BIN_COLUMNS.names())
    reasons = reasons_not_to_compare(reference, studies, minimum=parameters.minimum_values)
    document = compare_with_evidently(
        reference,
        studies,
        columns=[name for name in monitored_columns(reference) if name not in reasons],
        site=inputs.site,
        window=month,
        left_out=reasons,
    )
    comparison = comparison_table(
        reference,
        studies,
        verdicts=document.verdicts,
        reasons={**reasons, **document.failed},
        site=inputs.site,
        window=month,
    )
    counts = count_on_bins(studies, bins, reference=reference, rare=parameters.rare, site=inputs.site, window=month)
    return StageOutputs(
        frames={DRIFT_COUNTS.name: counts, DRIFT_COMPARISON.name: comparison},
        files=_files(document, EVIDENTLY_MONTH_PAGE, EVIDENTLY_MONTH_SNAPSHOT),
    )


def _files(document: EvidentlyDocument, page: FileArtefact, snapshot: FileArtefact) -> dict[str, bytes]:
    made = {page.name: document.page, snapshot.name: document.snapshot}
    return {name: content for name, content in made.items() if content is not None}


def _deployment_parameters(study: Study, site: Site | None) -> DeploymentParameters:
    pairs = tuple((finding.id, model.id) for finding in study.findings for model in study.models)
    categories = tuple(CategoryScores(*held) for held in study.category_scores)
    return DeploymentParameters(monitors_of(study), pairs, categories)


def _baseline_parameters(study: Study, site: Site | None) -> BaselineParameters:
    return BaselineParameters(monitors_of(study), study.drift.bins, RARE_CATEGORY_COUNT)


def _comparison_parameters(study: Study, site: Site | None) -> ComparisonParameters:
    return ComparisonParameters(MINIMUM_VALUES, RARE_CATEGORY_COUNT)


DEPLOYMENT_STAGE = Stage(
    name="deployment",
    title="Collect the studies in routine use",
    verb="monitor",
    scope=Scope.SITE,
    version=1,
    reads=(STUDIES,),
    writes=(DEPLOYMENT, DEPLOYMENT_COUNTS),
    optional_tables=(DEPLOYMENT_TABLE,),
    run=watch_deployment,
    parameters=_deployment_parameters,
)

DRIFT_BASELINE_STAGE = Stage(
    name="drift_baseline",
    title="Make the drift baseline",
    verb="baseline",
    scope=Scope.SITE,
    version=1,
    reads=(COHORT, PREDICTIONS),
    writes=(DRIFT_REFERENCE, DRIFT_COUNTS_BASELINE, EVIDENTLY_BASELINE_PAGE, EVIDENTLY_BASELINE_SNAPSHOT),
    run=make_baseline,
    parameters=_baseline_parameters,
)

DRIFT_COMPARISON_STAGE = Stage(
    name="drift_comparison",
    title="Compare a month with the baseline",
    verb="monitor",
    scope=Scope.MONTH,
    version=1,
    reads=(DEPLOYMENT, DRIFT_REFERENCE, DRIFT_COUNTS_BASELINE),
    writes=(DRIFT_COUNTS, DRIFT_COMPARISON, EVIDENTLY_MONTH_PAGE, EVIDENTLY_MONTH_SNAPSHOT),
    partition_of=DEPLOYMENT,
    run=compare_month,
    parameters=_comparison_parameters,
)
