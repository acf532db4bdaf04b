"""What becomes of a site's mails: queued in its outbox, sent, and noted in its ledger."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from multisite.cli.mail_sources import note_mail
from multisite.cli.site_mails import SiteMails
from multisite.errors import MultisiteError
from multisite.notify.content.mail import MonthMail
from multisite.notify.content.revising import differences_of
from multisite.notify.delivery.history import noted_outcomes
from multisite.notify.delivery.outbox import Record, RecordState
from multisite.notify.delivery.smtp import Server, deliver
from multisite.notify.form.message import Envelope, addressed, build_message, kind_of

__all__ = ["SitePost"]


@dataclass(frozen=True, slots=True)
class SitePost:
    """The post of one site in one run."""

    mails: SiteMails

    def queue(self, mail: MonthMail) -> Record | None:
        """Put the mail into the outbox, as a revision where an earlier one says something else; None where it is there.

        An earlier one of equal facts that was refused is for the addresses that the site file names now. A revision
        goes to all who were told before, too: they act on what it takes back.
        """
        roles = self.mails.roles(mail)
        before = self.mails.before(mail)
        if before is not None and (before.digest == mail.digest or mail.overdue is not None):
            if before.record is not None and (again := self._readdressed(before.record)) != before.record:
                self.mails.outbox.update(again)
            return None
        if before is not None:
            facts = before.record.facts if before.record is not None else None
            mail = mail.revised(before.revision + 1, differences_of(facts, mail.facts))
            roles = tuple(dict.fromkeys((*roles, *(before.record.roles if before.record is not None else ()))))
        envelope = Envelope(self.mails.agreement.sender, self.mails.agreement.addresses(roles))
        message = build_message(mail, envelope, chart=self.mails.chart(mail))
        record = Record(
            name=self.mails.name_of(mail),
            message_id=str(message["Message-ID"]),
            model=mail.model,
            month=mail.month,
            revision=mail.revision,
            kind=kind_of(mail),
            is_drill=mail.is_drill,
            digest=mail.digest,
            facts=mail.facts,
            queued_at=mail.sent.isoformat(timespec="microseconds"),
            recipients=dict.fromkeys(envelope.to, RecordState.QUEUED.value),
            roles=roles,
        )
        return record if self.mails.outbox.put(record, message.as_bytes()) else None

    def send_queued(
        self, server: Server | None, *, sleep: Callable[[float], None]
    ) -> tuple[list[Record], list[MultisiteError]]:
        """Send what is queued, the oldest first, and note in the ledger what has an outcome.

        Returns the mails that were tried, and the faults: what is wrong with one mail, or with the ledger, keeps no
        other from being sent. Without a ``server`` nothing is sent, and what an earlier run has sent is noted.
        """
        noted = noted_outcomes(self.mails.chain())
        records, broken = self.mails.outbox.read()
        tried: list[Record] = []
        faults = list(broken)
        down = ""
        for queued in records:
            try:
                record = self._readdressed(queued) if queued.waiting else queued
                if down and record.waiting:
                    tried.append(replace(record, reason=down))
                    continue
                if record.waiting and server is not None:
                    record, down = self._delivered(record, server, sleep)
                    tried.append(record)
                # A run that died in between has sent, and not noted.
                is_noted = (record.message_id, record.state.value) in noted and record.reached <= queued.reached
                if record.state is not RecordState.QUEUED and not is_noted:
                    self.note(record)
            except MultisiteError as error:
                faults.append(error)
        return tried, faults

    def _delivered(self, record: Record, server: Server, sleep: Callable[[float], None]) -> tuple[Record, str]:
        """What became of it, and why the server need not be asked again in this run, where it is down."""
        message = addressed(self.mails.outbox.message(record), tuple(record.recipients))
        # Kept before it is sent, too: a disk that is full must not make every run send it again.
        self.mails.outbox.update(record)
        delivery = deliver(
            message, sender=self.mails.agreement.sender, recipients=record.waiting, server=server, sleep=sleep
        )
        record = record.after(delivery)
        self.mails.outbox.update(record)
        return record, delivery.reason if delivery.is_down else ""

    def _readdressed(self, record: Record) -> Record:
        """The record for those whom the site file names now; one of before roles were kept stays as it is."""
        return record.readdressed(self.mails.agreement.addresses(record.roles)) if record.roles else record

    def missed(self, made: Sequence[MonthMail]) -> list[Record]:
        """The last of the mails on these months, where it has not reached everybody."""
        found = [before.record for mail in made if (before := self.mails.before(mail)) is not None]
        return [record for record in found if record is not None and record.missed]

    def note(self, record: Record) -> None:
        """An entry in the ledger: which mail, and what became of it."""
        note_mail(
            self.mails.store,
            self.mails.site.site,
            record,
            record.state,
            clock=self.mails.clock,
            run_id=self.mails.run_id,
        )
