"""The mails of one site: made from its artefacts, queued, sent, and noted in its ledger."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl

from multisite.audit import Chain
from multisite.cli.mail_sources import agreement_of
from multisite.notify.content.agreement import Agreement
from multisite.notify.content.building import build_mail, build_unjudged, overdue_mail
from multisite.notify.content.mail import MonthMail
from multisite.notify.content.tables import MonthTables
from multisite.notify.content.trust import Place
from multisite.notify.delivery.history import Before, days_told, mail_before
from multisite.notify.delivery.outbox import Outbox
from multisite.notify.delivery.overdue import overdue_cases
from multisite.notify.form.message import Envelope, kind_of, message_id
from multisite.runners.looks import Clock, ledger_of
from multisite.schemas import FileArtefact
from multisite.schemas.catalogue import ARTEFACTS
from multisite.storage.artefacts import WHOLE, ArtefactStore
from multisite.study import Site, Study

__all__ = ["SiteMails"]

_PAGE, _CHART = "timeline_page", "month_chart"
"""Documents of the timeline, which a workspace need not have."""

_MOST_REVISIONS = 200


def _month_before(month: str) -> str:
    return (date.fromisoformat(f"{month}-01") - timedelta(days=1)).strftime("%Y-%m")


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
        running = self.clock().strftime("%Y-%m")
        for model in self.study.models:
            months = [] if verdicts is None else verdicts.filter(pl.col("model") == model.id)["month"].to_list()
            # The month that is running is not over: its verdict would be mailed anew with every study.
            over = max((one for one in months if one < running), default=_month_before(running) if fault else None)
            asked = month or over
            if asked is None:
                continue
            place = self.place(model.id)
            tables = MonthTables.of(self.tables, model=model.id, month=asked)
            if fault is not None:
                mail = build_unjudged(asked, f"the monitoring of the site failed: {fault}", self.agreement, place)
                yield replace(mail, is_fault=self._was_judged(mail))
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
                told=days_told(self.chain(), model=model.id),
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
        chain = self.chain()
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

    def envelope(self, mail: MonthMail) -> Envelope:
        """From whom and to whom the mail goes."""
        return Envelope(self.agreement.sender, self.agreement.addresses(self.roles(mail)))

    def name_of(self, mail: MonthMail) -> str:
        """Name of a mail's files."""
        kind = f".{kind_of(mail).replace(' ', '-')[:40]}" if kind_of(mail) else ""
        return f"{mail.month}.{mail.model}.r{mail.revision}{kind}"

    def is_new(self, mail: MonthMail) -> bool:
        """Whether no such mail stands in the outbox or the ledger."""
        return self.before(mail) is None

    def _was_judged(self, mail: MonthMail) -> bool:
        """Whether a mail has told a verdict of the month."""
        before = self.before(mail)
        return before is not None and (before.record is None or bool(before.record.facts.get("lines")))

    def roles(self, mail: MonthMail) -> tuple[str, ...]:
        agreement, state = self.agreement, mail.state.value
        if mail.overdue is not None:
            following = agreement.step_after(state)
            return following.tell if following is not None else ()
        verdict = MonthTables.of(self.tables, model=mail.model, month=mail.month).verdict
        return agreement.step(state, months_grey=verdict["months_grey"] if verdict else 0).tell

    def before(self, mail: MonthMail) -> Before | None:
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
        return mail_before(self.chain(), self.outbox.records(), ids)

    def chain(self) -> Chain:
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
