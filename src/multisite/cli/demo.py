"""`multisite demo`: four simulated hospitals with planted faults, the whole run, and planted → found."""

from pathlib import Path
from typing import Annotated

import typer

from multisite.cli.options import Debug, RunnerName, Workers

__all__ = ["add_to"]


def demo(
    patients: Annotated[int, typer.Option(min=100, help="Patients per site in the validated cohort.")] = 600,
    sites: Annotated[int, typer.Option(min=1, help="Hospitals.")] = 4,
    months: Annotated[int, typer.Option(min=0, help="Months of routine use after the validation.")] = 6,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal files.")] = 20,
    out: Annotated[Path, typer.Option(help="Folder for data, configuration and results.")] = Path("demo-out"),
    runner: RunnerName = "ray",
    workers: Workers = 1,
    no_s3: Annotated[bool, typer.Option("--no-s3", help="Keep every site's images in folders.")] = False,
    data_only: Annotated[bool, typer.Option("--data-only", help="Write data and configuration; run nothing.")] = False,
    debug: Debug = False,
) -> None:
    """Simulate hospitals, plant faults, run every step, and show which faults were found and where.

    One site's images are served by a real S3 server on this machine. The exit code is 0 when every planted fault was
    found, 21 otherwise.

    Example: `multisite demo --runner local`
    """
    # Loading the rooms takes about a second, which `--help` should not pay.
    from multisite.cli.demonstration import DemoOptions, show_demo

    options = DemoOptions(
        patients=patients,
        sites=sites,
        months=months,
        seed=seed,
        out=out,
        runner=runner,
        workers=workers,
        s3=not no_s3,
        data_only=data_only,
    )
    raise typer.Exit(show_demo(options))


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("demo")(demo)
