"""A drawn site through the project's own stages, from the validated cases and the table of routine use to verdicts."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from multisite.drift.baseline.registry import Floors, watched_axes
from multisite.drift.baseline.stage import RARE_CATEGORY_COUNT, BaselineParameters, make_baseline
from multisite.drift.deployment.stage import DeploymentParameters, watch_deployment
from multisite.drift.labels.performance_row import Endpoint
from multisite.drift.labels.stage import PerformanceParameters, estimate_in_use
from multisite.drift.monitors import Alert, Monitors
from multisite.drift.months.stage import CountParameters, count_month
from multisite.drift.rule.budget_table import Budget
from multisite.drift.rule.segment import Rules
from multisite.drift.rule.stage import VerdictParameters, judge_months
from multisite.performance import PERFORMANCE_STAGE, EvaluationParameters
from multisite.schemas import AdoptedBaseline, StageInputs
from multisite.schemas.drift import DEPLOYMENT, DRIFT_COUNTS
from multisite.schemas.drift_baseline import DRIFT_MOMENTS
from multisite.schemas.drift_performance import DEPLOYMENT_LABELS, DRIFT_PERFORMANCE
from multisite.schemas.drift_verdicts import DRIFT_CASES, DRIFT_MONITORS, DRIFT_VERDICTS
from multisite.schemas.performance import PROPORTION_MOMENTS, SCORE_TALLY_GRID
from multisite.schemas.series import STUDIES
from multisite.schemas.site_tables import DEPLOYMENT as DEPLOYMENT_TABLE
from tests.power.drift_frames import (
    MODEL,
    SITE,
    cohort,
    deployment_table,
    labelled_cohort,
    month_name,
    predictions,
    series_of_studies,
)
from tests.power.drift_site import CATEGORIES, FINDINGS, NUMBERS, THRESHOLDS, Studies

__all__ = ["BUDGET", "MONITORS", "SiteVerdicts", "baseline_of", "judge_drawn_site", "used_of", "verdicts_of"]

MONITORS = Monitors(
    numbers=NUMBERS,
    categories=tuple(CATEGORIES),
    scores=tuple((finding, MODEL) for finding in FINDINGS),
    alerts=tuple(Alert(finding, MODEL, THRESHOLDS[finding]) for finding in FINDINGS),
    models=(MODEL,),
    population=("age_years", "patient_sex", "view_position"),
    subgroups=("vendor", "patient_sex"),
)
# One simulated year: what the baseline prints of its budget is not asked here, but counted.
BUDGET = Budget(false_ambers_per_year=1.0, false_reds_per_five_years=1.0, simulated_years=1, first_months=3)
LARGEST_FALL = 0.05
"""Of sensitivity and specificity below what was validated: half of the fall that is tried."""

_EVALUATION = EvaluationParameters(
    threshold=THRESHOLDS[FINDINGS[0]], ci_level=0.95, reliability_bins=10, minimum_denominator=10,
    score_grid_steps=1000, null_replicates=20, seed=1,
)  # fmt: skip
_FLOORS = Floors(share=0.02, standard_deviations=0.05, volume=0.3, silent_days=3)
_RULES = Rules(
    false_ambers_per_year=BUDGET.false_ambers_per_year,
    false_reds_per_five_years=BUDGET.false_reds_per_five_years,
    first_months=BUDGET.first_months,
    shadow_months=0,
    silent_days=3,
    bands=(),
    titles=tuple((finding, finding) for finding in FINDINGS),
)


@dataclass(frozen=True, slots=True)
class SiteVerdicts:
    """DRIFT_MONITORS, DRIFT_VERDICTS and DRIFT_CASES of a site."""

    monitors: pl.DataFrame
    verdicts: pl.DataFrame
    cases: pl.DataFrame


def judge_drawn_site(studies: Studies, *, months: int, replicates: int, seed: int) -> SiteVerdicts:
    """Verdicts on ``months`` months of routine use. ``replicates`` draws, fewer than in use, make each limit."""
    before, later = studies.kept(studies.month < 0), studies.kept(studies.month >= 0)
    baseline = baseline_of(cohort(before), predictions(before), monitors=MONITORS, replicates=replicates, seed=seed)
    used = used_of(series_of_studies(later), deployment_table(later), monitors=MONITORS)
    named = [month_name(month) for month in range(months)]
    told = performance_of(used, labelled_cohort(before), predictions(before), through=named[-1])
    return verdicts_of({**used, **told}, baseline, named)


def baseline_of(
    cases: pl.DataFrame, scores: pl.DataFrame, *, monitors: Monitors, replicates: int, seed: int
) -> AdoptedBaseline:
    """The baseline of validated cases (``cohort``) and their scores (``predictions``)."""
    parameters = BaselineParameters(monitors, 10, RARE_CATEGORY_COUNT, _FLOORS, BUDGET, seed, replicates)
    validated = StageInputs(site=SITE, frames={"cohort": cases, "predictions": scores})
    return AdoptedBaseline("made", "", make_baseline(validated, parameters).frames)


def used_of(series: pl.DataFrame, table: pl.DataFrame, *, monitors: Monitors) -> Mapping[str, pl.DataFrame]:
    """What the deployment stage makes of ``studies`` and the site's table."""
    pairs = tuple((finding, MODEL) for finding in FINDINGS)
    inputs = StageInputs(site=SITE, frames={STUDIES.name: series}, tables={DEPLOYMENT_TABLE.name: table})
    return watch_deployment(inputs, DeploymentParameters(monitors, pairs, monitors.alerts)).frames


