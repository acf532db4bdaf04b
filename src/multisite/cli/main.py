"""The `multisite` command: every verb, and the one place where an error becomes an exit code."""

import sys
from typing import Annotated

import typer

from multisite import __version__
from multisite.cli import (
    audit,
    baseline,
    bounces,
    check_config,
    cohort_diff,
    demo,
    evidently_workspace,
    init,
    lock,
    looks,
    monitor,
    pack,
    portability,
    show,
    verbs,
)
from multisite.cli.failing import exit_with
from multisite.cli.two_words import TwoWordCommands
from multisite.errors import MultisiteError

__all__ = ["app", "run"]

app = typer.Typer(
    name="multisite",
    cls=TwoWordCommands,
    help="Turn an imaging-AI performance claim into evidence across hospitals, without moving images.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    epilog="Example: `multisite demo`, then open the report whose path it prints.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"multisite {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Nothing; it only holds the options of the program itself."""


init.add_to(app)
verbs.add_to(app)
baseline.add_to(app)
monitor.add_to(app)
bounces.add_to(app)
check_config.add_to(app)
cohort_diff.add_to(app)
show.add_to(app)
evidently_workspace.add_to(app)
lock.add_to(app)
looks.add_to(app)
pack.add_to(app)
audit.add_to(app)
portability.add_to(app)
demo.add_to(app)


def run() -> None:
    """Entry point of the console script."""
    try:
        app()
    except Exception as error:
        known = error if isinstance(error, MultisiteError) else _without_its_text(error)
        exit_with(known, debug="--debug" in sys.argv, json_lines="--json" in sys.argv)


def _without_its_text(error: Exception) -> MultisiteError:
    # What a library says may quote a value; only `--debug` shows it.
    from multisite.runners.execution import anonymous

    return anonymous(error)
