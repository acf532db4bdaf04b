"""`multisite show`: looking into a workspace without another tool."""

from pathlib import Path

import polars as pl
import pytest

from multisite.demo import StagedDemo
from multisite.schemas.provenance import HEADERS
from tests.lib.command import multisite


def show(staged: StagedDemo, workspace: Path, artefact: str, *more: object) -> tuple[int, str, str]:
    finished = multisite("show", artefact, staged.study_file, "--workspace", workspace, *more)
    return finished.exit_code, finished.out, finished.err


@pytest.fixture
def site(evaluated: Path) -> str:
    return min(path.name for path in next(evaluated.iterdir()).iterdir() if path.name != "_study")


def test_the_first_rows_of_a_table_with_how_many_there_are(hospitals: StagedDemo, evaluated: Path, site: str) -> None:
    columns = "modality,vendor,n_instances"
    code, out, _ = show(hospitals, evaluated, "series", "--site", site, "--rows", 3, "--columns", columns)
    assert code == 0
    title, head, *rows = out.strip().splitlines()
    assert title.startswith(f"series of {site}: 3 of ")
    assert "row-level, stays in the site" in title
    assert head.split() == ["modality", "vendor", "n_instances"]
    assert len(rows) == 3


def test_a_wide_table_stands_on_end(hospitals: StagedDemo, evaluated: Path, site: str) -> None:
    _, out, _ = show(hospitals, evaluated, "headers", "--site", site, "--rows", 2)
    title, head, *lines = out.strip().splitlines()
    assert "2 of " in title
    assert "--columns" not in title
    assert head.split() == ["column", "row", "1", "row", "2"]
    assert [line.split()[0] for line in lines] == list(HEADERS.schema.names())


def test_a_wide_table_shows_three_rows_at_most_and_says_so(hospitals: StagedDemo, evaluated: Path, site: str) -> None:
    _, out, _ = show(hospitals, evaluated, "headers", "--site", site, "--rows", 9)
    assert f"headers of {site}: 3 of " in out
    assert "rows (no more with over 16 columns: name some with --columns)" in out


def test_a_table_without_rows_is_one_line(hospitals: StagedDemo, evaluated: Path, site: str) -> None:
    _, out, _ = show(hospitals, evaluated, "series_table_counts", "--site", site)
    assert out == f"series_table_counts of {site}: no rows\n"


def test_one_row_is_counted_in_the_singular(hospitals: StagedDemo, evaluated: Path, site: str) -> None:
    _, out, _ = show(hospitals, evaluated, "listing_ranges", "--site", site, "--rows", 1)
    assert out.strip().startswith(f"listing_ranges of {site}: 1 of 1 row;")


def test_all_rows_as_csv(hospitals: StagedDemo, evaluated: Path, site: str, tmp_path: Path) -> None:
    code, out, _ = show(hospitals, evaluated, "series", "--site", site, "--csv", tmp_path / "series.csv")
    assert code == 0
    held = pl.read_csv(tmp_path / "series.csv", infer_schema=False)
    assert f"{held.height:,} rows" in out
    made = pl.read_parquet(sorted(evaluated.glob(f"*/{site}/series/part-*.parquet")))
    assert held["series_instance_uid"].to_list() == made["series_instance_uid"].to_list()


@pytest.mark.parametrize(
    ("arguments", "code", "fact"),
    [
        (("sereis", "--site", "any"), 2, "no table `sereis`"),
        (("report",), 2, "no table `report`"),
        (("series", "--columns", "colour"), 2, "`series` has no column `colour`"),
        (("cohort", "--site", "northgate", "--columns", "case_id,colour"), 2, "`cohort` has no column `colour`"),
        (
            ("cohort", "--site", "northgate", "--columns", "stratum_colour"),
            2,
            "`cohort` has no column `stratum_colour`",
        ),
        (("series", "--site", "northgate", "--csv", "/nowhere/rows.csv"), 2, "the CSV file cannot be written"),
        (("series",), 13, "`series` has not been made"),
        (("series", "--site", "atlantis"), 13, "`series` has not been made"),
    ],
)
def test_what_is_not_there_is_said(
    hospitals: StagedDemo, evaluated: Path, arguments: tuple[str, ...], code: int, fact: str
) -> None:
    found, _, err = show(hospitals, evaluated, *arguments)
    assert found == code
    assert fact in err
