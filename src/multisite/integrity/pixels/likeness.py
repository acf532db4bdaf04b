"""Pairs of images of different patients that look alike, found without comparing each with each.

The hash of an image has 16 bands of 16 bits. Two hashes that differ in 15 bits or fewer are equal in one band at least,
so only images that share a band are compared: sorted by the hash as it is read from that band onwards, each with those
that follow it in the same band. Where a band is shared by more images than are compared, neighbours in that order are
the most alike of them, and the order is another one in each of the 16 bands.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from multisite.stats import detail_correlations

__all__ = ["COMPARED", "MAX_BITS", "MIN_CORRELATION", "like_images"]

MAX_BITS: Final = 15
"""Bits of 256 in which the hashes of two like images differ at most."""

MIN_CORRELATION: Final = 0.97
"""Correlation that the details of their thumbnails have at least."""

COMPARED: Final = 32
"""Images that follow in the order of a band and that each is compared with."""

_BANDS: Final = 16
_DIGITS: Final = 4
_WORDS: Final = tuple(f"word_{i}" for i in range(8))
_SIDE: Final = 32
_AT_ONCE: Final = 4096
"""Pairs whose thumbnails are compared together."""

_PAIR: Final = ("first", "second")


def like_images(images: pl.DataFrame) -> pl.DataFrame:
    """Pairs of images of different patients whose hashes and thumbnails are alike and whose pixels are not equal.

    Parameters
    ----------
    images : patient_id, pixel_digest, perceptual_hash and thumbnail, none of them missing; further columns

    Returns
    -------
    ``first`` and ``second``, rows of ``images`` from 0, with ``first`` < ``second``; ``correlation``
    """
    words = (
        pl.col("perceptual_hash").str.slice(8 * i, 8).str.to_integer(base=16).cast(pl.Int64).alias(word)
        for i, word in enumerate(_WORDS)
    )
    hashed = images.with_row_index("row").select("row", "patient_id", "pixel_digest", "perceptual_hash", *words)
    found = [pl.DataFrame(schema={"first": pl.UInt32, "second": pl.UInt32})]
    for band in range(_BANDS):
        found += _of_band(hashed, band)
    pairs = pl.concat(found).unique().sort(_PAIR)
    made = pairs.with_columns(pl.Series("correlation", _correlations(images["thumbnail"], pairs), dtype=pl.Float64))
    return made.filter(pl.col("correlation") >= MIN_CORRELATION)


def _of_band(hashed: pl.DataFrame, band: int) -> Iterator[pl.DataFrame]:
    """Pairs that share the band, and whose hashes are near enough."""
    text, begin = pl.col("perceptual_hash"), _DIGITS * band
    ordered = (
        hashed.with_columns(
            text.str.slice(begin, _DIGITS).alias("band"), (text.str.slice(begin) + text.str.head(begin)).alias("turned")
        )
        .filter(pl.len().over("band") > 1)
        .sort("turned", "row")
        .drop("perceptual_hash", "turned")
    )
    for distance in range(1, min(COMPARED, ordered.height - 1) + 1):
        differing = pl.sum_horizontal((pl.col(w) ^ pl.col(w).shift(-distance)).bitwise_count_ones() for w in _WORDS)
        other = {name: pl.col(name).shift(-distance) for name in ("row", "patient_id", "pixel_digest", "band")}
        near = (
            (pl.col("band") == other["band"])
            & (pl.col("patient_id") != other["patient_id"])
            & (pl.col("pixel_digest") != other["pixel_digest"])
            & (differing <= MAX_BITS)
        )
        yield (
            ordered.select(
                pl.min_horizontal("row", other["row"]).alias("first"),
                pl.max_horizontal("row", other["row"]).alias("second"),
                near.alias("near"),
            )
            .filter("near")
            .select(_PAIR)
        )


def _correlations(thumbnails: pl.Series, pairs: pl.DataFrame) -> np.ndarray:
    made = [np.empty(0)]
    for part in pairs.iter_slices(_AT_ONCE):
        one, other = (_greys(thumbnails.gather(part[name])) for name in _PAIR)
        made.append(detail_correlations(one, other))
    return np.concatenate(made)


def _greys(thumbnails: pl.Series) -> np.ndarray:
    joined = b"".join(thumbnails.str.decode("base64").to_list())
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, _SIDE, _SIDE)
