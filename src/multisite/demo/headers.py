"""What the headers of a study say, apart from what differs between its series and instances."""

from functools import lru_cache

from multisite.demo.encoder import sequence_of, unsigned
from multisite.demo.hospitals import Hospital
from multisite.demo.scanners import Scanner
from multisite.demo.studies import ImagingStudy
from multisite.demo.uids import uid

__all__ = ["clock", "image_header", "pick", "study_header"]

_RETAINED = (
    ("113100", "Basic Application Confidentiality Profile"),
    ("113106", "Retain Longitudinal Temporal Information Full Dates Option"),
    ("113108", "Retain Patient Characteristics Option"),
)
_EMPTIED = ("PatientBirthDate", "AccessionNumber", "StudyID")
_REMOVED = ("InstitutionName", "StationName", "DeviceSerialNumber", "StudyDescription")


def study_header(hospital: Hospital, study: ImagingStudy) -> dict[str, bytes]:
    """Values by keyword, encoded, of everything that the objects of the study share."""
    term, codec = hospital.character_set
    day = study.day.strftime("%Y%m%d").encode()
    header = {
        "StudyDate": day,
        "SeriesDate": day,
        "AcquisitionDate": day,
        "ContentDate": day,
        "StudyTime": clock(study, 0),
        # Real archives hold empty accession numbers, and so does this one.
        "AccessionNumber": b"" if study.picks[2] < 0.03 else b"DEMO%08d" % study.number,
        "Modality": study.scanner.modality.encode(),
        "InstitutionName": hospital.title.encode(),
        "ReferringPhysicianName": b"",
        "StudyDescription": f"{study.scanner.modality} chest".encode(),
        "PatientName": study.person.name.encode(codec),
        "PatientID": study.person.id.encode(),
        "PatientBirthDate": study.person.birth_date.strftime("%Y%m%d").encode(),
        "PatientSex": study.person.sex.encode(),
        "StudyInstanceUID": uid(f"{study.identity}/study"),
        "StudyID": b"%d" % study.number,
        "SoftwareVersions": study.software.encode(),
        **_device(hospital.id, study.scanner_number, study.scanner),
    }
    if term:
        header["SpecificCharacterSet"] = term.encode()
    if study.age is not None:
        header["PatientAge"] = study.age.encode()
    if study.body_part is not None:
        header["BodyPartExamined"] = study.body_part.encode()
    if hospital.deidentified:
        header |= {keyword: b"" for keyword in _EMPTIED} | _deidentification()
        for keyword in _REMOVED:
            del header[keyword]
    return header


def clock(study: ImagingStudy, later_seconds: float) -> bytes:
    """A time of day on the day of the study, to the microsecond."""
    moment = min(study.second + study.picks[0] + later_seconds, 86_399.9)
    minutes, seconds = divmod(moment, 60)
    return b"%02d%02d%02d.%06d" % (minutes // 60, minutes % 60, seconds, int(seconds % 1 * 1e6))


def pick(options: tuple[str, ...], chance: float) -> bytes:
    """One of ``options``, by a number in [0, 1)."""
    return options[int(chance * len(options))].encode()


@lru_cache(maxsize=8)
def image_header(side: int) -> dict[str, bytes]:
    """The description of square images of ``side`` × ``side`` pixels with 12 bits."""
    return {
        "SamplesPerPixel": unsigned(1),
        "PhotometricInterpretation": b"MONOCHROME2",
        "Rows": unsigned(side),
        "Columns": unsigned(side),
        "BitsAllocated": unsigned(16),
        "BitsStored": unsigned(12),
        "HighBit": unsigned(11),
        "PixelRepresentation": unsigned(0),
        "BurnedInAnnotation": b"NO",
        "LossyImageCompression": b"00",
    }


@lru_cache(maxsize=4096)
def _device(hospital_id: str, number: int, scanner: Scanner) -> dict[str, bytes]:
    return {
        "Manufacturer": scanner.manufacturer.encode(),
        "ManufacturerModelName": scanner.model.encode(),
        "StationName": f"DEMO{scanner.modality}{number + 1:02d}".encode(),
        "DeviceSerialNumber": b"DEMO-" + uid(f"{hospital_id}/{number}/serial")[-6:],
    }


@lru_cache(maxsize=1)
def _deidentification() -> dict[str, bytes]:
    codes = [
        {"CodeValue": code.encode(), "CodingSchemeDesignator": b"DCM", "CodeMeaning": meaning.encode()}
        for code, meaning in _RETAINED
    ]
    return {
        "PatientName": b"Synthetic^Deidentified",
        "PatientIdentityRemoved": b"YES",
        "DeidentificationMethod": b"Demo profile",
        "DeidentificationMethodCodeSequence": sequence_of(codes),
    }
