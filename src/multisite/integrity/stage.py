"""The integrity stage: every check, its scorecard row, and its findings."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from multisite.errors import ConfigError
from multisite.integrity.check import Check, CheckFrames, Outcome, nothing_found
from multisite.integrity.duplicates import DUPLICATE_CHECKS
from multisite.integrity.identity import IDENTITY_CHECKS
from multisite.integrity.overlap import OVERLAP_CHECKS
from multisite.integrity.series import SERIES_CHECKS
from multisite.integrity.timing import TIMING_CHECKS
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.cohort import COHORT
from multisite.schemas.integrity import CHECK_RESULTS, FINDINGS
from multisite.schemas.provenance import HEADERS
from multisite.schemas.series import INSTANCE_INCIDENTS, SERIES
from multisite.study import Site, Study
from multisite.vocabulary import Severity, Verdict

__all__ = ["CHECKS", "INTEGRITY_STAGE", "IntegrityParameters", "run_checks"]

CHECKS: tuple[Check, ...] = (*OVERLAP_CHECKS, *DUPLICATE_CHECKS, *IDENTITY_CHECKS, *TIMING_CHECKS, *SERIES_CHECKS)
"""Every check, in the order of the scorecard."""


@dataclass(frozen=True, slots=True)
class IntegrityParameters:
    """What the protocol says about the checks."""

    blocking: tuple[str, ...]
    severity: tuple[tuple[str, Severity], ...]
    train_ends_before_test: bool


def run_checks(
    frames: CheckFrames, checks: Sequence[Check], *, site: str, blocking: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Scorecard and findings. A check that crashes is one row with the verdict ``error``, never the end of the run."""
    results, findings = [], []
    for order, check in enumerate(checks):
        outcome = _outcome(check, frames)
        results.append(
            {
                "site": site,
                "order": order,
                "check": check.id,
                "title": check.title,
                "family": check.family,
                "severity": check.severity.value,
                "method": check.method,
                "verdict": outcome.verdict.value,
                "blocking": check.id in blocking,
                "unit": check.unit,
                "n_examined": outcome.n_examined,
                "n_found": outcome.n_found,
                "sentence": outcome.sentence,
            }
        )
        findings.append(outcome.found.with_columns(pl.lit(site).alias("site"), pl.lit(check.id).alias("check")))
    scorecard = pl.DataFrame(results, schema=CHECK_RESULTS.schema)
    return scorecard, pl.concat([FINDINGS.empty(), *(f.select(FINDINGS.schema.names()) for f in findings)])


def _outcome(check: Check, frames: CheckFrames) -> Outcome:
    try:
        return check.run(frames)
    except Exception as error:  # A broken check must not hide the others; its class alone is told.
        sentence = f"The check stopped with {type(error).__name__}; nothing is known about its question."
        return Outcome(Verdict.ERROR, 0, 0, sentence, nothing_found())


def _check_site(inputs: StageInputs, parameters: IntegrityParameters) -> StageOutputs:
    frames = CheckFrames(
        included=inputs.frame(COHORT.name).filter("included"),
        instances=inputs.frame(HEADERS.name),
        series=inputs.frame(SERIES.name),
        instance_incidents=inputs.frame(INSTANCE_INCIDENTS.name),
        train_ends_before_test=parameters.train_ends_before_test,
    )
    severity = dict(parameters.severity)
    checks = [replace(check, severity=severity.get(check.id, check.severity)) for check in CHECKS]
    scorecard, findings = run_checks(frames, checks, site=inputs.site, blocking=parameters.blocking)
    return StageOutputs(frames={CHECK_RESULTS.name: scorecard, FINDINGS.name: findings})


def _parameters(study: Study, site: Site | None) -> IntegrityParameters:
    known = {check.id for check in CHECKS}
    unknown = sorted({*study.integrity.blocking, *study.integrity.severity} - known)
    if unknown:
        raise ConfigError(
            f"no check is called {', '.join(f'`{name}`' for name in unknown)}",
            place="study file, `integrity`",
            remedy=f"Name one of: {', '.join(sorted(known))}.",
        )
    return IntegrityParameters(
        blocking=study.integrity.blocking,
        severity=tuple(sorted(study.integrity.severity.items())),
        train_ends_before_test=study.integrity.train_ends_before_test,
    )


INTEGRITY_STAGE = Stage(
    name="integrity",
    title="Check the integrity",
    verb="check",
    scope=Scope.SITE,
    version=2,
    reads=(COHORT, HEADERS, SERIES, INSTANCE_INCIDENTS),
    writes=(FINDINGS, CHECK_RESULTS),
    projection={
        HEADERS.name: (
            "sop_instance_uid",
            "series_instance_uid",
            "study_instance_uid",
            "patient_id",
            "content_fingerprint",
        ),
        SERIES.name: (
            "series_instance_uid",
            "n_instances",
            "n_conflicting_instances",
            "inconsistent_attributes",
            "n_missing_slices",
            "n_duplicate_slices",
            "is_complete",
            "geometry_gap",
        ),
    },
    run=_check_site,
    parameters=_parameters,
)
