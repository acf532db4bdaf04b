"""Telling the sites of a month: one mail per site and model, sent once, or written to a folder to be looked at."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import polars as pl

from multisite.cli.mail_sources import load_tables, server_of
from multisite.cli.site_mails import SiteMails
from multisite.cli.site_post import SitePost
from multisite.cli.terminal import Terminal
from multisite.errors import MailNotSentError, MultisiteError
from multisite.notify.content.mail import MonthMail
from multisite.notify.delivery.outbox import Record, RecordState
from multisite.notify.form.message import build_message
from multisite.runners.looks import Clock
from multisite.storage.artefacts import ArtefactStore
from multisite.study import Site, Study

__all__ = ["send_month"]

_HEAD = ("site", "model", "month", "state", "mail")
Row = tuple[str, str, str, str, str]


def send_month(
    *,
    study: Study,
    sites: Sequence[Site],
    store: ArtefactStore,
    month: str | None,
    dry_run: Path | None,
    is_drill: bool,
    terminal: Terminal,
    clock: Clock,
    run_id: str,
    faults: Mapping[str, str],
    command: str,
    drilled: Mapping[str, Mapping[str, pl.DataFrame]] | None = None,
    environment: Mapping[str, str] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Mail the verdicts on ``month`` (None: each model's last that is over); 0, or 24 when one missed somebody.

    ``faults`` holds, by site, why its monitoring failed: its mail is GREY. ``drilled`` holds, by site and name of the
    artefact, tables that take the place of the workspace's, for a drill. With ``dry_run`` messages are written there,
    and nothing is queued, sent or noted. ``command`` acknowledges a case, but for its site, model and number. What
    waits in the outbox from earlier runs goes out first. What fails at one site is told, and the others' mails go out.
    """
    rows: list[Row] = []
    failed = False
    known = os.environ if environment is None else environment
    for site in sites:
        if site.monthly is None:
            terminal.say(f"{site.site}: no section `monthly` in the site file, so nobody is told.")
            continue
        try:
            fault = faults.get(site.site)
            tables = {**_tables(store, site.site, fault=fault), **(drilled or {}).get(site.site, {})}
            mails = SiteMails(study, site, store, command, tables, clock, run_id, is_drill)
            made = list(mails.mails(month, fault=fault))
            if not made:
                terminal.say(f"{site.site}: no month that is over has a verdict, so there is no mail.")
            if dry_run is not None:
                late = [] if is_drill else [mail for mail in mails.late_mails() if mails.is_new(mail)]
                rows += [_written(mails, mail, dry_run) for mail in (*made, *late)]
                continue
            told, tried, wrong = _sent(mails, made, environment=known, sleep=sleep)
            rows += told
            failed |= _warn_of(tried, site.site, terminal) or bool(wrong)
            for error in wrong:
                _tell(error, site.site, terminal)
        except MultisiteError as error:
            failed = True
            _tell(error, site.site, terminal)
        except Exception as error:
            # What a library says may quote an address or a password; the others' mails go out.
            failed = True
            terminal.warn(
                f"{site.site}: a fault of the program ({type(error).__name__}); its mails wait in the outbox."
            )
    if rows:
        terminal.table("Drills" if is_drill else "Mails", _HEAD, rows)
    return MailNotSentError.exit_code if failed else 0


def _tables(store: ArtefactStore, site: str, *, fault: str | None) -> dict[str, pl.DataFrame]:
    """The tables of the mails; none where the monitoring failed and they cannot be read, either."""
    try:
        return load_tables(store, site)
    except MultisiteError:
        if fault is None:
            raise
        return {}


def _tell(error: MultisiteError, site: str, terminal: Terminal) -> None:
    place = f" ({error.place})" if error.place else ""
    terminal.warn(f"{site}: {error.fact}{place}. {error.remedy}".rstrip())


def _written(mails: SiteMails, mail: MonthMail, folder: Path) -> Row:
    message = build_message(mail, mails.envelope(mail), chart=mails.chart(mail))
    file = folder / f"{mail.site}.{mails.name_of(mail)}.eml"
    folder.mkdir(parents=True, exist_ok=True)
    file.write_bytes(message.as_bytes())
    return (mail.site, mail.model, mail.month, mail.state.value, str(file))


def _sent(
    mails: SiteMails, made: Sequence[MonthMail], *, environment: Mapping[str, str], sleep: Callable[[float], None]
) -> tuple[list[Row], list[Record], list[MultisiteError]]:
    """Rows of the closing table, the mails that have not reached everybody, and what went wrong beside."""
    post = SitePost(mails)
    late = [] if mails.is_drill else list(mails.late_mails())
    queued = [(mail, post.queue(mail)) for mail in (*made, *late)]
    server = None
    if any(record.waiting for record in mails.outbox.records()):
        assert mails.site.monthly is not None
        server = server_of(mails.site.monthly, site=mails.site.site, environment=environment)
    tried, wrong = post.send_queued(server, sleep=sleep)
    stands = {record.name: record for record in tried}
    rows = []
    for mail, record in queued:
        if mail.overdue is not None and record is None:
            continue
        own = stands.get(mails.name_of(mail)) if record is None else stands.get(record.name, record)
        word = "told before, nothing has changed" if own is None else _outcome(own)
        state = f"{mail.state.value}{' unacknowledged' if mail.overdue is not None else ''}"
        rows.append((mail.site, mail.model, mail.month, state, word))
    names = {record.name for record in tried}
    return rows, [*tried, *(record for record in post.missed(made) if record.name not in names)], wrong


def _outcome(record: Record) -> str:
    n, n_sent = len(record.recipients), sum(state == RecordState.SENT for state in record.recipients.values())
    to = f"to {n_sent} of {n}" if n_sent < n else f"to {n}"
    revision = f", revision {record.revision}" if record.revision > 1 else ""
    return f"{record.state.value} {to}{revision}"


def _warn_of(tried: Sequence[Record], site: str, terminal: Terminal) -> bool:
    """Say which mails have not reached everybody; whether there is one."""
    failed = [record for record in tried if record.waiting or record.missed]
    for record in failed:
        n, of = len(record.missed), len(record.recipients)
        if record.missed:
            why = f": {record.reason}" if record.reason else ""
            terminal.warn(
                f"{site}: the mail on {record.month} was refused for, or came back from, {n} of {of} addresses{why}."
                " Mend them in the site file, or let the server's keeper do so, and run the same command again."
            )
        if record.waiting:
            terminal.warn(
                f"{site}: the mail on {record.month} waits in the outbox for {len(record.waiting)} of {of} addresses:"
                f" {record.reason}. The next run sends it."
            )
    return bool(failed)
