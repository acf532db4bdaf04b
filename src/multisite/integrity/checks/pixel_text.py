"""Text that was burnt into the pixels: it may name the patient, or tell the label."""

import polars as pl

from multisite.dicom.text_marks import MIN_IN_ROW
from multisite.integrity.check import Check, CheckFrames, Outcome, insufficient, judged, not_applicable
from multisite.integrity.checks.labelled import REFERENCE
from multisite.integrity.pixels.owners import NOT_ASKED_FOR, coverage, read_images
from multisite.vocabulary import Severity

__all__ = ["PIXEL_TEXT_CHECKS"]

_SERIES = "series_instance_uid"
_HAS_TEXT = pl.col("n_with_text") > 0


def text_in_pixels(frames: CheckFrames) -> Outcome:
    """Index series with marks at the border of an image that look like text."""
    if frames.pixels is None:
        return not_applicable(NOT_ASKED_FOR)
    wanted = frames.included.select(_SERIES).drop_nulls().unique()
    images = read_images(frames.pixels).join(wanted, on=_SERIES, how="semi")
    if images.is_empty():
        return insufficient(f"No image could be looked at. {coverage(frames.pixels)}")
    series = images.group_by(_SERIES).agg(
        pl.len().alias("n_images"),
        (pl.col("letters_in_row") >= MIN_IN_ROW).sum().alias("n_with_text"),
        (pl.col("burned_in_annotation") == "NO").any().fill_null(False).alias("is_denied"),
    )
    marked = series.filter(_HAS_TEXT).sort(_SERIES)
    found = marked.select(
        pl.lit("series").alias("entity"),
        pl.col(_SERIES).alias("pseudonym"),
        pl.format(
            "marks like text in {} of {} images{}",
            "n_with_text",
            "n_images",
            pl.when("is_denied").then(pl.lit("; BurnedInAnnotation says NO")).otherwise(pl.lit("")),
        ).alias("detail"),
    )
    n_denied = int(marked["is_denied"].sum())
    denied = f" BurnedInAnnotation says NO in {n_denied:,} of them." if n_denied else ""
    verb = "has" if found.height == 1 else "have"
    return judged(
        found,
        series.height,
        failed=f"{found.height:,} of {series.height:,} index series {verb} marks like text at the border.{denied}"
        f"{_labels(series, frames.included)} {coverage(frames.pixels)}",
        passed=f"None of {series.height:,} index series has marks like text at the border. {coverage(frames.pixels)}",
    )


def _labels(series: pl.DataFrame, included: pl.DataFrame) -> str:
    """How many of the cases with and without text have each finding, in sentences."""
    cases = included.join(series, on=_SERIES, how="inner")
    told = []
    for column in sorted(name for name in cases.columns if name.startswith(REFERENCE)):
        known = cases.drop_nulls(column)
        sides = (known.filter(_HAS_TEXT)[column], known.filter(~_HAS_TEXT)[column])
        with_text, without = (f"{int(side.sum()):,} of {len(side):,}" for side in sides)
        told.append(f" {column.removeprefix(REFERENCE)}: {with_text} cases with text, {without} without.")
    return "".join(told)


PIXEL_TEXT_CHECKS = (
    Check(
        id="text_in_pixels",
        title="No index series has text in its pixels",
        family="identifiers",
        severity=Severity.MINOR,
        method=(
            f"{MIN_IN_ROW} or more sharp marks of the size of letters in one row of the outer eighth of an image, of "
            "those chosen from the index series of the included cases; nothing is read."
        ),
        unit="series",
        run=text_in_pixels,
    ),
)
