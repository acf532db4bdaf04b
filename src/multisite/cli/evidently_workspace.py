"""`multisite show evidently-workspace`: the archived pictures as a folder that `evidently ui` opens."""

from pathlib import Path
from typing import Annotated

import typer

from multisite.cli.options import Debug, StudyFile, Workspace

__all__ = ["add_to"]


def show_evidently_workspace(
    study: StudyFile,
    site: Annotated[list[str], typer.Option(help="Site; may be given several times.")],
    to: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder to write; it is made, and must stay in the site.")],
    workspace: Workspace = "workspace",
    debug: Debug = False,
) -> None:
    """Write Evidently's own workspace: a project per site, a run for the baseline and for each month.

    Nothing is computed again, and Evidently need not be installed here. To look at it:
    `DO_NOT_TRACK=1 evidently ui --workspace FOLDER`, where the first word switches its usage reports off.

    Example: `multisite show evidently-workspace configs/demo.yaml --site harbour --to evidently-runs`
    """
    # Loading the rooms takes about a second, which `--help` should not pay.
    from multisite.cli.evidently_runs import write_evidently_workspace

    write_evidently_workspace(study, sites=tuple(dict.fromkeys(site)), workspace=workspace, folder=to)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("show evidently-workspace")(show_evidently_workspace)
