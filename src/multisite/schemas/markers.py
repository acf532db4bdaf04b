"""What stands in the images of a series beside the image, what of a person was found, and who is one person."""

from enum import StrEnum

import polars as pl

from multisite.dicom import IDENTITY_TRACES
from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column, Constraint
from multisite.vocabulary import ColumnPrivacy, Zone

__all__ = ["DEMOGRAPHICS", "DEMOGRAPHICS_PARTS", "MARKERS", "MARKER_CODES", "MARKER_PARTS", "Marker"]


class Marker(StrEnum):
    """What may be said of an object beside the traces of a person."""

    DEIDENTIFIED = "says that it was de-identified"
    DATES_REMOVED = "says that its dates were removed or changed"
    PRIVATE_ELEMENTS = "private elements left"
    BURNED_IN = "burned-in annotation"
    NOT_BURNED_IN = "no burned-in annotation"
    OVERLAY = "overlay"
    OVERLAY_UNSEEN = "overlay not looked for"
    SECONDARY_CAPTURE = "secondary capture"


MARKER_CODES: tuple[str, ...] = (*(marker.value for marker in Marker), *IDENTITY_TRACES)
"""Every marker: the list is closed, so that no value of a header can stand among them."""

_TEXT, _COUNT = pl.String(), pl.Int64()
_PSEUDONYM = ColumnPrivacy.PSEUDONYM

_MARKER_COLUMNS = (
    Column("site", _TEXT, "Site identifier"),
    Column("series_instance_uid", _TEXT, "Pseudonym of the series", privacy=_PSEUDONYM),
    Column(
        "marker",
        _TEXT,
        "What was found, by its code",
        constraint=Constraint("a code of a closed list", pl.col("marker").is_in(MARKER_CODES)),
    ),
    Column("n_objects", _COUNT, "Objects of the series with it, copies included"),
)
_DEMOGRAPHICS_COLUMNS = (
    Column("site", _TEXT, "Site identifier"),
    Column("patient_id", _TEXT, "Pseudonym of the patient", privacy=_PSEUDONYM),
    Column("demographics_key", _TEXT, "Keyed pseudonym of name, birth date and sex", privacy=_PSEUDONYM),
    Column("n_objects", _COUNT, "Objects that have both, copies included"),
)

MARKER_PARTS = Artefact(
    "marker_parts",
    Zone.SITE,
    "One row per series and marker among the headers of one shard; the parts add up.",
    _MARKER_COLUMNS,
    interim=True,
)

MARKERS = Artefact(
    "markers",
    Zone.SITE,
    "One row per series and marker: burned-in annotations, overlays, secondary captures, traces of a person.",
    _MARKER_COLUMNS,
    key=("series_instance_uid", "marker"),
)

DEMOGRAPHICS_PARTS = Artefact(
    "demographics_parts",
    Zone.SITE,
    "One row per patient and demographics key among the headers of one shard; the parts add up.",
    _DEMOGRAPHICS_COLUMNS,
    interim=True,
)

DEMOGRAPHICS = Artefact(
    "demographics",
    Zone.SITE,
    "One row per patient and demographics key: who is the same person by name, birth date and sex.",
    _DEMOGRAPHICS_COLUMNS,
    key=("patient_id", "demographics_key"),
)
