"""What is needed to hold a level against all other cases, and what came of it: differences, shrinkage and verdicts."""

import polars as pl

from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column, at_least, between, one_of
from multisite.schemas.status import STATUS_COLUMNS
from multisite.vocabulary import MarginKind, MarginVerdict, StratumRole, Zone

__all__ = ["LEVEL_MOMENTS", "STRADDLES", "VERDICTS"]

STRADDLES = "the interval holds the margin"
"""Why the evidence is insufficient where there is an interval, and more patients would decide."""

_TEXT, _COUNT, _FLOAT = pl.String(), pl.Int64(), pl.Float64()
_FINDING = Column("finding", _TEXT, "Finding of the study file")
_MODEL = Column("model", _TEXT, "Model of the study file")
_WORDS = [verdict.value for verdict in MarginVerdict]

LEVEL_MOMENTS = Artefact(
    "level_moments",
    Zone.AGGREGATE,
    "Sums over patients of a level's counts times those of all cases: with the proportion moments they give all other "
    "cases, and how the two go together in patients who have both. Sums add over sites.",
    (
        Column("site", _TEXT, "Site identifier"),
        _FINDING,
        _MODEL,
        Column("split", _TEXT, "Part of the cohort"),
        Column("stratum", _TEXT, "Stratum"),
        Column("level", _TEXT, "Level of the stratum"),
        Column("metric", _TEXT, "sensitivity, specificity, ppv or npv"),
        Column("threshold", _FLOAT, "A score at or above it is positive"),
        Column("n_patients_only", _COUNT, "Patients whose whole denominator lies in the level"),
        Column("sum_yy", _COUNT, "Sum over patients of the numerator at the level times that of all cases"),
        Column("sum_yn", _COUNT, "Sum of the numerator at the level times the denominator of all cases"),
        Column("sum_ny", _COUNT, "Sum of the denominator at the level times the numerator of all cases"),
        Column("sum_nn", _COUNT, "Sum of the denominator at the level times that of all cases"),
    ),
    key=("site", "finding", "model", "split", "stratum", "level", "metric", "threshold"),
)

VERDICTS = Artefact(
    "verdicts",
    Zone.CENTRAL,
    "Every level of every stratum over all sites, and every site, held against all other cases of the test split and "
    "against the margins of the study file.",
    (
        _FINDING,
        _MODEL,
        Column("metric", _TEXT, "What is estimated"),
        Column("stratum", _TEXT, "Stratum, crossing of strata, site, or overall"),
        Column("level", _TEXT, "Level of the stratum"),
        Column(
            "role",
            _TEXT,
            "Whether the level is judged, or only points to something",
            constraint=one_of("role", [role.value for role in StratumRole]),
        ),
        Column("n_patients", _COUNT, "Patients behind the estimate", constraint=at_least("n_patients", 0)),
        Column("n_cases", _COUNT, "Cases behind the estimate"),
        Column("numerator", _COUNT, "Numerator of a proportion", nullable=True),
        Column("denominator", _COUNT, "Denominator of a proportion", nullable=True),
        Column("estimate", _FLOAT, "Estimate of the level, as in the estimates", nullable=True),
        Column("ci_low", _FLOAT, "Lower end of its interval", nullable=True),
        Column("ci_high", _FLOAT, "Upper end of its interval", nullable=True),
        Column("ci_level", _FLOAT, "Level of all intervals of the row"),
        Column("ci_method", _TEXT, "How the interval of the estimate was made"),
        Column("rest", _FLOAT, "Estimate of all other cases", nullable=True),
        Column("n_patients_rest", _COUNT, "Patients behind it", nullable=True),
        Column("n_patients_both", _COUNT, "Patients with cases on both sides, where they are known", nullable=True),
        Column("difference", _FLOAT, "Estimate minus that of all other cases", nullable=True),
        Column("difference_low", _FLOAT, "Lower end of its interval", nullable=True),
        Column("difference_high", _FLOAT, "Upper end of its interval", nullable=True),
        Column("difference_method", _TEXT, "How the interval was made", nullable=True),
        Column(
            "p_difference", _FLOAT, "p-value of no difference", nullable=True, constraint=between("p_difference", 0, 1)
        ),
        Column("p_difference_adjusted", _FLOAT, "The same, adjusted", nullable=True),
        Column("adjustment", _TEXT, "holm for primary strata; benjamini-hochberg for exploratory ones"),
        Column("shrunken", _FLOAT, "Estimate drawn towards the mean of the stratum's levels", nullable=True),
        Column("shrunken_low", _FLOAT, "Lower end of its interval", nullable=True),
        Column("shrunken_high", _FLOAT, "Upper end of its interval", nullable=True),
        Column("weight_of_own", _FLOAT, "Share of the level's own estimate in it", nullable=True),
        Column(
            "margin_kind",
            _TEXT,
            "Whether the margin bounds the metric or the shortfall; null where none is declared",
            nullable=True,
            constraint=one_of("margin_kind", [kind.value for kind in MarginKind]),
        ),
        Column("margin_low", _FLOAT, "Least acceptable value; of a shortfall, below 0", nullable=True),
        Column("margin_high", _FLOAT, "Largest acceptable value", nullable=True),
        Column(
            "p_margin",
            _FLOAT,
            "p-value of the truth lying inside the margin (one-sided for one bound); 1 where the estimate does",
            nullable=True,
            constraint=between("p_margin", 0, 1),
        ),
        Column("p_margin_adjusted", _FLOAT, "The same, adjusted", nullable=True),
        Column(
            "verdict",
            _TEXT,
            "Of a primary row with a margin: inside it, outside it, or not decided",
            nullable=True,
            constraint=one_of("verdict", _WORDS),
        ),
        Column(
            "points_to",
            _TEXT,
            "Of an exploratory row with a margin: what it would be, which is no verdict",
            nullable=True,
            constraint=one_of("points_to", _WORDS),
        ),
        Column("undecided", _TEXT, "Why the evidence is insufficient", nullable=True),
        Column("n_needed_minimum", _COUNT, "Patients without which no number is shown, where they lack", nullable=True),
        Column(
            "n_needed_decision",
            _COUNT,
            "Patients with which the interval would leave the margin with 80 % power, were the truth as seen",
            nullable=True,
        ),
        Column("detectable_gap", _FLOAT, "Smallest gap that this n shows with 80 % power", nullable=True),
        *STATUS_COLUMNS,
    ),
    key=("finding", "model", "metric", "stratum", "level", "margin_kind"),
)
