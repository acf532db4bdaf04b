"""Objects that no reader can make an instance of: empty, cut off, damaged, or never DICOM at all."""

import zlib
from collections.abc import Iterator

from multisite.demo.encoder import DEFLATED, file_meta
from multisite.demo.hospitals import Hospital
from multisite.demo.objects import StoredObject, series_of_study
from multisite.demo.studies import ImagingStudy
from multisite.demo.uids import uid

__all__ = ["corrupt_objects", "empty_objects", "foreign_objects", "truncated_objects"]

_FOREIGN = (
    ("README.txt", b"Exported for the demo. Open the folder in a viewer.\r\n"),
    ("thumbs/preview.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x48\x00\x48\x00\x00\xff\xd9"),
    ("report.pdf", b"%PDF-1.4\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"),
    ("export.xml", b"<?xml version='1.0' encoding='UTF-8'?>\n<export source='demo'/>\n"),
    ("viewer/autorun.inf", b"[autorun]\r\nopen=viewer.exe\r\n"),
)
_SIDE = 2


def empty_objects(hospital: Hospital, study: ImagingStudy, number: int) -> Iterator[StoredObject]:
    """Keys with nothing under them, as an interrupted transfer leaves behind."""
    for i in range(number):
        yield StoredObject(f"transfer/EMPTY{i:02d}.dcm", b"")


def truncated_objects(hospital: Hospital, study: ImagingStudy, number: int) -> Iterator[StoredObject]:
    """Further instances of the first series of ``study`` that end in the middle of their SeriesInstanceUID."""
    series = next(series_of_study(hospital, study, _SIDE))
    for i in range(number):
        name = uid(f"{study.identity}/truncated/{i}")
        content = series.template.instance({**series.instances[0], "SOPInstanceUID": name})
        end = content.index(uid(f"{study.identity}/{series.number}")) + 11 + 5 * (i % 6)
        yield StoredObject(f"transfer/PARTIAL{i:02d}.dcm", content[:end])


def corrupt_objects(hospital: Hospital, study: ImagingStudy, number: int) -> Iterator[StoredObject]:
    """Further instances of the first series of ``study``, deflated, and damaged from the first block on."""
    series = next(series_of_study(hospital, study, _SIDE))
    for i in range(number):
        name = uid(f"{study.identity}/corrupt/{i}")
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        dataset = series.template.dataset({**series.instances[0], "SOPInstanceUID": name})
        packed = packer.compress(dataset) + packer.flush()
        # A block of ones begins with a block type that does not exist, so that every reader stops there.
        content = file_meta(series.template.sop_class, name, DEFLATED) + b"\xff" * 24 + packed[24:]
        yield StoredObject(f"transfer/DAMAGED{i:02d}.dcm", content)


def foreign_objects(hospital: Hospital, study: ImagingStudy, number: int) -> Iterator[StoredObject]:
    """What else lies in exported folders: texts, pictures, documents."""
    for i in range(number):
        name, content = _FOREIGN[i % len(_FOREIGN)]
        yield StoredObject(f"export{i // len(_FOREIGN)}/{name}", content)
