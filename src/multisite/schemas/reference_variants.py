"""What the readings would have made of the cases otherwise: other truths, and readers beside a truth of others."""

import polars as pl

from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column
from multisite.vocabulary import ColumnPrivacy, Zone

__all__ = ["HELD_OUT_READINGS", "REFERENCE_VARIANTS"]

_TEXT, _YES_NO = pl.String(), pl.Boolean()
_SITE = Column("site", _TEXT, "Site identifier")
_CASE = Column("case_id", _TEXT, "Pseudonym of the case", privacy=ColumnPrivacy.PSEUDONYM)
_FINDING = Column("finding", _TEXT, "Finding of the study file")

REFERENCE_VARIANTS = Artefact(
    "reference_variants",
    Zone.SITE,
    "One row per case, finding and other truth that gives it a label: the declared rule, unanimous readers only, the "
    "majority, a latent class, independent decisions only, and each single reader.",
    (
        _SITE,
        _CASE,
        _FINDING,
        Column("variant", _TEXT, "The truth, or a reader by number as in `agreement`"),
        Column("label", _YES_NO, "Whether the case has the finding by it", is_label=True),
    ),
    key=("case_id", "finding", "variant"),
)

HELD_OUT_READINGS = Artefact(
    "held_out_readings",
    Zone.SITE,
    "One row per case, finding and reader: what the reader said, and a truth that the reader had no part in.",
    (
        _SITE,
        _CASE,
        _FINDING,
        Column("reader_number", _TEXT, "Reader by number as in `agreement`"),
        Column("said", _YES_NO, "Whether the reader takes the case to have the finding", is_label=True),
        Column("truth", _YES_NO, "Whether it has, by a panel, an independent source, or most others", is_label=True),
    ),
    key=("case_id", "finding", "reader_number"),
)
