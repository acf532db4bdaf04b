"""The picture inside the mail."""

import struct
from dataclasses import replace

import polars as pl
import pytest

from multisite.pack.timeline.month_chart import _may_be_told, month_chart
from multisite.pack.timeline.record import SiteRecord
from multisite.schemas.drift_verdicts import DRIFT_MONITORS
from tests.lib.timeline_frames import MODEL, OTHER, PARAMETERS, timeline_inputs


def size(png: bytes | None) -> tuple[int, int]:
    assert png is not None
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def test_it_is_at_most_640_pixels_wide_and_taller_where_something_changed() -> None:
    changed = SiteRecord.from_inputs(timeline_inputs(models=(MODEL,)), PARAMETERS)
    calm = SiteRecord.from_inputs(timeline_inputs(models=(OTHER,)), PARAMETERS)
    assert size(month_chart(changed))[0] == size(month_chart(calm))[0] == 600
    assert size(month_chart(changed))[1] > size(month_chart(calm))[1]


def test_equal_records_give_equal_bytes() -> None:
    first, again = (month_chart(SiteRecord.from_inputs(timeline_inputs(), PARAMETERS)) for _ in range(2))
    assert first == again


def test_it_carries_no_time_and_no_name_of_a_program() -> None:
    made = month_chart(SiteRecord.from_inputs(timeline_inputs(), PARAMETERS))
    assert made is not None
    assert b"Software" not in made
    assert b"Matplotlib" not in made
    assert b"tIME" not in made


def test_a_signal_without_a_value_is_left_to_the_words() -> None:
    inputs = timeline_inputs()
    gone = inputs.frames[DRIFT_MONITORS.name].with_columns(value=pl.lit(None, pl.Float64))
    record = SiteRecord.from_inputs(replace(inputs, frames={**inputs.frames, DRIFT_MONITORS.name: gone}), PARAMETERS)
    assert size(month_chart(record))[1] < 150


@pytest.mark.parametrize(
    ("share", "n", "told"), [(0.5, 40, True), (0.1, 40, False), (0.9, 40, False), (1.0, 40, True), (0.5, 15, False)]
)
def test_a_share_that_would_tell_a_small_count_is_left_out(share: float, n: int, told: bool) -> None:
    assert _may_be_told({"value": share, "kind": "share", "n_studies": n}, 10) is told


@pytest.mark.parametrize(
    ("value", "kind", "n", "told"),
    [
        (61.2, "number", 12, True), (61.2, "number", 9, False), (7.0, "volume", 7, False), (12.0, "volume", 12, True),
        (0.0, "volume", 0, True), (5.0, "silence", 7, True),
    ],
)  # fmt: skip
def test_what_would_tell_a_small_number_of_studies_is_left_out(value: float, kind: str, n: int, told: bool) -> None:
    assert _may_be_told({"value": value, "kind": kind, "n_studies": n}, 10) is told
