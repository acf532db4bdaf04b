"""Whether something stands on the images beside the image: burned-in annotations, overlays, secondary captures."""

import polars as pl

from multisite.integrity.check import Check, CheckFrames, Outcome, insufficient, judged
from multisite.integrity.checks.labelled import REFERENCE
from multisite.integrity.checks.marked import index_series, marked_series, series_with
from multisite.schemas.markers import Marker
from multisite.vocabulary import Severity

__all__ = ["MARKER_CHECKS"]

_SERIES = "series_instance_uid"


def burned_in_annotation(frames: CheckFrames) -> Outcome:
    """Index series with an object whose BurnedInAnnotation is YES."""
    told = series_with(frames, [Marker.BURNED_IN, Marker.NOT_BURNED_IN])
    return _judged(
        frames, Marker.BURNED_IN, told, "text burned into pixels, by BurnedInAnnotation", "say nothing about it"
    )


def overlays(frames: CheckFrames) -> Outcome:
    """Index series with an object that has an overlay plane."""
    unseen = series_with(frames, [Marker.OVERLAY_UNSEEN])
    seen = frames.series.select(_SERIES).join(unseen, on=_SERIES, how="anti")
    told = pl.concat([seen, series_with(frames, [Marker.OVERLAY])]).unique()
    return _judged(frames, Marker.OVERLAY, told, "an overlay plane", "end before overlays")


def secondary_captures(frames: CheckFrames) -> Outcome:
    """Index series with an object that is a secondary capture."""
    every = frames.series.select(_SERIES)
    return _judged(frames, Marker.SECONDARY_CAPTURE, every, "a secondary capture", "were not read")


def _judged(frames: CheckFrames, marker: Marker, told: pl.DataFrame, what: str, lacking: str) -> Outcome:
    n_index = index_series(frames).height
    if n_index == 0:
        return insufficient("No included case has a series made from headers.")
    marked = marked_series(frames, [marker], among=told)
    if marked.n_examined == 0:
        return insufficient(f"Of {n_index:,} index series all {lacking}.")
    n_found, n_silent = marked.found.height, n_index - marked.n_examined
    rest = f"{marked.others}{f' {n_silent:,} index series {lacking}.' if n_silent else ''}"
    return judged(
        marked.found,
        marked.n_examined,
        failed=f"{n_found:,} of {marked.n_examined:,} index series {'has' if n_found == 1 else 'have'} {what}."
        f"{_by_label(frames.included, marked.found)}{rest}",
        passed=f"None of {marked.n_examined:,} index series has {what}.{rest}",
    )


def _by_label(included: pl.DataFrame, found: pl.DataFrame) -> str:
    """In how many cases with and without each finding the marker stands: one that goes with the label is a shortcut."""
    marked = included.with_columns(pl.col(_SERIES).is_in(found["pseudonym"].implode()).fill_null(False).alias("marked"))

    def share(column: str, label: bool) -> str:
        cases = marked.filter(pl.col(column) == label)
        return f"{cases['marked'].sum():,} of {cases.height:,}"

    columns = sorted(name for name in included.columns if name.startswith(REFERENCE))
    return "".join(
        f" {name.removeprefix(REFERENCE)}: {share(name, True)} cases with it, {share(name, False)} without."
        for name in columns
    )


MARKER_CHECKS = (
    Check(
        id="burned_in_annotation",
        title="No index series says that text is burned in",
        family="markers",
        severity=Severity.MINOR,
        method="BurnedInAnnotation of every object of the index series that has it.",
        unit="series",
        run=burned_in_annotation,
    ),
    Check(
        id="overlays",
        title="No index series has an overlay plane",
        family="markers",
        severity=Severity.MINOR,
        method="OverlayData of any group in the objects of the index series.",
        unit="series",
        run=overlays,
    ),
    Check(
        id="secondary_captures",
        title="No index series has a secondary capture",
        family="markers",
        severity=Severity.MINOR,
        method="SOPClassUID of the secondary capture classes, or a ConversionType, in the objects of the index series.",
        unit="series",
        run=secondary_captures,
    ),
)
