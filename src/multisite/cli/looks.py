"""`multisite looks`: when a site's test labels were read, by which runs, and whether the record of it is whole."""

import typer

from multisite.cli.options import Debug, Json, SitePlaces, StudyFile, Workspace, site_places

__all__ = ["add_to"]


def looks(
    study: StudyFile,
    sites: SitePlaces = None,
    workspace: Workspace = "workspace",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """List the looks at each site's test labels, and check that its ledger is whole; exit code 22 when one is not.

    Digests are cut short, but for `--json`.

    Example: `multisite looks configs/demo.yaml --sites configs/sites`
    """
    # Loading the rooms takes about a second, which `--help` should not pay.
    from multisite.cli.look_table import show_looks

    show_looks(study, site_places(study, sites), workspace=workspace, json_lines=json)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("looks")(looks)
