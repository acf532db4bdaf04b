"""Where the model fails: slices of the errors, the counts from which they are searched over sites, and the cases."""

import polars as pl

from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column, at_least, between, one_of
from multisite.vocabulary import ColumnPrivacy, ErrorKind, SliceOutcome, Zone

__all__ = ["ERROR_CASES", "FAILURE_MODES", "SEARCHED", "SITE_FAILURE_MODES", "SLICE_COUNTS", "SLICE_SUMS"]

SEARCHED = (
    "vendor",
    "model",
    "software_versions",
    "kernel_class",
    "slice_thickness_mm",
    "pixel_spacing_mm",
    "tube_voltage_kv",
    "modality",
    "body_region",
    "view_position",
    "age_years",
    "patient_sex",
)
"""Columns of the case that may be searched beside the strata: what was acquired, and of whom, in closed words."""

SLICE_SUMS = (
    "n_patients",
    "n_patients_only",
    "sum_y",
    "sum_n",
    "sum_yy",
    "sum_yn",
    "sum_nn",
    "cross_yy",
    "cross_yn",
    "cross_ny",
    "cross_nn",
)
"""Of ``multisite.stats.SliceSums``, in its order."""

_TEXT, _COUNT, _FLOAT = pl.String(), pl.Int64(), pl.Float64()
_SITE = Column("site", _TEXT, "Site identifier, or all sites")
_ERROR = (
    Column("finding", _TEXT, "Finding of the study file"),
    Column("model", _TEXT, "Model of the study file"),
    Column("kind", _TEXT, "Which error", constraint=one_of("kind", [kind.value for kind in ErrorKind])),
)
_MODES = (
    _SITE,
    *_ERROR,
    Column("rank", _COUNT, "Place in the first half, 1 standing out most", constraint=at_least("rank", 1)),
    Column("slice", _TEXT, "The slice in words"),
    Column("axes", pl.List(_TEXT), "Strata and columns that describe it"),
    Column("levels", pl.List(_TEXT), "What it holds of each"),
    Column("found_by", _TEXT, "Which search found it: beam, tree, or counts over the sites"),
    Column("first_n_patients", _COUNT, "First half, in the slice: patients"),
    Column("first_n_cases", _COUNT, "First half, in the slice: cases that could be such an error"),
    Column("first_n_errors", _COUNT, "First half, in the slice: errors"),
    Column("first_rest_cases", _COUNT, "First half, all others: cases"),
    Column("first_rest_errors", _COUNT, "First half, all others: errors"),
    Column("first_gap", _FLOAT, "First half: share of errors in the slice minus that of the rest; flattered"),
    Column("first_z", _FLOAT, "What the search ranks by: the excess of errors over its standard error"),
    Column("n_patients", _COUNT, "Second half, in the slice: patients"),
    Column("n_cases", _COUNT, "Second half, in the slice: cases that could be such an error"),
    Column("n_errors", _COUNT, "Second half, in the slice: errors"),
    Column("rest_patients", _COUNT, "Second half, all others: patients"),
    Column("rest_cases", _COUNT, "Second half, all others: cases"),
    Column("rest_errors", _COUNT, "Second half, all others: errors"),
    Column("gap", _FLOAT, "Second half: share of errors in the slice minus that of the rest", nullable=True),
    Column("ci_low", _FLOAT, "Lower end of its interval", nullable=True),
    Column("ci_high", _FLOAT, "Upper end of it", nullable=True),
    Column("ci_level", _FLOAT, "Confidence level"),
    Column("ci_method", _TEXT, "How the interval was made", nullable=True),
    Column("p_value", _FLOAT, "Two-sided p-value of no gap", nullable=True, constraint=between("p_value", 0, 1)),
    Column("p_holm", _FLOAT, "The same, adjusted over the slices of one site, finding, model and kind", nullable=True),
    Column(
        "shrunken_gap",
        _FLOAT,
        "The gap drawn towards the mean of all slices of the same site, finding, model and kind",
        nullable=True,
    ),
    Column("shrunken_low", _FLOAT, "Lower end of its interval", nullable=True),
    Column("shrunken_high", _FLOAT, "Upper end of it", nullable=True),
    Column(
        "outcome",
        _TEXT,
        "What the second half says",
        constraint=one_of("outcome", [outcome.value for outcome in SliceOutcome]),
    ),
    Column("reason", _TEXT, "Why there is no number", nullable=True),
)
_MODES_KEY = ("site", "finding", "model", "kind", "rank")

ERROR_CASES = Artefact(
    "error_cases",
    Zone.SITE,
    "One row per missed or falsely called test case, with the confirmed slices of the site that it lies in.",
    (
        Column("site", _TEXT, "Site identifier"),
        Column("case_id", _TEXT, "Pseudonym of the case", privacy=ColumnPrivacy.PSEUDONYM),
        *_ERROR,
        Column("score", _FLOAT, "Score of the index test"),
        Column("threshold", _FLOAT, "Its operating threshold"),
        Column("slices", pl.List(_TEXT), "Confirmed slices of the site that hold the case"),
    ),
    key=("case_id", "finding", "model"),
)

SITE_FAILURE_MODES = Artefact(
    "site_failure_modes",
    Zone.AGGREGATE,
    "Slices of the site's errors that one half of the patients points to, held against the other half.",
    _MODES,
    key=_MODES_KEY,
)

SLICE_COUNTS = Artefact(
    "slice_counts",
    Zone.AGGREGATE,
    "Errors and cases of every level of every stratum, and of every pair of levels of two, by half of the patients, "
    "with the sums between patients.",
    (
        Column("site", _TEXT, "Site identifier"),
        *_ERROR,
        Column("half", _COUNT, "Half of the patients: 1 is searched, 2 confirms", constraint=between("half", 1, 2)),
        Column("stratum", _TEXT, "Stratum, or overall"),
        Column("level", _TEXT, "Its level"),
        Column("other_stratum", _TEXT, "Second stratum, or overall"),
        Column("other_level", _TEXT, "Its level"),
        Column("n_patients", _COUNT, "Patients with a case here"),
        Column("n_patients_only", _COUNT, "Those who have no other case"),
        Column("sum_y", _COUNT, "Errors"),
        Column("sum_n", _COUNT, "Cases"),
        Column("sum_yy", _COUNT, "Sum over patients of errors squared"),
        Column("sum_yn", _COUNT, "Sum of errors times cases"),
        Column("sum_nn", _COUNT, "Sum of cases squared"),
        Column("cross_yy", _COUNT, "Sum of errors here times all errors of the patient"),
        Column("cross_yn", _COUNT, "Sum of errors here times all cases of the patient"),
        Column("cross_ny", _COUNT, "Sum of cases here times all errors of the patient"),
        Column("cross_nn", _COUNT, "Sum of cases here times all cases of the patient"),
    ),
    key=("site", "finding", "model", "kind", "half", "stratum", "level", "other_stratum", "other_level"),
)

FAILURE_MODES = Artefact(
    "failure_modes",
    Zone.CENTRAL,
    "Slices of the errors at each site, and of all sites together, that half of the patients points to, held against "
    "the other half.",
    _MODES,
    key=_MODES_KEY,
)
