"""The looks at each site, entry by entry, and what they come to."""

from collections.abc import Sequence
from pathlib import Path

from multisite.audit import Chain, Link, ledger_rows, look_of
from multisite.audit.stage import count_looks
from multisite.cli.running import workspace_location
from multisite.cli.terminal import Terminal
from multisite.runners.looks import ledger_of
from multisite.runners.work import open_artefacts
from multisite.study import load_sites, load_study
from multisite.vocabulary import Zone

__all__ = ["show_looks"]

_DIGITS = 8
"""Of a digest, enough for a person to tell the few of one study apart."""

_WIDE = 140
"""Characters to a line where it goes to a file or another program: the stages of a run fit beside the digests."""

_HEAD = ("site", "entry", "time", "run", "release", "protocol", "evaluated", "stages", "chain")


def show_looks(study_file: Path, site_places: Sequence[Path], *, workspace: str, json_lines: bool) -> None:
    """Print every entry of every site's ledger, and what they come to at each site.

    Raises
    ------
    LedgerBrokenError
        When a chain is broken, after everything was printed.
    """
    study, sites = load_study(study_file), load_sites(site_places)
    store = open_artefacts(workspace_location(workspace), study, Zone.SITE)
    chains = {site.site: ledger_of(store, site.site).chain() for site in sites}
    terminal = Terminal(json_lines=json_lines, width=_WIDE)
    digits = None if json_lines else _DIGITS
    entries = [_row(name, link, digits) for name, chain in chains.items() for link in chain.links]
    if entries:
        terminal.table("Looks at the test labels", _HEAD, entries, right=(1,))
    ledgers = [_ledger_row(name, chain) for name, chain in chains.items()]
    terminal.table("Ledgers", ("site", "runs", "different evaluations", "chain"), ledgers, right=(1, 2))
    for name, chain in chains.items():
        if chain.broken_at is not None:
            raise ledger_of(store, name).broken(chain.broken_at)


def _row(site: str, link: Link, digits: int | None) -> tuple[str, ...]:
    chain = "✓ whole" if link.holds else "✗ broken"
    entry, look = link.entry, look_of(link.entry)
    if entry is None:
        return (site, str(link.number), "", "", "", "", "", "unreadable", chain)
    told = (look.protocol[:digits], look.evaluated[:digits], ", ".join(look.stages)) if look else ("", "", entry.event)
    time = entry.time if digits is None else entry.time.replace("T", " ").replace("+00:00", " UTC")
    return (site, str(link.number), time, entry.run[:digits], entry.code_version, *told, chain)


def _ledger_row(site: str, chain: Chain) -> tuple[str, ...]:
    counted = count_looks(ledger_rows(chain), site=site).row(0, named=True)
    n_entries = len(chain.links)
    state = f"✓ whole: {n_entries:,} {'entry' if n_entries == 1 else 'entries'}"
    if chain.broken_at is not None:
        state = f"✗ broken at entry {chain.broken_at:,}"
    return (site, f"{counted['n_runs']:,}", f"{counted['n_evaluations']:,}", state)
