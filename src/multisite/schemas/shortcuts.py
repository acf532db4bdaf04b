"""What is said of how well the label is told without looking at the image."""

import polars as pl

from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column, at_least, between, one_of
from multisite.schemas.status import STATUS_COLUMNS
from multisite.vocabulary import Zone

__all__ = ["ATTRIBUTE_LABEL_COUNTS", "SHORTCUT_LADDER", "SHORTCUT_TALLY"]

_TEXT, _COUNT, _FLOAT = pl.String(), pl.Int64(), pl.Float64()

SHORTCUT_TALLY = Artefact(
    "shortcut_tally",
    Zone.AGGREGATE,
    "Counts of positives and negatives of the test split at each score on the registered grid: of the declared models, "
    "and of scores that were made from acquisition attributes alone.",
    (
        Column("site", _TEXT, "Site identifier"),
        Column("finding", _TEXT, "Finding of the study file"),
        Column("model", _TEXT, "Model of the study file; or in brackets what a score was made from"),
        Column("split", _TEXT, "Part of the cohort"),
        Column("stratum", _TEXT, "overall; or header_agreement, of a model"),
        Column("level", _TEXT, "overall; or agreeing, disagreeing: whether the headers point to the label"),
        Column("score", _FLOAT, "Middle of the score's cell", constraint=between("score", 0, 1)),
        Column("n_positive", _COUNT, "Cases at this score with the finding", constraint=at_least("n_positive", 0)),
        Column("n_negative", _COUNT, "Cases at this score without it", constraint=at_least("n_negative", 0)),
    ),
    key=("site", "finding", "model", "split", "stratum", "level", "score"),
    version=2,
)

ATTRIBUTE_LABEL_COUNTS = Artefact(
    "attribute_label_counts",
    Zone.AGGREGATE,
    "Cases and patients of the test split with and without each finding in every level of every acquisition attribute. "
    "Values of fewer than 5 patients are one level, numbers are banded, devices are numbered.",
    (
        Column("site", _TEXT, "Site identifier"),
        Column("finding", _TEXT, "Finding of the study file"),
        Column("attribute", _TEXT, "Acquisition attribute"),
        Column("level", _TEXT, "Its value or band, unknown, or other"),
        Column("n_patients", _COUNT, "Patients with a reference standard"),
        Column("n_positive_patients", _COUNT, "Patients with a case that has the finding"),
        Column("n_negative_patients", _COUNT, "Patients with a case without it"),
        Column("n_positive", _COUNT, "Cases with the finding"),
        Column("n_negative", _COUNT, "Cases without it"),
    ),
    key=("site", "finding", "attribute", "level"),
)

SHORTCUT_LADDER = Artefact(
    "shortcut_ladder",
    Zone.CENTRAL,
    "AUC of the finding by the site alone, by acquisition attributes alone, and by the model's score: pooled over the "
    "sites, and within them; and by each attribute as learnt at the other sites.",
    (
        Column("finding", _TEXT, "Finding of the study file"),
        Column("source", _TEXT, "Model of the study file, site, headers, or the name of one attribute"),
        Column(
            "kind", _TEXT, "What the source is", constraint=one_of("kind", ["site", "attribute", "headers", "model"])
        ),
        Column(
            "scope",
            _TEXT,
            "Which pairs are compared; or, of an attribute, that its scores were learnt at the other sites",
            constraint=one_of("scope", ["pooled", "within sites", "site", "learnt at other sites"]),
        ),
        Column("site", _TEXT, "Site, or all sites"),
        Column("estimate", _FLOAT, "AUC; null where undefined", nullable=True),
        Column("ci_low", _FLOAT, "Lower end of the interval", nullable=True),
        Column("ci_high", _FLOAT, "Upper end of the interval", nullable=True),
        Column("ci_level", _FLOAT, "Level of the interval"),
        Column("ci_method", _TEXT, "How the interval was made"),
        Column("n_patients", _COUNT, "Patients of the test split behind it"),
        Column("n_cases", _COUNT, "Cases"),
        Column("n_positive", _COUNT, "Cases with the finding"),
        Column("n_negative", _COUNT, "Cases without it"),
        *STATUS_COLUMNS,
    ),
    key=("finding", "source", "kind", "scope", "site"),
    version=2,
)
