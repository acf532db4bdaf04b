"""What is kept of the pixels of one object, and that nothing in an object can do harm."""

import io
from dataclasses import replace
from pathlib import Path
from struct import pack

import numpy as np
import pydicom.data
import pytest
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEGBaseline8Bit, JPEGLosslessSV1, RLELossless

from multisite.dicom import Pseudonymiser
from multisite.dicom.pixels import PixelFacts, is_decoded, read_pixels
from multisite.vocabulary import PixelStatus
from tests.lib.pictures import body, dicom_picture

FILES = Path(pydicom.data.__file__).parent / "test_files"
KEY = b"a key for files that are public anyway"
LIMIT = 1 << 24
PICTURE = body(1)


def read(data: bytes, *, max_bytes: int = LIMIT, key: bytes = KEY) -> PixelFacts:
    return read_pixels(data, max_bytes=max_bytes, pseudonyms=Pseudonymiser(key))


def shipped(name: str) -> PixelFacts:
    return read((FILES / name).read_bytes())


def encapsulated(frame: bytes, syntax: str, **tags: object) -> bytes:
    """An object with a compressed frame, whatever its header says."""
    dataset = pydicom.dcmread(io.BytesIO(dicom_picture(PICTURE, **tags)))
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = encapsulate([frame])
    dataset["PixelData"].VR = "OB"
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


def test_the_same_pixels_have_one_digest_and_hash_in_every_transfer_syntax() -> None:
    names = ("", "_RLE", "_bigendian", "_expb", "_implicit", "_jp2klossless", "_padded")
    found = [shipped(f"MR_small{name}.dcm") for name in names]
    assert {facts.status for facts in found} == {PixelStatus.READ}
    assert len({(facts.pixel_digest, facts.perceptual_hash, facts.thumbnail) for facts in found}) == 1


def test_one_pixel_more_bright_is_another_digest_and_the_same_hash() -> None:
    other = PICTURE.copy()
    other[60, 60] += 1
    one, two = read(dicom_picture(PICTURE)), read(dicom_picture(other))
    assert one.pixel_digest != two.pixel_digest
    assert one.perceptual_hash == two.perceptual_hash


def test_nothing_but_the_pixels_bears_on_what_is_found() -> None:
    assert read(dicom_picture(PICTURE, PatientID="a", StudyDate="20240101")) == read(dicom_picture(PICTURE))


def test_the_digest_depends_on_the_arrangement_and_on_the_key() -> None:
    digests = {
        read(dicom_picture(PICTURE)).pixel_digest,
        read(dicom_picture(PICTURE.reshape(64, 256))).pixel_digest,
        read(dicom_picture(PICTURE), key=b"another key of the site").pixel_digest,
    }
    assert len(digests) == 3


def test_an_image_that_is_stored_inverted_looks_the_same() -> None:
    inverted = read(dicom_picture(4095 - PICTURE, PhotometricInterpretation="MONOCHROME1"))
    assert inverted.thumbnail == read(dicom_picture(PICTURE)).thumbnail


def test_a_flat_image_has_a_digest_and_no_hash() -> None:
    almost = np.full((64, 64), 7, dtype=np.int32)
    almost[0, :20] = 9
    facts = read(dicom_picture(almost))
    assert (facts.status, facts.is_flat, facts.perceptual_hash, facts.thumbnail) == (PixelStatus.READ, True, None, None)
    assert facts.pixel_digest


def test_an_image_smaller_than_a_thumbnail_has_a_digest_and_no_hash() -> None:
    facts = read(dicom_picture(PICTURE[:31, :64]))
    assert (facts.is_flat, facts.perceptual_hash) == (False, None)
    assert facts.pixel_digest


def test_of_several_frames_the_middle_one_is_shown_and_all_count_for_the_digest() -> None:
    frames = np.concatenate([body(2), PICTURE, body(3)])
    facts = read(dicom_picture(frames, NumberOfFrames=3, Rows=128))
    assert (facts.n_frames, facts.pixel_rows, facts.pixel_columns) == (3, 128, 128)
    assert facts.thumbnail == read(dicom_picture(PICTURE)).thumbnail
    assert facts.pixel_digest != read(dicom_picture(PICTURE)).pixel_digest


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("test-SR.dcm", PixelStatus.NO_PIXELS),
        ("README.txt", PixelStatus.NO_PIXELS),
        ("MR_small_jpeg_ls_lossless.dcm", PixelStatus.UNKNOWN_SYNTAX),
        ("JPEG-lossy.dcm", PixelStatus.UNKNOWN_SYNTAX),
        ("image_dfl.dcm", PixelStatus.UNKNOWN_SYNTAX),
        ("MR_truncated.dcm", PixelStatus.UNDECODABLE),
    ],
)
def test_what_gives_no_pixels_says_why(name: str, status: PixelStatus) -> None:
    assert shipped(name) == PixelFacts(status)


