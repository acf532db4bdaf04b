"""The cohort stage: from the site's tables and series to the set, its flow and its identity."""

from dataclasses import dataclass

import polars as pl

from multisite.cohort.cases import built_in_rules, join_images, one_row_per_case, score_faults
from multisite.cohort.composition import composition_table
from multisite.cohort.flow import apply_rules, flow_table
from multisite.cohort.identity import identity_row
from multisite.cohort.rules import EligibilityParameters, eligibility_rule
from multisite.cohort.strata import StratumParameters, stratum_column
from multisite.errors import SchemaError
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.cohort import COHORT, COHORT_IDENTITY, COMPOSITION, EXCLUSIONS, FLOW, PREDICTIONS
from multisite.schemas.series import STUDIES
from multisite.schemas.site_tables import CASES, DEPLOYMENT
from multisite.schemas.site_tables import PREDICTIONS as PREDICTIONS_TABLE
from multisite.study import Site, Study

__all__ = ["COHORT_STAGE", "CohortParameters"]


@dataclass(frozen=True, slots=True)
class CohortParameters:
    """What the protocol says about the set."""

    modalities: tuple[str, ...]
    findings: tuple[str, ...]
    models: tuple[str, ...]
    eligibility: tuple[EligibilityParameters, ...]
    strata: tuple[StratumParameters, ...]


def build_cohort(inputs: StageInputs, parameters: CohortParameters) -> StageOutputs:
    """Join, judge, count and identify; every case of the table is in the result, included or not."""
    table = inputs.tables[CASES.name]
    references = [f"reference_{finding}" for finding in parameters.findings]
    _require_columns(table, references, inputs.site)
    pairs = [(finding, model) for finding in parameters.findings for model in parameters.models]
    scores, faults = score_faults(inputs.tables[PREDICTIONS_TABLE.name], pairs)
    cases = join_images(one_row_per_case(table), inputs.frame(STUDIES.name)).join(
        faults, on="case_id", how="left", maintain_order="left"
    )
    cases = cases.with_columns(
        pl.lit(inputs.site).alias("site"), *(pl.col(name).cast(pl.Boolean) for name in references)
    )
    rules = [
        *built_in_rules(references, parameters.modalities),
        *(eligibility_rule(declared, cases) for declared in parameters.eligibility),
    ]
    judged = apply_rules(cases, rules).with_columns(stratum_column(stratum, cases) for stratum in parameters.strata)
    # A split that is no split is kept in the exclusion, not in the manifest.
    judged = judged.with_columns(
        pl.when(pl.col("exclusion_rule") == "unknown_split").then(None).otherwise(pl.col("split")).alias("split")
    )
    families = [*(f"stratum_{s.id}" for s in parameters.strata), *references]
    cohort = judged.select(*COHORT.schema.names(), *families).sort("case_id")
    included = cohort.filter("included")
    reasons = {rule.id: rule.reason for rule in rules}
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
            FLOW.name: flow_table(judged, rules, site=inputs.site, n_rows_without_id=table["case_id"].null_count()),
            COHORT_IDENTITY.name: identity_row(
                cohort, site=inputs.site, n_studies_without_case=_unclaimed_studies(inputs, cases)
            ),
            COMPOSITION.name: composition_table(cohort, parameters.strata, parameters.findings),
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
        strata=tuple(StratumParameters(s.id, s.column, s.bands, s.levels) for s in study.cohort.strata),
    )


COHORT_STAGE = Stage(
    name="cohort",
    title="Build the cohort",
    verb="cohort",
    scope=Scope.SITE,
    version=2,
    reads=(STUDIES,),
    writes=(COHORT, PREDICTIONS, EXCLUSIONS, FLOW, COHORT_IDENTITY, COMPOSITION),
    tables=(CASES, PREDICTIONS_TABLE),
    optional_tables=(DEPLOYMENT,),
    run=build_cohort,
    parameters=_parameters,
)
