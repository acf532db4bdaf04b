"""`multisite portability`: what a pack's results would be among another hospital's patients, or why that is unknown."""

from pathlib import Path
from typing import Annotated

import typer

from multisite.cli.options import Debug, Json

__all__ = ["add_to"]


def portability(
    pack: Annotated[Path, typer.Argument(help="The pack: its folder or its zip.", show_default=False)],
    population: Annotated[
        Path,
        typer.Option(
            help="CSV of your own patients as counts: a column per stratum of the pack and `n`; or `stratum`, `level`, "
            "`n`. `n_positive` may stand in both.",
            show_default=False,
        ),
    ],
    prevalence: Annotated[
        float | None,
        typer.Option(help="Prevalence of the finding among your patients, from 0 to 1, where it is known."),
    ] = None,
    census: Annotated[
        bool, typer.Option("--census", help="The table holds everybody it stands for: no sampling error.")
    ] = False,
    finding: Annotated[
        str | None,
        typer.Option(
            help="The finding to check, by its id; needed where the pack has several and `n_positive` or the "
            "prevalence is given.",
            show_default="all",
        ),
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Weight the pack's results to your own patients, from counts alone; nothing leaves this machine.

    A number that the pack cannot support is refused, and what is missing is named. The exit code is 0 either way.

    Example: `multisite portability pack.zip --population ours.csv`
    """
    # Loading the rooms takes about a second, which `--help` should not pay.
    from multisite.cli.portability_table import show_portability

    show_portability(pack, population, prevalence=prevalence, census=census, finding=finding, json_lines=json)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("portability")(portability)