def test_what_is_decoded_is_known_from_the_transfer_syntax() -> None:
    assert is_decoded(JPEGBaseline8Bit)
    assert not any(is_decoded(uid) for uid in (JPEGLosslessSV1, DeflatedExplicitVRLittleEndian, "1.2.3", "no UID", ""))


@pytest.mark.parametrize(
    ("tags", "status"),
    [
        ({"Rows": 65535, "Columns": 65535}, PixelStatus.TOO_LARGE),
        ({"NumberOfFrames": 2_000_000_000}, PixelStatus.TOO_LARGE),
        ({"NumberOfFrames": 500}, PixelStatus.UNDECODABLE),
        ({"Rows": 129}, PixelStatus.UNDECODABLE),
        ({"Rows": 0}, PixelStatus.UNDECODABLE),
        ({"BitsAllocated": 17}, PixelStatus.UNDECODABLE),
        ({"PhotometricInterpretation": ""}, PixelStatus.UNDECODABLE),
    ],
)
def test_a_header_that_claims_more_than_there_is_is_not_believed(tags: dict[str, object], status: PixelStatus) -> None:
    assert read(dicom_picture(PICTURE, **tags)) == PixelFacts(status)


def test_a_frame_beyond_the_limit_is_not_decoded() -> None:
    data = dicom_picture(PICTURE)
    assert read(data, max_bytes=PICTURE.size * 2).status is PixelStatus.READ
    assert read(data, max_bytes=PICTURE.size * 2 - 1) == PixelFacts(PixelStatus.TOO_LARGE)


def test_a_picture_that_is_larger_than_its_header_says_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = io.BytesIO()
    Image.new("L", (4096, 4096), 7).save(buffer, "JPEG")
    loaded = []
    monkeypatch.setattr("PIL.JpegImagePlugin.JpegImageFile.load", lambda self: loaded.append(self))
    before = Image.MAX_IMAGE_PIXELS
    data = encapsulated(buffer.getvalue(), JPEGBaseline8Bit, BitsAllocated=8, BitsStored=8, HighBit=7)
    assert read(data) == PixelFacts(PixelStatus.UNDECODABLE)
    assert loaded == []
    assert before == Image.MAX_IMAGE_PIXELS


def test_run_lengths_that_would_fill_the_memory_are_not_followed() -> None:
    bomb = pack("<16L", 2, 64, 128, *[0] * 13) + b"\x81\x00" * 200_000
    assert read(encapsulated(bomb, RLELossless)) == PixelFacts(PixelStatus.UNDECODABLE)


def test_no_spoilt_object_raises_or_is_told_anything_of() -> None:
    rng = np.random.default_rng(3)
    names = ("MR_small_RLE.dcm", "MR_small_jp2klossless.dcm", "SC_rgb_small_odd_jpeg.dcm", "rtdose.dcm")
    for name in names:
        whole = (FILES / name).read_bytes()
        for _ in range(40):
            spoilt = bytearray(whole[: rng.integers(1, len(whole) + 1)])
            for position in rng.integers(0, len(spoilt), 12):
                spoilt[position] = rng.integers(0, 256)
            facts = read(bytes(spoilt))
            assert facts.status is PixelStatus.READ or facts == PixelFacts(facts.status)


def test_facts_of_an_image_are_those_that_are_recorded() -> None:
    # Another digest, hash or thumbnail for the same bytes asks for another PIXEL_READER_VERSION.
    facts = replace(shipped("CT_small.dcm"), thumbnail=None)
    assert facts == PixelFacts(
        PixelStatus.READ,
        n_frames=1,
        pixel_rows=128,
        pixel_columns=128,
        pixel_digest="3476c406f47c7c63076157bbe1d434d4",
        perceptual_hash="5e381e393ca9bcedb42051a223eba9c3cd23730e22de3cd2d370d305328f28bf",
        is_flat=False,
        letters_in_row=0,
    )
