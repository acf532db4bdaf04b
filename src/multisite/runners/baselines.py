"""Adopted drift baselines: copied once, under a name that is the digest of what they hold, and never changed.

What the validated cohort makes of a baseline changes with the cohort; what months are held against does not. A site's
first baseline is adopted by itself; any other by a person who gives a reason, and from a month on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from multisite import __version__
from multisite.audit import Chain, Event
from multisite.errors import UsageError
from multisite.runners.kept_baselines import BASELINE_ARTEFACTS, digests_now, keep, name_of, read_kept
from multisite.runners.looks import ledger_of
from multisite.schemas import AdoptedBaseline
from multisite.storage.artefacts import ArtefactStore
from multisite.storage.canonical import digest_of

__all__ = [
    "Adoption",
    "adopt",
    "adopt_first",
    "adopted_baselines",
    "adoption_of",
    "adoptions_digest",
    "adoptions_of",
    "candidate_name",
]

_FIRST = "first baseline of the site"
_NOBODY = "nobody: the first is adopted by itself"

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Adoption:
    """A baseline, the first month that it is for (empty for the first baseline), who approved it, and why."""

    name: str
    from_month: str
    reason: str
    approver: str


def candidate_name(store: ArtefactStore, site: str) -> str | None:
    """Name of the baseline that the site's cohort makes now; None where none was made, or it holds no study."""
    digests = digests_now(store, site)
    return None if digests is None else name_of(digests)


def adoptions_of(store: ArtefactStore, site: str) -> tuple[Adoption, ...]:
    """What the site's ledger says was adopted, the oldest first.

    Raises
    ------
    LedgerBrokenError
        When the ledger is broken: nobody could say what months are held against.
    """
    ledger = ledger_of(store, site)
    chain = ledger.chain()
    if chain.broken_at is not None:
        raise ledger.broken(chain.broken_at)
    return _adoptions_in(chain)


def adoptions_digest(store: ArtefactStore, site: str) -> str:
    """SHA-256 of what was adopted, and from when on."""
    return digest_of([[adoption.name, adoption.from_month] for adoption in adoptions_of(store, site)])


def adopt_first(store: ArtefactStore, site: str, *, clock: Clock, run_id: str) -> str | None:
    """Adopt the site's first baseline; None where one stands already, or there is none to adopt."""
    name = candidate_name(store, site)
    if name is None or adoptions_of(store, site):
        return None
    is_noted = adopt(store, site, Adoption(name, "", _FIRST, _NOBODY), before=(), clock=clock, run_id=run_id)
    return name if is_noted else None


def adoption_of(store: ArtefactStore, site: str, *, reason: str, approver: str, from_month: str) -> Adoption:
    """What would be adopted at the site: what its cohort makes now, from a month on that both baselines then judge.

    Raises
    ------
    UsageError
        Without a reason or an approver, without anything new, or for a month that is not after the last adoption's.
    """
    place = f"site {site}"
    if not reason.strip() or not approver.strip():
        raise UsageError(
            "a baseline is replaced with a reason and an approver", place=place, remedy="Give --reason and --approver."
        )
    name, before = candidate_name(store, site), adoptions_of(store, site)
    if name is None:
        raise UsageError(
            "there is no baseline to adopt",
            place=place,
            remedy="Run `multisite cohort` and `multisite baseline` first.",
        )
    if before and before[-1].name == name:
        raise UsageError(
            "the adopted baseline is the one that the cohort makes now", place=place, remedy="Nothing needs adopting."
        )
    if before and before[-1].from_month >= from_month:
        raise UsageError(
            f"a baseline is already adopted from {before[-1].from_month or 'the beginning'} on",
            place=place,
            remedy="Give a later month with --from.",
        )
    return Adoption(name, from_month if before else "", reason.strip(), approver.strip())


def adopt(
    store: ArtefactStore, site: str, adoption: Adoption, *, before: tuple[Adoption, ...], clock: Clock, run_id: str
) -> bool:
    """Keep the tables and note the adoption; False, and nothing is noted, where more than ``before`` is adopted by now.

    Of two runs that adopt at the same moment, one is answered True.

    Raises
    ------
    MachineError
        When the tables are not those of the adoption any more, or what is kept under its name is damaged.
    """
    keep(store, site, adoption.name)
    entry = ledger_of(store, site).append_if(
        lambda chain: _adoptions_in(chain) == before,
        Event.BASELINE,
        time=clock(),
        run=run_id,
        code_version=__version__,
        content={
            "baseline": adoption.name,
            "from_month": adoption.from_month,
            "reason": adoption.reason,
            "approver": adoption.approver,
            "previous": before[-1].name if before else "",
        },
    )
    return entry is not None


def adopted_baselines(store: ArtefactStore, site: str) -> tuple[AdoptedBaseline, ...]:
    """Every adopted baseline with its tables, the oldest first.

    Raises
    ------
    MachineError
        When a table is missing, or is not what was adopted.
    """
    return tuple(
        AdoptedBaseline(
            adoption.name,
            adoption.from_month,
            {artefact.name: read_kept(store, site, adoption.name, artefact) for artefact in BASELINE_ARTEFACTS},
        )
        for adoption in adoptions_of(store, site)
    )


def _adoptions_in(chain: Chain) -> tuple[Adoption, ...]:
    entries = [link.entry for link in chain.links if link.entry is not None]
    return tuple(
        Adoption(*(str(entry.content[name]) for name in ("baseline", "from_month", "reason", "approver")))
        for entry in entries
        if entry.event == Event.BASELINE.value
    )
