"""`multisite cohort diff`: which cases entered a site's set, left it or changed, and why."""

from pathlib import Path
from typing import Annotated

import typer

from multisite.cli.options import Debug, Json

__all__ = ["add_to"]

_PLACE = "a `cohort` folder of a workspace or a copy of one, the folder of its site, or a Parquet file of it."


def cohort_diff(
    before: Annotated[str, typer.Argument(help=f"The earlier cohort: {_PLACE}", show_default=False)],
    after: Annotated[str, typer.Argument(help="The later cohort, named likewise.", show_default=False)],
    csv: Annotated[
        Path | None,
        typer.Option(help="Write a row per case to this CSV file; it holds pseudonyms and must stay in the site."),
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Compare two cohorts of a site: which cases entered the set, left it or changed, and why.

    Counts are printed, and no case. The exit code is 0 whether or not the sets differ. A study file that is called
    `diff` is given to `multisite cohort` as `./diff`.

    Example: `multisite cohort diff kept/northgate-march demo-out/workspace/chest-nodule-demo/northgate`
    """
    # Loading the rooms takes about a second, which `--help` should not pay.
    from multisite.cli.cohort_changes import show_difference

    show_difference(before, after, csv=csv, json_lines=json)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("cohort diff")(cohort_diff)
