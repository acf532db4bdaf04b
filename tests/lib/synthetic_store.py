"""A store of any number of CT instances that takes no room: ``synthetic://<n>`` holds n of them.

Keys are ``P0000012/ST1/SE4/I099.dcm``: a hundred instances to a series, five series to a study, two studies to a
patient. Size, time and entity tag follow from the number of the instance, and so does its header, which is made when it
is read. A store with a larger n holds all that one with a smaller n holds, and more: next month.

fsspec must know the kind ``synthetic`` in every process that opens such a store. ``register`` is enough for this
process and those forked from it. For processes that are started anew (spawned ones, Ray's workers, the command line),
start them with ``worker_environment``: it names an entry point that fsspec finds by itself.
"""

import os
import re
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from fsspec import register_implementation
from fsspec.spec import AbstractFileSystem
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

__all__ = ["SyntheticFileSystem", "key_of", "register", "worker_environment"]

PROTOCOL = "synthetic"
PATIENT, STUDY, SERIES = 1000, 500, 100
"""Instances to a patient, a study and a series."""

_EPOCH = 1_767_225_600
"""The first of January 2026: instance number k changed last k seconds later."""

_PIXEL_BYTES = 512 * 512 * 2
_KEY = re.compile(r"P(\d{7})/ST(\d)/SE(\d)/I(\d{3})\.dcm")
_FOLDERS = (re.compile(r"P(\d{7})"), re.compile(r"P(\d{7})/ST(\d)"), re.compile(r"P(\d{7})/ST(\d)/SE(\d)"))
_SCANNERS = (
    ("SIEMENS           ", "Sensation 64  ", "B70f  "),
    ("GE MEDICAL SYSTEMS", "LightSpeed VCT", "LUNG  "),
    ("Philips           ", "iCT 256       ", "YC    "),
)


def key_of(number: int) -> str:
    """The key of an instance by its number, from 0."""
    patient, rest = divmod(number, PATIENT)
    study, rest = divmod(rest, STUDY)
    series, instance = divmod(rest, SERIES)
    return f"P{patient:07}/ST{study}/SE{series}/I{instance:03}.dcm"


def register() -> None:
    """Make this process, and those forked from it, know the kind of store."""
    register_implementation(PROTOCOL, SyntheticFileSystem, clobber=True)


def worker_environment(folder: Path) -> dict[str, str]:
    """Variables for processes that are started anew, by an entry point that is written to ``folder``."""
    described = folder / "synthetic_store-0.dist-info"
    described.mkdir(parents=True, exist_ok=True)
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: synthetic-store\nVersion: 0\n")
    entry = f"{PROTOCOL} = {SyntheticFileSystem.__module__}:{SyntheticFileSystem.__name__}"
    (described / "entry_points.txt").write_text(f"[fsspec.specs]\n{entry}\n")
    root = Path(__file__).parents[2]
    places = [str(folder), str(root), str(root / "src"), os.environ.get("PYTHONPATH", "")]
    return {"PYTHONPATH": os.pathsep.join(place for place in places if place)}


class SyntheticFileSystem(AbstractFileSystem):  # type: ignore[misc]  # fsspec ships no types
    """What lies below ``<n>/`` is worked out from the names asked for."""

    protocol = PROTOCOL

    def ls(self, path: str, detail: bool = True, **_: object) -> list[Any]:
        """One folder: at the root the patients, then studies, series and instances."""
        total, key = _parse(path)
        begin, end, step, depth = _span(total, key)
        prefix = f"{total}/"
        found = []
        for number in range(begin, min(end, total), step):
            name = prefix + "/".join(key_of(number).split("/")[: depth + 1])
            found.append(_file(name, number) if step == 1 else {"name": name, "size": 0, "type": "directory"})
        return found if detail else [entry["name"] for entry in found]

    def info(self, path: str, **_: object) -> dict[str, Any]:
        """One entry; FileNotFoundError when there is none."""
        total, key = _parse(path)
        number = _number(total, key)
        if number is not None:
            return _file(f"{total}/{key}", number)
        _span(total, key)
        return {"name": f"{total}/{key}".rstrip("/"), "size": 0, "type": "directory"}

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: object) -> bytes:
        """The bytes of an instance: its header, and zeros for its pixels."""
        total, key = _parse(path)
        number = _number(total, key)
        if number is None:
            raise FileNotFoundError(path)
        header = _header(number)
        size = len(header) + _PIXEL_BYTES
        first, last = start or 0, size if end is None else min(end, size)
        return header[first:last] + bytes(max(0, last - max(first, len(header))))


def _parse(path: str) -> tuple[int, str]:
    total, _, key = SyntheticFileSystem._strip_protocol(path).strip("/").partition("/")
    if not total.isdigit():
        raise FileNotFoundError(path)
    return int(total), key


