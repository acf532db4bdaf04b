"""`multisite show`: the rows of an artefact, for a person at the site who has no other tool at hand."""

from pathlib import Path
from typing import Annotated

import typer

from multisite.cli.options import Debug, StudyFile, Workspace

__all__ = ["add_to"]


def show(
    artefact: Annotated[str, typer.Argument(help="Its name, as in docs/reference/artefacts.md.", show_default=False)],
    study: StudyFile,
    site: Annotated[str, typer.Option(help="Site; leave out for artefacts of the whole study.")] = "",
    workspace: Workspace = "workspace",
    columns: Annotated[str, typer.Option(help="Columns to show, with commas between them; all if left out.")] = "",
    rows: Annotated[int, typer.Option(min=1, help="Rows to show; at most 3 where there are over 16 columns.")] = 20,
    csv: Annotated[Path | None, typer.Option(help="Write all rows to this CSV file instead.")] = None,
    debug: Debug = False,
) -> None:
    """Show the first rows of an artefact, or write all of them as CSV.

    Row-level artefacts hold what must not leave the site: mind where the screen is, and where the file goes.

    Example: `multisite show normalisation configs/demo.yaml --site northgate`
    """
    # Loading the rooms takes about a second, which `--help` should not pay.
    from multisite.cli.showing import show_rows

    show_rows(
        artefact,
        study,
        site=site,
        workspace=workspace,
        columns=tuple(name.strip() for name in columns.split(",") if name.strip()),
        n_rows=rows,
        csv=csv,
    )


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("show")(show)
