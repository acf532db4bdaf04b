"""Agreement of readers on the included cases, by stratum: of each site, and over the sites."""

import polars as pl

from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column, at_least, one_of
from multisite.schemas.status import STATUS_COLUMNS
from multisite.vocabulary import Zone

__all__ = ["AGREEMENT_ACROSS_SITES", "AGREEMENT_BY_STRATUM", "AGREEMENT_STATISTICS"]

AGREEMENT_STATISTICS = ("observed_agreement", "gwet_ac1", "krippendorff_alpha")
"""Statistics of all readers of a site, in the order of the report."""

_TEXT, _COUNT, _FLOAT = pl.String(), pl.Int64(), pl.Float64()
_FINDING = Column("finding", _TEXT, "Finding of the study file")
_OF = (
    Column("stratum", _TEXT, "Stratum, or overall"),
    Column("level", _TEXT, "Level of the stratum"),
    Column("statistic", _TEXT, "Statistic", constraint=one_of("statistic", list(AGREEMENT_STATISTICS))),
)
_NUMBERS = (
    Column("estimate", _FLOAT, "Value; null where undefined or of too few patients", nullable=True),
    Column("ci_low", _FLOAT, "Lower end of its interval", nullable=True),
    Column("ci_high", _FLOAT, "Upper end", nullable=True),
    Column("ci_level", _FLOAT, "Level of the interval", nullable=True),
    Column("ci_method", _TEXT, "Method of the interval"),
    Column("n_patients", _COUNT, "Patients of these cases", constraint=at_least("n_patients", 0)),
    Column("n_cases", _COUNT, "Cases that two readers or more have read", constraint=at_least("n_cases", 0)),
)

AGREEMENT_BY_STRATUM = Artefact(
    "agreement_by_stratum",
    Zone.AGGREGATE,
    "Agreement of all readers of a site before adjudication, on included cases, overall and by stratum.",
    (
        Column("site", _TEXT, "Site identifier"),
        _FINDING,
        *_OF,
        *_NUMBERS,
        Column("n_readers", _COUNT, "Readers"),
        Column("n_readings", _COUNT, "Readings of these cases"),
        *STATUS_COLUMNS,
    ),
    key=("site", "finding", "stratum", "level", "statistic"),
)

AGREEMENT_ACROSS_SITES = Artefact(
    "agreement_across_sites",
    Zone.CENTRAL,
    "The same as random-effects means of the sites.",
    (
        _FINDING,
        *_OF,
        *_NUMBERS,
        Column("n_sites", _COUNT, "Sites pooled", constraint=at_least("n_sites", 0)),
        Column("tau", _FLOAT, "Standard deviation between sites", nullable=True, constraint=at_least("tau", 0)),
        *STATUS_COLUMNS,
    ),
    key=("finding", "stratum", "level", "statistic"),
)
