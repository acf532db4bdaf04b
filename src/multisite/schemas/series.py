"""What the roll-up of headers writes: series, the studies that they make up, and what was noticed on the way."""

from enum import StrEnum

import polars as pl

from multisite.dicom import AgeSource, NormalisationRule
from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column, at_least, one_of
from multisite.vocabulary import ColumnPrivacy, Zone

__all__ = [
    "ACQUISITION",
    "CONTENT_INCIDENTS",
    "INSTANCE_INCIDENTS",
    "NORMALISATION",
    "SERIES",
    "STUDIES",
    "GeometryGap",
    "Plane",
]


class Plane(StrEnum):
    """The plane of a stack of slices, by the component of its normal that is above 0.8."""

    AXIAL = "axial"
    CORONAL = "coronal"
    SAGITTAL = "sagittal"
    OBLIQUE = "oblique"


class GeometryGap(StrEnum):
    """Why it cannot be said whether a series is a complete stack of slices."""

    NOT_CROSS_SECTIONAL = "not a cross-sectional modality"
    NOT_READ = "no instances were read"
    MULTI_FRAME = "multi-frame"
    NO_POSITIONS = "no positions"
    SEVERAL_FRAMES_OF_REFERENCE = "several frames of reference"
    SEVERAL_ORIENTATIONS = "several orientations"
    SOME_POSITIONS_MISSING = "some positions missing"
    ONE_SLICE = "one slice"


_TEXT, _COUNT, _FLOAT, _FLAG = pl.String(), pl.Int64(), pl.Float64(), pl.Boolean()
_MOMENT = pl.Datetime("us")
_PSEUDONYM = ColumnPrivacy.PSEUDONYM
_QUASI = ColumnPrivacy.QUASI

_SITE = Column("site", _TEXT, "Site identifier")

ACQUISITION = (
    Column("modality", _TEXT, "Modality", nullable=True),
    Column("vendor", _TEXT, "Normalised manufacturer", nullable=True),
    Column("manufacturer", _TEXT, "Manufacturer as written", nullable=True),
    Column("model", _TEXT, "Normalised ManufacturerModelName", nullable=True),
    Column("manufacturer_model_name", _TEXT, "ManufacturerModelName as written", nullable=True),
    Column("software_versions", _TEXT, "SoftwareVersions, values joined by a backslash", nullable=True),
    Column("device", _TEXT, "Pseudonym of serial number, else station, else model", nullable=True, privacy=_PSEUDONYM),
    Column("convolution_kernel", _TEXT, "ConvolutionKernel as written", nullable=True),
    Column("kernel_class", _TEXT, "Kernel family from very_smooth to very_sharp", nullable=True),
    Column("slice_thickness_mm", _FLOAT, "SliceThickness", unit="mm", nullable=True),
    Column("pixel_spacing_mm", _FLOAT, "First value of PixelSpacing or ImagerPixelSpacing", unit="mm", nullable=True),
    Column("tube_voltage_kv", _FLOAT, "KVP", unit="kV", nullable=True),
    Column("body_region", _TEXT, "Normalised BodyPartExamined", nullable=True),
    Column("body_part_examined", _TEXT, "BodyPartExamined as written", nullable=True),
    Column("view_position", _TEXT, "ViewPosition", nullable=True),
    Column("study_date", pl.Date(), "StudyDate", nullable=True, privacy=_QUASI),
    Column("age_years", _FLOAT, "Age at the study", unit="years", nullable=True, privacy=_QUASI),
    Column("patient_sex", _TEXT, "PatientSex: F, M or O", nullable=True, privacy=_QUASI),
    Column(
        "invalid_attributes",
        _TEXT,
        "Keywords whose value cannot be read as what it should be, joined by a backslash",
        nullable=True,
    ),
)
"""How a series was acquired: columns that its study, and a case, take over from it."""


def _span(of: str) -> tuple[Column, ...]:
    return (
        Column("first_acquisition_at", _MOMENT, f"Earliest {of}", nullable=True, privacy=_QUASI),
        Column("last_acquisition_at", _MOMENT, f"Latest {of}", nullable=True, privacy=_QUASI),
        Column(
            "acquisition_span_s",
            _FLOAT,
            "Time between the two",
            unit="s",
            nullable=True,
            constraint=at_least("acquisition_span_s", 0),
        ),
    )


_ORIGIN = (
    Column("accession_number", _TEXT, "Pseudonym of AccessionNumber", nullable=True, privacy=_PSEUDONYM),
    Column("station_name", _TEXT, "Pseudonym of StationName", nullable=True, privacy=_PSEUDONYM),
    Column("device_serial_number", _TEXT, "Pseudonym of DeviceSerialNumber", nullable=True, privacy=_PSEUDONYM),
    Column("protocol_name", _TEXT, "ProtocolName", nullable=True, privacy=_QUASI),
)

_IMAGE = (
    Column("frame_of_reference_uid", _TEXT, "Pseudonym of FrameOfReferenceUID", nullable=True, privacy=_PSEUDONYM),
    Column("sop_class_uid", _TEXT, "SOPClassUID", nullable=True),
    Column("transfer_syntax_uid", _TEXT, "TransferSyntaxUID", nullable=True),
    Column("image_type", _TEXT, "ImageType, values joined by a backslash", nullable=True),
    Column(
        "image_kind",
        _TEXT,
        "First value of ImageType over the series: original, derived, or mixed where both occur",
        nullable=True,
        constraint=one_of("image_kind", ["original", "derived", "mixed"]),
    ),
    Column("rows", _COUNT, "Rows", unit="pixels", nullable=True),
    Column("columns", _COUNT, "Columns", unit="pixels", nullable=True),
    Column("number_of_frames", _COUNT, "NumberOfFrames", nullable=True),
    Column(
        "age_source",
        _TEXT,
        "What the age was taken from: PatientAge, the dates of birth and study, or none",
        nullable=True,
        constraint=one_of("age_source", list(AgeSource)),
    ),
)

