"""The closed list of what may be said of the traces of a person: what was found and where, and never its value."""

from enum import StrEnum
from typing import Final

from multisite.dicom.attributes import ATTRIBUTES, Attribute, Form
from multisite.vocabulary import ColumnPrivacy

__all__ = ["IDENTITY_TRACES", "LEFT", "OBJECT_KEY", "TEXTS", "UIDS", "TraceOf", "left", "trace"]


class TraceOf(StrEnum):
    """What of a person was found."""

    PATIENT_ID = "PatientID"
    ACCESSION_NUMBER = "AccessionNumber"
    BIRTH_DATE = "PatientBirthDate"
    PATIENT_NAME = "PatientName"
    DATE = "date"
    TELEPHONE_NUMBER = "telephone number"
    E_MAIL_ADDRESS = "e-mail address"
    TITLED_NAME = "title and name"


OBJECT_KEY: Final = "object key"
"""The place of what stands in the key of the object, or the name of the member of an archive."""

_DESCRIPTIONS: Final = (
    "StudyDescription",
    "SeriesDescription",
    "ProtocolName",
    "RequestedProcedureDescription",
    "PerformedProcedureStepDescription",
    "AcquisitionProtocolName",
)

TEXTS: Final = (*_DESCRIPTIONS, *(a.keyword for a in ATTRIBUTES if a.is_searched and a.keyword != "PatientName"))
"""The free texts in which a person is sought."""

UIDS: Final = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
"""The UIDs in which a date is sought."""

_ICON: Final = "IconImageSequence"


def _is_to_be_removed(attribute: Attribute) -> bool:
    """Whether the basic profile leaves no value, not even a dummy, of something that names a person or tells of one."""
    tells = attribute.privacy is ColumnPrivacy.DIRECT and attribute.normalise in ("presence_only", "free_text_presence")
    removed = attribute.ps315_basic == "X" and attribute.form is Form.PRESENCE
    return removed and (tells or attribute.keyword == _ICON)


LEFT: Final = ("PatientName", "PatientBirthDate", *(a.keyword for a in ATTRIBUTES if _is_to_be_removed(a)))
"""The attributes of which nothing is left in a header that was de-identified by the basic profile."""

_OWN: Final = (TraceOf.PATIENT_ID, TraceOf.ACCESSION_NUMBER, TraceOf.BIRTH_DATE, TraceOf.PATIENT_NAME)
_PATTERNS: Final = (TraceOf.DATE, TraceOf.TELEPHONE_NUMBER, TraceOf.E_MAIL_ADDRESS, TraceOf.TITLED_NAME)


def trace(of: TraceOf, where: str) -> str:
    """The code of something that was found in a place."""
    return f"{of} in {where}"


def left(keyword: str) -> str:
    """The code of an attribute that has a value though the header says that it was de-identified."""
    return f"{keyword} left"


IDENTITY_TRACES: Final[tuple[str, ...]] = (
    *(trace(of, OBJECT_KEY) for of in _OWN),
    *(trace(of, where) for where in TEXTS for of in (*_OWN, *_PATTERNS)),
    *(trace(TraceOf.DATE, where) for where in UIDS),
    *(left(keyword) for keyword in LEFT),
)
"""Every code, in order."""
