"""The tables a site supplies: what each must hold, and which columns are identifiers.

A site's own column names are mapped in its site file. Identifiers are replaced by the site's keyed pseudonyms when the
table is read, with the same key and kind as the headers, so that the two can be joined and nothing else can.
"""

from dataclasses import dataclass

import polars as pl

from multisite.dicom import ATTRIBUTES, HEADER_COLUMNS

__all__ = [
    "CASES",
    "DEPLOYMENT",
    "EVENTS",
    "FITTED",
    "MEASUREMENTS",
    "PREDICTIONS",
    "READINGS",
    "SERIES_TABLE",
    "SITE_TABLES",
    "SiteColumn",
    "SiteTable",
]


@dataclass(frozen=True, slots=True)
class SiteColumn:
    """A column a site must, or may, supply; ``pseudonym_kind`` marks an identifier and its hashing domain.

    A column with a ``keyword`` is found under that DICOM keyword, too, and holds what a header holds under it.
    """

    name: str
    dtype: pl.DataType
    description: str
    required: bool = True
    pseudonym_kind: str | None = None
    keyword: str | None = None


@dataclass(frozen=True, slots=True)
class SiteTable:
    """A table of the site. With ``open_prefixes`` it may carry more columns, named by the study."""

    name: str
    description: str
    columns: tuple[SiteColumn, ...]
    open_prefixes: tuple[str, ...] = ()


_TEXT, _DATE, _FLOAT = pl.String(), pl.Date(), pl.Float64()

CASES = SiteTable(
    "cases",
    "One row per case: who, which imaging study, which split, and the reference standard of each finding.",
    (
        SiteColumn("case_id", _TEXT, "Identifier of the case, unique in the table", pseudonym_kind="case"),
        SiteColumn("patient_id", _TEXT, "PatientID as in the images", pseudonym_kind="patient"),
        SiteColumn("study_instance_uid", _TEXT, "StudyInstanceUID of the case's imaging study", pseudonym_kind="study"),
        SiteColumn("split", _TEXT, "train, tune or test; needed unless the study file makes the split", required=False),
        SiteColumn("case_date", _DATE, "Date of the case; the image's StudyDate where absent", required=False),
    ),
    open_prefixes=("reference_", "clinical_"),
)

PREDICTIONS = SiteTable(
    "predictions",
    "One row per case, finding and model: the score of the index test.",
    (
        SiteColumn("case_id", _TEXT, "Identifier of the case", pseudonym_kind="case"),
        SiteColumn("finding", _TEXT, "A finding of the study file"),
        SiteColumn("model", _TEXT, "A model of the study file"),
        SiteColumn("score", _FLOAT, "Score, from 0 to 1; of an ordinal model its category"),
    ),
)

DEPLOYMENT = SiteTable(
    "deployment",
    "One row per imaging study, finding and model in routine use after the validation.",
    (
        SiteColumn("patient_id", _TEXT, "PatientID as in the images", pseudonym_kind="patient"),
        SiteColumn("study_instance_uid", _TEXT, "StudyInstanceUID", pseudonym_kind="study"),
        SiteColumn("finding", _TEXT, "A finding of the study file"),
        SiteColumn("model", _TEXT, "A model of the study file"),
        SiteColumn("score", _FLOAT, "Score, from 0 to 1; of an ordinal model its category"),
        SiteColumn("outcome", _TEXT, "processed, failed or abstained; processed if left out", required=False),
        SiteColumn(
            "report_positive", pl.Boolean(), "Whether the radiologist's report tells of the finding", required=False
        ),
        SiteColumn("reference_positive", pl.Boolean(), "Whether the finding is there, once known", required=False),
        SiteColumn("reference_date", _DATE, "Day from which on that was known", required=False),
        SiteColumn(
            "audit_probability",
            _FLOAT,
            "Chance with which the study was drawn into the month's random sample; empty where it was not drawn",
            required=False,
        ),
    ),
    open_prefixes=("clinical_",),
)

EVENTS = SiteTable(
    "events",
    "One row per event that may change images, patients or scores: an update, a new device, a new protocol.",
    (
        SiteColumn("date", _DATE, "Day of the event"),
        SiteColumn("kind", _TEXT, "software version, new device, protocol, model version, site mapping or other"),
        SiteColumn("title", _TEXT, "The event in a few words, without names of people"),
        SiteColumn("device", _TEXT, "Pseudonym of the device, as multisite prints it", required=False),
        SiteColumn("planned", pl.Boolean(), "Whether it was planned", required=False),
        SiteColumn("window_end", _DATE, "Last day of the acceptance window of a planned event", required=False),
        SiteColumn("monitors", _TEXT, "Columns that it changes by itself, separated by blanks", required=False),
    ),
)

