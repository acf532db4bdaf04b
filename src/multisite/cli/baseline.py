"""`multisite baseline`: make each site's drift baseline, and adopt another one in the place of the adopted."""

from datetime import UTC, datetime
from typing import Annotated

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
from multisite.cli.verbs import VERB_HELP
from multisite.errors import UsageError

__all__ = ["add_to"]

Adopt = Annotated[bool, typer.Option("--adopt", help="Adopt what the cohort makes now in the place of the adopted.")]
Reason = Annotated[str, typer.Option(help="Why, for --adopt; it stands in the ledger.")]
Approver = Annotated[str, typer.Option(help="Who approved it, for --adopt; it stands in the ledger.")]
FromMonth = Annotated[
    str,
    typer.Option("--from", metavar="YYYY-MM", help="First month that it is for, with --adopt; this month if left out."),
]


def baseline(
    study: StudyFile,
    sites: SitePlaces = None,
    workspace: Workspace = "workspace",
    adopt: Adopt = False,
    reason: Reason = "",
    approver: Approver = "",
    from_month: FromMonth = "",
    runner: RunnerName = "local",
    workers: Workers = 1,
    address: Address = None,
    pin_sites: PinSites = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    # Loading the rooms takes about a second, which `--help` should not pay.
    from multisite.cli.adoption import Adopting, run_baseline
    from multisite.cli.running import RunOptions

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
    today = datetime.now(UTC).date()
    if not adopt and (reason or approver or from_month):
        raise UsageError(
            "nothing is adopted without being asked for", place="--reason, --approver, --from", remedy="Add --adopt."
        )
    adopting = Adopting.checked(reason=reason, approver=approver, from_month=from_month, today=today) if adopt else None
    raise typer.Exit(run_baseline(options, adopting))


baseline.__doc__ = f"""{VERB_HELP["baseline"]}

The first baseline of a site is adopted by itself. Whatever the cohort makes later is a candidate: months go on being
held against the adopted one, until a person adopts the candidate with a reason, an approver and the first month that it
is for. That month is judged by both.

Example: `multisite baseline configs/demo.yaml --sites configs/sites`
"""


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("baseline")(baseline)
