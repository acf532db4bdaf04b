"""`multisite pack build`, `verify` and `diff`: make a validation pack, check one, hold two against each other."""

from pathlib import Path
from typing import Annotated

import typer

from multisite.cli.lock import SigningKey
from multisite.cli.options import Debug, Json, SitePlaces, StudyFile, Workspace, site_places

__all__ = ["add_to"]

PackPlace = Annotated[Path, typer.Argument(help="A pack: its folder or its zip.", show_default=False)]


def pack_build(
    study: StudyFile,
    sites: SitePlaces = None,
    workspace: Workspace = "workspace",
    out: Annotated[Path, typer.Option(help="Folder of the pack; the zip is written beside it.")] = Path("pack"),
    key: SigningKey = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="Also as PDF (needs the extra `pdf`).")] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Build the validation pack from what `multisite run` has made: one folder, and a zip of it.

    The pack opens offline, without the team, and can be checked with Python alone. Without a key it is not signed, and
    says so.

    Example: `multisite pack build configs/demo.yaml --sites configs/sites --out pack --key signing.pem`
    """
    # Loading the rooms takes about a second, which `--help` should not pay.
    from multisite.cli.packing import build_pack

    build_pack(study, site_places(study, sites), workspace, out=out, key_file=key, pdf=pdf, json_lines=json)


def pack_verify(
    pack: PackPlace,
    key: Annotated[
        Path | None, typer.Option("--key", help="The signer's public key (.pub), got by another way than the pack.")
    ] = None,
    allow_unsigned: Annotated[
        bool, typer.Option("--allow-unsigned", help="A pack that nobody signed is no failure.")
    ] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Check a pack step by step: files, signature, protocol, ledgers, and every number that its tallies allow.

    Exit code 25 when a step fails.

    Example: `multisite pack verify demo-out/pack.zip --key demo-out/keys/demo-signing.pem.pub`
    """
    from multisite.cli.packing import verify_pack

    verify_pack(pack, key_file=key, allow_unsigned=allow_unsigned, json_lines=json)


def pack_diff(
    before: Annotated[Path, typer.Argument(help="The earlier pack: its folder or its zip.", show_default=False)],
    after: Annotated[Path, typer.Argument(help="The later pack.", show_default=False)],
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Tell what changed between two packs: model, data, protocol, and which results and claims it touches.

    Example: `multisite pack diff packs/2026-03.zip packs/2026-09.zip`
    """
    from multisite.cli.packing import show_pack_difference

    show_pack_difference(before, after, json_lines=json)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("pack build")(pack_build)
    app.command("pack verify")(pack_verify)
    app.command("pack diff")(pack_diff)
