"""A table as frozen data: columns with units, groups of rows, cells that keep their value for sorting."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

from multisite.pack.marks import Mark
from multisite.pack.numbers import NO_NUMBER, Written, count

__all__ = ["Cell", "Column", "Group", "Row", "Table", "counted", "missing", "plain_table", "written"]

_FIGURE_SPACE, _PUNCTUATION_SPACE = "\N{FIGURE SPACE}", "\N{PUNCTUATION SPACE}"


@dataclass(frozen=True, slots=True)
class Column:
    """A column's head, its unit, and whether it holds words or numbers."""

    head: str
    unit: str = ""
    kind: Literal["text", "number"] = "text"


@dataclass(frozen=True, slots=True)
class Cell:
    """``text`` is the value, ``interval`` what follows it in brackets, ``note`` a second, smaller line.

    ``quiet`` cells show missing or thin evidence; ``mark`` puts a shape before the words, ``link`` makes them lead to
    another place.
    """

    text: str
    interval: str = ""
    note: str = ""
    sort: float | str | None = None
    quiet: bool = False
    mark: Mark | None = None
    link: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """The first cell heads the row."""

    cells: tuple[Cell, ...]
    total: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under a common heading, with a remark on all of them; an empty heading shows none."""

    heading: str
    rows: tuple[Row, ...]
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """``title`` says what the table finds or holds, ``method`` how it was made; ``csv`` is its data."""

    slug: str
    title: str
    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    method: str = ""
    csv: str = ""

    def __post_init__(self) -> None:
        for group in self.groups:
            for row in group.rows:
                if len(row.cells) != len(self.columns):
                    raise ValueError(f"table `{self.slug}`: a row has {len(row.cells)} cells, not {len(self.columns)}")
        object.__setattr__(self, "groups", _aligned(self.groups, len(self.columns)))


def plain_table(
    slug: str,
    title: str,
    columns: Sequence[Column],
    rows: Sequence[Row],
    *,
    method: str = "",
    data: pl.DataFrame | None = None,
) -> Table:
    """A table of one group without a heading; ``data`` becomes its CSV."""
    return Table(slug, title, tuple(columns), (Group("", tuple(rows)),), method, csv_text(data))


def counted(number: int, note: str = "") -> Cell:
    """A count."""
    return Cell(count(number), note=note, sort=float(number))


def missing(reason: str) -> Cell:
    """No number, and why."""
    return Cell(NO_NUMBER, note=reason, quiet=True)


def written(number: Written, value: float, *, note: str = "", quiet: bool = False, mark: Mark | None = None) -> Cell:
    """A number in its digits, with the value it sorts by."""
    return Cell(number.point, number.interval, note, value, quiet, mark)


def csv_text(data: pl.DataFrame | None) -> str:
    """``data`` as CSV; empty for no data. A text that a spreadsheet would take for a formula begins with ``'``."""
    if data is None:
        return ""
    texts = [pl.col(name) for name, dtype in data.schema.items() if dtype == pl.String()]
    return data.with_columns(_no_formula(text) for text in texts).write_csv(float_precision=6)


def _no_formula(text: pl.Expr) -> pl.Expr:
    looks_so = text.str.contains(r"^[=+\-@\t\r]") & text.cast(pl.Float64, strict=False).is_null()
    return pl.when(looks_so).then(pl.concat_str(pl.lit("'"), text)).otherwise(text).name.keep()


def _aligned(groups: tuple[Group, ...], n_columns: int) -> tuple[Group, ...]:
    """The same rows, numbers padded by spaces of a digit's width: decimal points meet in a right-aligned column."""
    widths = []
    for position in range(n_columns):
        cells = [row.cells[position] for group in groups for row in group.rows if row.cells[position].sort is not None]
        decimals = max((_decimals(c.text) for c in cells if isinstance(c.sort, float)), default=0)
        intervals = max((len(c.interval.rstrip(_FIGURE_SPACE)) for c in cells), default=0)
        widths.append((decimals, intervals))

    def pad(cell: Cell, position: int) -> Cell:
        decimals, interval = widths[position]
        if not isinstance(cell.sort, float) or cell.text == NO_NUMBER:
            return cell
        own = _decimals(cell.text)
        short = decimals - own
        filler = _FIGURE_SPACE * short + (_PUNCTUATION_SPACE if own == 0 and short else "")
        # A table that is made from another one has cells that are padded already.
        text, told = cell.text.rstrip(_FIGURE_SPACE + _PUNCTUATION_SPACE), cell.interval.rstrip(_FIGURE_SPACE)
        return replace(cell, text=text + filler, interval=told + _FIGURE_SPACE * (interval - len(told)))

    return tuple(
        replace(g, rows=tuple(Row(tuple(pad(c, i) for i, c in enumerate(r.cells)), r.total) for r in g.rows))
        for g in groups
    )


def _decimals(text: str) -> int:
    number = (text.split() or [""])[0]
    return len(number.partition(".")[2])
