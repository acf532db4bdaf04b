"""`multisite portability`: the page, the records, and refusals with their exit codes."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.lib.command import multisite
from tests.lib.portability_pack import Cell, cases_of, pack_files, table

LEVELS = {"view": ("PA", "AP")}


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cells = [Cell(("PA",), 600, 0.25, 0.9, 0.9), Cell(("AP",), 300, 0.3, 0.7, 0.8)]
    root = tmp_path_factory.mktemp("pack")
    for name, content in pack_files(cases_of(cells, ("view",), rng=np.random.default_rng(1)), LEVELS).items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(content)
    return root


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    path = tmp_path / "ours.csv"
    path.write_bytes(table([{"view": "PA", "n": 100}, {"view": "AP", "n": 300}]))
    return path


def test_the_page_has_a_number_for_every_measure(pack: Path, ours: Path) -> None:
    finished = multisite("portability", pack, "--population", ours)
    assert (finished.exit_code, finished.err) == (0, "")
    assert "Your 400 patients, counted by View." in finished.out
    assert "refused" not in finished.out.split("What this rests on")[0]


def test_the_records_are_one_object_per_line(pack: Path, ours: Path) -> None:
    finished = multisite("portability", pack, "--population", ours, "--prevalence", "0.1", "--census", "--json")
    records = [json.loads(line) for line in finished.out.splitlines()]
    measures = [record for record in records if record["event"] == "measure"]
    assert {m["prevalence"] for m in measures} == {0.1}
    assert all(m["ci_low"] < m["estimate"] < m["ci_high"] for m in measures)


def test_a_table_that_cannot_be_used_ends_with_code_2(pack: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("view,n\nPA,7\n")
    finished = multisite("portability", pack, "--population", tmp_path / "bad.csv")
    assert finished.exit_code == 2
    assert "counts under 10" in finished.err
    assert "do now: Merge levels" in finished.err
    assert multisite("portability", pack, "--population", tmp_path / "none.csv").exit_code == 2


def test_a_pack_that_cannot_be_read_ends_with_code_15(ours: Path, tmp_path: Path) -> None:
    assert multisite("portability", tmp_path / "none", "--population", ours).exit_code == 15
