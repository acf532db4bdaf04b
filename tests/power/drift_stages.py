"""A drawn site through the project's own stages, from the validated cases and the table of routine use to verdicts."""

from dataclasses import dataclass

import polars as pl

from multisite.drift.baseline.registry import Floors, watched_axes
from multisite.drift.baseline.stage import RARE_CATEGORY_COUNT, BaselineParameters, make_baseline
from multisite.drift.deployment.stage import DeploymentParameters, watch_deployment
from multisite.drift.monitors import Alert, Monitors
from multisite.drift.months.stage import CountParameters, count_month
from multisite.drift.rule.budget_table import Budget
from multisite.drift.rule.segment import Rules
from multisite.drift.rule.stage import VerdictParameters, judge_months
from multisite.schemas import AdoptedBaseline, StageInputs
from multisite.schemas.drift import DEPLOYMENT, DRIFT_COUNTS
from multisite.schemas.drift_baseline import DRIFT_MOMENTS
from multisite.schemas.drift_verdicts import DRIFT_CASES, DRIFT_MONITORS, DRIFT_VERDICTS
from multisite.schemas.series import STUDIES
from multisite.schemas.site_tables import DEPLOYMENT as DEPLOYMENT_TABLE
from tests.power.drift_frames import MODEL, SITE, cohort, deployment_table, month_name, predictions, series_of_studies
from tests.power.drift_site import CATEGORIES, FINDINGS, NUMBERS, THRESHOLDS, Studies

__all__ = ["BUDGET", "MONITORS", "SiteVerdicts", "judge_drawn_site", "verdicts_of"]

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
    parameters = BaselineParameters(MONITORS, 10, RARE_CATEGORY_COUNT, _FLOORS, BUDGET, seed, replicates)
    validated = StageInputs(site=SITE, frames={"cohort": cohort(before), "predictions": predictions(before)})
    baseline = AdoptedBaseline("simulated", "", make_baseline(validated, parameters).frames)
    pairs = tuple((finding, MODEL) for finding in FINDINGS)
    used = watch_deployment(
        StageInputs(
            site=SITE,
            frames={STUDIES.name: series_of_studies(later)},
            tables={DEPLOYMENT_TABLE.name: deployment_table(later)},
        ),
        DeploymentParameters(MONITORS, pairs),
    ).frames
    return verdicts_of(used, baseline, [month_name(month) for month in range(months)])


def verdicts_of(used: dict[str, pl.DataFrame], baseline: AdoptedBaseline, months: list[str]) -> SiteVerdicts:
    """From what the deployment stage wrote to verdicts: each of ``months`` is counted, then all are judged."""
    counting = CountParameters(RARE_CATEGORY_COUNT, tuple(sorted(watched_axes(MONITORS).items())))
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
        **used,
        **{name: pl.concat([month[name] for month in counted]) for name in (DRIFT_COUNTS.name, DRIFT_MOMENTS.name)},
    }
    made = judge_months(
        StageInputs(site=SITE, frames=frames, baselines=(baseline,), through=months[-1]),
        VerdictParameters((MODEL,), _RULES),
    ).frames
    return SiteVerdicts(made[DRIFT_MONITORS.name], made[DRIFT_VERDICTS.name], made[DRIFT_CASES.name])
