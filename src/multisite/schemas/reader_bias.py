"""Whether a reader calls wrong more often than the others do of the same cases."""

import polars as pl

from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column, at_least, one_of
from multisite.schemas.status import STATUS_COLUMNS
from multisite.vocabulary import Verdict, Zone

__all__ = ["OVER_CALLS", "READER_BIAS", "READER_ERRORS", "UNDER_CALLS"]

OVER_CALLS, UNDER_CALLS = "negatives called positive", "positives called negative"

READER_ERRORS = (OVER_CALLS, UNDER_CALLS)
"""The two ways to call wrong: 1 − specificity and 1 − sensitivity against the decision of the rule."""

_VERDICTS = (Verdict.PASS.value, Verdict.FAIL.value, Verdict.INSUFFICIENT.value)
_TEXT, _COUNT, _FLOAT = pl.String(), pl.Int64(), pl.Float64()

READER_BIAS = Artefact(
    "reader_bias",
    Zone.AGGREGATE,
    "Each reader beside the other readers of the same cases, by finding: how often each calls wrong by the decision of "
    "the rule, and whether the reader does so too often.",
    (
        Column("site", _TEXT, "Site identifier"),
        Column("finding", _TEXT, "Finding of the study file"),
        Column("reader", _TEXT, "Reader by number as in `agreement`"),
        Column("error", _TEXT, "Which calls are wrong", constraint=one_of("error", list(READER_ERRORS))),
        Column("of_reader", _FLOAT, "Share of these cases that the reader calls wrong", nullable=True),
        Column(
            "of_others",
            _FLOAT,
            "Mean over the same cases of the share of the others who call the case wrong",
            nullable=True,
        ),
        Column("difference", _FLOAT, "The reader's minus the others'", nullable=True),
        Column("ci_low", _FLOAT, "Lower end of its interval", nullable=True),
        Column("ci_high", _FLOAT, "Upper end", nullable=True),
        Column("ci_level", _FLOAT, "Level of the interval", nullable=True),
        Column("ci_method", _TEXT, "How it was made"),
        Column("excess_at_most", _FLOAT, "Difference that the study file accepts"),
        Column("p_value", _FLOAT, "Of a difference no larger than that; one-sided", nullable=True),
        Column("p_value_adjusted", _FLOAT, "By Holm over all readers and both errors", nullable=True),
        Column("verdict", _TEXT, "What follows", constraint=one_of("verdict", list(_VERDICTS))),
        Column("n_patients", _COUNT, "Patients behind the number", constraint=at_least("n_patients", 0)),
        Column("n_cases", _COUNT, "Cases that the reader and another have read", constraint=at_least("n_cases", 0)),
        *STATUS_COLUMNS,
    ),
    key=("site", "finding", "reader", "error"),
)
