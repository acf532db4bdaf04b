"""What the cohort stage writes: the manifest of cases, exclusions, flow, identity, predictions and composition."""

import polars as pl

from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column, ColumnFamily, at_least, between, one_of
from multisite.schemas.series import ACQUISITION
from multisite.vocabulary import ColumnPrivacy, Split, Zone

__all__ = ["COHORT", "COHORT_IDENTITY", "COMPOSITION", "EXCLUSIONS", "FLOW", "PREDICTIONS"]

_TEXT, _COUNT, _FLOAT = pl.String(), pl.Int64(), pl.Float64()
_PSEUDONYM = ColumnPrivacy.PSEUDONYM
_QUASI = ColumnPrivacy.QUASI
_SITE = Column("site", _TEXT, "Site identifier")
_CASE = Column("case_id", _TEXT, "Pseudonym of the case", privacy=_PSEUDONYM)

COHORT = Artefact(
    "cohort",
    Zone.SITE,
    "One row per case of the site's table, included or not, with its images' provenance, reference standard and split.",
    (
        _SITE,
        _CASE,
        Column("patient_id", _TEXT, "Pseudonym of the patient", nullable=True, privacy=_PSEUDONYM),
        Column("study_instance_uid", _TEXT, "Pseudonym of the study", nullable=True, privacy=_PSEUDONYM),
        Column("series_instance_uid", _TEXT, "Pseudonym of the index series", nullable=True, privacy=_PSEUDONYM),
        Column(
            "split", _TEXT, "Part of the cohort", nullable=True, constraint=one_of("split", [s.value for s in Split])
        ),
        Column("case_date", pl.Date(), "Date of the case", nullable=True, privacy=_QUASI),
        Column("included", pl.Boolean(), "Whether the case is part of the validated cohort"),
        Column("exclusion_rule", _TEXT, "The first rule that excluded it", nullable=True),
        *(column for column in ACQUISITION if column.name != "study_date"),
    ),
    key=("case_id",),
    families=(
        ColumnFamily("stratum_", _TEXT, "Level of a stratum of the study file; unknown is a level"),
        ColumnFamily("reference_", pl.Boolean(), "Reference standard of a finding", nullable=True, is_label=True),
    ),
    version=3,
)

PREDICTIONS = Artefact(
    "predictions",
    Zone.SITE,
    "One row per included case, finding and model: the score, in [0, 1].",
    (
        _SITE,
        _CASE,
        Column("finding", _TEXT, "Finding of the study file"),
        Column("model", _TEXT, "Model of the study file"),
        Column("score", _FLOAT, "Score of the index test", constraint=between("score", 0, 1)),
    ),
    key=("case_id", "finding", "model"),
)

EXCLUSIONS = Artefact(
    "exclusions",
    Zone.SITE,
    "One row per excluded case: the first rule that excluded it.",
    (_SITE, _CASE, Column("rule", _TEXT, "Identifier of the rule"), Column("reason", _TEXT, "The rule in words")),
    key=("case_id",),
)

FLOW = Artefact(
    "flow",
    Zone.AGGREGATE,
    "The flow of cases through the rules in their order; rules that excluded nobody are listed too.",
    (
        _SITE,
        Column("order", _COUNT, "Position of the step, from 0"),
        Column("rule", _TEXT, "Identifier of the step"),
        Column("reason", _TEXT, "The step in words"),
        Column("excluded_cases", _COUNT, "Cases excluded here", constraint=at_least("excluded_cases", 0)),
        Column("excluded_patients", _COUNT, "Patients who lost a case here"),
        Column("excluded_studies", _COUNT, "Studies excluded here"),
        Column("remaining_cases", _COUNT, "Cases left after the step"),
        Column("remaining_patients", _COUNT, "Patients left after the step"),
        Column("remaining_studies", _COUNT, "Studies left after the step"),
    ),
    key=("site", "order"),
)

COHORT_IDENTITY = Artefact(
    "cohort_identity",
    Zone.AGGREGATE,
    "The hash that identifies the included cases and everything recorded of them, with their numbers.",
    (
        _SITE,
        Column("sha256", _TEXT, "SHA-256 of the canonical bytes of the included rows, sorted and typed"),
        Column("n_cases", _COUNT, "Included cases"),
        Column("n_patients", _COUNT, "Included patients"),
        Column("n_studies_without_case", _COUNT, "Studies with images and no case"),
        Column("first_case_date", pl.Date(), "First month of the cases (first day of it)", nullable=True),
        Column("last_case_date", pl.Date(), "Last month of the cases (first day of it)", nullable=True),
    ),
    key=("site",),
)

COMPOSITION = Artefact(
    "composition",
    Zone.AGGREGATE,
    "Who was tested: patients, cases and positives per split, finding, stratum and level.",
    (
        _SITE,
        Column("split", _TEXT, "Part of the cohort"),
        Column("finding", _TEXT, "Finding of the study file"),
        Column("stratum", _TEXT, "Stratum, or overall"),
        Column("level", _TEXT, "Level of the stratum"),
        Column("level_order", _COUNT, "Position of the level by meaning, from 0"),
        Column("n_patients", _COUNT, "Patients"),
        Column("n_cases", _COUNT, "Cases"),
        Column("n_positive", _COUNT, "Cases with the finding by the reference standard"),
        Column("n_negative", _COUNT, "Cases without it"),
        Column("n_positive_patients", _COUNT, "Patients with a case that has the finding"),
    ),
    key=("site", "split", "finding", "stratum", "level"),
    version=2,
)
