"""The stage that tells how well the model does in routine use."""

from dataclasses import dataclass

import polars as pl

from multisite.drift.calendar import months_between
from multisite.drift.labels.estimates import InUse, performance_rows
from multisite.drift.labels.performance_row import Endpoint
from multisite.drift.labels.tallies import count_labels, count_scores, sum_audits
from multisite.drift.labels.validated import validated_of
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.drift_performance import (
    DEPLOYMENT_LABELS,
    DRIFT_AUDIT,
    DRIFT_LABEL_COUNTS,
    DRIFT_PERFORMANCE,
    DRIFT_SCORE_COUNTS,
)
from multisite.schemas.performance import PROPORTION_MOMENTS, SCORE_TALLY_GRID
from multisite.study import Site, Study

__all__ = ["DRIFT_PERFORMANCE_STAGE", "PerformanceParameters"]


@dataclass(frozen=True, slots=True)
class PerformanceParameters:
    """Findings and models with their thresholds and margins, those whose scores are probabilities, and the grid."""

    endpoints: tuple[Endpoint, ...]
    probabilities: tuple[str, ...]
    grid_steps: int


def estimate_in_use(inputs: StageInputs, parameters: PerformanceParameters) -> StageOutputs:
    """Tallies of labels, scores and audits, and the estimates at the end of every month.

    The validated sensitivity, specificity and calibration come from the counts and sums that the evaluation made, and
    so take no further look at a label of the test set. Without them nothing is held against anything.
    """
    studies = inputs.frame(DEPLOYMENT_LABELS.name)
    tally = inputs.frames.get(SCORE_TALLY_GRID.name, SCORE_TALLY_GRID.empty())
    moments = inputs.frames.get(PROPORTION_MOMENTS.name, PROPORTION_MOMENTS.empty())
    validated = validated_of(tally, moments, parameters.endpoints)
    lines = {pair: known.line for pair, known in validated.items() if pair[1] in parameters.probabilities}
    tallies = InUse(
        count_labels(studies), count_scores(studies, steps=parameters.grid_steps), sum_audits(studies, lines)
    )
    made = performance_rows(
        tallies,
        site=inputs.site,
        months=_months(studies, inputs.through),
        endpoints=parameters.endpoints,
        validated=validated,
    )
    return StageOutputs(
        frames={
            DRIFT_LABEL_COUNTS.name: tallies.labels,
            DRIFT_SCORE_COUNTS.name: tallies.scores,
            DRIFT_AUDIT.name: tallies.audits,
            DRIFT_PERFORMANCE.name: made,
        }
    )


def _months(studies: pl.DataFrame, through: str | None) -> list[str]:
    if studies.is_empty():
        return []
    return months_between(str(studies["month"].min()), through or str(studies["month"].max()))


def _parameters(study: Study, site: Site | None) -> PerformanceParameters:
    endpoints = tuple(
        Endpoint(finding.id, model.id, study.threshold_of(finding.id, model.id), study.drift.largest_fall)
        for finding in study.findings
        for model in study.models
    )
    others = set(study.not_probabilities)
    return PerformanceParameters(
        endpoints,
        tuple(model.id for model in study.models if model.id not in others),
        study.performance.score_grid_steps,
    )


DRIFT_PERFORMANCE_STAGE = Stage(
    name="drift_performance",
    title="Estimate performance in routine use",
    verb="monitor",
    scope=Scope.SITE,
    version=2,
    reads=(DEPLOYMENT_LABELS,),
    writes=(DRIFT_LABEL_COUNTS, DRIFT_SCORE_COUNTS, DRIFT_AUDIT, DRIFT_PERFORMANCE),
    run=estimate_in_use,
    parameters=_parameters,
    optional_reads=(SCORE_TALLY_GRID, PROPORTION_MOMENTS),
    reads_calendar=True,
    isolates_sites=True,
)
