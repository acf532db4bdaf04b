"""Chosen instances become rows, whatever the store says; what has not changed is not read again."""

from pathlib import Path

import polars as pl
import pydicom.data
import pytest
from pydicom.uid import ExplicitVRLittleEndian, JPEGLosslessSV1

from multisite.dicom import Pseudonymiser
from multisite.integrity import PIXELS_STAGE
from multisite.integrity.pixels import reading
from multisite.integrity.pixels.stage import PixelParameters
from multisite.schemas import StageInputs
from multisite.schemas.cohort import COHORT
from multisite.schemas.pixels import PIXELS
from multisite.schemas.provenance import HEADERS
from multisite.vocabulary import PixelStatus, QuarantineReason
from tests.lib.pictures import body, dicom_picture
from tests.lib.shelf import Shelf

KEY = b"a key of a site that is long"
OBJECTS = {f"{number}.dcm": dicom_picture(body(number)) for number in range(5)}


def headers(shelf: Shelf, **columns: pl.Expr) -> pl.DataFrame:
    """A row of the headers for each object: number i is the only instance of series i."""
    names = PIXELS_STAGE.projection[HEADERS.name]
    number = pl.col("object_key").str.strip_suffix(".dcm")
    known = {
        "sop_instance_uid": pl.format("i{}", number),
        "series_instance_uid": pl.format("e{}", number),
        "study_instance_uid": pl.format("s{}", number),
        "instance_number": pl.lit(1, pl.Int64),
        "transfer_syntax_uid": pl.lit(ExplicitVRLittleEndian),
    }
    rows = shelf.shard().drop("shard").with_columns(**(known | columns))
    return rows.with_columns(
        pl.lit(None, HEADERS.schema[name]).alias(name) for name in names if name not in rows.columns
    ).select(names)


def look(
    shelf: Shelf, *, max_object_bytes: int = 1 << 20, earlier: pl.DataFrame | None = None, **columns: pl.Expr
) -> pl.DataFrame:
    return reading.look_at(
        headers(shelf, **columns),
        objects=shelf,
        pseudonyms=Pseudonymiser(KEY),
        max_object_bytes=max_object_bytes,
        earlier=PIXELS.empty() if earlier is None else earlier,
    )


def test_each_chosen_instance_gives_a_row_and_is_asked_for_once_and_whole() -> None:
    shelf = Shelf(OBJECTS)
    made = look(shelf)
    assert made["status"].to_list() == [PixelStatus.READ] * 5
    assert made["pixel_digest"].n_unique() == 5
    assert [(request.key, request.start) for request in shelf.requests] == [(key, 0) for key in OBJECTS]
    assert shelf.n_bytes == sum(map(len, OBJECTS.values()))


def test_a_window_holds_no_more_bytes_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    size = len(OBJECTS["0.dcm"])
    shelf = Shelf(OBJECTS)
    monkeypatch.setattr(reading, "_WINDOW_BYTES", 2 * size + 100)
    assert look(shelf).height == 5
    assert shelf.windows == [2, 2, 1]


def test_what_cannot_be_read_is_counted_and_not_asked_for() -> None:
    shelf = Shelf(OBJECTS)
    key = pl.col("object_key")
    made = look(
        shelf,
        max_object_bytes=len(OBJECTS["3.dcm"]),
        member_name=pl.when(key == "0.dcm").then(pl.lit("inside")),
        size_bytes=pl.when(key == "1.dcm").then(None).when(key == "2.dcm").then(1 << 30).otherwise("size_bytes"),
        transfer_syntax_uid=pl.when(key == "3.dcm").then(pl.lit(JPEGLosslessSV1)),
    )
    assert made["status"].to_list() == [
        PixelStatus.IN_ARCHIVE,
        PixelStatus.NO_SIZE,
        PixelStatus.TOO_LARGE,
        PixelStatus.UNKNOWN_SYNTAX,
        PixelStatus.READ,
    ]
    assert [request.key for request in shelf.requests] == ["4.dcm"]


def test_an_object_that_vanished_or_was_cut_short_leaves_the_part_open() -> None:
    shelf = Shelf(OBJECTS)
    answers = {"0.dcm": QuarantineReason.VANISHED, "1.dcm": OBJECTS["1.dcm"][:-2]}
    shelf.answer = lambda request: answers.get(request.key, OBJECTS[request.key])
    cohort = pl.DataFrame({"included": [True] * 5, "series_instance_uid": [f"e{i}" for i in range(5)]})
    given = StageInputs(
        "north",
        frames={HEADERS.name: headers(shelf), COHORT.name: cohort},
        objects=shelf,
        pseudonym_key=KEY,
    )
    made = PIXELS_STAGE.run(given, PixelParameters(True, 3, 1 << 20))
    rows = made.frames[PIXELS.name]
    assert isinstance(rows, pl.DataFrame)
    assert not made.settled
    assert rows["status"].to_list() == [PixelStatus.NOT_FETCHED] * 2 + [PixelStatus.READ] * 3


def test_series_of_no_included_case_are_not_looked_at() -> None:
    shelf = Shelf(OBJECTS)
    cohort = pl.DataFrame({"included": [True, False, True], "series_instance_uid": ["e1", "e2", None]})
    frames = {HEADERS.name: headers(shelf), COHORT.name: cohort}
    given = StageInputs("north", frames=frames, objects=shelf, pseudonym_key=KEY)
    made = PIXELS_STAGE.run(given, PixelParameters(True, None, 1 << 20))
    assert [request.key for request in shelf.requests] == ["1.dcm"]
    assert made.settled


def test_what_has_not_changed_is_taken_over_and_gives_the_same_rows() -> None:
    first = Shelf(OBJECTS)
    before = look(first)
    now = Shelf(OBJECTS | {"1.dcm": dicom_picture(body(9)), "5.dcm": dicom_picture(body(5))})
    made = look(now, earlier=before)
    assert [request.key for request in now.requests] == ["1.dcm", "5.dcm"]
    assert made.equals(look(Shelf(now.objects)))


def test_what_is_read_anew_is_what_could_not_be_fetched_or_has_no_version() -> None:
    failing = Shelf(OBJECTS, lambda request: QuarantineReason.READ_FAILED)
    again = Shelf(OBJECTS)
    look(again, earlier=look(failing))
    assert len(again.requests) == 5
    nameless = Shelf(OBJECTS, versions_known=False)
    look(nameless, earlier=look(Shelf(OBJECTS, versions_known=False)))
    assert len(nameless.requests) == 5


def test_spoilt_objects_are_rows() -> None:
    files = Path(pydicom.data.__file__).parent / "test_files"
    names = ("MR_truncated.dcm", "test-SR.dcm", "README.txt")
    made = look(Shelf({f"{i}.dcm": (files / name).read_bytes() for i, name in enumerate(names)}))
    assert made["status"].to_list() == [PixelStatus.UNDECODABLE, PixelStatus.NO_PIXELS, PixelStatus.NO_PIXELS]
    assert made["pixel_digest"].null_count() == 3
