"""Small DICOM instances, made where a test needs them."""

import random
from io import BytesIO

from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

__all__ = ["instance"]


def instance(number: int = 1, *, padding: int = 0, pixels: int = 0) -> bytes:
    """A CT instance: ``padding`` bytes of text before its last attribute, and ``pixels`` bytes of noise behind it."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = f"2.25.{number}"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = f"2.25.{number}"
    dataset.SeriesInstanceUID = "2.25.100"
    dataset.StudyInstanceUID = "2.25.101"
    dataset.PatientID = "P1"
    dataset.Modality = "CT"
    dataset.InstanceNumber = number
    if padding:
        dataset.LongCodeValue = "x" * padding
    dataset.KVP = 120
    if pixels:
        dataset.BitsAllocated = 8
        dataset.PixelData = random.Random(number).randbytes(pixels + pixels % 2)
        dataset["PixelData"].VR = "OB"
    buffer = BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
