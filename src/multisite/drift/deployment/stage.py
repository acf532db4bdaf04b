"""The stage that collects the studies in routine use."""

from dataclasses import dataclass

import polars as pl

from multisite.drift.baseline.stage import RARE_CATEGORY_COUNT
from multisite.drift.deployment.events import events_in_headers, events_told, joined_events
from multisite.drift.deployment.feed import count_days, seen_devices
from multisite.drift.deployment.new_values import events_of_new_values
from multisite.drift.deployment.rows import count_outcomes, monitored_studies, route_rows
from multisite.drift.labels.rows import labelled_studies
from multisite.drift.monitors import Alert, Monitors, monitors_of
from multisite.errors import SchemaError
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.drift import DEPLOYMENT, DEPLOYMENT_COUNTS, DRIFT_REFERENCE
from multisite.schemas.drift_feed import DEPLOYMENT_DAYS, DEPLOYMENT_DEVICES, DRIFT_EVENTS
from multisite.schemas.drift_performance import DEPLOYMENT_LABELS
from multisite.schemas.series import STUDIES
from multisite.schemas.site_tables import DEPLOYMENT as DEPLOYMENT_TABLE
from multisite.schemas.site_tables import EVENTS as EVENTS_TABLE
from multisite.study import Site, Study
from multisite.tallies import CategoryScores, placed_scores

__all__ = ["DEPLOYMENT_STAGE", "DeploymentParameters"]


@dataclass(frozen=True, slots=True)
class DeploymentParameters:
    """What is watched, the (finding, model) pairs of the study, the categories of ordinal models, and below how many
    studies a value of a header is rare.
    """

    monitors: Monitors
    pairs: tuple[tuple[str, str], ...]
    thresholds: tuple[Alert, ...] = ()
    categories: tuple[CategoryScores, ...] = ()
    rare: int = RARE_CATEGORY_COUNT


def watch_deployment(inputs: StageInputs, parameters: DeploymentParameters) -> StageOutputs:
    """Studies in routine use, what became of every row of the table, and days, devices and events.

    A site without the table has no studies and no counts; one with an empty table has counts of zero.

    Raises
    ------
    SchemaError
        Where the table lacks a clinical column that is watched.
    """
    table = inputs.tables.get(DEPLOYMENT_TABLE.name)
    clinical = {one.name: pl.String() for one in parameters.monitors.clinical}
    empty = pl.DataFrame(schema={**{column.name: column.dtype for column in DEPLOYMENT_TABLE.columns}, **clinical})
    lacking = sorted(name for name in clinical if table is not None and name not in table.columns)
    if lacking:
        raise SchemaError(
            f"the table lacks {', '.join(f'`{name}`' for name in lacking)}, which `drift` watches",
            place=f"site {inputs.site}, table `{DEPLOYMENT_TABLE.name}`",
            remedy="Add the column, map the site's own name for it in the site file, or watch it no more.",
        )
    studies = inputs.frame(STUDIES.name)
    rows = route_rows(
        placed_scores(empty if table is None else table, parameters.categories),
        studies,
        monitors=parameters.monitors,
        pairs=parameters.pairs,
    )
    counts = count_outcomes(rows, site=inputs.site)
    devices = seen_devices(rows, studies, site=inputs.site)
    deployment = monitored_studies(rows, site=inputs.site, monitors=parameters.monitors)
    in_headers = events_in_headers(devices, rare=parameters.rare, site=inputs.site)
    new_values = events_of_new_values(
        deployment,
        reference_of=lambda month: _reference_of(inputs, month),
        headers=in_headers,
        rare=parameters.rare,
        site=inputs.site,
    )
    told = events_told(inputs.tables.get(EVENTS_TABLE.name), site=inputs.site)
    return StageOutputs(
        frames={
            DEPLOYMENT.name: deployment,
            DEPLOYMENT_COUNTS.name: counts.clear() if table is None else counts,
            DEPLOYMENT_DAYS.name: count_days(rows, site=inputs.site),
            DEPLOYMENT_DEVICES.name: devices,
            DRIFT_EVENTS.name: joined_events([in_headers, new_values, told]),
            DEPLOYMENT_LABELS.name: labelled_studies(
                rows, empty if table is None else table, studies, alerts=parameters.thresholds, site=inputs.site
            ),
        }
    )


def _reference_of(inputs: StageInputs, month: str) -> pl.DataFrame | None:
    """The reference rows of the latest baseline that ``month`` is held against."""
    baselines = inputs.baselines_of(month)
    return baselines[-1].frames[DRIFT_REFERENCE.name] if baselines else None


def _parameters(study: Study, site: Site | None) -> DeploymentParameters:
    pairs = tuple((finding.id, model.id) for finding in study.findings for model in study.models)
    categories = tuple(CategoryScores(*held) for held in study.category_scores)
    thresholds = tuple(Alert(*pair, study.threshold_of(*pair)) for pair in pairs)
    return DeploymentParameters(monitors_of(study), pairs, thresholds, categories)


DEPLOYMENT_STAGE = Stage(
    name="deployment",
    title="Collect the studies in routine use",
    verb="monitor",
    scope=Scope.SITE,
    version=2,
    reads=(STUDIES,),
    writes=(DEPLOYMENT, DEPLOYMENT_COUNTS, DEPLOYMENT_DAYS, DEPLOYMENT_DEVICES, DRIFT_EVENTS, DEPLOYMENT_LABELS),
    optional_tables=(DEPLOYMENT_TABLE, EVENTS_TABLE),
    run=watch_deployment,
    parameters=_parameters,
    reads_baseline=True,
    isolates_sites=True,
)
