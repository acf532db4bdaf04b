"""Adopted drift baselines: copied once, under a name that is the digest of what they hold, and never changed.

What the validated cohort makes of a baseline changes with the cohort; what months are held against does not. A site's
first baseline is adopted by itself; any other by a person who gives a reason, and from a month on.
"""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from multisite import __version__
from multisite.audit import Event, Ledger
from multisite.errors import MachineError, UsageError
from multisite.runners.looks import ledger_of
from multisite.schemas import AdoptedBaseline, Artefact
from multisite.schemas.drift import DRIFT_COUNTS_BASELINE, DRIFT_REFERENCE
from multisite.schemas.drift_baseline import DRIFT_BASELINE_MONITORS, DRIFT_BUDGET, DRIFT_LIMITS
from multisite.storage.artefacts import ArtefactStore, parquet_bytes
from multisite.storage.canonical import canonical_json, digest_of, sha256_hex
from multisite.storage.objects import ObjectMissingError

__all__ = [
    "BASELINE_ARTEFACTS",
    "Adoption",
    "adopt",
    "adopt_first",
    "adopted_baselines",
    "adoptions_digest",
    "adoptions_of",
    "candidate_name",
]

BASELINE_ARTEFACTS: tuple[Artefact, ...] = (
    DRIFT_REFERENCE,
    DRIFT_COUNTS_BASELINE,
    DRIFT_BASELINE_MONITORS,
    DRIFT_LIMITS,
    DRIFT_BUDGET,
)
"""What a baseline consists of."""

_FOLDER = "_baselines"
_NAME_LENGTH = 16
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
    parts: dict[str, list[str]] = {}
    for artefact in BASELINE_ARTEFACTS:
        manifest = store.manifest(artefact, site)
        if manifest is None or (artefact is DRIFT_REFERENCE and manifest.n_rows == 0):
            return None
        parts[artefact.name] = [part.sha256 for part in manifest.parts]
    return digest_of(parts)[:_NAME_LENGTH]


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
    found = []
    for link in chain.links:
        if link.entry is not None and link.entry.event == Event.BASELINE.value:
            content = link.entry.content
            found.append(Adoption(*(str(content[name]) for name in ("baseline", "from_month", "reason", "approver"))))
    return tuple(found)


def adoptions_digest(store: ArtefactStore, site: str) -> str:
    """SHA-256 of what was adopted, and from when on."""
    return digest_of([[adoption.name, adoption.from_month] for adoption in adoptions_of(store, site)])


def adopt_first(store: ArtefactStore, site: str, *, clock: Clock, run_id: str) -> str | None:
    """Adopt the site's first baseline; None where one stands already, or there is none to adopt."""
    name = candidate_name(store, site)
    if name is None or adoptions_of(store, site):
        return None
    adoption = Adoption(name, "", _FIRST, _NOBODY)
    _keep(store, site, name)
    _note(store, site, adoption, clock=clock, run_id=run_id)
    return name


def adopt(
    store: ArtefactStore,
    site: str,
    *,
    reason: str,
    approver: str,
    from_month: str,
    clock: Clock,
    run_id: str,
) -> Adoption:
    """Adopt what the cohort makes now, from a month on, which is then judged by both baselines.

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
    adoption = Adoption(name, from_month if before else "", reason.strip(), approver.strip())
    _keep(store, site, name)
    _note(store, site, adoption, clock=clock, run_id=run_id)
    return adoption


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
            {artefact.name: _read(store, site, adoption.name, artefact) for artefact in BASELINE_ARTEFACTS},
        )
        for adoption in adoptions_of(store, site)
    )


def _keep(store: ArtefactStore, site: str, name: str) -> None:
    """Copy the tables. Equal tables have equal names, so that doing it twice changes nothing."""
    digests = {}
    for artefact in BASELINE_ARTEFACTS:
        content = parquet_bytes(store.read(artefact, site))
        digests[artefact.name] = sha256_hex([content])
        store.objects.write(_key(store, site, name, f"{artefact.name}.parquet"), content)
    store.objects.write(_key(store, site, name, "contents.json"), canonical_json(digests))


def _note(store: ArtefactStore, site: str, adoption: Adoption, *, clock: Clock, run_id: str) -> None:
    ledger: Ledger = ledger_of(store, site)
    ledger.append(
        Event.BASELINE,
        time=clock(),
        run=run_id,
        code_version=__version__,
        content={
            "baseline": adoption.name,
            "from_month": adoption.from_month,
            "reason": adoption.reason,
            "approver": adoption.approver,
        },
    )


def _read(store: ArtefactStore, site: str, name: str, artefact: Artefact) -> pl.DataFrame:
    place = f"site {site}, baseline {name}, table {artefact.name}"
    remedy = f"Restore the folder `{_FOLDER}/{name}` of the site from a backup."
    try:
        digests = json.loads(store.objects.read(_key(store, site, name, "contents.json")))
        content = store.objects.read(_key(store, site, name, f"{artefact.name}.parquet"))
    except (ObjectMissingError, ValueError):
        raise MachineError("the adopted baseline is not complete", place=place, remedy=remedy) from None
    if digests.get(artefact.name) != sha256_hex([content]):
        raise MachineError("the adopted baseline is not what was adopted", place=place, remedy=remedy)
    return pl.read_parquet(io.BytesIO(content))


def _key(store: ArtefactStore, site: str, name: str, file: str) -> str:
    return f"{store.study}/{site}/{_FOLDER}/{name}/{file}"
