"""Images that are nearly the same are found among others, and those of another patient are not."""

from hashlib import sha256

import numpy as np
import polars as pl
import pytest

from multisite.dicom.thumbnails import grey_picture, hash_of, robust_window, thumbnail_of
from multisite.integrity.pixels.likeness import COMPARED, MAX_BITS, like_images
from tests.lib.pictures import COPIES, Picture, body


def images(pictures: list[Picture], patients: list[str] | None = None) -> pl.DataFrame:
    thumbnails = [thumbnail_of(grey_picture(picture, robust_window(picture))) for picture in pictures]
    return pl.DataFrame(
        {
            "patient_id": patients or [f"p{i}" for i in range(len(pictures))],
            "pixel_digest": [sha256(picture.tobytes()).hexdigest() for picture in pictures],
            "perceptual_hash": [hash_of(thumbnail) for thumbnail in thumbnails],
            "thumbnail": pl.Series([thumbnail.tobytes() for thumbnail in thumbnails], dtype=pl.Binary),
        }
    ).with_columns(pl.col("thumbnail").bin.encode("base64"))


def pairs(found: pl.DataFrame) -> set[tuple[int, int]]:
    return set(found.select("first", "second").rows())


@pytest.mark.slow
@pytest.mark.parametrize("copy", sorted(COPIES))
def test_a_copy_is_found_among_images_of_other_patients(copy: str) -> None:
    originals = [body(seed) for seed in range(25)]
    found = like_images(images(originals + [COPIES[copy](picture) for picture in originals[:10]]))
    assert pairs(found) == {(i, 25 + i) for i in range(10)}
    assert found["correlation"].min() > 0.97


@pytest.mark.slow
def test_images_of_patients_who_differ_half_as_much_are_no_copies() -> None:
    assert like_images(images([body(seed, variation=0.5) for seed in range(300)])).is_empty()


def test_images_of_one_patient_and_equal_pixels_are_no_finding_here() -> None:
    one = body(1)
    assert like_images(images([one, COPIES["one grey of noise"](one)], ["p1", "p1"])).is_empty()
    assert like_images(images([one, one])).is_empty()


def test_one_image_or_none_has_no_pair() -> None:
    assert like_images(images([body(1)])).is_empty()
    assert like_images(images([body(1)]).clear()).is_empty()


@pytest.mark.slow
def test_every_pair_within_the_bits_is_found_where_bands_are_not_crowded() -> None:
    rng = np.random.default_rng(4)
    hashes = [rng.bytes(32) for _ in range(400)]
    for i in range(200):
        bits = np.unpackbits(np.frombuffer(hashes[i], np.uint8))
        bits[rng.choice(256, rng.integers(1, MAX_BITS + 8), replace=False)] ^= 1
        hashes.append(np.packbits(bits).tobytes())
    frame = pl.concat([images([body(1)])] * len(hashes)).with_columns(
        patient_id=pl.Series([f"p{i}" for i in range(len(hashes))]),
        pixel_digest=pl.Series([f"d{i}" for i in range(len(hashes))]),
        perceptual_hash=pl.Series([value.hex() for value in hashes]),
    )
    numbers = [int.from_bytes(value) for value in hashes]
    near = {(i, j) for j in range(len(hashes)) for i in range(j) if (numbers[i] ^ numbers[j]).bit_count() <= MAX_BITS}
    assert len(near) > 100
    assert pairs(like_images(frame)) == near


@pytest.mark.slow
def test_copies_are_found_in_a_crowd_that_shares_its_bands() -> None:
    crowd = [body(seed, 64, variation=0.35) for seed in range(12 * COMPARED)]
    copies = [COPIES["one grey of noise"](picture) for picture in crowd[:40]]
    found = pairs(like_images(images(crowd + copies)))
    planted = {(i, len(crowd) + i) for i in range(40)}
    assert planted <= found
