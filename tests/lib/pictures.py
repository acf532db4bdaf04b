"""Pictures for tests of pixels: bodies that differ from patient to patient, copies of them, text, and files."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRLittleEndian

__all__ = ["COPIES", "Picture", "body", "dicom_picture", "jpeg", "noisy", "resized", "with_text"]

Picture = NDArray[np.int32]


def body(seed: int, side: int = 128, *, variation: float = 1.0) -> Picture:
    """A chest as simple as can be, of 12 bits; ``variation`` is how far patients differ."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:side, :side] / side - 0.5

    def about(spread: float) -> float:
        return float(rng.normal(0, spread * variation))

    def ellipse(x: float, y: float, width: float, height: float) -> NDArray[np.float64]:
        radius = ((columns - x) / width) ** 2 + ((rows - y) / height) ** 2
        return 1 / (1 + np.exp(np.clip(20 * (radius - 1), -50, 50)))

    torso = ellipse(about(0.01), 0.1 + about(0.02), 0.48 + about(0.02), 0.7 + about(0.03))
    picture = 0.9 * torso
    width, height = 0.15 + about(0.015), 0.3 + about(0.03)
    for side_of in (-1, 1):
        lung = ellipse(side_of * (0.2 + about(0.01)), -0.02 + about(0.02), width, height * (1 + about(0.05)))
        picture -= (0.6 + about(0.05)) * lung
    heart = ellipse(0.06 + about(0.015), 0.12 + about(0.02), 0.13 + about(0.02), 0.14 + about(0.02))
    picture += (0.35 + about(0.04)) * heart
    waves = np.sin(2 * np.pi * (14 + about(1)) * (rows - 0.35 * columns**2) + about(1))
    picture += 0.06 * waves * torso + rng.normal(0, 0.02, picture.shape)
    return np.clip(np.rint(picture * 2000 + 300), 0, 3000).astype(np.int32)


def _greys(picture: Picture) -> NDArray[np.uint8]:
    low, high = np.percentile(picture, [1, 99])
    return np.clip((picture - low) / max(high - low, 1) * 255, 0, 255).astype(np.uint8)


def jpeg(picture: Picture, quality: int = 50) -> Picture:
    """What is left of it after it was windowed to 8 bits and compressed."""
    buffer = io.BytesIO()
    Image.fromarray(_greys(picture)).save(buffer, "JPEG", quality=quality)
    return np.array(Image.open(buffer)).astype(np.int32)


def resized(picture: Picture, factor: float) -> Picture:
    """The same in another matrix."""
    rows, columns = (round(side * factor) for side in picture.shape)
    image = Image.fromarray(picture.astype(np.float32)).resize((columns, rows), Image.Resampling.BILINEAR)
    return np.rint(np.array(image)).astype(np.int32)


def noisy(picture: Picture, spread: int = 1, seed: int = 1) -> Picture:
    """Every pixel off by up to ``spread``."""
    return (picture + np.random.default_rng(seed).integers(-spread, spread + 1, picture.shape)).astype(np.int32)


COPIES: dict[str, Callable[[Picture], Picture]] = {
    "one grey of noise": noisy,
    "JPEG of quality 50": jpeg,
    "half the matrix": lambda picture: resized(picture, 0.5),
    "twice the matrix": lambda picture: resized(picture, 2),
    "JPEG, three quarters of the matrix and noise": lambda picture: noisy(resized(jpeg(picture), 0.75)),
}
"""Ways in which a copy may differ from the image."""


def with_text(picture: Picture, text: str, *, size: int = 14, at: tuple[int, int] = (6, 4)) -> Picture:
    """With ``text`` burnt in at the brightest value, ``at`` pixels from the left and the top."""
    mask = Image.new("L", picture.shape[::-1])
    ImageDraw.Draw(mask).text(at, text, fill=255, font=ImageFont.load_default(size))
    share = np.array(mask) / 255
    return np.rint(picture * (1 - share) + 4095 * share).astype(np.int32)


def dicom_picture(picture: Picture, **tags: Any) -> bytes:
    """A file with the picture in 16 bits; ``tags`` are elements by keyword."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ComputedRadiographyImageStorage
    meta.MediaStorageSOPInstanceUID = tags.get("SOPInstanceUID", "1.2.3")
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID, dataset.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = picture.shape
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 12, 11, 0
    dataset.PixelData = picture.astype("<u2").tobytes()
    for keyword, value in tags.items():
        setattr(dataset, keyword, value)
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()
