"""The integrity stage: which checks there are, what the protocol says about them, and what they look at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from multisite.errors import ConfigError, SchemaError
from multisite.integrity.cases import CLINICAL, COLUMNS_OF_CASE, COLUMNS_OF_SERIES, described_cases
from multisite.integrity.check import Check, CheckFrames, Claims
from multisite.integrity.checks import CHECKS
from multisite.integrity.checks.split_from_headers import BY_TIME
from multisite.integrity.pixels.choice import smallest
from multisite.integrity.pixels.stage import PixelParameters, pixel_parameters
from multisite.integrity.plugins import Plugin, installed_plugins, plugin_checks
from multisite.integrity.scorecard import run_checks
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.cohort import COHORT, PREDICTIONS
from multisite.schemas.integrity import CHECK_RESULTS, FINDINGS
from multisite.schemas.markers import DEMOGRAPHICS, MARKERS
from multisite.schemas.pixels import PIXELS
from multisite.schemas.series import CONTENT_INCIDENTS, INSTANCE_INCIDENTS, SERIES
from multisite.schemas.site_tables import CASES, FITTED
from multisite.study import ColumnSplit, Site, Study, TimeSplit
from multisite.vocabulary import Severity

__all__ = ["INTEGRITY_STAGE", "IntegrityParameters", "check_frames"]


_NAME_COLUMNS = ("disjoint", "patients_stay_within")
"""Claims of the study file that are columns of the case."""


@dataclass(frozen=True, slots=True)
class IntegrityParameters:
    """What the protocol says about the checks."""

    blocking: tuple[str, ...]
    severity: tuple[tuple[str, Severity], ...]
    claims: Claims
    plugins: tuple[Plugin, ...]
    pixels: PixelParameters
    seed: int


def check_frames(inputs: StageInputs, parameters: IntegrityParameters) -> CheckFrames:
    """What the checks look at, from the inputs of the stage.

    Raises
    ------
    SchemaError
        When the site's cases lack a column about which the protocol claims something.
    """
    series = inputs.frame(SERIES.name)
    included = described_cases(inputs.frame(COHORT.name), inputs.tables[CASES.name], series)
    for key in _NAME_COLUMNS:
        _require_columns(included, getattr(parameters.claims, key), inputs.site, key)
    _require_columns(included, _clinical(parameters.claims.split_follows), inputs.site, "split_follows")
    return CheckFrames(
        included=included,
        series=series,
        instance_incidents=inputs.frame(INSTANCE_INCIDENTS.name),
        content_incidents=inputs.frame(CONTENT_INCIDENTS.name),
        markers=inputs.frame(MARKERS.name),
        demographics=inputs.frame(DEMOGRAPHICS.name),
        pixels=_looked_at(inputs.frame(PIXELS.name), parameters.pixels),
        fitted=inputs.tables.get(FITTED.name),
        predictions=inputs.frame(PREDICTIONS.name),
        claims=parameters.claims,
        seed=parameters.seed,
    )


def _check_site(inputs: StageInputs, parameters: IntegrityParameters) -> StageOutputs:
    frames = check_frames(inputs, parameters)
    severity = dict(parameters.severity)
    checks = [
        replace(check, severity=severity.get(check.id, check.severity))
        for check in _all_checks([plugin.name for plugin in parameters.plugins])
    ]
    scorecard, findings = run_checks(frames, checks, site=inputs.site, blocking=parameters.blocking)
    return StageOutputs(frames={CHECK_RESULTS.name: scorecard, FINDINGS.name: findings})


def _looked_at(pixels: pl.DataFrame, parameters: PixelParameters) -> pl.DataFrame | None:
    """The images of each index series that count; every shard has chosen as many from its own."""
    return smallest(pixels, per_series=parameters.instances_per_series) if parameters.asked_for else None


def _all_checks(plugins: Sequence[str]) -> tuple[Check, ...]:
    return (*CHECKS, *plugin_checks(plugins, taken=[check.id for check in CHECKS]))


def _require_columns(included: pl.DataFrame, columns: Sequence[str], site: str, key: str) -> None:
    missing = [name for name in columns if name not in included.columns]
    if missing:
        raise SchemaError(
            f"table `cases` lacks {_quoted(missing)}, which `integrity.{key}` names",
            place=f"site {site}",
            remedy="Map a column of the site's table to it under `tables.cases.columns`, or mend the study file.",
        )


def _parameters(study: Study, site: Site | None) -> IntegrityParameters:
    declared = study.integrity
    known = {check.id for check in _all_checks(declared.plugins)}
    unknown = sorted({*declared.blocking, *declared.severity} - known)
    if unknown:
        raise ConfigError(
            f"no check is called {_quoted(unknown)}",
            place="study file, `integrity`",
            remedy=f"Name one of: {', '.join(sorted(known))}.",
        )
    for key in _NAME_COLUMNS:
        _refuse_foreign(getattr(declared, key), key)
    _refuse_foreign([name for name in declared.split_follows if name != BY_TIME], "split_follows")
    return IntegrityParameters(
        blocking=declared.blocking,
        severity=tuple(sorted(declared.severity.items())),
        claims=Claims(
            train_ends_before_test=declared.train_ends_before_test,
            prospective_from=declared.prospective_from,
            disjoint=declared.disjoint,
            patients_stay_within=declared.patients_stay_within,
            tune_may_fit=declared.tune_may_fit,
            split_follows=_split_follows(study),
        ),
        plugins=installed_plugins(declared.plugins),
        pixels=pixel_parameters(study, site),
        seed=declared.seed,
    )


def _refuse_foreign(columns: Sequence[str], key: str) -> None:
    foreign = [name for name in columns if name not in COLUMNS_OF_CASE and not name.startswith(CLINICAL)]
    if foreign:
        raise ConfigError(
            f"a case has no column {_quoted(foreign)}",
            place=f"study file, `integrity.{key}`",
            remedy=f"Name a `{CLINICAL}…` column of the sites' tables, or one of: {', '.join(COLUMNS_OF_CASE)}.",
        )


def _split_follows(study: Study) -> tuple[str, ...]:
    """What decides the split: by the rule of the study file, and as it declares besides."""
    rule = study.cohort.split
    by_rule = (BY_TIME,) if isinstance(rule, TimeSplit) else (rule.column,) if isinstance(rule, ColumnSplit) else ()
    return tuple(dict.fromkeys((*by_rule, *study.integrity.split_follows)))


def _clinical(names: Sequence[str]) -> list[str]:
    return [name for name in names if name.startswith(CLINICAL)]


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


INTEGRITY_STAGE = Stage(
    name="integrity",
    title="Check the integrity",
    verb="check",
    scope=Scope.SITE,
    version=4,
    reads=(COHORT, PREDICTIONS, SERIES, INSTANCE_INCIDENTS, CONTENT_INCIDENTS, MARKERS, DEMOGRAPHICS, PIXELS),
    writes=(FINDINGS, CHECK_RESULTS),
    tables=(CASES,),
    optional_tables=(FITTED,),
    projection={
        SERIES.name: (
            "series_instance_uid",
            "study_instance_uid",
            "patient_id",
            "other_patient_ids",
            "accession_number",
            "frame_of_reference_uid",
            *COLUMNS_OF_SERIES,
            "n_instances",
            "n_conflicting_instances",
            "n_fingerprinted",
            "inconsistent_attributes",
            "n_missing_slices",
            "n_duplicate_slices",
            "is_complete",
            "geometry_gap",
        ),
    },
    reads_test_labels=True,
    run=_check_site,
    parameters=_parameters,
)
