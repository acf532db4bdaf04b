"""The pixels of one object → what is kept of them: a keyed digest, a thumbnail with its hash, and marks like letters.

The bytes are hostile: what they claim to hold is compared with the limits before anything is decoded, whatever goes
wrong is a status, and no value of the object is ever part of a message.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.utils import iter_pixels
from pydicom.uid import (
    AllTransferSyntaxes,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGExtended12Bit,
    RLELossless,
)

from multisite.dicom.pseudonym import Pseudonymiser
from multisite.dicom.quiet import quiet
from multisite.dicom.text_marks import letters_in_row
from multisite.dicom.thumbnails import MIN_SIDE, grey_picture, hash_of, luminance, robust_window, thumbnail_of
from multisite.vocabulary import PixelStatus

__all__ = ["PIXEL_READER_VERSION", "PixelFacts", "is_decoded", "read_pixels"]

PIXEL_READER_VERSION: Final = 1
"""Raised whenever the same bytes give other facts."""

_MOST_PIXELS: Final = 1 << 25
"""Pixels of a frame: more than any detector has, and what is computed from them takes 16 bytes for each."""

_MOST_DECODED: Final = 16
"""All frames decoded may take this many times what an object may."""

_ELEMENTS: Final = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")


@dataclass(frozen=True, slots=True)
class PixelFacts:
    """What is known of the pixels of an instance; all but ``status`` is missing where they were not read.

    ``pixel_digest`` is a pseudonym of every stored value of every frame and of their arrangement. ``thumbnail``
    (32 × 32 bytes) and its ``perceptual_hash`` are of the middle frame; missing where that is flat, or smaller.
    ``is_flat`` says that nearly all pixels of the middle frame have one value. ``letters_in_row`` counts marks like
    letters at its border.
    """

    status: PixelStatus
    n_frames: int | None = None
    pixel_rows: int | None = None
    pixel_columns: int | None = None
    pixel_digest: str | None = None
    perceptual_hash: str | None = None
    thumbnail: bytes | None = None
    is_flat: bool | None = None
    letters_in_row: int | None = None


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the header says of the pixels."""

    n_frames: int
    rows: int
    columns: int
    samples: int
    bits: int

    @classmethod
    def of(cls, dataset: Dataset) -> "_Shape":
        names = (("NumberOfFrames", 1), ("Rows", 0), ("Columns", 0), ("SamplesPerPixel", 1), ("BitsAllocated", 0))
        return cls(*(int(dataset.get(name) or default) for name, default in names))

    @property
    def is_sound(self) -> bool:
        return min(self.n_frames, self.rows, self.columns, self.samples, self.bits) > 0

    @property
    def frame_bytes(self) -> int:
        return -(-self.rows * self.columns * self.samples * self.bits // 8)


def is_decoded(transfer_syntax_uid: str) -> bool:
    """Whether pixels in this transfer syntax are decoded here.

    Not those of a deflated dataset, whose length is not known before it is inflated; nor JPEG lossless, JPEG-LS,
    High-Throughput JPEG 2000 and video, for which no decoder is installed.
    """
    # Looked up first, because of another text pydicom would warn, and quote it.
    if transfer_syntax_uid == DeflatedExplicitVRLittleEndian or transfer_syntax_uid not in AllTransferSyntaxes:
        return False
    try:
        return bool(get_decoder(transfer_syntax_uid).is_available)
    except NotImplementedError:
        return False


def read_pixels(data: bytes, *, max_bytes: int, pseudonyms: Pseudonymiser) -> PixelFacts:
    """The facts about the pixels of one object; raises nothing.

    Parameters
    ----------
    data : the whole object
    max_bytes : a frame may decode to as much, and all frames together to 16 times as much
    """
    # pydicom inflates a deflated dataset whole when it opens it; such an object names that transfer syntax.
    if DeflatedExplicitVRLittleEndian.encode() in data:
        return PixelFacts(PixelStatus.UNKNOWN_SYNTAX)
    with quiet():
        try:
            return _read(dcmread(io.BytesIO(data), force=True), max_bytes, pseudonyms)
        except MemoryError:
            return PixelFacts(PixelStatus.TOO_LARGE)
        except Exception:  # pydicom and Pillow have no common class for what they raise on spoilt bytes
            return PixelFacts(PixelStatus.UNDECODABLE)


def _read(dataset: Dataset, max_bytes: int, pseudonyms: Pseudonymiser) -> PixelFacts:
    if not any(name in dataset for name in _ELEMENTS):
        return PixelFacts(PixelStatus.NO_PIXELS)
    syntax = _transfer_syntax(dataset)
    if not is_decoded(syntax) or (syntax == JPEGExtended12Bit and dataset.get("BitsStored") != 8):
        return PixelFacts(PixelStatus.UNKNOWN_SYNTAX)
    shape = _Shape.of(dataset)
    if not shape.is_sound:
        return PixelFacts(PixelStatus.UNDECODABLE)
    too_many = shape.rows * shape.columns > _MOST_PIXELS
    if too_many or shape.frame_bytes > max_bytes or shape.n_frames * shape.frame_bytes > _MOST_DECODED * max_bytes:
        return PixelFacts(PixelStatus.TOO_LARGE)
    if syntax == RLELossless and len(dataset.PixelData) > 2 * shape.n_frames * (shape.frame_bytes + 512):
        # Each byte of it may become 64, and none of that is checked before all of it is.
        return PixelFacts(PixelStatus.UNDECODABLE)
    with _no_larger_picture(shape.rows * shape.columns):
        digest, middle = _digest_and_middle(dataset, shape)
    picture = luminance(middle, photometric=str(dataset.get("PhotometricInterpretation", "")))
    return _facts(shape, picture, pseudonyms.pseudonym(digest, kind="pixels"))


def _transfer_syntax(dataset: Dataset) -> str:
    """The transfer syntax that is stated, else that by which the dataset could be read."""
    meta = getattr(dataset, "file_meta", None)
    if meta is None:
        dataset.file_meta = meta = FileMetaDataset()
    if "TransferSyntaxUID" not in meta:
        is_implicit, is_little = dataset.original_encoding
        explicit = ExplicitVRLittleEndian if is_little else ExplicitVRBigEndian
        meta.TransferSyntaxUID = ImplicitVRLittleEndian if is_implicit else explicit
    return str(meta.TransferSyntaxUID)


@contextmanager
def _no_larger_picture(n_pixels: int) -> Iterator[None]:
    """Pillow refuses a compressed picture of more than twice the pixels, by its own header."""
    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = n_pixels
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def _digest_and_middle(dataset: Dataset, shape: _Shape) -> tuple[str, NDArray[Any]]:
    """SHA-256 over all frames in order, and the middle one."""
    digest = sha256(f"{shape.n_frames} {shape.rows} {shape.columns} {shape.samples} ".encode())
    middle: NDArray[Any] | None = None
    # One by one by number: without the numbers pydicom cannot clear unused bits of compressed frames.
    frames = iter_pixels(dataset, raw=True, indices=range(shape.n_frames))
    for number, frame in enumerate(frames):
        digest.update(frame.astype(">f8" if frame.dtype.kind == "f" else ">i4").tobytes())
        if number == shape.n_frames // 2:
            middle = np.array(frame)
    if middle is None or middle.shape[:2] != (shape.rows, shape.columns):
        raise ValueError
    return digest.hexdigest(), middle


def _facts(shape: _Shape, picture: NDArray[np.int32], digest: str | None) -> PixelFacts:
    window = robust_window(picture)
    thumbnail = None
    if not window.is_flat and min(picture.shape) >= MIN_SIDE:
        thumbnail = thumbnail_of(grey_picture(picture, window))
    return PixelFacts(
        PixelStatus.READ,
        n_frames=shape.n_frames,
        pixel_rows=shape.rows,
        pixel_columns=shape.columns,
        pixel_digest=digest,
        perceptual_hash=None if thumbnail is None else hash_of(thumbnail),
        thumbnail=None if thumbnail is None else thumbnail.tobytes(),
        is_flat=window.is_flat,
        letters_in_row=letters_in_row(picture),
    )
