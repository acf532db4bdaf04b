"""Whose the images are that were looked at, and how many of the chosen ones could be read, in words."""

import polars as pl

from multisite.vocabulary import PixelStatus

__all__ = ["NOT_ASKED_FOR", "coverage", "owned", "read_images"]

NOT_ASKED_FOR = "The study file does not ask for pixels."


def read_images(pixels: pl.DataFrame) -> pl.DataFrame:
    """The images whose pixels were read."""
    return pixels.filter(status=PixelStatus.READ.value)


def owned(images: pl.DataFrame, included: pl.DataFrame) -> pl.DataFrame:
    """Each image with the patient and the split of the included cases that its series stands for.

    Those of the table and not of the header: it is the table's patients that are counted. An image without a patient is
    left out.
    """
    owners = included.select("series_instance_uid", "patient_id", "split").drop_nulls().unique()
    return images.join(owners, on="series_instance_uid", how="inner")


def coverage(pixels: pl.DataFrame) -> str:
    """A sentence that says how many images were chosen, how many were read, and why the others were not."""
    counts = dict(pixels.group_by("status").len().rows())
    n_read = counts.pop(PixelStatus.READ.value, 0)
    others = [f"{counts[status.value]:,} {status.value}" for status in PixelStatus if status.value in counts]
    not_read = f" (not read: {', '.join(others)})" if others else ""
    return f"{n_read:,} of {pixels.height:,} chosen images were read{not_read}."
