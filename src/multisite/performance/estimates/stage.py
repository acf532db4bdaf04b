"""The performance stage inside a site, and over the sites the estimates stage and that across sites."""

import polars as pl

from multisite.performance.estimates.evaluation import EvaluationParameters, evaluate
from multisite.performance.estimates.spread import DesignEffects, PatientRows
from multisite.performance.pooling.pools import AcrossSitesParameters, across_sites
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.across_sites import ACROSS_SITES, POOLED_SITES
from multisite.schemas.cohort import COHORT, COMPOSITION, PREDICTIONS
from multisite.schemas.performance import (
    DESIGN_EFFECTS,
    ESTIMATES,
    PROPORTION_MOMENTS,
    RELIABILITY,
    SCORE_TALLY,
    SCORE_TALLY_GRID,
    SITE_ESTIMATES,
    SITE_RELIABILITY,
)
from multisite.study import Site, Study
from multisite.tallies import (
    ProportionMoments,
    ScoreTally,
    SegmentPatients,
    scored_cases,
    strata_columns,
    tally_at_thresholds,
    tally_scores,
    with_patients,
)

__all__ = [
    "ACROSS_SITES_STAGE",
    "ESTIMATES_STAGE",
    "PERFORMANCE_STAGE",
    "evaluate_site",
    "evaluate_study",
    "pool_sites",
]


def evaluate_site(inputs: StageInputs, parameters: EvaluationParameters) -> StageOutputs:
    """Tally the site's scores and estimate from the exact tally; the tally on the grid is what may be added up."""
    cohort = inputs.frame(COHORT.name)
    strata = strata_columns(cohort)
    cases = scored_cases(cohort, inputs.frame(PREDICTIONS.name), carry=strata)
    tally = tally_scores(cases, strata=strata)
    moments = tally_at_thresholds(cases, strata=strata, thresholds=parameters.thresholds)
    if parameters.patient_level:
        tally, moments = with_patients(tally, moments, cases, thresholds=parameters.thresholds)
    spread = PatientRows(SegmentPatients(cases, strata))
    found = evaluate(tally, moments, parameters, spread=spread)
    return StageOutputs(
        frames={
            SCORE_TALLY.name: tally.to_frame(),
            SCORE_TALLY_GRID.name: tally.on_grid(parameters.score_grid_steps).to_frame(),
            PROPORTION_MOMENTS.name: moments.frame,
            DESIGN_EFFECTS.name: spread.design_effects(),
            SITE_ESTIMATES.name: found.estimates,
            SITE_RELIABILITY.name: found.reliability,
        }
    )


def evaluate_study(inputs: StageInputs, parameters: EvaluationParameters) -> StageOutputs:
    """Every site's own estimates, and those over all sites from the added tallies.

    The pooled AUC and calibration also compare cases of different sites with each other; the proportions
    are exact, for they come from moments and not from the grid. Where patients repeat, intervals of the former are
    widened by the mean design effect of the sites, which is an approximation.
    """
    tally = ScoreTally.from_frame(inputs.frame(SCORE_TALLY_GRID.name)).over_sites()
    of_sites = ProportionMoments.from_frame(inputs.frame(PROPORTION_MOMENTS.name))
    moments = of_sites.over_sites()
    spread = DesignEffects.of_sites(inputs.frame(DESIGN_EFFECTS.name), of_sites)
    note = f"; scores on a grid of {parameters.score_grid_steps} steps"
    pooled = evaluate(tally, moments, parameters, spread=spread, note=note)
    return StageOutputs(
        frames={
            ESTIMATES.name: pl.concat([inputs.frame(SITE_ESTIMATES.name), pooled.estimates]),
            RELIABILITY.name: pl.concat([inputs.frame(SITE_RELIABILITY.name), pooled.reliability]),
        }
    )


def pool_sites(inputs: StageInputs, parameters: AcrossSitesParameters) -> StageOutputs:
    """The sites' own estimates as a sample of sites: their mean, and what a site like them may show."""
    found = across_sites(
        inputs.frame(SITE_ESTIMATES.name),
        ProportionMoments.from_frame(inputs.frame(PROPORTION_MOMENTS.name)),
        inputs.frame(DESIGN_EFFECTS.name),
        inputs.frame(COMPOSITION.name),
        parameters,
    )
    return StageOutputs(frames={ACROSS_SITES.name: found.pools, POOLED_SITES.name: found.sites})


def _parameters(study: Study, site: Site | None) -> EvaluationParameters:
    performance = study.performance
    return EvaluationParameters(
        threshold=performance.threshold,
        ci_level=performance.ci_level,
        reliability_bins=performance.reliability_bins,
        minimum_denominator=performance.minimum_denominator,
        score_grid_steps=performance.score_grid_steps,
        null_replicates=performance.null_replicates,
        seed=performance.seed,
        own_thresholds=study.own_thresholds,
        patient_level=performance.patient_level,
        not_probabilities=study.not_probabilities,
    )


def _across_sites_parameters(study: Study, site: Site | None) -> AcrossSitesParameters:
    return AcrossSitesParameters(ci_level=study.performance.ci_level)


PERFORMANCE_STAGE = Stage(
    name="performance",
    title="Estimate performance in the site",
    verb="evaluate",
    scope=Scope.SITE,
    version=4,
    reads=(COHORT, PREDICTIONS),
    writes=(SCORE_TALLY, SCORE_TALLY_GRID, PROPORTION_MOMENTS, DESIGN_EFFECTS, SITE_ESTIMATES, SITE_RELIABILITY),
    reads_test_labels=True,
    run=evaluate_site,
    parameters=_parameters,
)

ESTIMATES_STAGE = Stage(
    name="estimates",
    title="Estimate performance over the sites",
    verb="evaluate",
    scope=Scope.STUDY,
    version=4,
    reads=(SCORE_TALLY_GRID, PROPORTION_MOMENTS, DESIGN_EFFECTS, SITE_ESTIMATES, SITE_RELIABILITY),
    writes=(ESTIMATES, RELIABILITY),
    run=evaluate_study,
    parameters=_parameters,
)

ACROSS_SITES_STAGE = Stage(
    name="across_sites",
    title="Pool the sites",
    verb="evaluate",
    scope=Scope.STUDY,
    version=2,
    reads=(SITE_ESTIMATES, PROPORTION_MOMENTS, DESIGN_EFFECTS, COMPOSITION),
    writes=(ACROSS_SITES, POOLED_SITES),
    run=pool_sites,
    parameters=_across_sites_parameters,
)
