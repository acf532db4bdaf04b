"""Looks at the test labels: the ledger as a stage sees it, and what is counted in it."""

import polars as pl

from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column, at_least
from multisite.vocabulary import Zone

__all__ = ["LEDGER_ROWS", "LOOKS"]

LEDGER_ROWS = pl.Schema(
    {
        "number": pl.Int64(),
        "holds": pl.Boolean(),
        "time": pl.String(),
        "event": pl.String(),
        "run": pl.String(),
        "code_version": pl.String(),
        "stages": pl.List(pl.String()),
        "protocol": pl.String(),
        "evaluated": pl.String(),
        "content": pl.String(),
    }
)
"""A row per file of a site's ledger; ``holds`` says whether the chain is whole up to it. What a file lacks is null.
``content`` is what the entry holds, as canonical JSON."""

LOOKS = Artefact(
    "looks",
    Zone.AGGREGATE,
    "How often the labels of the test cases were read, as the site's ledger tells.",
    (
        Column("site", pl.String(), "Site identifier"),
        Column("n_runs", pl.Int64(), "Runs that read labels of test cases", constraint=at_least("n_runs", 0)),
        Column(
            "n_evaluations",
            pl.Int64(),
            "Different combinations of protocol, cohort and scores that they evaluated",
            constraint=at_least("n_evaluations", 0),
        ),
        Column(
            "broken_at",
            pl.Int64(),
            "First entry of the ledger that is missing or was changed; missing where the chain is whole",
            nullable=True,
            constraint=at_least("broken_at", 1),
        ),
    ),
    key=("site",),
)
