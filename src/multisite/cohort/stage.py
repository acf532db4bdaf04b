"""The cohort stage: from the site's tables and series to the set, its flow and its identity."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from multisite.cohort.cases import join_images, one_row_per_case, score_faults, with_reference
from multisite.cohort.composition import composition_table
from multisite.cohort.draws import Shares
from multisite.cohort.flow import flow_table
from multisite.cohort.identity import identity_row
from multisite.cohort.judging import judge_cases
from multisite.cohort.rules import EligibilityParameters
from multisite.cohort.splits import (
    SplitByDrawnLevels,
    SplitByLevels,
    SplitByPatient,
    SplitBySite,
    SplitByTime,
    SplitParameters,
    split_in_words,
)
from multisite.cohort.strata import CrossingParameters, StratumParameters
from multisite.errors import SchemaError
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.cohort import COHORT, COHORT_IDENTITY, COMPOSITION, EXCLUSIONS, FLOW, PREDICTIONS
from multisite.schemas.reference import REFERENCE
from multisite.schemas.series import STUDIES
from multisite.schemas.site_tables import CASES, DEPLOYMENT
from multisite.schemas.site_tables import PREDICTIONS as PREDICTIONS_TABLE
from multisite.study import ColumnSplit, PatientSplit, Site, SiteSplit, Study, TableSplit, TimeSplit
from multisite.tallies import CategoryScores, placed_scores
from multisite.vocabulary import Split

__all__ = ["COHORT_STAGE", "CohortParameters"]


@dataclass(frozen=True, slots=True)
class CohortParameters:
    """What the protocol says about the set; without ``split``, the site's table says which split a case is in.

    ``adjudicated`` are the findings whose reference standard is made from readings; the table gives that of the others.
    """

    modalities: tuple[str, ...]
    findings: tuple[str, ...]
    models: tuple[str, ...]
    eligibility: tuple[EligibilityParameters, ...]
    strata: tuple[StratumParameters, ...]
    split: SplitParameters | None = None
    adjudicated: tuple[str, ...] = ()
    crossings: tuple[CrossingParameters, ...] = ()
    categories: tuple[CategoryScores, ...] = ()


def build_cohort(inputs: StageInputs, parameters: CohortParameters) -> StageOutputs:
    """Join, judge, count and identify; every case of the table is in the result, included or not."""
    table = inputs.tables[CASES.name]
    references = [f"reference_{finding}" for finding in parameters.findings]
    if parameters.adjudicated:
        table = with_reference(table, inputs.frame(REFERENCE.name), parameters.adjudicated)
    _require_columns(table, references, inputs.site)
    if parameters.split is None:
        _require_splits(table, inputs.site)
    pairs = [(finding, model) for finding in parameters.findings for model in parameters.models]
    predictions = placed_scores(inputs.tables[PREDICTIONS_TABLE.name], parameters.categories)
    scores, faults = score_faults(predictions, pairs)
    cases = join_images(one_row_per_case(table), inputs.frame(STUDIES.name)).join(
        faults, on="case_id", how="left", maintain_order="left"
    )
    cases = cases.with_columns(
        pl.lit(inputs.site).alias("site"), *(pl.col(name).cast(pl.Boolean) for name in references)
    )
    judged = judge_cases(
        cases,
        references=references,
        modalities=parameters.modalities,
        eligibility=parameters.eligibility,
        strata=parameters.strata,
        split=parameters.split,
        site=inputs.site,
        crossings=parameters.crossings,
    )
    axes = [*(s.id for s in parameters.strata), *(c.id for c in parameters.crossings)]
    families = [*(f"stratum_{axis}" for axis in axes), *references]
    cohort = judged.cases.select(*COHORT.schema.names(), *families).sort("case_id")
    included = cohort.filter("included")
    reasons = {rule.id: rule.reason for rule in judged.rules}
    return StageOutputs(
        frames={
            COHORT.name: cohort,
            PREDICTIONS.name: scores.join(included.select("site", "case_id"), on="case_id", how="inner")
            .select(PREDICTIONS.schema.names())
            .sort("case_id", "finding", "model"),
            EXCLUSIONS.name: cohort.filter(~pl.col("included")).select(
                "site",
                "case_id",
                pl.col("exclusion_rule").alias("rule"),
                pl.col("exclusion_rule").replace_strict(reasons, return_dtype=pl.String).alias("reason"),
            ),
            FLOW.name: flow_table(
                judged.cases,
                judged.rules,
                site=inputs.site,
                n_rows_without_id=table["case_id"].null_count(),
                start_reason=_start_reason(table, parameters.split),
            ),
            COHORT_IDENTITY.name: identity_row(
                cohort, site=inputs.site, n_studies_without_case=_unclaimed_studies(inputs, cases)
            ),
            COMPOSITION.name: composition_table(cohort, parameters.strata, parameters.findings, parameters.crossings),
        }
    )


def _require_columns(table: pl.DataFrame, references: list[str], site: str) -> None:
    missing = [name for name in references if name not in table.columns]
    if missing:
        raise SchemaError(
            f"table `cases` lacks {', '.join(f'`{name}`' for name in missing)}",
            place=f"site {site}",
            remedy="Map a column of the site's table to it under `tables.cases.columns`.",
        )


def _require_splits(table: pl.DataFrame, site: str) -> None:
    if "split" not in table.columns or (table.height and table["split"].null_count() == table.height):
        raise SchemaError(
            "table `cases` gives no case a split, and the study file makes none",
            place=f"site {site}",
            remedy="Map a column of the site's table to `split`, or declare `cohort.split` in the study file.",
        )


def _start_reason(table: pl.DataFrame, split: SplitParameters | None) -> str:
    reason = "Cases in the site's table"
    if split is not None:
        reason += f"; the split is made by {split_in_words(split)}"
        if "split" in table.columns and table["split"].count():
            reason += ", and that of the table is not used"
    return reason


def _unclaimed_studies(inputs: StageInputs, cases: pl.DataFrame) -> int:
    claimed = cases.select("study_instance_uid")
    if DEPLOYMENT.name in inputs.tables:
        claimed = pl.concat([claimed, inputs.tables[DEPLOYMENT.name].select("study_instance_uid")])
    return inputs.frame(STUDIES.name).join(claimed, on="study_instance_uid", how="anti").height


def _parameters(study: Study, site: Site | None) -> CohortParameters:
    return CohortParameters(
        modalities=study.cohort.modalities,
        findings=tuple(finding.id for finding in study.findings),
        models=tuple(model.id for model in study.models),
        eligibility=tuple(
            EligibilityParameters(r.id, r.column, r.operator, r.value, r.when_missing, r.reason)
            for r in study.cohort.eligibility
        ),
        strata=tuple(StratumParameters(s.id, s.column, s.bands, s.levels, s.when_missing) for s in study.cohort.strata),
        split=_split_parameters(study, site),
        adjudicated=tuple(finding.id for finding in study.findings if finding.id in study.reference),
        crossings=tuple(CrossingParameters(c.id, c.of) for c in study.cohort.intersections),
        categories=tuple(CategoryScores(*held) for held in study.category_scores),
    )


def _split_parameters(study: Study, site: Site | None) -> SplitParameters | None:
    split = study.cohort.split
    match split:
        case TableSplit():
            return None
        case PatientSplit():
            return SplitByPatient(
                _in_order(split.shares),
                split.seed,
                strata=tuple(f"stratum_{s.id}" for s in study.cohort.strata if s.id in split.stratify),
                references=tuple(f"reference_{f.id}" for f in study.findings if f.id in split.stratify),
            )
        case TimeSplit():
            return SplitByTime(split.tune_from, split.test_from, split.straddling)
        case SiteSplit():
            return SplitBySite(split.split_of(site.site) if site else None)
        case ColumnSplit(levels=levels, otherwise=otherwise) if levels is not None and otherwise is not None:
            named = tuple((level, one.value) for one in Split for level in levels.get(one, ()))
            return SplitByLevels(split.column, named, otherwise.value, split.straddling)
        case ColumnSplit(shares=shares, seed=seed) if shares is not None and seed is not None:
            return SplitByDrawnLevels(split.column, _in_order(shares), seed, split.straddling)
    raise AssertionError("the study file has been checked")


def _in_order(shares: Mapping[Split, float]) -> Shares:
    return tuple((split.value, shares[split]) for split in Split if split in shares)


COHORT_STAGE = Stage(
    name="cohort",
    title="Build the cohort",
    verb="cohort",
    scope=Scope.SITE,
    version=3,
    reads=(STUDIES,),
    optional_reads=(REFERENCE,),
    writes=(COHORT, PREDICTIONS, EXCLUSIONS, FLOW, COHORT_IDENTITY, COMPOSITION),
    tables=(CASES, PREDICTIONS_TABLE),
    optional_tables=(DEPLOYMENT,),
    copies_labels=True,
    run=build_cohort,
    parameters=_parameters,
)
