"""What the extraction of DICOM headers writes: listing, headers, quarantine, counts and series."""

import polars as pl

from multisite.dicom import HEADER_COLUMNS
from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column, at_least, one_of
from multisite.vocabulary import ColumnPrivacy, QuarantineReason, Zone

__all__ = ["ACQUISITION", "HEADERS", "HEADER_COUNTS", "LISTING", "QUARANTINE", "SERIES", "STUDIES"]

_TEXT, _COUNT, _FLOAT = pl.String(), pl.Int64(), pl.Float64()
_PSEUDONYM = ColumnPrivacy.PSEUDONYM
_QUASI = ColumnPrivacy.QUASI

_SITE = Column("site", _TEXT, "Site identifier")
_STORE = Column("store", _TEXT, "Name of the store in the site file")
_KEY = Column("object_key", _TEXT, "Key of the object in its store; may hold identifiers", privacy=ColumnPrivacy.DIRECT)

LISTING = Artefact(
    "listing",
    Zone.SITE,
    "Every object in the site's stores at the time of listing, cut into shards.",
    (
        _SITE,
        _STORE,
        _KEY,
        Column("size_bytes", _COUNT, "Size of the object", unit="B", constraint=at_least("size_bytes", 0)),
        Column("etag", _TEXT, "Entity tag the store gave", nullable=True),
        Column("modified_at", pl.Datetime("us", "UTC"), "Last change of the object"),
        Column("shard", _TEXT, "Shard that reads the object: a digest of what is in the shard"),
    ),
    key=("store", "object_key"),
    partitioned_by="shard",
)

HEADERS = Artefact(
    "headers",
    Zone.SITE,
    "One row per readable DICOM instance: its provenance attributes, identifiers replaced by keyed pseudonyms.",
    (
        _SITE,
        _STORE,
        _KEY,
        Column("size_bytes", _COUNT, "Size of the object", unit="B"),
        *(
            Column(
                c.name,
                c.dtype,
                c.description,
                unit=c.unit or None,
                nullable=c.name not in ("header_bytes", "parsed_by"),
                privacy=c.privacy,
            )
            for c in HEADER_COLUMNS
        ),
    ),
    key=("store", "object_key"),
)

QUARANTINE = Artefact(
    "quarantine",
    Zone.SITE,
    "One row per object that gave no header, with the reason from a closed list.",
    (
        _SITE,
        _STORE,
        _KEY,
        Column("size_bytes", _COUNT, "Size of the object", unit="B"),
        Column(
            "reason",
            _TEXT,
            "Why there is no header row",
            constraint=one_of("reason", [r.value for r in QuarantineReason]),
        ),
    ),
    key=("store", "object_key"),
)

HEADER_COUNTS = Artefact(
    "header_counts",
    Zone.AGGREGATE,
    "What became of the listed objects: read by the scanner, read by pydicom, or quarantined for a reason.",
    (
        _SITE,
        Column("outcome", _TEXT, "scanner, pydicom, or a quarantine reason"),
        Column("n_objects", _COUNT, "Objects"),
        Column("n_bytes_total", _COUNT, "Size of these objects", unit="B"),
        Column("n_bytes_header", _COUNT, "Header bytes of these objects; 0 for quarantined ones", unit="B"),
    ),
    key=("site", "outcome"),
)

ACQUISITION = (
    Column("modality", _TEXT, "Modality", nullable=True),
    Column("vendor", _TEXT, "Normalised manufacturer", nullable=True),
    Column("manufacturer", _TEXT, "Manufacturer as written", nullable=True),
    Column("manufacturer_model_name", _TEXT, "ManufacturerModelName", nullable=True),
    Column("software_versions", _TEXT, "SoftwareVersions, values joined by a backslash", nullable=True),
    Column("device", _TEXT, "Pseudonym of serial number, else station, else model", nullable=True, privacy=_PSEUDONYM),
    Column("convolution_kernel", _TEXT, "ConvolutionKernel as written", nullable=True),
    Column("kernel_class", _TEXT, "Kernel family from very_smooth to very_sharp", nullable=True),
    Column("slice_thickness_mm", _FLOAT, "SliceThickness", unit="mm", nullable=True),
    Column("pixel_spacing_mm", _FLOAT, "First value of PixelSpacing or ImagerPixelSpacing", unit="mm", nullable=True),
    Column("tube_voltage_kv", _FLOAT, "KVP", unit="kV", nullable=True),
    Column("body_part_examined", _TEXT, "BodyPartExamined", nullable=True),
    Column("view_position", _TEXT, "ViewPosition", nullable=True),
    Column("study_date", pl.Date(), "StudyDate", nullable=True, privacy=_QUASI),
    Column("age_years", _FLOAT, "Age at the study", unit="years", nullable=True, privacy=_QUASI),
    Column("patient_sex", _TEXT, "PatientSex: F, M or O", nullable=True, privacy=_QUASI),
)
"""How a series was acquired: columns that its study, and a case, take over from it."""

SERIES = Artefact(
    "series",
    Zone.SITE,
    "One row per DICOM series: its acquisition in normalised terms, with the raw value beside each normalised one.",
    (
        _SITE,
        Column("series_instance_uid", _TEXT, "Pseudonym of the series", privacy=_PSEUDONYM),
        Column("study_instance_uid", _TEXT, "Pseudonym of the study", nullable=True, privacy=_PSEUDONYM),
        Column("patient_id", _TEXT, "Pseudonym of the patient", nullable=True, privacy=_PSEUDONYM),
        Column("n_instances", _COUNT, "Distinct instances"),
        Column("n_objects", _COUNT, "Objects, copies included"),
        *ACQUISITION,
        Column("n_inconsistent", _COUNT, "Attributes that differ between the series' instances"),
    ),
    key=("series_instance_uid",),
)

STUDIES = Artefact(
    "studies",
    Zone.SITE,
    "One row per imaging study: the series that stands for it (its index series), and how that was acquired.",
    (
        _SITE,
        Column("study_instance_uid", _TEXT, "Pseudonym of the study", privacy=_PSEUDONYM),
        Column("patient_id", _TEXT, "Pseudonym of the patient", nullable=True, privacy=_PSEUDONYM),
        Column("n_series", _COUNT, "Series of any modality"),
        Column(
            "series_instance_uid",
            _TEXT,
            "Pseudonym of the index series; missing where no series has a modality of the study file",
            nullable=True,
            privacy=_PSEUDONYM,
        ),
        *ACQUISITION,
    ),
    key=("study_instance_uid",),
)
