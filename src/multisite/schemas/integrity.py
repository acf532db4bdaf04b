"""What the integrity checks write: findings by row inside the site, and counts per check."""

import polars as pl

from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column, one_of
from multisite.vocabulary import ColumnPrivacy, Severity, Verdict, Zone

__all__ = ["CHECK_RESULTS", "FINDINGS"]

_TEXT, _COUNT = pl.String(), pl.Int64()
_SITE = Column("site", _TEXT, "Site identifier")

FINDINGS = Artefact(
    "findings",
    Zone.SITE,
    "One row per thing a check found: which entity, and what about it. For people inside the site.",
    (
        _SITE,
        Column("check", _TEXT, "Identifier of the check"),
        Column(
            "entity",
            _TEXT,
            "What the pseudonym names: case, patient, study, series, instance, …, column; or a column, by its name",
        ),
        Column(
            "pseudonym",
            _TEXT,
            "Pseudonym of the entity; the name of the column where it is one; the value where it is a column's name",
            privacy=ColumnPrivacy.PSEUDONYM,
        ),
        Column("detail", _TEXT, "What was found, in words and counts"),
    ),
)

CHECK_RESULTS = Artefact(
    "check_results",
    Zone.AGGREGATE,
    "One row per check: what it looked at, how, what it found and what follows.",
    (
        _SITE,
        Column("order", _COUNT, "Position in the scorecard, from 0"),
        Column("check", _TEXT, "Identifier of the check"),
        Column("title", _TEXT, "The check as a sentence"),
        Column("family", _TEXT, "Family of checks"),
        Column("severity", _TEXT, "Threat to the claim", constraint=one_of("severity", [s.value for s in Severity])),
        Column("method", _TEXT, "How it was checked"),
        Column("verdict", _TEXT, "Outcome", constraint=one_of("verdict", [v.value for v in Verdict])),
        Column("blocking", pl.Boolean(), "Whether a failure stops the claim"),
        Column("unit", _TEXT, "What is counted"),
        Column("n_examined", _COUNT, "How many were looked at"),
        Column("n_found", _COUNT, "How many were found at fault"),
        Column("sentence", _TEXT, "The outcome in one sentence with its counts"),
    ),
    key=("site", "check"),
)
