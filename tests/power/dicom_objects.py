"""Objects whose headers or pixels are changed, by pydicom."""

from collections.abc import Callable
from io import BytesIO

import pydicom

__all__ = ["changed", "rewritten"]


def changed(content: bytes, change: Callable[[pydicom.Dataset], None]) -> bytes:
    """An object to whose dataset something was done."""
    dataset = pydicom.dcmread(BytesIO(content))
    change(dataset)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    buffer = BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def rewritten(content: bytes, **values: object) -> bytes:
    """An object in which attributes, by keyword, have other values."""

    def change(dataset: pydicom.Dataset) -> None:
        for keyword, value in values.items():
            setattr(dataset, keyword, value)

    return changed(content, change)
