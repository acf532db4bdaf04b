"""A site whose images live in a PACS: what a real Orthanc gives over DICOMweb is what its files give.

The objects are those that ship inside the pydicom package, as far as Orthanc takes them in. Every row that is read
through the server is compared, column by column, with the row of the file that was sent to it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pydicom.data
import pytest

from multisite.dicom import Pseudonymiser, RawHeader, decode_headers, read_header
from multisite.errors import StoreError
from multisite.schemas.objects import RangeRequest
from multisite.storage.dicomweb.store import DicomwebStore
from multisite.storage.location import CredentialReference, StoreLocation
from multisite.storage.objects import ObjectMissingError, ReadFailure
from multisite.storage.opening import open_store
from multisite.vocabulary import QuarantineReason
from tests.lib.command import multisite
from tests.lib.orthanc_server import PASSWORD, USER, OrthancServer, orthanc_server

pytestmark = pytest.mark.slow

FILES = Path(pydicom.data.__file__).parent / "test_files"
PSEUDONYMS = Pseudonymiser(b"a key for files that are public anyway")
ENOUGH = 1 << 24

NOT_IN_METADATA = {
    "transfer_syntax_uid": "the server does not say in which transfer syntaxes it has the object",
    "implementation_class_uid": "file meta group, which does not travel",
    "implementation_version_name": "file meta group, which does not travel",
    "source_application_entity_title": "file meta group, which does not travel",
    "sending_application_entity_title": "file meta group, which does not travel",
    "receiving_application_entity_title": "file meta group, which does not travel",
    "private_information_creator_uid": "file meta group, which does not travel",
}
"""Columns without a value, and why."""

JUDGED_APART = {
    "media_storage_sop_class_uid": "made from SOPClassUID, where a file may have none or another",
    "media_storage_sop_instance_uid": "made from SOPInstanceUID, where a file may have none or another",
    "header_bytes": "of the bytes that were made from the metadata",
    "parsed_by": "how the bytes are encoded decides",
    "dataset_digest": "of the object's own bytes, which do not travel; extraction leaves it missing",
    "specific_character_set": "JSON is UTF-8: where there is more than ASCII, so is the header",
    "pixel_data_present": "this server leaves compressed pixels out of its metadata altogether",
}
"""Columns that differ in a known way, which the tests below state."""

UNLISTED = {"empty_attributes", "invalid_attributes"}
"""Lists that are sets: compared without their order."""

CHANGED_BY_THE_SERVER = {
    "J2K_pixelrep_mismatch.dcm": "Orthanc takes the backslash of ISO_IR 13 for a yen sign, and values run together"
}
"""Files of which the server changes values, and why; they are compared with nothing."""


@dataclass(frozen=True)
class Compared:
    """The row of a file and the row of the same instance through the server."""

    name: str
    key: str
    of_file: dict[str, Any]
    of_server: dict[str, Any]


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OrthancServer, dict[str, Path]]]:
    """A server, and the files that it has taken in by their SOPInstanceUID."""
    with orthanc_server(tmp_path_factory.mktemp("orthanc")) as server:
        taken = [path for path in sorted(FILES.rglob("*")) if path.is_file() and server.store(path.read_bytes())]
        yield server, {str(pydicom.dcmread(path, force=True).SOPInstanceUID): path for path in taken}


@pytest.fixture
def store(sent: tuple[OrthancServer, dict[str, Path]], monkeypatch: pytest.MonkeyPatch) -> DicomwebStore:
    monkeypatch.setenv("MULTISITE_TEST_USER", USER)
    monkeypatch.setenv("MULTISITE_TEST_PASSWORD", PASSWORD)
    return _open(sent[0].url)


def _open(url: str) -> DicomwebStore:
    reference = CredentialReference(user_env="MULTISITE_TEST_USER", password_env="MULTISITE_TEST_PASSWORD")
    store = open_store(StoreLocation("pacs", url, credentials=reference))
    assert isinstance(store, DicomwebStore)
    return store


def _keys(store: DicomwebStore) -> list[str]:
    return [info.key for batch in store.list() for info in batch]


def _rows(objects: dict[str, bytes]) -> dict[str, dict[str, Any]]:
    headers = {name: read_header(data, object_size=len(data)) for name, data in objects.items()}
    read = {name: header for name, header in headers.items() if isinstance(header, RawHeader)}
    assert len(read) == len(objects)
    return dict(zip(read, decode_headers(list(read.values()), PSEUDONYMS).to_dicts(), strict=True))


@pytest.fixture
def compared(store: DicomwebStore, sent: tuple[OrthancServer, dict[str, Path]]) -> list[Compared]:
    keys = _keys(store)
    answers = zip(keys, store.read_prefixes([RangeRequest(key, 0, ENOUGH) for key in keys]), strict=True)
    by_server = _rows({key: answer for key, answer in answers if isinstance(answer, bytes)})
    paths = {key: sent[1][key.rpartition("/")[2]] for key in by_server}
    by_file = _rows({key: path.read_bytes() for key, path in paths.items()})
    return [Compared(paths[key].name, key, by_file[key], by_server[key]) for key in by_server]


@pytest.mark.filterwarnings("ignore:.*:UserWarning")
class TestRows:
    """Each column of each row."""

    def test_nearly_every_file_that_the_server_took_has_a_row(
        self, compared: list[Compared], sent: tuple[OrthancServer, dict[str, Path]]
    ) -> None:
        without = {path.name for path in sent[1].values()} - {pair.name for pair in compared}
        # Orthanc does not find a series by a UID that two patients share, and answers that it has none.
        assert without <= {"rtdose.dcm", "rtdose_rle.dcm"}
        assert len(compared) > 100

    def test_every_other_column_is_equal(self, compared: list[Compared]) -> None:
        known = {*NOT_IN_METADATA, *JUDGED_APART}
        different = []
        for pair in compared:
            for column in pair.of_file.keys() - known if pair.name not in CHANGED_BY_THE_SERVER else ():
                one, other = pair.of_file[column], pair.of_server[column]
                if column in UNLISTED:
                    one, other = set(one), set(other)
                if one != other:
                    different.append((pair.name, column))
        assert different == []

    def test_what_is_not_in_the_metadata_is_absent_and_not_made_up(self, compared: list[Compared]) -> None:
        assert {
            column for pair in compared for column in NOT_IN_METADATA if pair.of_server[column] is not None
        } == set()
        assert {column for pair in compared for column in NOT_IN_METADATA if pair.of_file[column] is not None} >= {
            "transfer_syntax_uid", "implementation_class_uid", "source_application_entity_title"
        }  # fmt: skip

    def test_the_uids_of_the_file_meta_group_are_those_of_the_object(self, compared: list[Compared]) -> None:
        for pair in compared:
            assert pair.of_server["media_storage_sop_class_uid"] == pair.of_file["sop_class_uid"]
            assert pair.of_server["media_storage_sop_instance_uid"] == pair.of_file["sop_instance_uid"]

    def test_the_character_set_is_kept_or_is_utf_8(self, compared: list[Compared]) -> None:
        changed = [p for p in compared if p.of_server["specific_character_set"] != p.of_file["specific_character_set"]]
        assert {tuple(pair.of_server["specific_character_set"]) for pair in changed} == {("ISO_IR 192",)}
        assert len(changed) < 10

    def test_only_compressed_pixels_are_missed(self, compared: list[Compared]) -> None:
        missed = [p for p in compared if p.of_server["pixel_data_present"] != p.of_file["pixel_data_present"]]
        assert all(p.of_file["pixel_data_present"] for p in missed)
        assert all(p.of_file["transfer_syntax_uid"].startswith("1.2.840.10008.1.2.") for p in missed)
        assert all(p.of_file["transfer_syntax_uid"] not in _UNCOMPRESSED for p in missed)
        assert any(pair.of_server["pixel_data_present"] for pair in compared)


_UNCOMPRESSED = {"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"}


def test_every_instance_is_listed_once_and_in_order(
    store: DicomwebStore, sent: tuple[OrthancServer, dict[str, Path]]
) -> None:
    keys = _keys(store)
    assert keys == sorted(set(keys))
    assert {key.rpartition("/")[2] for key in keys} == set(sent[1])
    middle = keys[len(keys) // 2]
    halves = [[i.key for b in store.list(after=a, until=u) for i in b] for a, u in (("", middle), (middle, None))]
    assert halves == [keys[: len(keys) // 2 + 1], keys[len(keys) // 2 + 1 :]]


def test_a_range_is_a_slice_of_the_whole(store: DicomwebStore) -> None:
    key = _keys(store)[0]
    whole = store.read(key)
    assert list(store.read_prefixes([RangeRequest(key, 0, 200), RangeRequest(key, 200, 1 << 20)])) == [
        whole[:200],
        whole[200:],
    ]
    assert whole[128:132] == b"DICM"


def test_an_instance_that_is_removed_after_it_was_listed_has_vanished(
    store: DicomwebStore, sent: tuple[OrthancServer, dict[str, Path]]
) -> None:
    server, files = sent
    data = files[next(iter(sorted(files)))].read_bytes()
    dataset = pydicom.dcmread(pydicom.filebase.DicomBytesIO(data), force=True)
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = "2.25.1"
    buffer = pydicom.filebase.DicomBytesIO()
    dataset.save_as(buffer)
    assert server.store(buffer.getvalue())
    key = next(key for key in _keys(store) if key.endswith("/2.25.1"))
    server.remove_instance("2.25.1")
    assert list(store.read_prefixes([RangeRequest(key, 0, 99)])) == [ReadFailure(QuarantineReason.VANISHED)]
    assert not store.exists(key)
    with pytest.raises(ObjectMissingError):
        store.read(key)


def test_each_fault_of_the_set_up_has_its_own_fact(
    sent: tuple[OrthancServer, dict[str, Path]], store: DicomwebStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.check()
    server = sent[0]
    with pytest.raises(StoreError, match=r"has no DICOMweb service under its path \(404\)"):
        _open(server.url + "x").check()
    for beside in (server.url.rpartition("/")[0], f"{server.url}/studies"):
        with pytest.raises(StoreError, match="does not answer as a DICOMweb service does"):
            _open(beside).check()
    monkeypatch.setenv("MULTISITE_TEST_PASSWORD", "another")
    for ask in (lambda: _open(server.url).check(), lambda: list(_open(server.url).list())):
        with pytest.raises(StoreError, match=r"refuses the credentials \(401\)"):
            ask()
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("MULTISITE_TEST_PASSWORD", PASSWORD)
    _open(server.url).check()


_STUDY = """
study: archive
title: Objects behind DICOMweb
intended_use: {task: none, population: none, setting: none, human_role: none}
findings: [{id: any, title: Any}]
models: [{id: none, title: None, version: "0"}]
cohort:
  modalities: [CT, MR]
  strata: [{id: vendor, title: Vendor, column: vendor, when_missing: level}]
