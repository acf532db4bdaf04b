"""How results stand at a site: planned or exploratory, which deviations there were, and what came before what."""

import polars as pl

from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column, at_least, one_of
from multisite.vocabulary import Standing, Zone

__all__ = ["DEVIATIONS", "STANDINGS", "TIME_FORWARD"]

_TEXT, _COUNT = pl.String(), pl.Int64()
_SITE = Column("site", _TEXT, "Site identifier")


def _count(name: str, description: str, *, nullable: bool = False) -> Column:
    return Column(name, _COUNT, description, nullable=nullable, constraint=at_least(name, 0))


STANDINGS = Artefact(
    "standings",
    Zone.AGGREGATE,
    "Whether results with the protocol as it is now are planned or exploratory at the site, as its ledger tells.",
    (
        _SITE,
        Column("protocol", _TEXT, "SHA-256 of the protocol"),
        Column("standing", _TEXT, "planned or exploratory", constraint=one_of("standing", [s.value for s in Standing])),
        Column("reason", _TEXT, "Why it is exploratory, in words", nullable=True),
        Column("locked_at", _TEXT, "When this protocol was locked (UTC)", nullable=True),
        Column("locked_by", _TEXT, "Who locked it", nullable=True),
        _count("n_looks_before", "Looks at the test labels before that lock", nullable=True),
    ),
    key=("site",),
)

DEVIATIONS = Artefact(
    "deviations",
    Zone.AGGREGATE,
    "Deviations from the protocol that were noted in the site's ledger.",
    (
        _SITE,
        Column("number", _COUNT, "Entry of the ledger", constraint=at_least("number", 1)),
        Column("time", _TEXT, "When it was noted (UTC)"),
        Column("by", _TEXT, "Who noted it"),
        Column("what", _TEXT, "What was done otherwise"),
        Column("why", _TEXT, "Why"),
        Column("protocol", _TEXT, "SHA-256 of the protocol that it deviates from"),
    ),
    key=("site", "number"),
)

TIME_FORWARD = Artefact(
    "time_forward",
    Zone.AGGREGATE,
    "Test cases by whether they were acquired after the model was frozen and after the protocol was locked.",
    (
        _SITE,
        Column("model", _TEXT, "Model of the study file"),
        Column("frozen_on", pl.Date(), "Day of the freeze of the model, as the study file says", nullable=True),
        Column("locked_on", pl.Date(), "Day on which the protocol was locked at the site", nullable=True),
        _count("n_cases", "Included test cases"),
        _count("n_undated", "Of these, without a date"),
        _count("n_after_freeze", "Of these, acquired after the day of the freeze", nullable=True),
        _count("n_after_lock", "Of these, acquired after the day of the lock", nullable=True),
        Column("first_month", pl.Date(), "First month of the test cases (first day of it)", nullable=True),
        Column("last_month", pl.Date(), "Last month of the test cases (first day of it)", nullable=True),
    ),
    key=("site", "model"),
)
