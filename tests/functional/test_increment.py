"""Next month's extraction reads what is new or changed, and nothing else."""

import shutil
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl
import pytest

from multisite.demo import StagedDemo
from multisite.schemas import RangeRequest
from multisite.storage.local_folder import LocalFolder
from multisite.storage.objects import ReadFailure, ReadResult
from multisite.study import load_sites
from multisite.vocabulary import QuarantineReason
from tests.lib.extracting import KEY, OneSite

SMALL = {"shard_objects": 40}


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELF_KEY", KEY)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keys of the objects that were read from, in order."""
    found: list[str] = []
    reading = LocalFolder.read_prefixes

    def watched(store: LocalFolder, requests: Sequence[RangeRequest], **options: int) -> Iterator[ReadResult]:
        found.extend(request[0] for request in requests)
        return reading(store, requests, **options)

    monkeypatch.setattr(LocalFolder, "read_prefixes", watched)
    return found


@pytest.fixture
def images(hospitals: StagedDemo, tmp_path: Path) -> Path:
    """A copy of one hospital's images."""
    site = load_sites([hospitals.sites_folder])[0]
    return Path(shutil.copytree(site.stores[0].url, tmp_path / "images"))


def rows(site: OneSite) -> tuple[pl.DataFrame, pl.DataFrame]:
    order = ("store", "object_key", "member_name")
    return site.table("headers").sort(order), site.table("quarantine").sort(order)


