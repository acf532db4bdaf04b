"""The options that the verbs share."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

__all__ = [
    "Address",
    "Debug",
    "Json",
    "PinSites",
    "RunnerName",
    "SitePlaces",
    "StudyFile",
    "Workers",
    "Workspace",
    "site_places",
]

StudyFile = Annotated[Path, typer.Argument(help="The study file.", show_default=False)]
SitePlaces = Annotated[
    list[Path] | None,
    typer.Option(
        "--sites",
        help="A site file, or a folder of them; may be given several times.",
        show_default="the folder `sites` beside the study file",
    ),
]
Workspace = Annotated[
    str,
    typer.Option(
        help="Folder or URL where artefacts are kept; for s3:// the keys are in MULTISITE_WORKSPACE_ACCESS_KEY, …"
    ),
]
RunnerName = Annotated[Literal["local", "ray"], typer.Option("--runner", help="Where the work runs.")]
Workers = Annotated[int, typer.Option(min=1, help="Processes of the local runner.")]
Address = Annotated[
    str | None,
    typer.Option(help="Ray cluster; `local` starts a private one, nothing given joins the one of this machine or job."),
]
PinSites = Annotated[
    bool, typer.Option("--pin-sites", help="Run a site's work only on Ray nodes labelled `site=<id>`.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object per line, for machines.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks; they may quote data.")]


def site_places(study: Path, given: Sequence[Path] | None) -> tuple[Path, ...]:
    """Where the site files are: as ``given``, else in the folder ``sites`` beside the study file."""
    return tuple(given) if given else (study.parent / "sites",)
