"""`multisite check-config`: every fault of the configuration at once, and whether stores and tables answer."""

from typing import Annotated

import typer

from multisite.cli.options import Debug, Json, SitePlaces, StudyFile, site_places

__all__ = ["add_to"]


def check_config(
    study: StudyFile,
    sites: SitePlaces = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Read the files only; open no store and no table.")
    ] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Check the study file, the site files, that the stores answer and that the tables have the mapped columns.

    Example: `multisite check-config configs/demo.yaml --sites configs/sites`
    """
    from multisite.cli.configuration import check_everything

    raise typer.Exit(check_everything(study, site_places(study, sites), offline=offline, json_lines=json))


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("check-config")(check_config)
