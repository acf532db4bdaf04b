"""Locking a protocol, noting deviations, making keys: what the commands do, and what people see of it."""

import os
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from multisite.audit.keys import fingerprint, new_key, private_key, private_pem, public_pem
from multisite.cli.running import workspace_location
from multisite.cli.terminal import Terminal
from multisite.errors import ConfigError, UsageError
from multisite.pack.validation.refusing import require_no_refused_claims
from multisite.runners.locks import lock_protocol, note_deviation
from multisite.runners.work import STUDY_FOLDER, open_artefacts
from multisite.study import load_sites, load_study, texts_of
from multisite.vocabulary import Standing, Zone

__all__ = ["read_signing_key", "show_deviation", "show_lock", "write_key", "write_new_key"]

_LONGEST = 2000
_CLOCK = partial(datetime.now, UTC)


def show_lock(
    study_file: Path,
    site_files: Sequence[Path],
    workspace: str,
    *,
    by: str,
    amends: str,
    key_file: Path | None,
    json_lines: bool,
) -> None:
    """Lock the protocol everywhere, and tell how results with it stand at each site."""
    study, sites = load_study(study_file), load_sites(site_files)
    # Refused when the pack is built, it could only be mended by giving up the lock.
    require_no_refused_claims(texts_of(study))
    store = open_artefacts(workspace_location(workspace), study, Zone.SITE)
    locked = lock_protocol(
        store,
        study,
        [site.site for site in sites],
        by=_said(by, "--by"),
        amends=_said(amends, "--amends") if amends else "",
        run=uuid.uuid4().hex,
        clock=_CLOCK,
        key=read_signing_key(key_file) if key_file else None,
    )
    terminal = Terminal(json_lines=json_lines)
    rows = []
    for name, standing in locked.standings.items():
        lock = standing.lock
        since = lock.time.replace("T", " ").replace("+00:00", " UTC") if lock else ""
        mark = "✓" if standing.kind is Standing.PLANNED else "▲"
        place = "the study" if name == STUDY_FOLDER else name
        rows.append((place, since, lock.by if lock else "", f"{mark} {standing.kind.value}", standing.reason))
    terminal.table("Protocol locked", ("ledger", "since", "by", "results are", "why"), rows)
    terminal.path("protocol (SHA-256)", locked.protocol)
    if not locked.signed:
        terminal.warn("The lock is not signed: make a key with `multisite new-key` and lock again with `--key`.")


def show_deviation(
    study_file: Path, site_files: Sequence[Path], workspace: str, *, what: str, why: str, by: str, site: str
) -> None:
    """Note a deviation at one site, or at all of them."""
    study = load_study(study_file)
    names = [one.site for one in load_sites(site_files)]
    if site and site not in names:
        raise UsageError("no site file is of this site", place="--site", remedy="Give the identifier of a site file.")
    store = open_artefacts(workspace_location(workspace), study, Zone.SITE)
    noted = [site] if site else names
    said = {"what": _said(what, "--what"), "why": _said(why, "--why"), "by": _said(by, "--by")}
    note_deviation(store, study, noted, **said, run=uuid.uuid4().hex, clock=_CLOCK)
    Terminal().say(f"The deviation stands in the ledger of {', '.join(noted)}.")


def write_new_key(file: Path) -> None:
    """Write a new key, and tell where it is and how it is known."""
    key = write_key(file)
    terminal = Terminal()
    terminal.path("private key", str(file))
    terminal.path("public key", str(file.with_name(f"{file.name}.pub")))
    terminal.path("fingerprint", fingerprint(key.public_key()))


def write_key(file: Path) -> Ed25519PrivateKey:
    """A new key in a file where none was, readable by its owner alone; the public one beside it.

    Raises
    ------
    UsageError
        When the file, or the one of the public key, exists.
    """
    public = file.with_name(f"{file.name}.pub")
    key = new_key()
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        if public.exists():
            raise FileExistsError
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as private:
            private.write(private_pem(key))
    except FileExistsError:
        raise UsageError(
            "there is a file already", place=str(file), remedy="Name another one; a key that is in use is not replaced."
        ) from None
    public.write_bytes(public_pem(key.public_key()))
    return key


def read_signing_key(file: Path) -> Ed25519PrivateKey:
    """The private key in ``file``; ConfigError when there is none."""
    try:
        return private_key(file.read_bytes(), place=str(file))
    except OSError:
        raise ConfigError(
            "the signing key cannot be read",
            place=str(file),
            remedy="Name a file that exists and that you may read, or make one with `multisite new-key`.",
        ) from None


def _said(text: str, option: str) -> str:
    words = text.strip()
    if not words or len(words) > _LONGEST:
        raise UsageError(
            f"it must not be empty, and no longer than {_LONGEST:,} characters",
            place=option,
            remedy="Say it in a sentence; it stands in the ledger and in every pack.",
        )
    return words
