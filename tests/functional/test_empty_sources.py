"""A store or a header table in which there is nothing: it may be true, and it looks like a fault that nobody sees."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from multisite.demo import StagedDemo
from multisite.study import load_sites
from tests.lib.extracting import KEY, OneSite

HEADERS = {"PatientID": "p", "StudyInstanceUID": "1.2", "SeriesInstanceUID": "1.2.3", "Modality": "CT"}


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELF_KEY", KEY)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    return folder


def with_header_table(site: OneSite, rows: pl.DataFrame) -> OneSite:
    """The site with a header table in the place of its store."""
    rows.write_csv(site.folder / "headers.csv")
    (site.folder / "site.yaml").write_text(
        "site: shelf\ntitle: Shelf\npseudonym_key_env: SHELF_KEY\ntables: {series: {path: headers.csv}}\n",
        encoding="utf-8",
    )
    return site


def warnings(out: str) -> list[str]:
    events = [json.loads(line) for line in out.splitlines()]
    return [event["sentence"] for event in events if event["event"] == "warning"]


def answer(site: OneSite, what: str) -> str:
    """What check-config says of ``what``."""
    events = [json.loads(line) for line in site.check("--json").out.splitlines()]
    (found,) = [event["answer"] for event in events if event.get("what") == what]
    return str(found)


def test_an_extraction_from_an_empty_store_succeeds_and_says_so(images: Path, tmp_path: Path) -> None:
    site = OneSite.over(tmp_path / "site", images)
    finished = site.run("extract")
    assert finished.exit_code == 0, finished.err
    assert "! Store `shelf` of shelf holds no object. A share that is not mounted looks like this." in finished.out
    assert warnings(site.run("extract", "--json").out) == [
        "Store `shelf` of shelf holds no object. A share that is not mounted looks like this."
    ]


def test_a_store_that_has_lost_its_objects_is_told_with_how_many_there_were(
    hospitals: StagedDemo, images: Path, tmp_path: Path
) -> None:
    first = sorted(Path(load_sites([hospitals.sites_folder])[0].stores[0].url).rglob("*.dcm"))[:3]
    for path in first:
        shutil.copy2(path, images)
    site = OneSite.over(tmp_path / "site", images)
    assert warnings(site.run("extract", "--json").out) == []
    for path in images.iterdir():
        path.unlink()
    (sentence,) = warnings(site.run("extract", "--json").out)
    assert "holds no object; at the run before it held 3." in sentence


def test_a_run_that_read_nothing_says_that_its_table_is_of_an_earlier_one(
    hospitals: StagedDemo, images: Path, tmp_path: Path
) -> None:
    shutil.copy2(min(Path(load_sites([hospitals.sites_folder])[0].stores[0].url).rglob("*.dcm")), images)
    site = OneSite.over(tmp_path / "site", images)
    first, second = site.run("extract").out, site.run("extract").out
    assert "Objects, when they were read" in first
    assert "Nothing was read in this run" not in first
    assert "Nothing was read in this run; the numbers are of the runs that read the objects." in second


def test_an_empty_store_is_sound_and_called_empty(images: Path, tmp_path: Path) -> None:
    site = OneSite.over(tmp_path / "site", images)
    assert answer(site, "store `shelf`") == "✓ sound, but empty"
    (images / "readme.txt").write_text("an object", encoding="utf-8")
    assert answer(site, "store `shelf`") == "✓ sound"


def test_a_header_table_without_a_row_is_told_by_both_commands(tmp_path: Path) -> None:
    site = with_header_table(OneSite.over(tmp_path / "site", tmp_path), pl.DataFrame([HEADERS | {"n_instances": 1}]))
    assert answer(site, "table `series`") == "✓ sound"
    assert warnings(site.run("extract", "--json").out) == []
    with_header_table(site, pl.DataFrame([HEADERS | {"n_instances": 1}]).clear())
    assert answer(site, "table `series`") == "✓ sound, but empty"
    finished = site.run("extract", "--json")
    assert finished.exit_code == 0, finished.err
    assert warnings(finished.out) == ["The header table of shelf (`tables.series`) has no row."]