_CONSISTENCY = (
    Column("n_resent", _COUNT, "Objects that repeat an instance with the same content", nullable=True),
    Column("n_conflicting_instances", _COUNT, "Instances stored with more than one content", nullable=True),
    Column("n_inconsistent", _COUNT, "Attributes that differ between the series' instances", nullable=True),
    Column("inconsistent_attributes", pl.List(_TEXT), "Columns of this table that differ between them", nullable=True),
    Column(
        "other_patient_ids",
        pl.List(_TEXT),
        "Pseudonyms of the patients, beyond the one that stands for the series, whom its instances name",
        nullable=True,
        privacy=_PSEUDONYM,
    ),
    Column("n_fingerprinted", _COUNT, "Objects that have a content fingerprint", nullable=True),
)

_GEOMETRY = (
    Column(
        "orientation",
        _TEXT,
        "Plane of the slices, by the component of the normal that is above 0.8",
        nullable=True,
        constraint=one_of("orientation", list(Plane)),
    ),
    Column("n_slices", _COUNT, "Distinct slice positions", nullable=True),
    Column("n_stacks", _COUNT, "Instances that most slice positions hold", nullable=True),
    Column("slice_spacing_mm", _FLOAT, "Median distance between neighbouring positions", unit="mm", nullable=True),
    Column("n_missing_slices", _COUNT, "Slices that lack in gaps of the positions, over all stacks", nullable=True),
    Column("n_duplicate_slices", _COUNT, "Instances beyond the number of stacks at their position", nullable=True),
    Column("spacing_is_even", _FLAG, "Whether every distance is within 10 % of the median", nullable=True),
    Column("is_complete", _FLAG, "Whether no slice is missing and none is there twice", nullable=True),
    Column(
        "geometry_gap",
        _TEXT,
        "Why it cannot be said whether the series is complete",
        nullable=True,
        constraint=one_of("geometry_gap", list(GeometryGap)),
    ),
)

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
        *_ORIGIN,
        *_IMAGE,
        *_span("start of the acquisition of an instance"),
        *_CONSISTENCY,
        *_GEOMETRY,
    ),
    key=("series_instance_uid",),
    version=4,
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
        Column("n_study_instances", _COUNT, "Distinct instances of all series"),
        *_span("start of an acquisition in any series"),
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
    version=3,
)

INSTANCE_INCIDENTS = Artefact(
    "instance_incidents",
    Zone.SITE,
    "One row per SOPInstanceUID that stands for more than one content, or in more than one series, study or patient.",
    (
        _SITE,
        Column("instance", _TEXT, "First 16 digits of the pseudonym of the instance", privacy=_PSEUDONYM),
        Column("series_instance_uid", _TEXT, "Pseudonym of a series that holds it, the smallest", privacy=_PSEUDONYM),
        Column("n_series", _COUNT, "Series that hold it"),
        Column("n_contents", _COUNT, "Distinct contents among its objects; 0 where none is known"),
        Column("n_objects", _COUNT, "Objects that bear it"),
        Column("n_patients", _COUNT, "Patients under whom it stands; 0 where none is known"),
        Column(
            "study_instance_uids",
            pl.List(_TEXT),
            "Pseudonyms of the studies that hold it, in order",
            privacy=_PSEUDONYM,
        ),
    ),
    key=("instance",),
    version=2,
)


def _holder(prefix: str, which: str) -> tuple[Column, ...]:
    return (
        Column(f"{prefix}series_instance_uid", _TEXT, f"Pseudonym of the {which} series", privacy=_PSEUDONYM),
        Column(f"{prefix}study_instance_uid", _TEXT, "Pseudonym of its study", nullable=True, privacy=_PSEUDONYM),
        Column(f"{prefix}patient_id", _TEXT, "Pseudonym of its patient", nullable=True, privacy=_PSEUDONYM),
    )


CONTENT_INCIDENTS = Artefact(
    "content_incidents",
    Zone.SITE,
    "One row per pair of series that hold the same acquisitions (content fingerprints) under other SOPInstanceUIDs. A "
    "series of more than one study or patient counts as one of each.",
    (
        _SITE,
        *_holder("", "first"),
        *_holder("other_", "other"),
        Column("n_fingerprints", _COUNT, "Content fingerprints that tie the two"),
    ),
    key=tuple(column.name for prefix in ("", "other_") for column in _holder(prefix, "")),
)

NORMALISATION = Artefact(
    "normalisation",
    Zone.SITE,
    "What became of every raw value that was normalised; those that no rule covers first, the most frequent on top.",
    (
        _SITE,
        Column("column", _TEXT, "Column of the normalised value"),
        Column("raw_value", _TEXT, "Value as written"),
        Column("vendor", _TEXT, "Vendor in whose terms it was read; empty where that does not matter"),
        Column("normalised_value", _TEXT, "What was made of it; missing where no rule covers it", nullable=True),
        Column("rule", _TEXT, "How it was found", constraint=one_of("rule", list(NormalisationRule))),
        Column("n_series", _COUNT, "Series with the raw value"),
        Column("n_patients", _COUNT, "Patients with such a series"),
    ),
    key=("column", "raw_value", "vendor"),
)