FITTED = SiteTable(
    "fitted",
    "One row per thing that was fitted before the model was tested (normalisation, harmonisation, selection of"
    " features), and case or patient that it was fitted on.",
    (
        SiteColumn("transform", _TEXT, "What was fitted"),
        SiteColumn("case_id", _TEXT, "Identifier of the case", required=False, pseudonym_kind="case"),
        SiteColumn(
            "patient_id",
            _TEXT,
            "PatientID as in the images, where a row names no case but all cases of a patient",
            required=False,
            pseudonym_kind="patient",
        ),
    ),
)

READINGS = SiteTable(
    "readings",
    "One row per reading of a case for a finding, from which the reference standard is made as the study file declares;"
    " a result of pathology or of follow-up is a reading in an arm of its own.",
    (
        SiteColumn("case_id", _TEXT, "Identifier of the case", pseudonym_kind="case"),
        SiteColumn("reader", _TEXT, "Who read it: a person, a panel or a laboratory", pseudonym_kind="reader"),
        SiteColumn("finding", _TEXT, "A finding of the study file"),
        SiteColumn("rating", _TEXT, "What the reader said, in a word that the study file maps"),
        SiteColumn("session", _TEXT, "Round of reading", required=False, pseudonym_kind="session"),
        SiteColumn("arm", _TEXT, "Part that the reading plays, as the study file names it", required=False),
        SiteColumn("blinded", pl.Boolean(), "Whether the reader did not see the model's output", required=False),
        SiteColumn(
            "qualification", _TEXT, "What the reader is qualified as, as the study file names it", required=False
        ),
        SiteColumn("confidence", _FLOAT, "How sure the reader was, from 0 to 1", required=False),
        SiteColumn(
            "read_on", _DATE, "Date of the reading; of several in one session, the latest counts", required=False
        ),
        SiteColumn(
            "lesion",
            _TEXT,
            "Which lesion the rating is of, where it is not of the whole case",
            required=False,
            pseudonym_kind="lesion",
        ),
    ),
)

MEASUREMENTS = SiteTable(
    "measurements",
    "One row per case, measure and model: a continuous endpoint, such as Dice, a distance, a volume or a diameter.",
    (
        SiteColumn("case_id", _TEXT, "Identifier of the case", pseudonym_kind="case"),
        SiteColumn("measure", _TEXT, "A measure of the study file"),
        SiteColumn("model", _TEXT, "A model of the study file"),
        SiteColumn("value", _FLOAT, "The number itself, or what the model measured; `inf` where it is endless"),
        SiteColumn("reference", _FLOAT, "What the reference standard measured, of a paired measure", required=False),
    ),
)

_HEADER_COLUMNS = {column.name: column for column in HEADER_COLUMNS}
_ATTRIBUTES = {attribute.keyword: attribute for attribute in ATTRIBUTES}


def _of_header(keyword: str, *, required: bool = False) -> SiteColumn:
    attribute = _ATTRIBUTES[keyword]
    assert attribute.column is not None, "the column is kept"
    return SiteColumn(
        attribute.column,
        attribute.dtype,
        _HEADER_COLUMNS[attribute.column].description,
        required=required,
        pseudonym_kind=attribute.pseudonym,
        keyword=keyword,
    )


SERIES_TABLE = SiteTable(
    "series",
    "Headers in the place of images: one row per series with its number of instances, or one per instance, in columns"
    " that are found under their DICOM keyword.",
    (
        *(
            _of_header(keyword, required=True)
            for keyword in ("SeriesInstanceUID", "StudyInstanceUID", "PatientID", "Modality")
        ),
        SiteColumn(
            "n_instances",
            pl.Int64(),
            "Instances of the series; required where rows are series (no SOPInstanceUID)",
            required=False,
            keyword="NumberOfSeriesRelatedInstances",
        ),
        *(
            _of_header(keyword)
            for keyword in (
                "SOPInstanceUID",
                "Manufacturer",
                "ManufacturerModelName",
                "SoftwareVersions",
                "DeviceSerialNumber",
                "StationName",
                "AccessionNumber",
                "ProtocolName",
                "ConvolutionKernel",
                "SliceThickness",
                "PixelSpacing",
                "ImagerPixelSpacing",
                "KVP",
                "BodyPartExamined",
                "ViewPosition",
                "StudyDate",
                "PatientAge",
                "PatientSex",
                "FrameOfReferenceUID",
                "SOPClassUID",
                "TransferSyntaxUID",
                "ImageType",
                "Rows",
                "Columns",
                "NumberOfFrames",
                "ImageOrientationPatient",
                "ImagePositionPatient",
                "AcquisitionDateTime",
                "AcquisitionDate",
                "AcquisitionTime",
            )
        ),
        SiteColumn(
            "patient_birth_date",
            _DATE,
            "Patient's Birth Date (0010,0030); gives the age where PatientAge is missing, and is then dropped",
            required=False,
            keyword="PatientBirthDate",
        ),
    ),
)

SITE_TABLES: dict[str, SiteTable] = {
    table.name: table
    for table in (CASES, PREDICTIONS, DEPLOYMENT, EVENTS, FITTED, READINGS, MEASUREMENTS, SERIES_TABLE)
}
