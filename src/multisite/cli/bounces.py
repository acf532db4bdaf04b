"""`multisite monitor bounces`: which monthly mails came back, from the reports in a folder."""

from pathlib import Path
from typing import Annotated

import typer

from multisite.cli.options import Debug, Json, SitePlaces, StudyFile, Workspace, site_places

__all__ = ["add_to"]


def bounces(
    study: StudyFile,
    folder: Annotated[Path, typer.Argument(help="Folder of reports, saved as `.eml`.", show_default=False)],
    sites: SitePlaces = None,
    workspace: Workspace = "workspace",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Note in the sites' ledgers which monthly mails came back, and from how many addresses.

    Reads delivery status notifications (RFC 3464) that the sender's mailbox saved. One that was noted before, or is of
    no mail of these sites, changes nothing.

    Example: `multisite monitor bounces configs/study.yaml /var/mail/bounces --sites sites`
    """
    # Loading the rooms takes about a second, which `--help` should not pay.
    from multisite.cli.bouncing import note_bounces

    note_bounces(study, site_places(study, sites), folder=folder, workspace=workspace, json_lines=json)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("monitor bounces")(bounces)
