"""Making baselines, telling which one is adopted, and adopting another."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial

from multisite.cli.running import RunOptions, execute, workspace_location
from multisite.cli.terminal import Terminal
from multisite.errors import MachineError, UsageError
from multisite.runners.baselines import adopt, adoption_of, adoptions_of, candidate_name
from multisite.runners.work import open_artefacts
from multisite.storage.artefacts import ArtefactStore
from multisite.study import Site, load_sites, load_study
from multisite.vocabulary import Zone

__all__ = ["Adopting", "print_baselines", "run_baseline"]

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Adopting:
    """Why another baseline is adopted, who approved it, and the first month (YYYY-MM) that it is for."""

    reason: str
    approver: str
    from_month: str

    @classmethod
    def checked(cls, *, reason: str, approver: str, from_month: str, today: date) -> "Adopting":
        """From what the command line said; without a month it is for that of ``today``.

        Raises
        ------
        UsageError
            Without a reason or an approver, or for a month that is not written as YYYY-MM.
        """
        if not reason.strip() or not approver.strip():
            raise UsageError(
                "a baseline is replaced with a reason and an approver",
                place="--adopt",
                remedy="Give --reason and --approver; both stand in the ledger.",
            )
        month = from_month or today.strftime("%Y-%m")
        if not _MONTH.fullmatch(month):
            raise UsageError(
                "a baseline is adopted from a month on", place="--from", remedy="Give the month as YYYY-MM, as 2026-05."
            )
        return cls(reason.strip(), approver.strip(), month)


def run_baseline(options: RunOptions, adopting: Adopting | None) -> int:
    """Make the baselines; with ``adopting``, adopt what is new at every site; then tell which one stands."""
    study, sites = load_study(options.study), load_sites(options.sites)
    terminal = Terminal(json_lines=options.json)
    terminal.title(study.title, f"{len(sites)} site{'s' if len(sites) != 1 else ''}, {options.runner} runner")
    summary = execute("baseline", study=study, sites=sites, options=options, terminal=terminal)
    terminal.summary(summary)
    store = open_artefacts(workspace_location(options.workspace), study, Zone.SITE)
    if adopting is not None:
        _adopt(store, sites, adopting)
    print_baselines(store, sites, terminal)
    return 0


def print_baselines(store: ArtefactStore, sites: Sequence[Site], terminal: Terminal) -> None:
    """A table of the adopted baselines, and a warning where the cohort now makes another one."""
    rows = []
    changed = []
    for site in sites:
        adopted, candidate = adoptions_of(store, site.site), candidate_name(store, site.site)
        if adopted and candidate not in (None, adopted[-1].name):
            changed.append(site.site)
        rows += [(site.site, one.name, one.from_month or "the beginning", one.reason, one.approver) for one in adopted]
        if not adopted:
            rows.append((site.site, "none", "", "no validated study with the watched columns", ""))
    if rows:
        terminal.table("Adopted baselines", ("site", "baseline", "from", "reason", "approved by"), rows)
    if changed:
        terminal.warn(
            f"The validated set, or what is watched of it, has changed at {', '.join(changed)} since the baseline was"
            " adopted. Months are still held against the adopted one; `multisite baseline … --adopt` takes the new one."
        )


def _adopt(store: ArtefactStore, sites: Sequence[Site], adopting: Adopting) -> None:
    run = uuid.uuid4().hex
    changed = [
        site.site
        for site in sites
        if (adopted := adoptions_of(store, site.site))
        and candidate_name(store, site.site) not in (None, adopted[-1].name)
    ]
    if not changed:
        raise UsageError(
            "no site has a baseline that is not adopted yet", place="--adopt", remedy="Nothing needs adopting."
        )
    # All are looked at before the first is adopted: a refusal at one leaves every site as it was.
    wanted = [
        (
            site,
            adoptions_of(store, site),
            adoption_of(
                store, site, reason=adopting.reason, approver=adopting.approver, from_month=adopting.from_month
            ),
        )
        for site in changed
    ]
    for site, before, adoption in wanted:
        if not adopt(store, site, adoption, before=before, clock=partial(datetime.now, UTC), run_id=run):
            raise MachineError(
                "another run has adopted a baseline meanwhile",
                place=f"site {site}",
                remedy="Look at what is adopted now: `multisite baseline` without --adopt.",
            )
