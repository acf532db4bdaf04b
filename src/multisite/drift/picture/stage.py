"""The stages that draw Evidently's pages: of the baseline, and of each month beside it."""

from dataclasses import dataclass

from multisite.drift.baseline.bins import monitored_columns
from multisite.drift.picture.comparison import comparison_table, reasons_not_to_compare
from multisite.drift.picture.evidently_report import EvidentlyDocument, compare_with_evidently, describe_with_evidently
from multisite.errors import ConfigError, UsageError
from multisite.schemas import FileArtefact, Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.drift import (
    DEPLOYMENT,
    DRIFT_COMPARISON,
    DRIFT_REFERENCE,
    EVIDENTLY_BASELINE_PAGE,
    EVIDENTLY_BASELINE_SNAPSHOT,
    EVIDENTLY_DEFINITION,
    EVIDENTLY_MONTH_PAGE,
    EVIDENTLY_MONTH_SNAPSHOT,
)
from multisite.study import Site, Study

__all__ = ["BASELINE_PICTURE_STAGE", "DRIFT_COMPARISON_STAGE", "ComparisonParameters", "PictureParameters"]

MINIMUM_VALUES = 10
"""Studies with a value below which a month, or a reference, is not compared."""

_UNDATED = "1970-01"


@dataclass(frozen=True, slots=True)
class PictureParameters:
    """Nothing: the page shows every monitored column."""


@dataclass(frozen=True, slots=True)
class ComparisonParameters:
    """Studies with a value that a comparison needs."""

    minimum_values: int


def draw_baseline(inputs: StageInputs, parameters: PictureParameters) -> StageOutputs:
    """Evidently's page of the reference rows; none where there is no value."""
    reference = inputs.frame(DRIFT_REFERENCE.name)
    columns = monitored_columns(reference)
    empty = [name for name in columns if reference[name].null_count() == reference.height]
    try:
        document = describe_with_evidently(
            reference,
            columns=[name for name in columns if name not in empty],
            site=inputs.site,
            window=str(reference["month"].max() or _UNDATED),
            left_out=dict.fromkeys(empty, "no study of the reference has a value"),
        )
    except ConfigError:
        # The decision needs no picture, so a site without Evidently has none, and says so month by month.
        # Not settled: once it is installed, the next run draws.
        return StageOutputs(settled=False)
    files = _files(document, EVIDENTLY_BASELINE_PAGE, EVIDENTLY_BASELINE_SNAPSHOT)
    if document.definition is not None:
        files[EVIDENTLY_DEFINITION.name] = document.definition
    return StageOutputs(files=files)


def compare_month(inputs: StageInputs, parameters: ComparisonParameters) -> StageOutputs:
    """One month beside the reference; Evidently's verdicts are a picture, not an alarm."""
    month = inputs.partition
    if month is None:
        raise UsageError("the comparison needs a month", place=f"site {inputs.site}", remedy="Run it with a runner.")
    baselines = inputs.baselines_of(month)
    if not baselines:
        return StageOutputs(frames={DRIFT_COMPARISON.name: DRIFT_COMPARISON.empty()})
    reference = baselines[-1].frames[DRIFT_REFERENCE.name]
    deployment = inputs.frame(DEPLOYMENT.name)
    studies = deployment.filter((deployment["month"] == month) & deployment["is_first"])
    reasons = reasons_not_to_compare(reference, studies, minimum=parameters.minimum_values)
    columns = [name for name in monitored_columns(reference) if name not in reasons]
    is_drawn = True
    try:
        document = compare_with_evidently(
            reference, studies, columns=columns, site=inputs.site, window=month, left_out=reasons
        )
    except ConfigError as error:
        is_drawn = False
        document = EvidentlyDocument(None, None, {}, dict.fromkeys(columns, error.fact))
    comparison = comparison_table(
        reference,
        studies,
        verdicts=document.verdicts,
        reasons={**reasons, **document.failed},
        site=inputs.site,
        window=month,
    )
    return StageOutputs(
        frames={DRIFT_COMPARISON.name: comparison},
        files=_files(document, EVIDENTLY_MONTH_PAGE, EVIDENTLY_MONTH_SNAPSHOT),
        settled=is_drawn,
    )


def _files(document: EvidentlyDocument, page: FileArtefact, snapshot: FileArtefact) -> dict[str, bytes]:
    made = {page.name: document.page, snapshot.name: document.snapshot}
    return {name: content for name, content in made.items() if content is not None}


def _picture_parameters(study: Study, site: Site | None) -> PictureParameters:
    return PictureParameters()


def _comparison_parameters(study: Study, site: Site | None) -> ComparisonParameters:
    return ComparisonParameters(MINIMUM_VALUES)


BASELINE_PICTURE_STAGE = Stage(
    name="baseline_picture",
    title="Draw the drift baseline",
    verb="baseline",
    scope=Scope.SITE,
    version=2,
    reads=(DRIFT_REFERENCE,),
    writes=(EVIDENTLY_BASELINE_PAGE, EVIDENTLY_BASELINE_SNAPSHOT, EVIDENTLY_DEFINITION),
    run=draw_baseline,
    parameters=_picture_parameters,
)

DRIFT_COMPARISON_STAGE = Stage(
    name="drift_comparison",
    title="Draw a month beside the baseline",
    verb="monitor",
    scope=Scope.MONTH,
    version=2,
    reads=(DEPLOYMENT,),
    writes=(DRIFT_COMPARISON, EVIDENTLY_MONTH_PAGE, EVIDENTLY_MONTH_SNAPSHOT),
    partition_of=DEPLOYMENT,
    run=compare_month,
    parameters=_comparison_parameters,
    reads_baseline=True,
    isolates_sites=True,
)
