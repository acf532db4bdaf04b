"""Locking a protocol at every site and for the study, and noting where it was deviated from."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from functools import partial

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from multisite import __version__
from multisite.audit import Chain, Event, Ledger, SiteStanding, ledger_rows, lock_of, standing_of
from multisite.audit.dsse import Subject, sign, statement
from multisite.errors import UsageError
from multisite.runners.looks import Clock, ledger_of
from multisite.runners.work import STUDY_FOLDER
from multisite.storage.artefacts import ArtefactStore
from multisite.storage.canonical import canonical_json, digest_of
from multisite.study import Study, changes_between, protocol_parts

__all__ = [
    "LOCK_PREDICATE",
    "Locked",
    "lock_protocol",
    "locked_protocol",
    "note_deviation",
    "signed_lock",
    "sites_of_lock",
]

LOCK_PREDICATE = "https://multisite.example/lock/v1"
"""Type of the signed statement of a lock."""

_FOLDER = "_locks"
_MOST_PATHS = 20


@dataclass(frozen=True, slots=True)
class Locked:
    """What a lock came to: by ledger (the study's is ``_study``) how results with this protocol stand there.

    ``added`` names the ledgers that got an entry; a protocol that is locked already gets none.
    """

    protocol: str
    standings: Mapping[str, SiteStanding]
    added: tuple[str, ...]
    signed: bool


def lock_protocol(
    store: ArtefactStore,
    study: Study,
    sites: Sequence[str],
    *,
    by: str,
    amends: str,
    run: str,
    clock: Clock,
    key: Ed25519PrivateKey | None,
) -> Locked:
    """Note the protocol of ``study`` as locked in the ledgers of all ``sites`` and of the study, and keep its text.

    ``by`` says who locks it, ``amends`` why it replaces another locked protocol (empty where it is the first). With a
    ``key`` the lock is signed. Locking what is locked changes nothing.

    Raises
    ------
    UsageError
        When another protocol is locked at a ledger and ``amends`` says nothing.
    LedgerBrokenError, MachineError, StoreError
        When an entry cannot be added. What stands in other ledgers stays: the same command goes on.
    """
    protocol = study.protocol_sha256
    # The text first, which also makes a workspace that is not there yet: a lock in a ledger always has its protocol.
    store.objects.create(_key(study, protocol, "json"), canonical_json(study.protocol))
    ledgers = {name: ledger_of(store, name) for name in (*sites, STUDY_FOLDER)}
    chains = {name: ledger.chain() for name, ledger in ledgers.items()}
    before = {name: lock_of(ledger_rows(chain)) for name, chain in chains.items()}
    meant = sites_of_lock(chains[STUDY_FOLDER])
    if not amends and any(lock is not None and lock.protocol != protocol for lock in before.values()):
        raise UsageError(
            "another protocol is locked already",
            place=f"study {study.study}",
            remedy="Say with `--amends` why this one replaces it; that is noted as a deviation.",
        )
    content = {
        "protocol": protocol,
        "parts": {name: digest_of(part) for name, part in protocol_parts(study.protocol).items()},
        "by": by,
    }
    added = []
    for name, ledger in ledgers.items():
        earlier = before[name]
        if earlier is not None and earlier.protocol != protocol:
            what = _changes(store, study, earlier.protocol)
            _note(ledger, protocol=earlier.protocol, what=what, why=amends, by=by, run=run, clock=clock)
        # Which sites are meant is the study's to say: one that is left out later is then missed.
        of_study = {"sites": sorted(sites)} if name == STUDY_FOLDER else {}
        entry = ledger.append_if(
            partial(_is_due, protocol=protocol, more_sites=name == STUDY_FOLDER and not set(sites) <= set(meant)),
            Event.LOCK,
            time=clock(),
            run=run,
            code_version=__version__,
            content={**content, **of_study},
        )
        added += [name] if entry is not None else []
    # What is signed has been noted: a lock that failed leaves no statement.
    if key is not None:
        _sign(store, study, by=by, run=run, clock=clock, key=key)
    standings = {name: standing_of(ledger_rows(ledger.chain()), protocol=protocol) for name, ledger in ledgers.items()}
    return Locked(protocol, standings, tuple(added), store.objects.exists(_key(study, protocol, "dsse.json")))


def sites_of_lock(chain: Chain) -> tuple[str, ...]:
    """The sites that the locks in the study's ledger name; none for a ledger without."""
    entries = [link.entry for link in chain.links if link.holds and link.entry is not None]
    locks = [entry.content for entry in entries if entry.event == Event.LOCK.value]
    return tuple(sorted({str(site) for content in locks for site in content.get("sites", ())}))


def _is_due(chain: Chain, *, protocol: str, more_sites: bool) -> bool:
    last = lock_of(ledger_rows(chain))
    return more_sites or last is None or last.protocol != protocol


def note_deviation(
    store: ArtefactStore,
    study: Study,
    sites: Sequence[str],
    *,
    what: str,
    why: str,
    by: str,
    run: str,
    clock: Clock,
) -> None:
    """Note in the ledgers of ``sites`` what was done otherwise than the protocol says.

    Raises
    ------
    LedgerBrokenError, MachineError, StoreError
        When an entry cannot be added.
    """
    for site in sites:
        ledger = ledger_of(store, site)
        _note(ledger, protocol=study.protocol_sha256, what=what, why=why, by=by, run=run, clock=clock)


def locked_protocol(store: ArtefactStore, study: Study, protocol: str) -> bytes | None:
    """The canonical text of a protocol that was locked; None where it was not kept."""
    return _kept(store, _key(study, protocol, "json"))


def signed_lock(store: ArtefactStore, study: Study, protocol: str) -> bytes | None:
    """The signed statement of a lock, a DSSE envelope; None where it was not signed."""
    return _kept(store, _key(study, protocol, "dsse.json"))


def _kept(store: ArtefactStore, key: str) -> bytes | None:
    return store.objects.read(key) if store.objects.exists(key) else None


def _changes(store: ArtefactStore, study: Study, earlier: str) -> str:
    """Where the protocol differs from the one that was locked: names of its keys, and no value."""
    text = locked_protocol(store, study, earlier)
    if text is None:
        return "the locked protocol was replaced; its text was not kept"
    paths = changes_between(json.loads(text), json.loads(canonical_json(study.protocol)))
    more = f" and {len(paths) - _MOST_PATHS} more" if len(paths) > _MOST_PATHS else ""
    return f"the locked protocol was replaced; changed: {', '.join(paths[:_MOST_PATHS])}{more}"


def _note(ledger: Ledger, *, protocol: str, what: str, why: str, by: str, run: str, clock: Clock) -> None:
    content = {"protocol": protocol, "what": what, "why": why, "by": by}
    ledger.append(Event.DEVIATION, time=clock(), run=run, code_version=__version__, content=content)


def _sign(store: ArtefactStore, study: Study, *, by: str, run: str, clock: Clock, key: Ed25519PrivateKey) -> None:
    protocol = study.protocol_sha256
    predicate = {
        "study": study.study,
        "by": by,
        "run": run,
        "time": clock().astimezone(UTC).isoformat(timespec="seconds"),
        "software": f"multisite {__version__}",
    }
    said = statement([Subject("protocol.json", protocol)], predicate_type=LOCK_PREDICATE, predicate=predicate)
    store.objects.create(_key(study, protocol, "dsse.json"), sign(said, key))


def _key(study: Study, protocol: str, suffix: str) -> str:
    return f"{study.study}/{STUDY_FOLDER}/{_FOLDER}/{protocol}.{suffix}"
