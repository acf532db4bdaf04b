"""Judging the months of every site, printing what came of it, and handing the mails over."""

import re
import shlex
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from multisite.cli.adoption import print_baselines
from multisite.cli.running import RunOptions, execute, workspace_location
from multisite.cli.terminal import Terminal
from multisite.cli.verdict_table import print_verdicts
from multisite.errors import SitesFailedError, UsageError
from multisite.runners.work import open_artefacts
from multisite.study import load_sites, load_study
from multisite.vocabulary import Zone

__all__ = ["Mailing", "acknowledging", "checked_month", "run_monitor"]

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Mailing:
    """Whether mails are sent, or written into a folder instead."""

    send: bool = False
    dry_run: Path | None = None

    def __post_init__(self) -> None:
        if self.send and self.dry_run is not None:
            raise UsageError(
                "a mail is sent, or written to a folder", place="--send, --dry-run", remedy="Give one of the two."
            )

    @property
    def is_asked_for(self) -> bool:
        """Whether there is anything to do."""
        return self.send or self.dry_run is not None


def checked_month(month: str) -> str:
    """``month``; UsageError unless it is written as YYYY-MM."""
    if not _MONTH.fullmatch(month):
        raise UsageError("a month is written as YYYY-MM", place="--month", remedy="Give it as 2026-05.")
    return month


def acknowledging(study: Path, sites: Sequence[Path], workspace: str) -> str:
    """The command that acknowledges a case, as a mail prints it: site files of one folder are named by the folder."""
    folders = {place.parent for place in sites}
    places = [str(*folders)] if len(folders) == 1 and len(sites) > 1 else [str(place) for place in sites]
    return shlex.join(["multisite", "monitor", "ack", str(study), "--sites", *places, "--workspace", workspace])


def run_monitor(options: RunOptions, *, month: str | None, mailing: Mailing) -> int:
    """Judge every month up to ``month``, print the last verdict of every site, and mail it if asked."""
    through = None if month is None else checked_month(month)
    study, sites = load_study(options.study), load_sites(options.sites)
    terminal = Terminal(json_lines=options.json)
    terminal.title(study.title, f"{len(sites)} site{'s' if len(sites) != 1 else ''}, {options.runner} runner")
    summary = execute("monitor", study=study, sites=sites, options=options, terminal=terminal, through=through)
    terminal.summary(summary)
    workspace = workspace_location(options.workspace)
    store = open_artefacts(workspace, study, Zone.SITE)
    sound = [site for site in sites if site.site not in summary.faults]
    print_baselines(store, sound, terminal)
    print_verdicts(store, sites, summary.faults, terminal, through)
    exit_code = SitesFailedError.exit_code if summary.faults else 0
    if mailing.is_asked_for:
        # The mail's rooms are loaded where there is a mail.
        from multisite.cli.sending import send_month

        sent = send_month(
            study=study,
            sites=sites,
            store=store,
            month=through,
            dry_run=mailing.dry_run,
            is_drill=False,
            terminal=terminal,
            clock=partial(datetime.now, UTC),
            run_id=uuid.uuid4().hex,
            faults={site: error.fact for site, error in summary.faults.items()},
            command=acknowledging(options.study, options.sites, options.workspace),
        )
        exit_code = exit_code or sent
    return exit_code