def add_studies(images: Path, n: int) -> list[Path]:
    """Copies of some objects under other names: what a re-sent study looks like to the store."""
    found = []
    for path in sorted(images.rglob("*.dcm"))[:: max(1, len(list(images.rglob("*.dcm"))) // n)][:n]:
        copy = path.with_name(f"again-{path.name}")
        shutil.copy2(path, copy)
        found.append(copy)
    return found


def test_a_second_extraction_of_the_same_store_reads_no_object(images: Path, tmp_path: Path, asked: list[str]) -> None:
    site = OneSite.over(tmp_path / "site", images, **SMALL)
    assert site.run("extract").exit_code == 0
    assert len(asked) > 300
    asked.clear()
    assert site.run("extract").exit_code == 0
    assert asked == []


def test_only_new_and_changed_objects_are_read_and_the_rows_are_those_of_a_fresh_run(
    images: Path, tmp_path: Path, asked: list[str]
) -> None:
    site = OneSite.over(tmp_path / "site", images, **SMALL)
    assert site.run("extract").exit_code == 0
    before = site.table("header_counts")
    new = add_studies(images, 12)
    originals = [path for path in sorted(images.rglob("*.dcm")) if not path.name.startswith("again-")]
    changed, removed = originals[3::101], originals[5::97]
    for path in changed:
        path.write_bytes(path.read_bytes() + b"\0" * 64)
    for path in removed:
        path.unlink()
    asked.clear()
    finished = site.run("extract")
    assert finished.exit_code == 0, finished.err
    expected = {str(path.relative_to(images)) for path in [*new, *changed] if path not in removed}
    assert set(asked) == expected
    counts = site.table("header_counts")
    listed = int(before["n_objects"].sum()) + len(new) - len(removed)
    assert counts["n_objects"].sum() == listed
    assert counts["n_carried"].sum() > 0
    fresh = OneSite.over(tmp_path / "fresh", images, **SMALL)
    assert fresh.run("extract").exit_code == 0
    for carried, read in zip(rows(site), rows(fresh), strict=True):
        assert carried.equals(read)
    assert site.table("series").equals(fresh.table("series"))
    assert "taken over" in finished.out


def test_an_interrupted_month_still_knows_what_was_read_before_it(
    images: Path, tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = OneSite.over(tmp_path / "site", images, **SMALL)
    assert site.run("extract").exit_code == 0
    new = add_studies(images, 12)
    reading = LocalFolder.read_prefixes

    def broken(store: LocalFolder, requests: Sequence[RangeRequest], **options: int) -> Iterator[ReadResult]:
        if len(asked) > 4:
            raise OSError("the disk is gone")
        return reading(store, requests, **options)

    with monkeypatch.context() as patch:
        asked.clear()
        patch.setattr(LocalFolder, "read_prefixes", broken)
        assert site.run("extract").exit_code == 30
    asked.clear()
    assert site.run("extract").exit_code == 0
    assert set(asked) <= {str(path.relative_to(images)) for path in new}


def test_an_object_that_did_not_answer_is_asked_again_next_time_and_it_alone(
    images: Path, tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = OneSite.over(tmp_path / "site", images, **SMALL)
    silent = str(sorted(images.rglob("*.dcm"))[7].relative_to(images))
    reading = LocalFolder.read_prefixes

    def partly(store: LocalFolder, requests: Sequence[RangeRequest], **options: int) -> Iterator[ReadResult]:
        for request, result in zip(requests, reading(store, requests, **options), strict=True):
            yield ReadFailure(QuarantineReason.READ_FAILED) if request[0] == silent else result

    with monkeypatch.context() as patch:
        patch.setattr(LocalFolder, "read_prefixes", partly)
        assert site.run("extract").exit_code == 0
    lost = site.table("quarantine").filter(pl.col("reason") == QuarantineReason.READ_FAILED.value)
    assert lost["object_key"].to_list() == [silent]
    asked.clear()
    assert site.run("extract").exit_code == 0
    assert set(asked) == {silent}
    assert silent in site.table("headers")["object_key"].to_list()


def test_another_key_makes_every_pseudonym_anew(
    images: Path, tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = OneSite.over(tmp_path / "site", images, **SMALL)
    assert site.run("extract").exit_code == 0
    known = set(site.table("headers")["patient_id"])
    n_read = len(set(asked))
    monkeypatch.setenv("SHELF_KEY", KEY + " of another year")
    asked.clear()
    assert site.run("extract").exit_code == 0
    assert len(set(asked)) == n_read
    assert not known & set(site.table("headers")["patient_id"])


def test_a_study_that_comes_as_an_archive_gives_the_rows_of_its_files(images: Path, tmp_path: Path) -> None:
    site = OneSite.over(tmp_path / "site", images)
    assert site.run("extract").exit_code == 0
    packed = tmp_path / "packed"
    packed.mkdir()
    for folder in sorted(path for path in images.iterdir() if path.is_dir()):
        with zipfile.ZipFile(packed / f"{folder.name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(images))
    other = OneSite.over(tmp_path / "other", packed)
    finished = other.run("extract")
    assert finished.exit_code == 0, finished.err
    where = ("store", "object_key", "member_name", "etag", "modified_at")
    loose, within = site.table("headers"), other.table("headers")
    inside = loose.filter(pl.col("object_key").str.contains("/"))
    assert within["member_name"].sort().to_list() == inside["object_key"].sort().to_list()
    assert within.sort("member_name").drop(where).equals(inside.sort("object_key").drop(where))


def test_an_identical_copy_is_counted_and_the_same_instance_with_other_content_is_an_incident(
    images: Path, tmp_path: Path
) -> None:
    before = OneSite.over(tmp_path / "before", images)
    assert before.run("extract").exit_code == 0
    originals = [path for path in sorted(images.rglob("*.dcm")) if path.stat().st_size > 600]
    shutil.copy2(originals[0], originals[0].with_name("identical.dcm"))
    originals[1].with_name("other-content.dcm").write_bytes(originals[1].read_bytes() + b"\0\0")
    site = OneSite.over(tmp_path / "site", images)
    assert site.run("extract").exit_code == 0
    columns = ("n_objects", "n_instances", "n_resent", "n_conflicting_instances")
    more = [int(site.table("series")[c].sum() - before.table("series")[c].sum()) for c in columns]
    assert more == [2, 0, 1, 1]
    assert site.table("instance_incidents").height == before.table("instance_incidents").height + 1
