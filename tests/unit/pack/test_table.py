"""Tables as frozen data."""

from urllib.parse import unquote

import polars as pl
import pytest

from multisite.pack.numbers import Written
from multisite.pack.rendering import data_link
from multisite.pack.tables.table import Cell, Column, Row, counted, csv_text, missing, plain_table, written

FIGURE_SPACE = "\N{FIGURE SPACE}"


def test_decimal_points_meet_in_a_right_aligned_column() -> None:
    rows = [
        Row((Cell("a"), written(Written("0.912", "(0.881–0.941)"), 0.912))),
        Row((Cell("b"), written(Written("0.9", "(0.7–1.0)"), 0.9))),
    ]
    table = plain_table("t", "T", [Column("Site"), Column("AUC", kind="number")], rows)
    first, second = (row.cells[1] for row in table.groups[0].rows)
    assert len(first.text) == len(second.text)
    assert len(first.interval) == len(second.interval)
    assert second.text == "0.9" + 2 * FIGURE_SPACE


def test_counts_are_not_padded() -> None:
    rows = [Row((Cell("a"), counted(1234))), Row((Cell("b"), counted(0)))]
    table = plain_table("t", "T", [Column("Site"), Column("n", kind="number")], rows)
    assert [row.cells[1].text for row in table.groups[0].rows] == ["1,234", "0"]


def test_a_missing_number_is_a_dash_with_its_reason_and_sorts_as_none() -> None:
    cell = missing("no positive case")
    assert (cell.text, cell.note, cell.sort, cell.quiet) == ("—", "no positive case", None, True)


def test_a_row_must_fill_every_column() -> None:
    with pytest.raises(ValueError, match="a row has 1 cells, not 2"):
        plain_table("t", "T", [Column("Site"), Column("n")], [Row((Cell("a"),))])


def test_the_link_holds_the_whole_csv() -> None:
    frame = pl.DataFrame({"level": ['a,"b"', "<c> & #d"], "estimate": [0.5, None]})
    link = data_link(csv_text(frame))
    head, _, body = link.partition(",")
    assert head == "data:text/csv;charset=utf-8"
    assert not set('"<># \n') & set(body)
    assert pl.read_csv(unquote(body).encode()).equals(frame)


def test_a_text_that_a_spreadsheet_would_run_is_written_as_a_text() -> None:
    frame = pl.DataFrame({"what": ['=HYPERLINK("x")', "@a", "-0.5", "+b", "plain"], "n": [1, 2, 3, 4, -5]})
    lines = csv_text(frame).splitlines()
    assert [line[0] for line in lines[1:]] == ['"', "'", "-", "'", "p"]
    assert lines[1].startswith("\"'=HYPERLINK")
    assert lines[5] == "plain,-5"
