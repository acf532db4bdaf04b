"""The verbs that run stages: `run` for all of them, and one per step."""

from collections.abc import Callable

import typer

from multisite.cli.options import (
    Address,
    Debug,
    Json,
    PinSites,
    RunnerName,
    SitePlaces,
    StudyFile,
    Workers,
    Workspace,
    site_places,
)

__all__ = ["VERB_HELP", "add_to"]

VERB_HELP = {
    "run": "Run every step, from the stores to the report.",
    "extract": "Read DICOM headers of the sites' stores into series.",
    "adjudicate": "Make the reference standard from readings, where the study file says how.",
    "cohort": "Build the cohort: eligibility, exclusions, splits, strata, identity.",
    "check": "Check the integrity of the cohort; exit code 20 when a blocking check fails.",
    "evaluate": "Tally the scores and estimate performance and calibration.",
    "baseline": "Make each site's drift baseline from the validated cohort.",
    "monitor": "Compare each later month with the baseline.",
    "report": "Write the report: one page to open in a browser.",
}

_OWN_COMMANDS = ("baseline", "monitor")
"""Verbs with options of their own, registered beside these."""


def _verb(name: str) -> Callable[..., None]:
    def command(
        study: StudyFile,
        sites: SitePlaces = None,
        workspace: Workspace = "workspace",
        runner: RunnerName = "local",
        workers: Workers = 1,
        address: Address = None,
        pin_sites: PinSites = False,
        json: Json = False,
        debug: Debug = False,
    ) -> None:
        # Loading the rooms takes about a second, which `--help` should not pay.
        from multisite.cli.running import RunOptions, run_verb

        options = RunOptions(
            study=study,
            sites=site_places(study, sites),
            workspace=workspace,
            runner=runner,
            workers=workers,
            address=address,
            pin_sites=pin_sites,
            json=json,
        )
        raise typer.Exit(run_verb(None if name == "run" else name, options))

    command.__name__ = name
    command.__doc__ = f"{VERB_HELP[name]}\n\nExample: `multisite {name} configs/demo.yaml --sites configs/sites`"
    return command


def add_to(app: typer.Typer) -> None:
    """Register every verb."""
    for name in VERB_HELP:
        if name not in _OWN_COMMANDS:
            app.command(name)(_verb(name))
