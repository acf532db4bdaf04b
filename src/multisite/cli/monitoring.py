"""Judging the months of every site, printing what came of it, and handing the mails over."""

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from multisite.cli.adoption import print_baselines
from multisite.cli.running import RunOptions, execute, workspace_location
from multisite.cli.terminal import Terminal
from multisite.errors import MultisiteError, SitesFailedError, UsageError
from multisite.runners.work import open_artefacts
from multisite.schemas.drift_verdicts import DRIFT_VERDICTS
from multisite.storage.artefacts import ArtefactStore
from multisite.study import Site, load_sites, load_study
from multisite.vocabulary import DriftState, Zone

__all__ = ["Mailing", "checked_month", "print_rows", "run_monitor"]

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_SHAPES = {
    DriftState.GREEN: "●",
    DriftState.GREY: "○",
    DriftState.AMBER_1: "▲",
    DriftState.AMBER_2: "▲▲",
    DriftState.RED: "■",
}


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
    _print_verdicts(store, sites, summary.faults, terminal, through)
    exit_code = SitesFailedError.exit_code if summary.faults else 0
    if mailing.is_asked_for:
        # The mail's rooms are loaded where there is a mail.
        from multisite.cli.sending import send_month

        sent = send_month(
            study=study,
            sites=sites,
            store=store,
            workspace=options.workspace,
            month=through,
            dry_run=mailing.dry_run,
            is_drill=False,
            terminal=terminal,
            clock=partial(datetime.now, UTC),
            run_id=uuid.uuid4().hex,
            faults={site: error.fact for site, error in summary.faults.items()},
        )
        exit_code = exit_code or sent
    return exit_code


def print_rows(rows: Sequence[Mapping[str, Any]], terminal: Terminal, *, title: str = "Verdicts") -> None:
    """A table of verdicts: state as a shape and a word, and the sentence."""
    shown = []
    for row in rows:
        state = DriftState(row["state"])
        shown.append((row["site"], row["month"], row["model"], f"{_SHAPES[state]} {state.value}", row["sentence"]))
    terminal.table(title, ("site", "month", "model", "state", "what was found"), shown)


def _print_verdicts(
    store: ArtefactStore,
    sites: Sequence[Site],
    faults: Mapping[str, MultisiteError],
    terminal: Terminal,
    through: str | None,
) -> None:
    rows: list[dict[str, Any]] = []
    for site in sites:
        nothing = {"site": site.site, "month": through or "", "model": "", "state": DriftState.GREY.value}
        if site.site in faults:
            error = faults[site.site]
            rows.append({**nothing, "sentence": f"Monitoring failed: {error.fact} ({error.place})."})
            continue
        verdicts = store.read(DRIFT_VERDICTS, site.site)
        last = verdicts.filter(pl.col("month") == pl.col("month").max()).sort("model")
        rows += list(last.iter_rows(named=True)) or [{**nothing, "sentence": "No study in routine use."}]
    print_rows(rows, terminal)
