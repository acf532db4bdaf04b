"""Objects whose headers or pixels are changed, by pydicom."""

from io import BytesIO

import pydicom

__all__ = ["rewritten"]


def rewritten(content: bytes, **values: object) -> bytes:
    """An object in which attributes, by keyword, have other values."""
    dataset = pydicom.dcmread(BytesIO(content))
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    buffer = BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
