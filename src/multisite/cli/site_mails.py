"""The mails of one site: made from its artefacts, queued, sent, and noted in its ledger."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from multisite.audit import Chain
from multisite.cli.mail_sources import agreement_of, note_mail
from multisite.notify.content.agreement import Agreement
from multisite.notify.content.building import Place, build_mail, build_unjudged, overdue_mail
from multisite.notify.content.mail import MonthMail
from multisite.notify.content.revising import differences_of
from multisite.notify.content.tables import MonthTables
from multisite.notify.delivery.history import Before, days_told, mail_before, noted_outcomes
from multisite.notify.delivery.outbox import Outbox, Record, RecordState
from multisite.notify.delivery.overdue import overdue_cases
from multisite.notify.delivery.smtp import Server, deliver
from multisite.notify.form.message import Envelope, build_message, kind_of, message_id
from multisite.runners.looks import Clock, ledger_of
from multisite.schemas import FileArtefact
from multisite.schemas.catalogue import ARTEFACTS
from multisite.storage.artefacts import WHOLE, ArtefactStore
from multisite.study import Site, Study

__all__ = ["SiteMails"]

_PAGE, _CHART = "timeline_page", "month_chart"
"""Documents of the timeline, which a workspace need not have."""

_MOST_REVISIONS = 200


@dataclass(frozen=True, slots=True)
class SiteMails:
    """One run's mails of one site. ``command`` is how `multisite monitor ack` is called for the study."""

    study: Study
    site: Site
    store: ArtefactStore
    command: str
    tables: Mapping[str, pl.DataFrame]
    clock: Clock
    run_id: str
    is_drill: bool

    @property
    def agreement(self) -> Agreement:
        """What the site has agreed to."""
        assert self.site.monthly is not None
        return agreement_of(self.site.monthly)

    @property
    def outbox(self) -> Outbox:
        """The site's outbox."""
        return Outbox(self.store.objects, study=self.study.study, site=self.site.site)

    def mails(self, month: str | None, *, fault: str | None) -> Iterator[MonthMail]:
        """A mail per model on ``month``, or on its last one; GREY with ``fault`` where the site's monitoring failed.

        None for a model of which no month has a verdict, unless there is a fault and a month.
        """
        verdicts = self.tables.get("drift_verdicts")
        for model in self.study.models:
            months = [] if verdicts is None else verdicts.filter(pl.col("model") == model.id)["month"].to_list()
            asked = month or max(months, default=None)
            if asked is None:
                continue
            place = self.place(model.id)
            tables = MonthTables.of(self.tables, model=model.id, month=asked)
            if fault is not None:
                yield build_unjudged(asked, f"the monitoring of the site failed: {fault}", self.agreement, place)
            elif tables.verdict is not None:
                yield build_mail(tables, self.agreement, place, is_drill=self.is_drill)
            elif months:
                yield build_unjudged(asked, "there is no verdict of the month", self.agreement, place)

    def late_mails(self) -> Iterator[MonthMail]:
        """A mail per case that nobody has acknowledged in time."""
        verdicts = self.tables.get("drift_verdicts")
        cases = self.tables.get("drift_cases")
        if verdicts is None or cases is None:
            return
        for model in self.study.models:
            overdue = overdue_cases(
                cases.filter(pl.col("model") == model.id).rows(named=True),
                verdicts.filter(pl.col("model") == model.id).rows(named=True),
                told=days_told(self._chain(), model=model.id),
                agreement=self.agreement,
                today=self.clock().date(),
            )
            for case in overdue:
                place = self.place(model.id)
                tables = MonthTables.of(self.tables, model=model.id, month=case.month)
                mail = build_mail(tables, self.agreement, place)
                yield overdue_mail(mail, self.agreement, place, due=case.due)

    def place(self, model: str) -> Place:
        """Where and by which run a mail is made."""
        declared = next(one for one in self.study.models if one.id == model)
        chain = self._chain()
        page, digest = self._page()
        return Place(
            study=self.study.study,
            study_title=self.study.title,
            site=self.site.site,
            site_title=self.site.title,
            model=model,
            model_title=f"{declared.title} {declared.version}",
            acknowledge=f"{self.command} --site {self.site.site} --model {model}",
            page=page,
            page_sha256=digest,
            ledger_head=chain.head,
            n_entries=len(chain.links),
            run=self.run_id,
            sent=self.clock(),
            minimum_cell=self.study.drift.minimum_cell,
        )

    def chart(self, mail: MonthMail) -> bytes | None:
        """The picture of the months, where it was made and is up to the mail's month."""
        verdicts = self.tables.get("drift_verdicts")
        artefact = ARTEFACTS.get(_CHART)
        is_last = verdicts is not None and verdicts.height > 0 and verdicts["month"].max() == mail.month
        if not is_last or self.is_drill or not isinstance(artefact, FileArtefact):
            return None
        part = self._part(artefact, mail.model)
        return None if part is None else self.store.read_file(artefact, self.site.site, part[0])

    def queue(self, mail: MonthMail) -> Record | None:
        """Put the mail into the outbox, as a revision where an earlier one says something else; None where it is there.

        Where an earlier one of equal facts was refused, and the site file now names other addresses, it is theirs.
        """
        envelope = self.envelope(mail)
        before = self._before(mail)
        if before is not None and (before.digest == mail.digest or mail.overdue is not None):
            again = before.record.readdressed(envelope.to) if before.record is not None else None
            if again is not None and again.waiting and again != before.record:
                self.outbox.update(again)
            return None
        if before is not None:
            facts = before.record.facts if before.record is not None else None
            mail = mail.revised(before.revision + 1, differences_of(facts, mail.facts))
        message = build_message(mail, envelope, chart=self.chart(mail))
        record = Record(
            name=self.name_of(mail),
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
        )
        return record if self.outbox.put(record, message.as_bytes()) else None

    def envelope(self, mail: MonthMail) -> Envelope:
        """From whom and to whom the mail goes."""
        return Envelope(self.agreement.sender, self.agreement.addresses(self._roles(mail)))

    def name_of(self, mail: MonthMail) -> str:
        """Name of a mail's files."""
        kind = f".{kind_of(mail).replace(' ', '-')[:40]}" if kind_of(mail) else ""
        return f"{mail.month}.{mail.model}.r{mail.revision}{kind}"

    def send_queued(self, server: Server | None, *, sleep: Callable[[float], None]) -> list[Record]:
        """Send what is queued, the oldest first, and note in the ledger what has an outcome; the mails that were tried.

        Without a ``server`` nothing is sent, and what an earlier run has sent is noted.
        """
        noted, tried = noted_outcomes(self._chain()), []
        for queued in self.outbox.records():
            record, was_tried = queued, False
            if queued.waiting and server is not None:
                message = self.outbox.message(queued)
                delivery = deliver(
                    message, sender=self.agreement.sender, recipients=queued.waiting, server=server, sleep=sleep
                )
                record = queued.after(delivery)
                self.outbox.update(record)
                tried.append(record)
                was_tried = True
            # A run that died in between has sent, and not noted.
            is_noted = (record.message_id, record.state.value) in noted and not was_tried
            if record.state is not RecordState.QUEUED and not is_noted:
                self.note(record)
        return tried

    def note(self, record: Record) -> None:
        """An entry in the ledger: which mail, and what became of it."""
        note_mail(self.store, self.site.site, record, record.state, clock=self.clock, run_id=self.run_id)

    def _roles(self, mail: MonthMail) -> tuple[str, ...]:
        agreement, state = self.agreement, mail.state.value
        if mail.overdue is not None:
            following = agreement.step_after(state)
            return following.tell if following is not None else ()
        verdict = MonthTables.of(self.tables, model=mail.model, month=mail.month).verdict
        return agreement.step(state, months_grey=verdict["months_grey"] if verdict else 0).tell

    def _before(self, mail: MonthMail) -> Before | None:
        domain, kind = self.envelope(mail).domain, kind_of(mail)
        ids = [
            message_id(
                study=mail.study,
                site=mail.site,
                model=mail.model,
                month=mail.month,
                revision=n,
                kind=kind,
                domain=domain,
            )
            for n in range(1, _MOST_REVISIONS + 1)
        ]
        return mail_before(self._chain(), self.outbox.records(), ids)

    def _chain(self) -> Chain:
        return ledger_of(self.store, self.site.site).chain()

    def _page(self) -> tuple[str, str]:
        artefact = ARTEFACTS.get(_PAGE)
        part = self._part(artefact) if isinstance(artefact, FileArtefact) else None
        if artefact is None or part is None:
            return "", ""
        return self.store.locate(artefact, self.site.site, part[0]), part[1]

    def _part(self, artefact: FileArtefact, model: str = "") -> tuple[str, str] | None:
        """Partition and digest of a document: that of ``model`` where there is one for each, else the only one."""
        manifest = self.store.manifest(artefact, self.site.site)
        parts = {part.partition: part.sha256 for part in manifest.parts} if manifest is not None else {}
        name = next((one for one in (model, WHOLE) if one in parts), None)
        return None if name is None else (name, parts[name])
