"""`multisite monitor`: judge each month, mail the verdicts, and note what people decide about them."""

from pathlib import Path
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

__all__ = ["add_to"]

Month = Annotated[
    str, typer.Option(metavar="YYYY-MM", help="Judge up to this month; the last with studies if left out.")
]
Send = Annotated[bool, typer.Option("--send", help="Mail each site's verdict on the month to its QA lead.")]
DryRun = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Write the mails as .eml files there, and send and note nothing.")
]
SiteName = Annotated[str, typer.Option("--site", help="The site.")]
ModelName = Annotated[str, typer.Option("--model", help="The model; may be left out where the study has one.")]
CaseNumber = Annotated[int, typer.Option("--case", help="Number of the case, as the mail gives it.", min=1)]
By = Annotated[str, typer.Option("--by", help="Who says so; it stands in the ledger.")]
Why = Annotated[str, typer.Option("--reason", help="Why; it stands in the ledger.")]


def monitor(
    study: StudyFile,
    sites: SitePlaces = None,
    workspace: Workspace = "workspace",
    month: Month = "",
    send: Send = False,
    dry_run: DryRun = None,
    runner: RunnerName = "local",
    workers: Workers = 1,
    address: Address = None,
    pin_sites: PinSites = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    # Loading the rooms takes about a second, which `--help` should not pay.
    from multisite.cli.monitoring import Mailing, run_monitor
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
    raise typer.Exit(run_monitor(options, month=month or None, mailing=Mailing(send=send, dry_run=dry_run)))


monitor.__doc__ = f"""{VERB_HELP["monitor"]}

A fault at one site is told as GREY, and the others go on; the exit code is then 23. A mail that could not be handed
over stays in the outbox, and the exit code is 24. Running a month again changes nothing, and sends nothing twice.

Example: `multisite monitor configs/demo.yaml --sites configs/sites --month 2024-04 --dry-run mails`
"""


def ack(
    study: StudyFile,
    site: SiteName,
    case: CaseNumber,
    by: By,
    cause: Annotated[str, typer.Option(help="What the cause was found to be.")] = "",
    model: ModelName = "",
    sites: SitePlaces = None,
    workspace: Workspace = "workspace",
    debug: Debug = False,
) -> None:
    """Acknowledge a case: somebody has read the mail and takes care of it.

    Example: `multisite monitor ack configs/demo.yaml --site harbour --case 1 --by "Dr Lee"`
    """
    from multisite.cli.noting import note_acknowledgement

    note_acknowledgement(
        study, site_places(study, sites), workspace, site=site, model=model, case=case, by=by, cause=cause
    )


def close(
    study: StudyFile,
    site: SiteName,
    case: CaseNumber,
    by: By,
    reason: Why,
    month: Annotated[str, typer.Option(metavar="YYYY-MM", help="Month at whose end it is closed.")],
    model: ModelName = "",
    sites: SitePlaces = None,
    workspace: Workspace = "workspace",
    debug: Debug = False,
) -> None:
    """Close a case with a reason. A signal that goes on opens another: adopt a new baseline for a change that stays.

    Example: `multisite monitor close configs/demo.yaml --site harbour --case 1 --by "Dr Lee" --month 2024-05 \\
    --reason "…"`
    """
    from multisite.cli.noting import note_closure

    note_closure(
        study,
        site_places(study, sites),
        workspace,
        site=site,
        model=model,
        case=case,
        by=by,
        reason=reason,
        month=month,
    )


def mute(
    study: StudyFile,
    site: SiteName,
    monitor: Annotated[str, typer.Option(help="The monitor, as the timeline names it.")],
    reason: Why,
    approver: Annotated[str, typer.Option(help="Who approved it.")],
    until: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="Last day, at most a year from now.")],
    axis: Annotated[str, typer.Option(help="The subgroup's axis, for one of a subgroup.")] = "overall",
    level: Annotated[str, typer.Option(help="Its value.")] = "overall",
    model: ModelName = "",
    sites: SitePlaces = None,
    workspace: Workspace = "workspace",
    debug: Debug = False,
) -> None:
    """Mute a monitor up to a day: it is still judged and printed, and does not signal.

    Example: `multisite monitor mute configs/demo.yaml --site harbour --monitor vendor --reason "…" --approver "…" \
    --until 2024-09-30`
    """
    from multisite.cli.noting import Muting, note_mute

    note_mute(
        study,
        site_places(study, sites),
        workspace,
        site=site,
        model=model,
        muting=Muting(monitor=monitor, axis=axis, level=level, reason=reason, approver=approver, until=until),
    )


def drill(
    study: StudyFile,
    month: Annotated[str, typer.Option(metavar="YYYY-MM", help="Month into whose counts a drift is injected.")],
    sites: SitePlaces = None,
    workspace: Workspace = "workspace",
    send: Send = False,
    dry_run: DryRun = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Prove that a hospital would be told: inject a drift into a month's counts, judge it, and mail it marked DRILL.

    Nothing that is kept is changed but the ledger, which notes the drill; with `--dry-run` nothing is noted.

    Example: `multisite monitor drill configs/demo.yaml --sites configs/sites --month 2024-03 --dry-run mails`
    """
    from multisite.cli.drilling import run_drill
    from multisite.cli.monitoring import Mailing

    mailing = Mailing(send=send, dry_run=dry_run)
    raise typer.Exit(run_drill(study, site_places(study, sites), workspace, month=month, mailing=mailing, json=json))


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("monitor")(monitor)
    app.command("monitor ack")(ack)
    app.command("monitor close")(close)
    app.command("monitor mute")(mute)
    app.command("monitor drill")(drill)
