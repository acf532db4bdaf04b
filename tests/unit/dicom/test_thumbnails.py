"""Grey pictures, thumbnails and hashes."""

import numpy as np
import pytest

from multisite.dicom.thumbnails import Window, grey_picture, hash_of, luminance, robust_window, thumbnail_of
from tests.lib.pictures import body, jpeg, noisy, resized


def thumbnail(picture: np.ndarray) -> np.ndarray:
    return thumbnail_of(grey_picture(picture, robust_window(picture)))


def differing_bits(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(32, 32), (64, 96), (128, 33), (47, 211), (33, 40)])
def test_a_thumbnail_is_made_of_means_of_equal_areas(shape: tuple[int, int]) -> None:
    grey = np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)
    # Every pixel 32 times in each direction: then the areas are whole.
    fine = grey.repeat(32, axis=0).repeat(32, axis=1).astype(float)
    means = fine.reshape(32, shape[0], 32, shape[1]).mean(axis=(1, 3))
    assert np.array_equal(thumbnail_of(grey), np.floor(means + 0.5).astype(np.uint8))


def test_the_window_leaves_a_hundredth_at_either_end_out() -> None:
    values = np.arange(10_000, dtype=np.int32).reshape(100, 100)
    assert robust_window(values) == Window(100, 9899)
    grey = grey_picture(values, robust_window(values))
    assert (grey.min(), grey.max(), grey[50, 0]) == (0, 255, 128)


def test_a_picture_of_one_value_is_flat_even_with_a_few_others() -> None:
    picture = np.full((64, 64), 3, dtype=np.int32)
    assert robust_window(picture).is_flat
    picture[:3, :10] = 90
    assert robust_window(picture).is_flat
    picture[:8] = 90
    assert not robust_window(picture).is_flat


def test_colours_become_their_luminance() -> None:
    red, green, blue = np.eye(3, dtype=np.uint8) * 200
    frame = np.array([[red, green, blue]])
    assert luminance(frame, photometric="RGB").tolist() == [[59, 117, 22]]
    assert luminance(frame, photometric="YBR_RCT").tolist() == [[59, 117, 22]]
    assert luminance(frame, photometric="YBR_FULL").tolist() == [[200, 0, 0]]


def test_values_of_more_than_sixteen_bits_are_shown_in_as_many() -> None:
    frame = np.array([[0, 2**31, 2**32 - 1]], dtype=np.uint32)
    assert luminance(frame, photometric="MONOCHROME2").tolist() == [[0, 32768, 65535]]
    broken = np.array([[np.nan, -1.0, np.inf, 1.0]])
    assert luminance(broken, photometric="MONOCHROME2").tolist() == [[0, 0, 0, 65535]]
    assert luminance(np.full((1, 2), np.nan), photometric="MONOCHROME2").tolist() == [[0, 0]]


def test_the_hash_is_blind_to_brightness_and_near_for_a_copy() -> None:
    shown = thumbnail(body(1, 256))
    assert len(hash_of(shown)) == 64
    assert differing_bits(hash_of(shown), hash_of((shown // 2 + 20).astype(np.uint8))) <= 8
    for copy in (jpeg(body(1, 256)), resized(body(1, 256), 0.5), noisy(body(1, 256))):
        assert differing_bits(hash_of(shown), hash_of(thumbnail(copy))) <= 8


def test_the_hash_of_another_patient_is_far_off() -> None:
    hashes = [hash_of(thumbnail(body(seed))) for seed in range(40)]
    assert min(differing_bits(a, b) for i, a in enumerate(hashes) for b in hashes[:i]) > 15
