"""Noting mails that came back, in the outbox and the ledger of the site that sent them."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from multisite.cli.mail_sources import note_mail
from multisite.cli.running import workspace_location
from multisite.cli.terminal import Terminal
from multisite.errors import UsageError
from multisite.notify.delivery.bounces import Bounce, read_bounce
from multisite.notify.delivery.outbox import Outbox, RecordState
from multisite.runners.looks import Clock
from multisite.runners.work import open_artefacts
from multisite.storage.artefacts import ArtefactStore
from multisite.study import load_sites, load_study
from multisite.vocabulary import Zone

__all__ = ["note_bounces"]


def note_bounces(
    study_file: Path,
    site_places: Sequence[Path],
    *,
    folder: Path,
    workspace: str,
    json_lines: bool,
    clock: Clock = lambda: datetime.now(UTC),
) -> None:
    """Read every `.eml` of ``folder``, and note what is new of each site's mails.

    Raises
    ------
    UsageError
        When there is no such folder.
    """
    if not folder.is_dir():
        raise UsageError("there is no such folder", place="argument FOLDER", remedy="Name the folder of the reports.")
    study, sites = load_study(study_file), load_sites(site_places)
    found = [read_bounce(file.read_bytes()) for file in sorted(folder.glob("*.eml"))]
    store = open_artefacts(workspace_location(workspace), study, Zone.SITE)
    bounces = [bounce for bounce in found if bounce is not None]
    run_id = uuid.uuid4().hex
    rows = [
        (site.site, month, n) for site in sites for month, n in _noted(store, site.site, bounces, clock, run_id).items()
    ]
    terminal = Terminal(json_lines=json_lines)
    if rows:
        terminal.table("Mails that came back", ("site", "month", "addresses"), rows, right=(2,))
    terminal.say(f"{len(found)} files read, {len(bounces)} of them reports of failed delivery; {len(rows)} new.")


def _noted(store: ArtefactStore, site: str, bounces: Sequence[Bounce], clock: Clock, run_id: str) -> dict[str, int]:
    """Addresses newly known not to be reached, by month."""
    outbox = Outbox(store.objects, study=store.study, site=site)
    new: dict[str, int] = {}
    for record in outbox.records():
        failed = {address for one in bounces if one.message_id == record.message_id for address in one.addresses}
        came_back = [
            address
            for address, state in record.recipients.items()
            if address.lower() in failed and state == RecordState.SENT
        ]
        if not came_back:
            continue
        told = record.bounced(came_back)
        # Noted first: a run that dies in between notes it twice rather than never.
        note_mail(store, site, told, RecordState.BOUNCED, clock=clock, run_id=run_id)
        outbox.update(told)
        new[record.month] = new.get(record.month, 0) + len(came_back)
    return new
