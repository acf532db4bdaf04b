"""The stage that collects the studies in routine use."""

from dataclasses import dataclass

import polars as pl

from multisite.drift.deployment.events import events_in_headers, events_told
from multisite.drift.deployment.feed import count_days, seen_devices
from multisite.drift.deployment.rows import count_outcomes, monitored_studies, route_rows
from multisite.drift.monitors import Monitors, monitors_of
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.drift import DEPLOYMENT, DEPLOYMENT_COUNTS
from multisite.schemas.drift_feed import DEPLOYMENT_DAYS, DEPLOYMENT_DEVICES, DRIFT_EVENTS
from multisite.schemas.series import STUDIES
from multisite.schemas.site_tables import DEPLOYMENT as DEPLOYMENT_TABLE
from multisite.schemas.site_tables import EVENTS as EVENTS_TABLE
from multisite.study import Site, Study
from multisite.tallies import CategoryScores, placed_scores

__all__ = ["DEPLOYMENT_STAGE", "DeploymentParameters"]


@dataclass(frozen=True, slots=True)
class DeploymentParameters:
    """What is watched, the (finding, model) pairs of the study, and the categories of ordinal models."""

    monitors: Monitors
    pairs: tuple[tuple[str, str], ...]
    categories: tuple[CategoryScores, ...] = ()


def watch_deployment(inputs: StageInputs, parameters: DeploymentParameters) -> StageOutputs:
    """Studies in routine use, what became of every row of the table, and days, devices and events.

    A site without the table has no studies and no counts; one with an empty table has counts of zero.
    """
    table = inputs.tables.get(DEPLOYMENT_TABLE.name)
    empty = pl.DataFrame(schema={column.name: column.dtype for column in DEPLOYMENT_TABLE.columns})
    studies = inputs.frame(STUDIES.name)
    rows = route_rows(
        placed_scores(empty if table is None else table, parameters.categories),
        studies,
        monitors=parameters.monitors,
        pairs=parameters.pairs,
    )
    counts = count_outcomes(rows, site=inputs.site)
    devices = seen_devices(rows, studies, site=inputs.site)
    told = events_told(inputs.tables.get(EVENTS_TABLE.name), site=inputs.site)
    events = pl.concat([events_in_headers(devices, site=inputs.site), told])
    return StageOutputs(
        frames={
            DEPLOYMENT.name: monitored_studies(rows, site=inputs.site, monitors=parameters.monitors),
            DEPLOYMENT_COUNTS.name: counts.clear() if table is None else counts,
            DEPLOYMENT_DAYS.name: count_days(rows, site=inputs.site),
            DEPLOYMENT_DEVICES.name: devices,
            DRIFT_EVENTS.name: events.unique(["date", "kind", "title"], maintain_order=True, keep="last").sort(
                "date", "kind", "title"
            ),
        }
    )


def _parameters(study: Study, site: Site | None) -> DeploymentParameters:
    pairs = tuple((finding.id, model.id) for finding in study.findings for model in study.models)
    categories = tuple(CategoryScores(*held) for held in study.category_scores)
    return DeploymentParameters(monitors_of(study), pairs, categories)


DEPLOYMENT_STAGE = Stage(
    name="deployment",
    title="Collect the studies in routine use",
    verb="monitor",
    scope=Scope.SITE,
    version=2,
    reads=(STUDIES,),
    writes=(DEPLOYMENT, DEPLOYMENT_COUNTS, DEPLOYMENT_DAYS, DEPLOYMENT_DEVICES, DRIFT_EVENTS),
    optional_tables=(DEPLOYMENT_TABLE, EVENTS_TABLE),
    run=watch_deployment,
    parameters=_parameters,
    isolates_sites=True,
)
