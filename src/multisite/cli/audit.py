"""`multisite audit verify`: whether the ledgers are what they were when others got their heads."""

from typing import Annotated

import typer

from multisite.cli.options import Debug, Json, SitePlaces, StudyFile, Workspace, site_places

__all__ = ["add_to"]


def audit_verify(
    study: StudyFile,
    sites: SitePlaces = None,
    workspace: Workspace = "workspace",
    anchor: Annotated[
        list[str] | None,
        typer.Option(
            help="What somebody else holds: a pack (folder or zip), a mail (.eml), a folder of these, or"
            " `site:count:head`. May be given several times."
        ),
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Check every ledger against what others hold of it; exit code 22 when one is broken, cut or rewritten.

    A chain of digests shows that no entry in its midst was changed. Only a head that somebody else holds shows that its
    end was not cut off, and that it was not written anew as a whole. The ledger is tamper-evident, as far as there are
    anchors, and no more than that.

    Example: `multisite audit verify configs/demo.yaml --sites configs/sites --anchor demo-out/pack --anchor mails`
    """
    # Loading the rooms takes about a second, which `--help` should not pay.
    from multisite.cli.auditing import show_audit

    show_audit(study, site_places(study, sites), workspace=workspace, anchors=anchor or [], json_lines=json)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("audit verify")(audit_verify)
