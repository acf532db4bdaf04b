"""`multisite init`: a commented study file and the file of its first site, from a few questions."""

from pathlib import Path
from typing import Annotated

import typer

from multisite.cli.options import Debug

__all__ = ["add_to"]

Folder = Annotated[Path, typer.Argument(help="Where `study.yaml` and `sites/` are written.", show_default="this one")]


def _option(spelt: str, says: str) -> object:
    return typer.Option(spelt, help=says, show_default="asked for")


def init(
    folder: Folder = Path(),
    title: Annotated[str | None, _option("--title", "Title of the study.")] = None,
    study: Annotated[str | None, _option("--study", "Its short identifier; made of the title if not given.")] = None,
    task: Annotated[str | None, _option("--task", "What the model does, in which examinations.")] = None,
    population: Annotated[str | None, _option("--population", "For which patients.")] = None,
    setting: Annotated[str | None, _option("--setting", "In which setting.")] = None,
    human_role: Annotated[str | None, _option("--human-role", "What people do beside the model.")] = None,
    finding: Annotated[str | None, _option("--finding", "The finding that is looked for; its id follows.")] = None,
    model: Annotated[str | None, _option("--model", "Name of the model; its id follows.")] = None,
    model_version: Annotated[str | None, _option("--model-version", "Version of the model.")] = None,
    modalities: Annotated[str | None, _option("--modalities", "DICOM modalities that count, as CT,DX.")] = None,
    threshold: Annotated[str | None, _option("--threshold", "Score from which on the answer is positive.")] = None,
    site: Annotated[str | None, _option("--site", "Short identifier of the first site.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; mark what is not given as to be written.")] = False,
    debug: Debug = False,
) -> None:
    """Write a commented study and its first site from a few questions; nothing that exists is overwritten.

    What no option answers is asked for on a terminal. The study has every section of the protocol, each with what it is
    for; `multisite check-config` takes it as it is.

    Example: `multisite init my-study`
    """
    # Loading the rooms takes about a second, which `--help` should not pay.
    from multisite.cli.initialising import begin_study

    given = {
        "title": title,
        "study": study,
        "task": task,
        "population": population,
        "setting": setting,
        "human_role": human_role,
        "finding": finding,
        "model": model,
        "model_version": model_version,
        "modalities": modalities,
        "threshold": threshold,
        "site": site,
    }
    begin_study(folder, {name: text for name, text in given.items() if text is not None}, ask_nothing=yes)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("init")(init)