def performance_of(
    used: Mapping[str, pl.DataFrame], cases: pl.DataFrame, scores: pl.DataFrame, *, through: str
) -> Mapping[str, pl.DataFrame]:
    """What labels of routine use say, held against the evaluation of the validated cases."""
    evaluated = PERFORMANCE_STAGE.run(
        StageInputs(site=SITE, frames={"cohort": cases, "predictions": scores}), _EVALUATION
    ).frames
    names = (SCORE_TALLY_GRID.name, PROPORTION_MOMENTS.name)
    frames = {DEPLOYMENT_LABELS.name: used[DEPLOYMENT_LABELS.name], **{name: evaluated[name] for name in names}}
    endpoints = tuple(Endpoint(finding, MODEL, THRESHOLDS[finding], LARGEST_FALL) for finding in FINDINGS)
    parameters = PerformanceParameters(endpoints, (MODEL,), _EVALUATION.score_grid_steps)
    return estimate_in_use(StageInputs(site=SITE, frames=frames, through=through), parameters).frames


def verdicts_of(
    used: Mapping[str, pl.DataFrame], baseline: AdoptedBaseline, months: list[str], *, monitors: Monitors = MONITORS
) -> SiteVerdicts:
    """From what the deployment stage wrote to verdicts: each of ``months`` is counted, then all are judged."""
    counting = CountParameters(RARE_CATEGORY_COUNT, tuple(sorted(watched_axes(monitors).items())))
    counted = [
        count_month(
            StageInputs(
                site=SITE, partition=month, frames={DEPLOYMENT.name: used[DEPLOYMENT.name]}, baselines=(baseline,)
            ),
            counting,
        ).frames
        for month in months
    ]
    frames = {
        # Without labels of routine use the rule sees disagreement with reports.
        DRIFT_PERFORMANCE.name: DRIFT_PERFORMANCE.empty(),
        **used,
        **{name: pl.concat([month[name] for month in counted]) for name in (DRIFT_COUNTS.name, DRIFT_MOMENTS.name)},
    }
    made = judge_months(
        StageInputs(site=SITE, frames=frames, baselines=(baseline,), through=months[-1]),
        VerdictParameters((MODEL,), _RULES),
    ).frames
    return SiteVerdicts(made[DRIFT_MONITORS.name], made[DRIFT_VERDICTS.name], made[DRIFT_CASES.name])
