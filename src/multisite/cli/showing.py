"""Reading an artefact for people: its first rows in a table, or all of them in a CSV file."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from multisite.cli.csv_file import write_csv
from multisite.cli.running import workspace_location
from multisite.cli.terminal import Terminal, counted_rows
from multisite.errors import ArtefactMissingError, UsageError
from multisite.runners.work import STUDY_FOLDER, open_artefacts
from multisite.schemas import Artefact
from multisite.schemas.catalogue import ARTEFACTS
from multisite.storage.artefacts import ArtefactStore
from multisite.study import load_study
from multisite.vocabulary import Zone

__all__ = ["show_rows"]

_WIDE = 1000
"""Characters to a line where it goes to a file or another program: no row is folded there."""

_MOST_COLUMNS = 16
_MOST_ON_END = 3
"""A table with more columns is shown on end, a line for each column, with a few rows side by side."""


def show_rows(
    name: str, study_file: Path, *, site: str, workspace: str, columns: Sequence[str], n_rows: int, csv: Path | None
) -> None:
    """Print the first ``n_rows`` rows, or write every row to ``csv``.

    Raises
    ------
    UsageError
        When there is no such table or column.
    ArtefactMissingError
        When the site (or, without one, the study) has not made it.
    """
    artefact = _table_named(name)
    families = tuple(family.prefix for family in artefact.families)
    _refuse(artefact, [column for column in columns if not column.startswith(families)])
    study = load_study(study_file)
    store = open_artefacts(workspace_location(workspace), study, Zone.SITE)
    folder = site or STUDY_FOLDER
    if csv is not None:
        with _refusing(artefact, columns):
            frame = _flat(store.read(artefact, folder, columns=columns or None))
        write_csv(frame, csv)
        Terminal().path(counted_rows(frame.height), str(csv))
        return
    on_end = len(columns or artefact.columns) > _MOST_COLUMNS
    with _refusing(artefact, columns):
        frame, n_all = _first_rows(store, artefact, folder, min(n_rows, _MOST_ON_END) if on_end else n_rows, columns)
    place = f" of {site}" if site else ""
    stays = "; row-level, stays in the site" if artefact.zone is Zone.SITE else ""
    if not n_all:
        Terminal().say(f"{name}{place}: no rows{stays}")
        return
    is_cut = on_end and min(n_rows, n_all) > frame.height
    few = f" (no more with over {_MOST_COLUMNS} columns: name some with --columns)" if is_cut else ""
    title = f"{name}{place}: {frame.height:,} of {counted_rows(n_all)}{few}{stays}"
    cells = [["" if value is None else str(value) for value in row] for row in _flat(frame).iter_rows()]
    terminal = Terminal(width=_WIDE)
    if on_end:
        head = ["column", *(f"row {number}" for number in range(1, frame.height + 1))]
        terminal.table(title, head, [[column, *values] for column, *values in zip(frame.columns, *cells, strict=True)])
    else:
        numbers = [i for i, dtype in enumerate(frame.dtypes) if dtype.is_numeric()]
        terminal.table(title, frame.columns, cells, right=numbers)


@contextmanager
def _refusing(artefact: Artefact, columns: Sequence[str]) -> Iterator[None]:
    """Which columns of a family there are, only reading tells."""
    try:
        yield
    except pl.exceptions.ColumnNotFoundError:
        _refuse(artefact, columns)
        raise


def _refuse(artefact: Artefact, columns: Sequence[str]) -> None:
    known = set(artefact.schema.names())
    unknown = [column for column in columns if column not in known]
    if unknown:
        raise UsageError(
            f"`{artefact.name}` has no column {', '.join(f'`{column}`' for column in unknown)}",
            remedy="docs/reference/artefacts.md lists its columns.",
        )


def _table_named(name: str) -> Artefact:
    artefact = ARTEFACTS.get(name)
    if not isinstance(artefact, Artefact):
        tables = sorted(n for n, a in ARTEFACTS.items() if isinstance(a, Artefact))
        raise UsageError(f"there is no table `{name}`", remedy=f"Tables: {', '.join(tables)}.")
    return artefact


def _first_rows(
    store: ArtefactStore, artefact: Artefact, folder: str, n_rows: int, columns: Sequence[str]
) -> tuple[pl.DataFrame, int]:
    """The first rows, from as few parts as hold them, and how many rows there are."""
    manifest = store.manifest(artefact, folder)
    if manifest is None:
        raise ArtefactMissingError(
            f"`{artefact.name}` has not been made",
            place=f"site {folder}" if folder != STUDY_FOLDER else "study",
            remedy="Name the site with `--site`, and the workspace of its run; or run the verb that makes it.",
        )
    wanted: list[str] = []
    n_held = 0
    for part in manifest.parts:
        if n_held >= n_rows and wanted:
            break
        wanted.append(part.partition)
        n_held += part.n_rows
    return store.read_parts(artefact, folder, wanted, columns=columns or None).head(n_rows), manifest.n_rows


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Lists as text, which a table and a CSV file can hold."""
    lists = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.List)]
    return frame.with_columns(pl.col(name).cast(pl.List(pl.String)).list.join(" · ") for name in lists)
