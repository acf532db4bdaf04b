"""The stages of agreement by stratum: in a site, once its cohort is known, and over the sites."""

from dataclasses import dataclass

import polars as pl

from multisite.reference.agreement_by_stratum import agreement_across_sites, agreement_by_stratum
from multisite.reference.stage import ReferenceParameters, reference_parameters
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.agreement_by_stratum import AGREEMENT_ACROSS_SITES, AGREEMENT_BY_STRATUM
from multisite.schemas.cohort import COHORT
from multisite.schemas.reference import READINGS
from multisite.study import Site, Study

__all__ = ["AGREEMENT_ACROSS_SITES_STAGE", "AGREEMENT_BY_STRATUM_STAGE", "PoolingParameters"]


@dataclass(frozen=True, slots=True)
class PoolingParameters:
    """``ci_level``: of every interval over sites, in (0, 1)."""

    ci_level: float


def compare_readers(inputs: StageInputs, parameters: ReferenceParameters) -> StageOutputs:
    """Agreement of the readers of included cases, by stratum. Readers are held against readers, not the model."""
    readings, cohort = inputs.frame(READINGS.name), inputs.frame(COHORT.name)
    parts = [
        agreement_by_stratum(readings, cohort, rule, parameters.agreement, site=inputs.site)
        for rule in parameters.rules
    ]
    return StageOutputs(frames={AGREEMENT_BY_STRATUM.name: pl.concat([AGREEMENT_BY_STRATUM.empty(), *parts])})


def pool_agreement(inputs: StageInputs, parameters: PoolingParameters) -> StageOutputs:
    """Pool the sites; without readings there is nothing, and the frame is empty."""
    if AGREEMENT_BY_STRATUM.name not in inputs.frames:
        return StageOutputs(frames={AGREEMENT_ACROSS_SITES.name: AGREEMENT_ACROSS_SITES.empty()})
    found = agreement_across_sites(inputs.frame(AGREEMENT_BY_STRATUM.name), ci_level=parameters.ci_level)
    return StageOutputs(frames={AGREEMENT_ACROSS_SITES.name: found})


def _pooling_parameters(study: Study, site: Site | None) -> PoolingParameters:
    return PoolingParameters(ci_level=study.performance.ci_level)


def _is_asked_for(parameters: ReferenceParameters) -> bool:
    return bool(parameters.rules)


AGREEMENT_BY_STRATUM_STAGE = Stage(
    name="agreement_by_stratum",
    title="Compare readers by stratum",
    verb="evaluate",
    scope=Scope.SITE,
    version=1,
    reads=(COHORT,),
    # Without readings nobody makes them, and there is nothing to do.
    optional_reads=(READINGS,),
    writes=(AGREEMENT_BY_STRATUM,),
    # It holds labels against no score; but test cases are settled by now, so that it is noted.
    reads_test_labels=True,
    run=compare_readers,
    parameters=reference_parameters,
    is_asked_for=_is_asked_for,
)

AGREEMENT_ACROSS_SITES_STAGE = Stage(
    name="agreement_across_sites",
    title="Pool the agreement of readers",
    verb="evaluate",
    scope=Scope.STUDY,
    version=1,
    reads=(),
    optional_reads=(AGREEMENT_BY_STRATUM,),
    writes=(AGREEMENT_ACROSS_SITES,),
    run=pool_agreement,
    parameters=_pooling_parameters,
)
