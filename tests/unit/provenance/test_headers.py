from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO

import polars as pl
import pytest
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from multisite.dicom import Pseudonymiser
from multisite.provenance.headers import read_shard
from multisite.schemas.provenance import HEADERS, QUARANTINE
from multisite.vocabulary import QuarantineReason

PSEUDONYMS = Pseudonymiser(b"sixteen bytes or more")
Answer = Callable[[str, int, int], bytes | QuarantineReason]


def dicom(number: int = 1, *, padding: int = 0) -> bytes:
    """A CT instance whose header has ``padding`` bytes of text before its last attribute."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = f"2.25.{number}"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = f"2.25.{number}"
    dataset.SeriesInstanceUID = "2.25.100"
    dataset.StudyInstanceUID = "2.25.101"
    dataset.PatientID = "P1"
    dataset.Modality = "CT"
    if padding:
        dataset.LongCodeValue = "x" * padding
    dataset.KVP = 120
    buffer = BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


class Shelf:
    """Objects in memory; counts the requests it answers."""

    def __init__(self, objects: dict[str, bytes], answer: Answer | None = None) -> None:
        self.objects = objects
        self.answer = answer
        self.requests: list[tuple[str, int, int]] = []

    def listing(self) -> pl.DataFrame:
        rows = [
            ("archive", key, len(data), None, datetime(2025, 1, 1, tzinfo=UTC), "s")
            for key, data in self.objects.items()
        ]
        names = ["store", "object_key", "size_bytes", "etag", "modified_at", "shard"]
        return pl.DataFrame(rows, schema=names, orient="row")

    def prefixes(self, store: str, requests: list[tuple[str, int, int]]) -> list[bytes | QuarantineReason]:
        self.requests += requests
        if self.answer is not None:
            return [self.answer(*request) for request in requests]
        return [self.objects[key][start : start + length] for key, start, length in requests]


def read(shelf: Shelf, *, first: int = 4096, longest: int = 1 << 20) -> tuple[pl.DataFrame, pl.DataFrame]:
    headers, quarantine = read_shard(
        shelf.listing(),
        site="north",
        objects=shelf,
        pseudonyms=PSEUDONYMS,
        first_read_bytes=first,
        max_header_bytes=longest,
    )
    return HEADERS.conform(headers), QUARANTINE.conform(quarantine)


def test_every_object_is_a_header_row_or_a_quarantine_row_and_never_both() -> None:
    shelf = Shelf({"a": dicom(1), "b": b"", "c": b"not an image at all" * 20, "d": dicom(2)[:200], "e": dicom(3)})
    headers, quarantine = read(shelf)
    assert headers["object_key"].to_list() == ["a", "e"]
    assert dict(zip(quarantine["object_key"], quarantine["reason"], strict=True)) == {
        "b": "empty object",
        "c": "not DICOM",
        "d": "truncated header",
    }


def test_a_short_header_takes_one_request() -> None:
    shelf = Shelf({"a": dicom(1)})
    assert read(shelf)[0]["kvp"].to_list() == [120.0]
    assert len(shelf.requests) == 1


def test_a_header_longer_than_the_first_read_is_finished_without_reading_a_byte_twice() -> None:
    shelf = Shelf({"a": dicom(1, padding=9000)})
    assert read(shelf, first=1024)[0]["kvp"].to_list() == [120.0]
    ends = [start + length for _, start, length in shelf.requests]
    assert [start for _, start, _ in shelf.requests] == [0, *ends[:-1]]


def test_a_header_longer_than_the_limit_is_quarantined_and_not_read_on() -> None:
    shelf = Shelf({"a": dicom(1, padding=50_000)})
    _, quarantine = read(shelf, first=1024, longest=8192)
    assert quarantine["reason"].to_list() == [QuarantineReason.HEADER_TOO_LONG.value]
    assert max(start + length for _, start, length in shelf.requests) <= 8192


@pytest.mark.parametrize("reason", [QuarantineReason.VANISHED, QuarantineReason.READ_FAILED])
def test_an_object_that_cannot_be_read_is_quarantined_with_its_reason(reason: QuarantineReason) -> None:
    shelf = Shelf({"a": dicom(1)}, answer=lambda key, start, length: reason)
    assert read(shelf)[1]["reason"].to_list() == [reason.value]


def test_an_object_that_shrank_after_the_listing_is_judged_by_what_is_there() -> None:
    whole = dicom(1)
    shelf = Shelf({"a": whole}, answer=lambda key, start, length: whole[:150][start : start + length])
    assert read(shelf)[1]["reason"].to_list() == [QuarantineReason.TRUNCATED.value]


def test_a_server_that_gives_a_byte_at_a_time_does_not_hold_the_shard_for_ever() -> None:
    whole = dicom(1, padding=100_000)
    shelf = Shelf({"a": whole}, answer=lambda key, start, length: whole[start : start + 1])
    headers, quarantine = read(shelf)
    assert headers.height + quarantine.height == 1
    assert len(shelf.requests) <= 6


def test_an_empty_shard_gives_two_empty_tables() -> None:
    shelf = Shelf({})
    rows = shelf.listing().cast({"store": pl.String, "object_key": pl.String, "size_bytes": pl.Int64}, strict=False)
    headers, quarantine = read_shard(
        rows, site="north", objects=shelf, pseudonyms=PSEUDONYMS, first_read_bytes=4096, max_header_bytes=8192
    )
    assert headers.schema == HEADERS.schema
    assert quarantine.schema == QUARANTINE.schema
