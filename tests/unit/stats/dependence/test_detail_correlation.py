"""Agreement of two pictures in their details."""

import numpy as np
import pytest

from multisite.stats import detail_correlations


def pictures(n: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, 32, 32)).astype(np.uint8)


def test_it_is_pearson_s_of_what_a_mean_filter_leaves() -> None:
    from scipy import ndimage

    one, other = pictures(3), pictures(3, seed=2) // 2 + pictures(3) // 2
    details = [
        [p - ndimage.uniform_filter(p.astype(float), 5, mode="nearest") for p in stack] for stack in (one, other)
    ]
    expected = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(*details, strict=True)]
    assert detail_correlations(one, other) == pytest.approx(expected)


def test_brightness_contrast_and_a_slope_do_not_matter() -> None:
    one = pictures(2)
    slope = np.linspace(0, 60, 32)[None, :, None]
    assert (detail_correlations(one, (one / 2 + slope).astype(np.uint8)) > 0.99).all()


def test_an_inverted_picture_agrees_with_minus_one() -> None:
    assert detail_correlations(pictures(1), 255 - pictures(1)) == pytest.approx([-1])


def test_a_picture_without_detail_agrees_with_nothing() -> None:
    assert np.isnan(detail_correlations(pictures(1), np.full((1, 32, 32), 9, dtype=np.uint8))).all()
    assert detail_correlations(pictures(0), pictures(0)).shape == (0,)