performance: {threshold: 0.5, seed: 1}
drift: {acquisition: {categories: [vendor]}, scores: false, alert_rate: false}
"""
_SITE = """
site: pacs
title: A hospital with a PACS
stores:
  - name: pacs
    url: "{url}"
    credentials: {{user_env: MULTISITE_TEST_USER, password_env: MULTISITE_TEST_PASSWORD}}
    concurrency: 2
pseudonym_key_env: MULTISITE_TEST_KEY
"""


@pytest.mark.usefixtures("store")
def test_a_site_file_is_all_that_extraction_needs_and_nothing_is_read_twice(
    sent: tuple[OrthancServer, dict[str, Path]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MULTISITE_TEST_KEY", "a key for files that are public anyway")
    (tmp_path / "study.yaml").write_text(_STUDY, encoding="utf-8")
    (tmp_path / "pacs.yaml").write_text(_SITE.format(url=sent[0].url), encoding="utf-8")
    counts = []
    for _ in range(2):
        finished = multisite(
            "extract", tmp_path / "study.yaml", "--sites", tmp_path / "pacs.yaml", "--workspace", tmp_path / "workspace"
        )
        assert finished.exit_code == 0, finished.err
        assert "MULTISITE" not in finished.out + finished.err
        (part,) = tmp_path.glob("workspace/*/pacs/header_counts/part-*")
        counts.append(pl.read_parquet(part))
    n_vanished = sum(counts[0].filter(pl.col("outcome") == "object vanished after listing")["n_objects"])
    for table in counts:
        assert table["n_objects"].sum() == len(sent[1])
        assert set(table["outcome"]) <= {"scanner", "pydicom", "object vanished after listing"}
    assert n_vanished <= 1
    assert counts[0]["n_carried"].sum() == 0
    assert counts[1]["n_carried"].sum() == len(sent[1]) - n_vanished
    headers = pl.concat([pl.read_parquet(part) for part in tmp_path.glob("workspace/*/pacs/headers/part-*")])
    assert headers.height == len(sent[1]) - n_vanished
    for unknown in ("dataset_digest", "size_bytes", "etag", "modified_at"):
        assert headers[unknown].null_count() == headers.height
