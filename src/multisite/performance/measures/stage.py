"""The stages of continuous endpoints: sums and estimates in a site, and over the sites what they come to."""

import math
from dataclasses import replace
from typing import Any

import polars as pl

from multisite.performance.measures.evaluation import MeasureParameters, MeasureRules, measured_cases
from multisite.performance.measures.metrics import measure_rows
from multisite.performance.pooling.pools import pool_rows, site_roles
from multisite.performance.pooling.site_effects import SiteEffect
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.cohort import COHORT, COMPOSITION
from multisite.schemas.measures import (
    MEASURE_COUNTS,
    MEASURE_HISTOGRAM,
    MEASURE_MOMENTS,
    MEASURE_QUANTITIES,
    MEASURES,
    MEASURES_ACROSS_SITES,
    POOLED_MEASURE_METRICS,
    SITE_MEASURES,
)
from multisite.schemas.site_tables import MEASUREMENTS
from multisite.study import Measure, Site, Study
from multisite.tallies import MeasureTally, strata_columns, tally_measures
from multisite.vocabulary import ALL_SITES, OVERALL, EstimateStatus

__all__ = ["MEASURES_OVER_SITES_STAGE", "MEASURES_STAGE", "measure_site", "measure_study"]


def measure_site(inputs: StageInputs, parameters: MeasureParameters) -> StageOutputs:
    """Judge the rows of the site's table, add up, and estimate. A site without the table has measured nothing."""
    cohort = inputs.frame(COHORT.name)
    strata = strata_columns(cohort)
    empty = pl.DataFrame(schema={column.name: column.dtype for column in MEASUREMENTS.columns})
    table = inputs.tables.get(MEASUREMENTS.name, empty)
    held = measured_cases(cohort, table, parameters.measures, strata=strata, site=inputs.site)
    grids = {rules.id: rules.grid for rules in parameters.measures if rules.grid is not None}
    tally = tally_measures(held.cases, strata=strata, quantities=MEASURE_QUANTITIES, grids=grids)
    return StageOutputs(
        frames={
            MEASURE_COUNTS.name: held.counts,
            MEASURE_MOMENTS.name: tally.moments,
            MEASURE_HISTOGRAM.name: tally.histogram,
            SITE_MEASURES.name: measure_rows(tally, parameters, sites=(inputs.site,)),
        }
    )


def measure_study(inputs: StageInputs, parameters: MeasureParameters) -> StageOutputs:
    """Every site's own numbers, those from the added sums, and the means over sites."""
    own = inputs.frame(SITE_MEASURES.name)
    tally = MeasureTally(inputs.frame(MEASURE_MOMENTS.name), inputs.frame(MEASURE_HISTOGRAM.name)).over_sites()
    pooled = measure_rows(tally, parameters, sites=(ALL_SITES,))
    across = _across_sites(own, inputs.frame(COMPOSITION.name), parameters)
    return StageOutputs(frames={MEASURES.name: pl.concat([own, pooled]), MEASURES_ACROSS_SITES.name: across})


def _across_sites(own: pl.DataFrame, composition: pl.DataFrame, parameters: MeasureParameters) -> pl.DataFrame:
    roles = site_roles(composition, sites=own["site"].unique().to_list())
    overall = own.filter(pl.col("metric").is_in(POOLED_MEASURE_METRICS), stratum=OVERALL)
    rows = {(r["measure"], r["model"], r["metric"], r["site"]): r for r in overall.iter_rows(named=True)}
    pools: list[dict[str, Any]] = []
    for measure, model, metric in dict.fromkeys(key[:3] for key in sorted(rows)):
        effects = [_effect(rows.get((measure, model, metric, site)), role) for site, role in roles.items()]
        names = {"measure": measure, "model": model, "metric": metric}
        pools += [names | row for row in pool_rows(effects, scale="raw", level=parameters.ci_level)]
    return pl.DataFrame(pools, schema=MEASURES_ACROSS_SITES.schema)


def _effect(row: dict[str, Any] | None, site: SiteEffect) -> SiteEffect:
    if row is None:
        return replace(site, status=EstimateStatus.UNDEFINED, reason="not computed")
    counted = replace(site, n_patients=row["n_patients"], n_cases=row["n_cases"])
    error = row["standard_error"]
    if row["status"] != EstimateStatus.OK or error is None or not math.isfinite(error) or not error > 0.0:
        return replace(counted, status=EstimateStatus(row["status"]), reason=row["reason"] or "no standard error")
    return replace(counted, value=row["estimate"], standard_error=error)


def _parameters(study: Study, site: Site | None) -> MeasureParameters:
    models = [model.id for model in study.models]
    return MeasureParameters(
        measures=tuple(_rules(measure, measure.of_models(models)) for measure in study.measures),
        ci_level=study.performance.ci_level,
        minimum_denominator=study.performance.minimum_denominator,
    )


def _rules(measure: Measure, models: tuple[str, ...]) -> MeasureRules:
    return MeasureRules(
        id=measure.id,
        kind=measure.kind,
        models=models,
        higher_is_better=measure.better != "lower",
        bounds=measure.bounds,
        top_coded=measure.top_coded,
        case_limit=measure.case_limit,
        margin=measure.margin,
    )


def _any_is_declared(parameters: MeasureParameters) -> bool:
    return bool(parameters.measures)


MEASURES_STAGE = Stage(
    name="measures",
    title="Add up the measurements in the site",
    verb="evaluate",
    scope=Scope.SITE,
    version=2,
    reads=(COHORT,),
    writes=(MEASURE_COUNTS, MEASURE_MOMENTS, MEASURE_HISTOGRAM, SITE_MEASURES),
    optional_tables=(MEASUREMENTS,),
    # Values are measured on test cases against the reference standard, or beside it: whoever reads them has looked.
    reads_test_labels=True,
    run=measure_site,
    parameters=_parameters,
    is_asked_for=_any_is_declared,
)

MEASURES_OVER_SITES_STAGE = Stage(
    name="measures_over_sites",
    title="Judge the measurements over the sites",
    verb="evaluate",
    scope=Scope.STUDY,
    version=2,
    reads=(MEASURE_MOMENTS, MEASURE_HISTOGRAM, SITE_MEASURES, COMPOSITION),
    writes=(MEASURES, MEASURES_ACROSS_SITES),
    run=measure_study,
    parameters=_parameters,
    is_asked_for=_any_is_declared,
)
