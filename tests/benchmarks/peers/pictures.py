"""Sites of real images, each image a patient of its own, in which some come again under another patient, changed.

The images are tiles that do not overlap, cut from the files that ship with pydicom.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pydicom
import pydicom.data
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, RLELossless, generate_uid

from multisite.demo.plan import FINDING, MODEL

__all__ = ["PICTURES", "PICTURES_TWIN", "Pictures", "write_pictures"]

PICTURES_TWIN = "pictures-clean"
"""The site in which no image comes again."""

_COPIES = 6
_TILE = 128
_LEAST_SPREAD = 12.0
_SOURCES = (
    "693_J2KI.dcm",
    "J2K_pixelrep_mismatch.dcm",
    "JPEG2000.dcm",
    "CT_small.dcm",
    "examples_overlay.dcm",
    "examples_palette.dcm",
    "image_dfl.dcm",
)
_DX_CLASS = UID("1.2.840.10008.5.1.4.1.1.1.1")

Grey = NDArray[np.uint8]
Change = Callable[[Grey, np.random.Generator], Grey]


@dataclass(frozen=True, slots=True)
class Pictures:
    """What becomes of an image that comes again; ``moved`` says that its dates and times are other ones."""

    id: str
    fault: str
    change: Change
    moved: bool = True
    compressed: bool = False
    comes_again: bool = True


def _same(image: Grey, rng: np.random.Generator) -> Grey:
    return image


def _jpeg(image: Grey, rng: np.random.Generator) -> Grey:
    held = io.BytesIO()
    Image.fromarray(image).save(held, "JPEG", quality=60)
    return np.asarray(Image.open(held))


def _halved(image: Grey, rng: np.random.Generator) -> Grey:
    return np.asarray(Image.fromarray(image).resize((_TILE // 2, _TILE // 2), Image.Resampling.BILINEAR))


def _noised(image: Grey, rng: np.random.Generator) -> Grey:
    return (image + rng.normal(0, 3, image.shape)).clip(0, 255).round().astype(np.uint8)


def _windowed(image: Grey, rng: np.random.Generator) -> Grey:
    return ((image.astype(np.float64) - 128) * 1.3 + 140).clip(0, 255).round().astype(np.uint8)


def _cropped(image: Grey, rng: np.random.Generator) -> Grey:
    return np.ascontiguousarray(image[6:-6, 6:-6])


def _mirrored(image: Grey, rng: np.random.Generator) -> Grey:
    return np.ascontiguousarray(image[:, ::-1])


PICTURES = (
    Pictures(PICTURES_TWIN, "nothing", _same, comes_again=False),
    Pictures("pictures-resent", "6 images again, new UIDs", _same, moved=False),
    Pictures("pictures-moved", "… and dates moved", _same),
    Pictures("pictures-rle", "… and losslessly compressed", _same, compressed=True),
    Pictures("pictures-jpeg", "… and through JPEG of quality 60", _jpeg),
    Pictures("pictures-noise", "… and noise of 3 grey levels added", _noised),
    Pictures("pictures-window", "… and brightness and contrast changed", _windowed),
    Pictures("pictures-halved", "… and scaled to half", _halved),
    Pictures("pictures-cropped", "… and cropped by 5 % on each side", _cropped),
    Pictures("pictures-mirrored", "… and mirrored", _mirrored),
)
"""All but the first two: dates and times moved."""


def write_pictures(pictures: Pictures, folder: Path) -> pl.DataFrame:
    """Write ``dicom/``, ``png/``, ``cases.csv`` and ``predictions.csv`` below ``folder``.

    Returns one row per image: ``picture`` (name of its PNG), ``patient_id`` and ``copy_of``, the picture it repeats.
    """
    for name in ("dicom", "png"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(3)
    tiles = list(_tiles())
    cases: list[dict[str, object]] = []
    images: list[tuple[str, object, str | None]] = []
    for number, tile in enumerate(tiles):
        cases.append(_write(folder, number, tile, split="test" if number % 2 else "train", day=number))
        images.append((f"{number}.png", cases[-1]["patient_id"], None))
    # Copies of tested images, for training.
    copied = range(1, 2 * _COPIES, 2) if pictures.comes_again else ()
    for copy, source in enumerate(copied):
        number = len(tiles) + copy
        tile = pictures.change(tiles[source], rng)
        day = number if pictures.moved else source
        cases.append(_write(folder, number, tile, split="train", day=day, compressed=pictures.compressed))
        images.append((f"{number}.png", cases[-1]["patient_id"], f"{source}.png"))
    table = pl.DataFrame(cases)
    table.write_csv(folder / "cases.csv")
    score = pl.Series("score", rng.random(table.height))
    table.select("case_id", pl.lit(FINDING).alias("finding"), pl.lit(MODEL).alias("model"), score).write_csv(
        folder / "predictions.csv"
    )
    return pl.DataFrame(images, schema=["picture", "patient_id", "copy_of"], orient="row")


def _tiles() -> Iterator[Grey]:
    """Tiles with something on them, eight bits deep."""
    root = Path(pydicom.data.__file__).parent / "test_files"
    for name in _SOURCES:
        pixels = pydicom.dcmread(root / name).pixel_array.astype(np.float64)
        low, high = np.percentile(pixels, (1, 99))
        grey = ((pixels - low) / (high - low) * 255).clip(0, 255).round().astype(np.uint8)
        for top in range(0, grey.shape[0] - _TILE + 1, _TILE):
            for left in range(0, grey.shape[1] - _TILE + 1, _TILE):
                tile = np.ascontiguousarray(grey[top : top + _TILE, left : left + _TILE])
                if tile.std() >= _LEAST_SPREAD:
                    yield tile


def _write(
    folder: Path, number: int, image: Grey, *, split: str, day: int, compressed: bool = False
) -> dict[str, object]:
    when = date(2022, 1, 1) + timedelta(days=day % 200 + (300 if split == "test" else 0))
    dataset = _dataset(number, image, day)
    if compressed:
        dataset.compress(RLELossless)
    dataset.save_as(folder / "dicom" / f"{number}.dcm", enforce_file_format=True)
    Image.fromarray(image).save(folder / "png" / f"{number}.png")
    return {
        "case_id": f"C{number}",
        "patient_id": dataset.PatientID,
        "study_instance_uid": dataset.StudyInstanceUID,
        "split": split,
        "case_date": when,
        f"reference_{FINDING}": bool(np.random.default_rng(number).random() < 0.5),
        "clinical_setting": "outpatient",
    }


def _dataset(number: int, image: Grey, day: int) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = _DX_CLASS
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPInstanceUID = (
        generate_uid(entropy_srcs=[kind, str(number)]) for kind in ("study", "series", "instance")
    )
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.PatientID = f"PIC-{number}"
    dataset.Modality, dataset.Manufacturer, dataset.ManufacturerModelName = "DX", "Any", "Any"
    dataset.BodyPartExamined, dataset.PatientSex, dataset.PatientAge = "CHEST", "F", "050Y"
    moment = date(2022, 1, 1) + timedelta(days=day)
    dataset.StudyDate = dataset.AcquisitionDate = dataset.ContentDate = f"{moment:%Y%m%d}"
    dataset.AcquisitionTime = dataset.ContentTime = f"{8 + day % 12:02d}{day % 60:02d}07"
    dataset.SeriesNumber, dataset.InstanceNumber = 1, 1
    dataset.Rows, dataset.Columns = image.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
    dataset.PixelData = image.tobytes()
    return dataset