def _number(total: int, key: str) -> int | None:
    found = _KEY.fullmatch(key)
    if found is None:
        return None
    patient, study, series, instance = (int(group) for group in found.groups())
    number = patient * PATIENT + study * STUDY + series * SERIES + instance
    is_there = study < PATIENT // STUDY and series < STUDY // SERIES and instance < SERIES and number < total
    return number if is_there else None


def _span(total: int, key: str) -> tuple[int, int, int, int]:
    """First number, last number and step of what a folder holds, and its depth; FileNotFoundError when it is none."""
    if not key:
        return 0, total, PATIENT, 0
    weights = (PATIENT, STUDY, SERIES, 1)
    for depth, pattern in enumerate(_FOLDERS):
        if found := pattern.fullmatch(key):
            parts = [int(group) for group in found.groups()]
            begin = sum(part * weight for part, weight in zip(parts, weights, strict=False))
            if begin < total and all(p * w < v for p, w, v in zip(parts[1:], weights[1:], weights, strict=False)):
                return begin, begin + weights[depth], weights[depth + 1], depth + 1
    raise FileNotFoundError(key)


def _file(name: str, number: int) -> dict[str, Any]:
    size = len(_header_template()[0]) + _PIXEL_BYTES
    return {"name": name, "size": size, "type": "file", "mtime": _EPOCH + number, "ETag": f'"{number:x}"'}


@cache
def _header_template() -> tuple[bytes, tuple[tuple[str, int], ...]]:
    """A header with marks of fixed length, and where each mark lies in it."""
    marks = _marks(0)
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = marks["instance"].decode()
    dataset.StudyDate = marks["date"].decode()
    dataset.SeriesDate = dataset.AcquisitionDate = dataset.ContentDate = marks["date"].decode()
    dataset.AcquisitionTime = "101500.000000"
    dataset.AccessionNumber = "A0000001"
    dataset.Modality = "CT"
    dataset.Manufacturer = "MMMMMMMMMMMMMMMMMM"
    dataset.InstitutionName = "Synthetic General Hospital"
    dataset.StudyDescription, dataset.SeriesDescription = "CT Thorax", "Axial"
    dataset.ManufacturerModelName = "NNNNNNNNNNNNNN"
    dataset.PatientName, dataset.PatientID = "Synthetic^Patient", marks["patient"].decode()
    dataset.PatientSex, dataset.PatientAge = "F", "063Y"
    dataset.BodyPartExamined = "CHEST"
    dataset.SliceThickness, dataset.KVP = "1.25", "120"
    dataset.SoftwareVersions, dataset.DeviceSerialNumber = "syngo CT 2012B", "12345"
    dataset.ConvolutionKernel = "KKKKKK"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = marks["study"].decode(), marks["series"].decode()
    dataset.SeriesNumber, dataset.InstanceNumber = "3", marks["position"].decode()
    dataset.ImagePositionPatient = ["-180.0", "-180.0", marks["z"].decode()]
    dataset.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    dataset.FrameOfReferenceUID = marks["series"].decode()
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows = dataset.Columns = 512
    dataset.PixelSpacing = ["0.703125", "0.703125"]
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation = 15, 1
    dataset.RescaleIntercept, dataset.RescaleSlope = "-1024", "1"
    dataset.PixelData = bytes(_PIXEL_BYTES)
    dataset["PixelData"].VR = "OW"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    written = BytesIO()
    dcmwrite(written, dataset, enforce_file_format=True)
    header = written.getvalue()[:-_PIXEL_BYTES]
    marks |= {"vendor": b"MMMMMMMMMMMMMMMMMM", "model": b"NNNNNNNNNNNNNN", "kernel": b"KKKKKK"}
    places = [(name, found.start()) for name, mark in marks.items() for found in re.finditer(re.escape(mark), header)]
    return header, tuple(sorted(places, key=lambda place: place[1]))


def _marks(number: int) -> dict[str, bytes]:
    """What differs between instances. Each value has one length for all of them, and no other value holds it."""
    patient, position = number // PATIENT, number % SERIES
    return {
        "instance": b"2.25.1%013d" % number,
        "series": b"2.25.2%013d" % (number // SERIES),
        "study": b"2.25.3%013d" % (number // STUDY),
        "patient": b"PAT%07d" % patient,
        "date": b"2026%02d%02d" % (1 + patient % 12, 1 + number // STUDY % 2 * 14),
        "position": b"%06d" % (900_001 + position),
        "z": b"%08.2f" % (10_000 + position * 1.25),
    }


def _header(number: int) -> bytes:
    template, places = _header_template()
    vendor, model, kernel = (text.encode() for text in _SCANNERS[number // PATIENT % len(_SCANNERS)])
    values = {**_marks(number), "vendor": vendor, "model": model, "kernel": kernel}
    header = bytearray(template)
    for name, place in places:
        value = values[name]
        header[place : place + len(value)] = value
    return bytes(header)
