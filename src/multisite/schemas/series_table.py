"""What became of a header table that a site brought in the place of images."""

from enum import StrEnum

import polars as pl

from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column, at_least, one_of
from multisite.vocabulary import Zone

__all__ = ["SERIES_TABLE_COUNTS", "TableFact"]


class TableFact(StrEnum):
    """What is counted of a header table."""

    ROWS = "rows"
    NO_SERIES = "rows without SeriesInstanceUID"
    SERIES = "series"
    IN_IMAGES = "series that the images have, too"
    EMPTY = "empty values"
    INVALID = "invalid values"


SERIES_TABLE_COUNTS = Artefact(
    "series_table_counts",
    Zone.AGGREGATE,
    "What became of the rows of a site's header table; no row where it brought none.",
    (
        Column("site", pl.String(), "Site identifier"),
        Column("fact", pl.String(), "What is counted", constraint=one_of("fact", list(TableFact))),
        Column("attribute", pl.String(), "DICOM keyword whose values are counted; empty where rows or series are"),
        Column("n", pl.Int64(), "How many", constraint=at_least("n", 0)),
    ),
    key=("site", "fact", "attribute"),
)
