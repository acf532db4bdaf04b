"""What is said of how well the set stands for the patients it is meant for."""

import polars as pl

from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column, at_least
from multisite.schemas.status import STATUS_COLUMNS
from multisite.vocabulary import Zone

__all__ = ["COVERAGE", "REPRESENTATION"]

_TEXT, _COUNT, _FLOAT = pl.String(), pl.Int64(), pl.Float64()

REPRESENTATION = Artefact(
    "representation",
    Zone.CENTRAL,
    "How far the patients of two parts of the set, or of the test split and the target population, lie apart on each "
    "stratum.",
    (
        Column("comparison", _TEXT, "splits, sites or target"),
        Column("site", _TEXT, "Site whose patients are compared, or all sites"),
        Column("first", _TEXT, "A split, or a site"),
        Column("second", _TEXT, "The split it is compared with, other sites, or target"),
        Column("stratum", _TEXT, "Stratum"),
        Column("n_patients_first", _COUNT, "Patients of the first", constraint=at_least("n_patients_first", 0)),
        Column("n_patients_second", _COUNT, "Patients of the second; null for a target population", nullable=True),
        Column("n_levels", _COUNT, "Levels that either has"),
        Column("difference", _FLOAT, "Standardised difference, from 0; null where undefined", nullable=True),
        Column("floor", _FLOAT, "What chance alone stays below in 95 of 100 draws of these sizes", nullable=True),
        Column("level", _TEXT, "Level whose shares differ most", nullable=True),
        Column("share_first", _FLOAT, "Share of that level among the first", nullable=True),
        Column("share_second", _FLOAT, "Share of that level among the second", nullable=True),
        *STATUS_COLUMNS,
    ),
    key=("comparison", "site", "first", "second", "stratum"),
)

COVERAGE = Artefact(
    "coverage",
    Zone.CENTRAL,
    "Of each level, how many tested patients have the finding, and whether they are enough to say anything about it.",
    (
        Column("finding", _TEXT, "Finding of the study file"),
        Column("stratum", _TEXT, "Stratum"),
        Column("level", _TEXT, "Level of the stratum"),
        Column("level_order", _COUNT, "Position of the level by meaning, from 0"),
        Column("target_share", _FLOAT, "Share of the target population, where the protocol gives it", nullable=True),
        Column("n_patients", _COUNT, "Patients in the test split, over all sites"),
        Column("n_positive_patients", _COUNT, "Patients with a case that has the finding"),
        Column("minimum_patients", _COUNT, "Patients with the finding that the protocol asks for"),
        Column("enough", pl.Boolean(), "Whether there are that many"),
    ),
    key=("finding", "stratum", "level"),
)
