"""`multisite lock`, `deviation` and `new-key`: freeze the protocol, say where it was left, make a key to sign with."""

from pathlib import Path
from typing import Annotated

import typer

from multisite.cli.options import Debug, Json, SitePlaces, StudyFile, Workspace, site_places

__all__ = ["SigningKey", "add_to"]

SigningKey = Annotated[
    Path | None,
    typer.Option(
        "--key",
        envvar="MULTISITE_SIGNING_KEY",
        help="File with the private key to sign with (`multisite new-key`).",
        show_default="not signed",
    ),
]


def lock(
    study: StudyFile,
    by: Annotated[str, typer.Option(help="Who locks it: name and role.")],
    sites: SitePlaces = None,
    workspace: Workspace = "workspace",
    key: SigningKey = None,
    amends: Annotated[str, typer.Option(help="Why this protocol replaces another locked one.")] = "",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Lock the protocol: note its digest in every site's ledger, before any test label is read.

    Results with a protocol that was locked before the labels were read are *planned*; all others are possible, and are
    marked *exploratory*. Locking what is locked already changes nothing.

    Example: `multisite lock configs/demo.yaml --sites configs/sites --by "A. Example, statistician"`
    """
    # Loading the rooms takes about a second, which `--help` should not pay.
    from multisite.cli.locking import show_lock

    show_lock(study, site_places(study, sites), workspace, by=by, amends=amends, key_file=key, json_lines=json)


def deviation(
    study: StudyFile,
    what: Annotated[str, typer.Option(help="What was done otherwise than the protocol says.")],
    why: Annotated[str, typer.Option(help="Why.")],
    by: Annotated[str, typer.Option(help="Who says so: name and role.")],
    sites: SitePlaces = None,
    workspace: Workspace = "workspace",
    site: Annotated[str, typer.Option(help="The one site that it is about; all if left out.")] = "",
    debug: Debug = False,
) -> None:
    """Note a deviation from the protocol in the ledgers; every pack lists it. No patient may be named.

    Example: `multisite deviation configs/demo.yaml --what "two readers in May" --why "one was ill" --by "A. Example"`
    """
    from multisite.cli.locking import show_deviation

    show_deviation(study, site_places(study, sites), workspace, what=what, why=why, by=by, site=site)


def new_key(
    file: Annotated[Path, typer.Argument(help="Where the private key goes; the public one beside it, with `.pub`.")],
    debug: Debug = False,
) -> None:
    """Make a key to sign locks and packs with (Ed25519). Only its owner can read the file; keep it so.

    Give the file `.pub`, or the fingerprint that is printed, to those who shall check signatures, by another way than
    the packs take.

    Example: `multisite new-key ~/.multisite/signing.pem`
    """
    from multisite.cli.locking import write_new_key

    write_new_key(file)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("lock")(lock)
    app.command("deviation")(deviation)
    app.command("new-key")(new_key)
