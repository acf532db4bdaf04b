"""How often each DICOM attribute has a value, and which kind of nothing stands where it has none."""

import polars as pl

from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column
from multisite.vocabulary import Zone

__all__ = ["ATTRIBUTE_COMPLETENESS", "ATTRIBUTE_COUNTS"]

_TEXT, _COUNT = pl.String(), pl.Int64()

_SITE = Column("site", _TEXT, "Site identifier")
_HELD = ("n_present", "n_empty", "n_invalid", "n_removed", "n_unseen")

ATTRIBUTE_COUNTS = Artefact(
    "attribute_counts",
    Zone.SITE,
    "One row per manufacturer and modality among the headers of one shard: instances, and which attributes they hold.",
    (
        _SITE,
        Column("manufacturer", _TEXT, "Manufacturer as written", nullable=True),
        Column("modality", _TEXT, "Modality", nullable=True),
        Column("n_instances", _COUNT, "Instances; a copy counts as one"),
        Column(
            "attributes",
            pl.List(pl.Struct({"attribute": _TEXT, **dict.fromkeys(_HELD, pl.Int32())})),
            "Keyword and counts of each attribute that is not absent everywhere",
        ),
    ),
    interim=True,
)

ATTRIBUTE_COMPLETENESS = Artefact(
    "attribute_completeness",
    Zone.AGGREGATE,
    "In how many instances of a vendor and modality an attribute has a value, and why not in the others; adds up.",
    (
        _SITE,
        Column("vendor", _TEXT, "Normalised manufacturer; other where no rule covers it, unknown where it is missing"),
        Column("modality", _TEXT, "Modality; other where DICOM defines no such term, unknown where it is missing"),
        Column("attribute", _TEXT, "DICOM keyword"),
        Column("n_instances", _COUNT, "Instances; a copy counts as one"),
        Column("n_present", _COUNT, "With a value"),
        Column("n_absent", _COUNT, "Without the attribute"),
        Column("n_empty", _COUNT, "With the attribute and no value in it"),
        Column("n_invalid", _COUNT, "With a value that cannot be read as what it should be"),
        Column("n_removed", _COUNT, "With a value that de-identification put in the place of the true one"),
        Column("n_unseen", _COUNT, "In which it was not looked for, because it lies behind the end of what is read"),
    ),
    key=("site", "vendor", "modality", "attribute"),
)
