"""Tiny DICOM objects, written by pydicom."""

import warnings
from io import BytesIO
from typing import Any

from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
)

SYNTAXES = {
    "explicit": ExplicitVRLittleEndian,
    "implicit": ImplicitVRLittleEndian,
    "big endian": ExplicitVRBigEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
    "encapsulated": JPEGBaseline8Bit,
}


def a_dataset(**values: Any) -> Dataset:
    """A small CT instance, with values replaced, added, or (``None``) left out."""
    dataset = Dataset()
    facts: dict[str, Any] = {
        "SOPClassUID": CTImageStorage,
        "SOPInstanceUID": "1.2.3.4",
        "StudyInstanceUID": "1.2.3",
        "SeriesInstanceUID": "1.2.3.1",
        "Modality": "CT",
        "PatientID": "P1",
        "Rows": 4,
        "Columns": 2,
        **values,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some values are wrong on purpose
        for keyword, value in facts.items():
            if value is not None:
                setattr(dataset, keyword, value)
    return dataset


def an_item(**values: Any) -> Dataset:
    """An item of a sequence."""
    item = Dataset()
    for keyword, value in values.items():
        setattr(item, keyword, value)
    return item


def undefined(*items: Dataset) -> Sequence:
    """A sequence written without its length, and its items too."""
    sequence = Sequence(items)
    sequence.is_undefined_length = True
    for item in items:
        item.is_undefined_length_sequence_item = True
    return sequence


def with_element(data: bytes, tag: int, value: bytes) -> bytes:
    """The same explicit little endian object with one more element before its pixels, valid or not.

    Its VR is unknown, which makes every reader take the one of the dictionary.
    """
    pixels = data.index(b"\xe0\x7f\x10\x00")
    head = (tag >> 16).to_bytes(2, "little") + (tag & 0xFFFF).to_bytes(2, "little") + b"UN\0\0"
    return data[:pixels] + head + len(value).to_bytes(4, "little") + value + data[pixels:]


def encode(
    dataset: Dataset, syntax: str = "explicit", *, preamble: bool = True, meta: bool = True, pixels: bytes | None = b""
) -> bytes:
    """The bytes of a dataset as a file; ``pixels`` of ``None`` leaves the pixel data out."""
    uid = SYNTAXES[syntax]
    if pixels is not None:
        if syntax == "encapsulated":
            pixels = b"\xfe\xff\x00\xe0\0\0\0\0\xfe\xff\x00\xe0\x04\0\0\0" + b"\1\2\3\4"
        dataset.add_new(0x7FE00010, "OB" if syntax in ("encapsulated", "deflated") else "OW", pixels or b"\0" * 16)
        dataset["PixelData"].is_undefined_length = syntax == "encapsulated"
    buffer = BytesIO()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = uid
    if "SOPInstanceUID" in dataset:
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        dataset.file_meta.MediaStorageSOPClassUID = dataset.get("SOPClassUID", CTImageStorage)
    if meta:
        dcmwrite(buffer, dataset, enforce_file_format=True)
        whole = buffer.getvalue()
        return whole if preamble else whole[132:]
    del dataset.file_meta
    dcmwrite(
        buffer,
        dataset,
        implicit_vr=uid.is_implicit_VR,
        little_endian=uid.is_little_endian,
        enforce_file_format=False,
    )
    return buffer.getvalue()
