"""What is said of whether the model's scores go with site and acquisition, among cases of the same label."""

import polars as pl

from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column, at_least, between, one_of
from multisite.schemas.performance import PROPORTION_MOMENTS
from multisite.schemas.status import STATUS_COLUMNS
from multisite.vocabulary import Zone

__all__ = ["HEADER_AGREEMENT", "HEADER_AGREEMENT_MOMENTS", "SCORE_SHIFT", "SHORTCUT_PATIENTS", "SITE_TOLD"]

_TEXT, _COUNT, _FLOAT, _FLAG = pl.String(), pl.Int64(), pl.Float64(), pl.Boolean()
_FINDING = Column("finding", _TEXT, "Finding of the study file")
_MODEL = Column("model", _TEXT, "Model of the study file")
_SITE = Column("site", _TEXT, "Site identifier")
_SITES = Column("site", _TEXT, "Site, or all sites")
_INTERVAL = (
    Column("ci_low", _FLOAT, "Lower end of the interval", nullable=True),
    Column("ci_high", _FLOAT, "Upper end of the interval", nullable=True),
    Column("ci_level", _FLOAT, "Level of the interval"),
    Column("ci_method", _TEXT, "How the interval was made"),
)

SHORTCUT_PATIENTS = Artefact(
    "shortcut_patients",
    Zone.AGGREGATE,
    "Patients of the test split, each with one case: with and without the finding at each score on the registered "
    "grid, and without it in every level of every acquisition attribute at one of twenty coarse scores.",
    (
        _SITE,
        _FINDING,
        _MODEL,
        Column("reference", _FLAG, "Whether the cases have the finding by the reference standard"),
        Column("attribute", _TEXT, "Acquisition attribute, or overall"),
        Column("level", _TEXT, "Its value or band, unknown, other; or overall"),
        Column("score", _FLOAT, "Middle of the score's cell", constraint=between("score", 0, 1)),
        Column("n_patients", _COUNT, "Patients with this score", constraint=at_least("n_patients", 1)),
    ),
    key=("site", "finding", "model", "reference", "attribute", "level", "score"),
)

HEADER_AGREEMENT_MOMENTS = Artefact(
    "header_agreement_moments",
    Zone.AGGREGATE,
    "Sums over patients behind sensitivity and specificity, apart for the test cases whose label agrees with what the "
    "headers say, and those whose label does not. Sums add over sites.",
    PROPORTION_MOMENTS.columns,
    key=PROPORTION_MOMENTS.key,
)

SITE_TOLD = Artefact(
    "site_told",
    Zone.CENTRAL,
    "How well the model's score tells a site from the others among patients of the same label.",
    (
        _FINDING,
        _MODEL,
        _SITE,
        Column("reference", _FLAG, "Whether the patients' cases have the finding"),
        Column("estimate", _FLOAT, "AUC: above 0.5 the site's scores are the higher ones", nullable=True),
        *_INTERVAL,
        Column("n_patients", _COUNT, "Patients of the site"),
        Column("n_patients_others", _COUNT, "Patients of the other sites"),
        Column("p_value", _FLOAT, "That no site is told, over all sites and both labels; of the model", nullable=True),
        Column("n_permutations", _COUNT, "Permutations behind the p-value"),
        *STATUS_COLUMNS,
    ),
    key=("finding", "model", "site", "reference"),
)

SCORE_SHIFT = Artefact(
    "score_shift",
    Zone.CENTRAL,
    "How far the scores of patients without the finding lie higher in a level of an acquisition attribute than in its "
    "other levels, within sites.",
    (
        _FINDING,
        _MODEL,
        Column("attribute", _TEXT, "Acquisition attribute"),
        Column("level", _TEXT, "Its value or band, unknown, or other"),
        _SITES,
        Column("estimate", _FLOAT, "AUC: above 0.5 the level's scores are the higher ones", nullable=True),
        *_INTERVAL,
        Column("mean_difference", _FLOAT, "Mean score of the level minus that of the others", nullable=True),
        Column("n_sites", _COUNT, "Sites behind it"),
        Column("n_patients", _COUNT, "Patients of the level"),
        Column("n_patients_others", _COUNT, "Patients of the other levels"),
        Column(
            "p_value",
            _FLOAT,
            "Of an AUC of 0.5, by permutation; null where it was not tested (few patients, or within 0.1 of 0.5)",
            nullable=True,
        ),
        Column("p_adjusted", _FLOAT, "The p-value adjusted by Holm over all rows that were tested", nullable=True),
        Column("n_comparisons", _COUNT, "Rows that were tested"),
        Column("notable", _FLAG, "Whether the adjusted p-value is below 0.01 and the AUC 0.1 or more from 0.5"),
        *STATUS_COLUMNS,
    ),
    key=("finding", "model", "attribute", "level", "site"),
)

HEADER_AGREEMENT = Artefact(
    "header_agreement",
    Zone.CENTRAL,
    "The model's metrics where the headers point to the label, where they point away from it, and the difference.",
    (
        _FINDING,
        _MODEL,
        _SITES,
        Column(
            "metric",
            _TEXT,
            "What is compared",
            constraint=one_of("metric", ["auc", "sensitivity", "specificity"]),
        ),
        Column("agreeing", _FLOAT, "Of cases whose label is what the headers say", nullable=True),
        Column("agreeing_low", _FLOAT, "Lower end of its interval", nullable=True),
        Column("agreeing_high", _FLOAT, "Upper end of it", nullable=True),
        Column("disagreeing", _FLOAT, "Of the other cases", nullable=True),
        Column("disagreeing_low", _FLOAT, "Lower end of its interval", nullable=True),
        Column("disagreeing_high", _FLOAT, "Upper end of it", nullable=True),
        Column("difference", _FLOAT, "The first minus the second", nullable=True),
        *_INTERVAL,
        Column("n_patients_agreeing", _COUNT, "Patients behind the first; of the AUC, those of the rarer label"),
        Column("n_patients_disagreeing", _COUNT, "Patients behind the second; of the AUC, those of the rarer label"),
        *STATUS_COLUMNS,
    ),
    key=("finding", "model", "site", "metric"),
)
