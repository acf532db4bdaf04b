"""The stage that judges every month of a site."""

from dataclasses import dataclass

import polars as pl

from multisite.drift.calendar import months_between
from multisite.drift.rule.segment import Band, Rules
from multisite.drift.rule.verdicts import SiteTallies, judge_site
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.drift import DRIFT_COUNTS
from multisite.schemas.drift_baseline import DRIFT_MOMENTS
from multisite.schemas.drift_feed import DEPLOYMENT_DAYS, DRIFT_EVENTS
from multisite.schemas.drift_performance import DRIFT_PERFORMANCE
from multisite.schemas.drift_verdicts import DRIFT_CASES, DRIFT_MONITORS, DRIFT_VERDICTS
from multisite.study import Site, Study

__all__ = ["DRIFT_VERDICTS_STAGE", "VerdictParameters", "rules_of"]


@dataclass(frozen=True, slots=True)
class VerdictParameters:
    """The models, and what the study and site files declare of the decision."""

    models: tuple[str, ...]
    rules: Rules


def judge_months(inputs: StageInputs, parameters: VerdictParameters) -> StageOutputs:
    """The verdict on every month from the first of routine use to the one that was asked for."""
    days = inputs.frame(DEPLOYMENT_DAYS.name)
    tallies = SiteTallies(
        counts=inputs.frame(DRIFT_COUNTS.name),
        moments=inputs.frame(DRIFT_MOMENTS.name),
        days=days,
        events=inputs.frame(DRIFT_EVENTS.name),
        performance=inputs.frame(DRIFT_PERFORMANCE.name),
        ledger=inputs.ledger,
    )
    made = judge_site(
        tallies,
        inputs.baselines,
        site=inputs.site,
        models=parameters.models,
        months=judged_months(days, through=inputs.through),
        rules=parameters.rules,
        # A month that nobody asked for may not be over: what has not come yet is no silence.
        until=None if inputs.through else max(days["date"].to_list(), default=None),
    )
    return StageOutputs(
        frames={DRIFT_MONITORS.name: made.monitors, DRIFT_VERDICTS.name: made.verdicts, DRIFT_CASES.name: made.cases}
    )


def judged_months(days: pl.DataFrame, *, through: str | None) -> list[str]:
    """From the first month with a study to ``through``, or to the last month with one; none before there is any."""
    if days.is_empty():
        return []
    months = days["date"].dt.strftime("%Y-%m")
    first, last = str(months.min()), str(months.max())
    return months_between(first, through or last)


def rules_of(study: Study, site: Site | None) -> Rules:
    """What the study file, and the site file for its holidays, declare."""
    drift = study.drift
    models = [model.id for model in study.models]
    bands = [
        Band(band.finding, model, band.low, band.high)
        for band in drift.alert_bands
        for model in ([band.model] if band.model else models)
    ]
    return Rules(
        false_ambers_per_year=drift.budget.false_ambers_per_year,
        false_reds_per_five_years=drift.budget.false_reds_per_five_years,
        first_months=drift.feed.first_months,
        shadow_months=drift.shadow_months,
        silent_days=drift.feed.silent_days,
        bands=tuple(bands),
        titles=tuple((finding.id, finding.title) for finding in study.findings),
        holidays=tuple(sorted(site.monthly.holidays)) if site is not None and site.monthly is not None else (),
    )


def _parameters(study: Study, site: Site | None) -> VerdictParameters:
    return VerdictParameters(tuple(model.id for model in study.models), rules_of(study, site))


DRIFT_VERDICTS_STAGE = Stage(
    name="drift_verdicts",
    title="Judge every month",
    verb="monitor",
    scope=Scope.SITE,
    version=2,
    reads=(DRIFT_COUNTS, DRIFT_MOMENTS, DEPLOYMENT_DAYS, DRIFT_EVENTS, DRIFT_PERFORMANCE),
    writes=(DRIFT_MONITORS, DRIFT_VERDICTS, DRIFT_CASES),
    run=judge_months,
    parameters=_parameters,
    reads_ledger=True,
    reads_baseline=True,
    reads_calendar=True,
    isolates_sites=True,
)
