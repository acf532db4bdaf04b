"""The reference stage: from the site's readings to the reference standard, its lineage, counts and agreement."""

from dataclasses import dataclass

import polars as pl

from multisite.errors import SchemaError
from multisite.reference.adjudication import adjudicate
from multisite.reference.agreement import AgreementRules, agreement_table
from multisite.reference.counts import count_readings
from multisite.reference.held_out import held_out_table
from multisite.reference.latent import posteriors
from multisite.reference.perfect_model import perfect_model_table
from multisite.reference.reader_bias import reader_bias_table
from multisite.reference.readers import before_adjudication
from multisite.reference.readings import fold_lesions, judge_rows
from multisite.reference.rules import (
    FindingRule,
    Independent,
    LatentClass,
    Majority,
    Panel,
    ReadersRule,
    Rule,
    TwoPlusOne,
)
from multisite.reference.variants import variant_table
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.reader_bias import READER_BIAS
from multisite.schemas.reference import AGREEMENT, READING_COUNTS, READINGS, REFERENCE
from multisite.schemas.reference_variants import HELD_OUT_READINGS, REFERENCE_VARIANTS
from multisite.schemas.site_tables import CASES
from multisite.schemas.site_tables import READINGS as READINGS_TABLE
from multisite.study import (
    FindingReference,
    IndependentRule,
    LatentClassRule,
    MajorityRule,
    PanelRule,
    Site,
    Study,
    TwoPlusOneRule,
)

__all__ = ["REFERENCE_STAGE", "ReferenceParameters", "make_reference", "reference_parameters"]


@dataclass(frozen=True, slots=True)
class ReferenceParameters:
    """What the protocol says about making labels, and about reading their agreement; without rules, nothing is made."""

    rules: tuple[FindingRule, ...]
    agreement: AgreementRules


_NOTHING = ReferenceParameters((), AgreementRules(0.95, 1))
"""Of a study file without the section: the same whatever else it says, so that nothing else makes it out of date."""


_WRITES = (READINGS, REFERENCE, REFERENCE_VARIANTS, HELD_OUT_READINGS, READING_COUNTS, AGREEMENT, READER_BIAS)


def make_reference(inputs: StageInputs, parameters: ReferenceParameters) -> StageOutputs:
    """Clean the readings, decide every case that was read, and count.

    This is no look at the test labels: it makes them, from readings alone. No score and no header is read here, and
    of the table of cases nothing but whose case it is. Readers are held against each other, never against the model.

    Raises
    ------
    SchemaError
        When the table has no reading of a finding that is to be decided by readings, or a case is unclear in a way
        that the study file refuses.
    """
    table = inputs.tables[READINGS_TABLE.name]
    cases = inputs.tables[CASES.name].select("case_id", "patient_id").drop_nulls("case_id")
    cases = cases.unique("case_id", keep="first", maintain_order=True)
    made: dict[str, list[pl.DataFrame]] = {a.name: [a.empty()] for a in _WRITES}
    for rule in parameters.rules:
        rows = judge_rows(table, cases["case_id"], rule)
        _require_rows(rows, rule, inputs.site)
        read = rows.filter(pl.col("case_id").is_in(cases["case_id"].implode()))["case_id"]
        found = adjudicate(fold_lesions(rows.filter(pl.col("outcome") == "used")), read, rule, site=inputs.site)
        of_site = pl.lit(inputs.site).alias("site")
        made[READINGS.name].append(found.readings.with_columns(of_site).select(READINGS.schema.names()))
        made[REFERENCE.name].append(found.reference.with_columns(of_site).select(REFERENCE.schema.names()))
        made[READING_COUNTS.name].append(count_readings(rows, found.readings, found.reference, rule, site=inputs.site))
        before = before_adjudication(found.readings, cases, rule)
        made[AGREEMENT.name].append(agreement_table(before, rule, parameters.agreement, site=inputs.site))
        made[READER_BIAS.name].append(
            reader_bias_table(before, found.reference, rule, parameters.agreement, site=inputs.site)
        )
        probable = posteriors(before)
        made[AGREEMENT.name].append(
            perfect_model_table(before, probable, found.reference, rule, parameters.agreement, site=inputs.site)
        )
        made[REFERENCE_VARIANTS.name].append(
            variant_table(found.readings, before, probable, found.reference, rule, site=inputs.site)
        )
        made[HELD_OUT_READINGS.name].append(
            held_out_table(found.readings, before, found.reference, rule, site=inputs.site)
        )
    frames = {name: pl.concat(parts) for name, parts in made.items()}
    for artefact in (READINGS, REFERENCE, REFERENCE_VARIANTS, HELD_OUT_READINGS):
        frames[artefact.name] = frames[artefact.name].sort(artefact.key)
    return StageOutputs(frames=frames)


def _require_rows(rows: pl.DataFrame, rule: FindingRule, site: str) -> None:
    if rows.is_empty():
        raise SchemaError(
            f"table `readings` has no row of the finding `{rule.finding}`, whose reference standard it is to give",
            place=f"site {site}",
            remedy="Mend the column `finding` of the table, or leave the finding out of `reference` in the study file.",
        )


def reference_parameters(study: Study, site: Site | None) -> ReferenceParameters:
    """Of the study file's section; the same of every site."""
    if not study.reference:
        return _NOTHING
    return ReferenceParameters(
        rules=tuple(_finding_rule(finding, declared) for finding, declared in sorted(study.reference.items())),
        agreement=AgreementRules(study.performance.ci_level, study.performance.minimum_denominator),
    )


def _finding_rule(finding: str, declared: FindingReference) -> FindingRule:
    return FindingRule(
        finding=finding,
        version=declared.version,
        name=declared.rule.by,
        judgements=tuple((rating, judgement.value) for judgement, rating in declared.ratings.pairs()),
        rule=_rule(declared.rule),
        ambiguous=declared.ambiguous,
        non_diagnostic=declared.non_diagnostic,
        qualifications=declared.qualifications,
        excess_at_most=declared.reader_excess_at_most,
    )


def _rule(declared: MajorityRule | TwoPlusOneRule | PanelRule | LatentClassRule | IndependentRule) -> Rule:
    if isinstance(declared, IndependentRule):
        return Independent(declared.sources, _readers_rule(declared.otherwise) if declared.otherwise else None)
    return _readers_rule(declared)


def _readers_rule(declared: MajorityRule | TwoPlusOneRule | PanelRule | LatentClassRule) -> ReadersRule:
    match declared:
        case MajorityRule():
            return Majority(declared.of, declared.all_arms)
        case LatentClassRule():
            return LatentClass(declared.of, declared.at_least, declared.all_arms)
        case TwoPlusOneRule():
            return TwoPlusOne(declared.primary, declared.adjudication)
        case PanelRule():
            return Panel(declared.arm)


def _is_asked_for(parameters: ReferenceParameters) -> bool:
    return bool(parameters.rules)


REFERENCE_STAGE = Stage(
    name="reference",
    title="Make the reference standard",
    verb="adjudicate",
    scope=Scope.SITE,
    version=5,
    reads=(),
    writes=_WRITES,
    tables=(CASES, READINGS_TABLE),
    run=make_reference,
    parameters=reference_parameters,
    is_asked_for=_is_asked_for,
)
