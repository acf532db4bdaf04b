"""Text at the border is seen, and what merely looks a little like it is not."""

from pathlib import Path

import numpy as np
import pydicom.data
import pytest
from scipy import ndimage

from multisite.dicom import Pseudonymiser
from multisite.dicom.pixels import read_pixels
from multisite.dicom.text_marks import MIN_IN_ROW, letters_in_row
from tests.lib.pictures import Picture, body, with_text

FILES = sorted((Path(pydicom.data.__file__).parent / "test_files").glob("*.dcm"))
TEXTS = ("DOE^JANE 1950-06-07", "ID 4711 M 063Y", "12:45:10 kV 120")


def noise(kind: str, side: int, seed: int) -> Picture:
    rng = np.random.default_rng(seed)
    if kind == "uniform":
        made = rng.integers(0, 4096, (side, side)).astype(float)
    elif kind == "speckle":
        parts = [ndimage.gaussian_filter(rng.normal(size=(side, side)), 1.2) for _ in range(2)]
        made = 4000 * np.hypot(*parts)
    else:
        made = 1000 + 600 * ndimage.gaussian_filter(rng.normal(size=(side, side)), float(kind))
    return np.rint(made).astype(np.int32)


@pytest.mark.slow
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("size", [14, 20])
@pytest.mark.parametrize("dark", [False, True])
def test_text_in_a_corner_of_an_image_is_seen_bright_or_dark(text: str, size: int, dark: bool) -> None:
    picture = with_text(body(1, 512), text, size=size)
    assert letters_in_row(-picture if dark else picture) >= MIN_IN_ROW


def test_text_at_the_lower_border_is_seen_on_dark_ground_and_missed_on_tissue() -> None:
    picture = body(1, 512)
    assert letters_in_row(with_text(picture, TEXTS[0], at=(250, 480))) < MIN_IN_ROW
    picture[460:] = 100
    assert letters_in_row(with_text(picture, TEXTS[0], at=(250, 480))) >= MIN_IN_ROW


def test_text_in_the_middle_is_not_looked_for() -> None:
    assert letters_in_row(with_text(body(1, 512), TEXTS[0], at=(150, 250))) < MIN_IN_ROW


@pytest.mark.parametrize("marker", ["L", "R", "AP", "R p"])
def test_the_marker_of_a_side_is_no_text(marker: str) -> None:
    assert letters_in_row(with_text(body(1, 512), marker, size=24)) < MIN_IN_ROW


def test_a_ruler_is_no_text() -> None:
    picture = body(1, 512)
    picture[488:500, 20:500:16] = 4095
    assert letters_in_row(picture) == 0


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["uniform", "0.7", "1", "2", "4", "speckle"])
@pytest.mark.parametrize("side", [64, 256, 512])
def test_noise_is_no_text(kind: str, side: int) -> None:
    assert max(letters_in_row(noise(kind, side, seed)) for seed in range(12)) < MIN_IN_ROW


def test_bodies_hold_no_text() -> None:
    assert {letters_in_row(body(seed, 256)) for seed in range(30)} == {0}


def test_a_flat_or_tiny_picture_holds_no_text() -> None:
    assert letters_in_row(np.zeros((64, 64), dtype=np.int32)) == 0
    assert letters_in_row(np.array([[1, 2]], dtype=np.int32)) == 0


@pytest.mark.slow
def test_of_the_files_that_ship_with_pydicom_those_with_text_in_them_are_marked() -> None:
    # By eye: three ultrasound images with lines of text at the border. A fourth is in grey on grey, and missed.
    pseudonyms = Pseudonymiser(b"a key for public files")
    facts = {path.name: read_pixels(path.read_bytes(), max_bytes=1 << 28, pseudonyms=pseudonyms) for path in FILES}
    read = {name: one.letters_in_row for name, one in facts.items() if one.letters_in_row is not None}
    marked = {name for name, letters in read.items() if letters >= MIN_IN_ROW}
    assert len(read) > 45
    assert marked == {"examples_jpeg2k.dcm", "examples_rgb_color.dcm", "examples_palette.dcm"}
