"""How much what a check found changes the result: the metrics with and without the patients whom it names."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from multisite.integrity.checks.identifiers import IDENTIFIER_CHECKS
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.cohort import COHORT, PREDICTIONS
from multisite.schemas.consequences import CONSEQUENCES
from multisite.schemas.integrity import FINDINGS
from multisite.stats import RemovalDifference, auc_without, proportion_without
from multisite.study import Site, Study
from multisite.tallies import Thresholds, scored_cases
from multisite.vocabulary import Split

__all__ = ["CONSEQUENCE_STAGE", "ConsequenceParameters", "named_patients"]

_NAMED_BY = {
    "patient": "patient_id",
    "study": "study_instance_uid",
    "series": "series_instance_uid",
    "case": "case_id",
}
"""What a finding may name, and the column of the cohort that holds it. Of others, nobody knows whose they are."""

_ABOUT_PRIVACY = [check.id for check in IDENTIFIER_CHECKS]
"""Checks whose findings bear on who can be told, and not on the result."""


@dataclass(frozen=True, slots=True)
class ConsequenceParameters:
    """By which rule the model's call is made, and how sure an interval is."""

    findings: tuple[str, ...]
    threshold: float
    ci_level: float
    own_thresholds: tuple[tuple[str, str, float], ...] = ()


def named_patients(findings: pl.DataFrame, tested: pl.DataFrame) -> pl.DataFrame:
    """``check`` and ``patient_id``: the tested patients whom each check names, directly or by what is theirs.

    ``findings`` are rows of FINDINGS, ``tested`` included cases of the test split.
    """
    parts = [
        findings.filter(entity=entity)
        .select("check", pl.col("pseudonym").alias(column))
        .join(tested.select(column, *({"patient_id"} - {column})), on=column, how="inner")
        .select("check", "patient_id")
        for entity, column in _NAMED_BY.items()
    ]
    return pl.concat(parts).unique().sort("check", "patient_id")


def _compare(inputs: StageInputs, parameters: ConsequenceParameters) -> StageOutputs:
    included = inputs.frame(COHORT.name).filter(pl.col("included"), pl.col("split") == Split.TEST.value)
    findings = inputs.frame(FINDINGS.name).filter(~pl.col("check").is_in(_ABOUT_PRIVACY))
    named = named_patients(findings, included)
    predictions = inputs.frame(PREDICTIONS.name).filter(pl.col("finding").is_in(list(parameters.findings)))
    scored = scored_cases(included, predictions, carry=["case_id"]).sort("finding", "model", "case_id")
    rows = [
        {"site": inputs.site, "check": check, **names, **_row(found)}
        for (check,), patients in named.group_by(["check"], maintain_order=True)
        for names, found in _metrics(scored, patients["patient_id"], parameters)
    ]
    return StageOutputs(frames={CONSEQUENCES.name: pl.DataFrame(rows, schema=CONSEQUENCES.schema)})


def _metrics(
    scored: pl.DataFrame, removed: pl.Series, parameters: ConsequenceParameters
) -> Iterator[tuple[dict[str, str], RemovalDifference]]:
    marked = scored.with_columns(
        pl.col("patient_id").rank("dense").cast(pl.Int64).alias("patient"),
        pl.col("patient_id").is_in(removed.implode()).alias("removed"),
    )
    for (finding, model), cases in marked.group_by(["finding", "model"], maintain_order=True):
        names = {"finding": str(finding), "model": str(model)}
        threshold = Thresholds(parameters.threshold, parameters.own_thresholds).of(**names)
        for metric, found in _of_model(cases, threshold, parameters.ci_level).items():
            yield names | {"metric": metric}, found


def _of_model(cases: pl.DataFrame, threshold: float, level: float) -> dict[str, RemovalDifference]:
    positive, removed = cases["reference"].to_numpy(), cases["removed"].to_numpy()
    patient, score = cases["patient"].to_numpy(), cases["score"].to_numpy()
    called = score >= threshold
    return {
        "auc": auc_without(positive, score, patient, removed, level=level),
        "sensitivity": proportion_without(called[positive], patient[positive], removed[positive], level=level),
        "specificity": proportion_without(~called[~positive], patient[~positive], removed[~positive], level=level),
    }


def _row(found: RemovalDifference) -> dict[str, Any]:
    return {
        "n_patients": found.n_patients,
        "n_patients_removed": found.n_patients_removed,
        "of_all": found.of_all,
        "without": found.without,
        "difference": found.difference,
        "ci_low": found.ci_low,
        "ci_high": found.ci_high,
        "ci_level": found.ci_level,
        "ci_method": found.ci_method,
        "status": found.status.value,
        "reason": found.reason,
    }


def _parameters(study: Study, site: Site | None) -> ConsequenceParameters:
    performance = study.performance
    return ConsequenceParameters(
        tuple(finding.id for finding in study.findings),
        performance.threshold,
        performance.ci_level,
        study.own_thresholds,
    )


CONSEQUENCE_STAGE = Stage(
    name="consequences",
    title="Judge with and without what was found",
    verb="check",
    scope=Scope.SITE,
    version=3,
    reads=(COHORT, PREDICTIONS, FINDINGS),
    writes=(CONSEQUENCES,),
    reads_test_labels=True,
    run=_compare,
    parameters=_parameters,
)
