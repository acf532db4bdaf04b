"""The two columns by which a row says whether it has a number, and why not."""

import polars as pl

from multisite.schemas.column import Column, one_of
from multisite.vocabulary import EstimateStatus

__all__ = ["STATUS_COLUMNS"]

STATUS_COLUMNS = (
    Column(
        "status",
        pl.String(),
        "Whether there is a number",
        constraint=one_of("status", [status.value for status in EstimateStatus]),
    ),
    Column("reason", pl.String(), "Why there is none", nullable=True),
)
"""Last of the columns of an artefact of numbers that may be undefined."""
