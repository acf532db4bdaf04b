"""The stages of failure modes: the search inside a site, and that over the counts of all sites."""

from dataclasses import replace

import polars as pl

from multisite.performance.failure_modes.over_sites import failure_modes_over_sites, slice_counts
from multisite.performance.failure_modes.search import FailureModesParameters, site_failures
from multisite.performance.failure_modes.slice_columns import SearchedColumn
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.cohort import COHORT, PREDICTIONS
from multisite.schemas.failure_modes import ERROR_CASES, FAILURE_MODES, SEARCHED, SITE_FAILURE_MODES, SLICE_COUNTS
from multisite.study import FailureModes, Site, Study
from multisite.tallies import Thresholds, scored_cases

__all__ = ["FAILURE_MODES_OVER_SITES_STAGE", "FAILURE_MODES_STAGE", "search_over_sites", "search_site"]

_OF_CASE = "case_"

_NORMALISED = {
    "manufacturer": "vendor",
    "manufacturer_model_name": "model",
    "convolution_kernel": "kernel_class",
    "body_part_examined": "body_region",
}
"""A column as written to what it became: a stratum of one stands for both."""


def search_site(inputs: StageInputs, parameters: FailureModesParameters) -> StageOutputs:
    """Search the errors of the site's test cases in one half of the patients, and confirm in the other."""
    cohort = inputs.frame(COHORT.name)
    # The scanner's `model` must not meet the index test's, which stands beside the score.
    own = {column.source: _OF_CASE + column.source for column in parameters.columns if not column.is_stratum}
    cohort = cohort.with_columns(pl.col(source).alias(name) for source, name in own.items())
    columns = tuple(replace(column, source=own.get(column.source, column.source)) for column in parameters.columns)
    parameters = replace(parameters, columns=columns)
    carried = ["case_id", *(column.source for column in columns)]
    scored = scored_cases(cohort, inputs.frame(PREDICTIONS.name), carry=carried)
    found = site_failures(scored, site=inputs.site, parameters=parameters)
    return StageOutputs(
        frames={
            ERROR_CASES.name: found.cases,
            SITE_FAILURE_MODES.name: found.modes,
            SLICE_COUNTS.name: slice_counts(scored, site=inputs.site, parameters=parameters),
        }
    )


def search_over_sites(inputs: StageInputs, parameters: FailureModesParameters) -> StageOutputs:
    """What each site found, and what the added counts of all of them show."""
    together = failure_modes_over_sites(inputs.frame(SLICE_COUNTS.name), parameters)
    return StageOutputs(frames={FAILURE_MODES.name: pl.concat([inputs.frame(SITE_FAILURE_MODES.name), together])})


def _parameters(study: Study, site: Site | None) -> FailureModesParameters:
    performance = study.performance
    modes = performance.failure_modes or FailureModes()
    return FailureModesParameters(
        asked=performance.failure_modes is not None,
        columns=_columns(study, modes.columns),
        thresholds=Thresholds(performance.threshold, study.own_thresholds),
        max_conditions=modes.max_conditions,
        beam_width=modes.beam_width,
        minimum_patients=modes.minimum_patients,
        candidates=modes.candidates,
        minimum_denominator=performance.minimum_denominator,
        ci_level=performance.ci_level,
        seed=modes.seed,
    )


def _columns(study: Study, named: tuple[str, ...] | None) -> tuple[SearchedColumn, ...]:
    """The named ones; else every stratum, and every column of which there is none."""
    strata = {stratum.id: stratum.column for stratum in study.cohort.strata}
    covered = {*strata, *strata.values(), *(_NORMALISED.get(column, column) for column in strata.values())}
    names = named or (*strata, *(name for name in SEARCHED if name not in covered))
    return tuple(SearchedColumn(name, f"stratum_{name}" if name in strata else name) for name in names)


def _are_asked_for(parameters: FailureModesParameters) -> bool:
    return parameters.asked


FAILURE_MODES_STAGE = Stage(
    name="failure_modes",
    title="Search the errors in the site",
    verb="evaluate",
    scope=Scope.SITE,
    version=1,
    reads=(COHORT, PREDICTIONS),
    writes=(ERROR_CASES, SITE_FAILURE_MODES, SLICE_COUNTS),
    reads_test_labels=True,
    run=search_site,
    parameters=_parameters,
    is_asked_for=_are_asked_for,
)

FAILURE_MODES_OVER_SITES_STAGE = Stage(
    name="failure_modes_over_sites",
    title="Search the errors over the sites",
    verb="evaluate",
    scope=Scope.STUDY,
    version=1,
    reads=(SITE_FAILURE_MODES, SLICE_COUNTS),
    writes=(FAILURE_MODES,),
    run=search_over_sites,
    parameters=_parameters,
    is_asked_for=_are_asked_for,
)
