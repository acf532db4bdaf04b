"""`send_month` against real SMTP servers: a month is told once, whatever happens in between."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from multisite.audit import Entry, Event
from multisite.cli.bouncing import note_bounces
from multisite.cli.sending import send_month
from multisite.cli.terminal import Terminal
from multisite.runners.looks import ledger_of
from multisite.schemas import Artefact
from multisite.schemas.catalogue import ARTEFACTS
from multisite.storage.artefacts import WHOLE, ArtefactStore
from multisite.storage.location import StoreLocation
from multisite.storage.manifest import Manifest, Part
from multisite.storage.opening import open_store
from multisite.study import Site, Study, load_study
from multisite.study.model import Model
from multisite.study.monthly import MailServer, Monthly
from multisite.vocabulary import Zone
from tests.lib.mail_frames import BOUNCE, SENT, Frames, amber, green
from tests.lib.smtp_servers import (
    PASSWORD,
    USER,
    Certificate,
    Mailbox,
    faulty_server,
    make_certificate,
    smtp_server,
)

QA, AI = "qa@hospital.example", "ai@hospital.example"
ENVIRONMENT = {"MAIL_USER": USER, "MAIL_PASSWORD": PASSWORD}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def mailbox(certificate: Certificate) -> Iterator[Mailbox]:
    with smtp_server(certificate) as made:
        yield made


@pytest.fixture(scope="module")
def study() -> Study:
    demo = load_study(Path("configs/demo.yaml"))
    model = Model(id="ptx", title="CXR-PTX", version="2.3")
    return demo.model_copy(update={"study": "cxr", "models": (model,)})


@dataclass
class Hospital:
    """A workspace, a site file, and a day that goes on."""

    study: Study
    folder: Path
    certificate: Certificate
    day: datetime = SENT
    people: tuple[tuple[str, str], ...] = (("qa_lead", QA), ("ai_lead", AI))
    n_runs: int = 0

    @property
    def store(self) -> ArtefactStore:
        objects = open_store(StoreLocation("workspace", str(self.folder)))
        return ArtefactStore(objects, study="cxr", zone=Zone.SITE)

    def site(self, port: int, **server: Any) -> Site:
        given = {"host": "localhost", "port": port, "user_env": "MAIL_USER", "password_env": "MAIL_PASSWORD"}
        given |= {"ca_file": str(self.certificate.certificate), "attempts": 2, "timeout_seconds": 5}
        people: dict[str, tuple[str, ...]] = {role: (address,) for role, address in self.people}
        monthly = Monthly(server=MailServer(**(given | server)), sender="ai-monitor@hospital.example", people=people)
        return Site(site="elsewhere", title="St Elsewhere", pseudonym_key_env="K", tables={"series": {"path": "x"}},
                    monthly=monthly)  # fmt: skip

    def judged(self, frames: Frames) -> None:
        for name, frame in frames.items():
            artefact = ARTEFACTS.get(name)
            if isinstance(artefact, Artefact):
                parts = self.store.write_table(artefact, "elsewhere", WHOLE, frame)
                self.store.commit(artefact, _manifest(artefact, parts))

    def send(self, site: Site, **changes: Any) -> int:
        self.n_runs += 1
        given: dict[str, Any] = {
            "study": self.study, "sites": [site], "store": self.store, "command": "multisite monitor ack s.yaml",
            "month": None, "dry_run": None, "is_drill": False, "terminal": Terminal(json_lines=True),
            "clock": lambda: self.day, "run_id": f"run-{self.n_runs}", "faults": {}, "environment": ENVIRONMENT,
            "sleep": lambda _: None,
        }  # fmt: skip
        return send_month(**(given | changes))

    def noted(self) -> list[Entry]:
        links = ledger_of(self.store, "elsewhere").chain().links
        return [link.entry for link in links if link.entry and link.entry.event == Event.MAIL.value]

    def outcomes(self) -> list[tuple[int, str]]:
        return [(entry.content["revision"], entry.content["outcome"]) for entry in self.noted()]


def _manifest(artefact: Artefact, parts: tuple[Part, ...]) -> Manifest:
    return Manifest(artefact.name, artefact.version, artefact.zone.value, "elsewhere", "s", 1, "0", "p", {}, parts)


@pytest.fixture
def hospital(study: Study, tmp_path: Path, certificate: Certificate) -> Hospital:
    made = Hospital(study, tmp_path / "workspace", certificate)
    made.folder.mkdir()
    return made


def subjects(mailbox: Mailbox) -> list[str]:
    read = [message_from_bytes(content, _class=EmailMessage, policy=default) for _, content in mailbox.taken]
    return [str(message["Subject"]) for message in read]


def rows(out: str) -> list[str]:
    found = [json.loads(line) for line in out.splitlines()]
    return [row["mail"] for row in found if row.get("event") == "row"]


def test_a_month_is_mailed_and_noted_and_not_mailed_again(
    hospital: Hospital, mailbox: Mailbox, capsys: pytest.CaptureFixture[str]
) -> None:
    hospital.judged(amber())
    site = hospital.site(mailbox.port)
    assert hospital.send(site) == 0
    assert set(mailbox.taken[0][0]) == {QA, AI}
    assert subjects(mailbox)[0].startswith("[AMBER-2] St Elsewhere - CXR-PTX 2.3 - Oct 2026 - software 5.2")
    assert hospital.outcomes() == [(1, "sent")]
    assert set(hospital.noted()[0].content) == {
        "model", "month", "revision", "message_id", "digest", "outcome", "is_drill",
    }  # fmt: skip
    assert hospital.send(site) == 0
    assert len(mailbox.taken) == 1
    assert rows(capsys.readouterr().out) == ["sent to 2", "told before, nothing has changed"]


def test_the_ledger_alone_keeps_a_mail_from_being_sent_twice(hospital: Hospital, mailbox: Mailbox) -> None:
    hospital.judged(amber())
    hospital.send(hospital.site(mailbox.port))
    for file in (hospital.folder / "cxr/elsewhere/_outbox").iterdir():
        file.unlink()
    assert hospital.send(hospital.site(mailbox.port)) == 0
    assert len(mailbox.taken) == 1


def test_changed_data_is_a_revision_that_says_what_changed(hospital: Hospital, mailbox: Mailbox) -> None:
    hospital.judged(green())
    hospital.send(hospital.site(mailbox.port))
    hospital.judged(amber())
    assert hospital.send(hospital.site(mailbox.port)) == 0
    assert subjects(mailbox)[1].endswith("(revision 2)")
    assert b"The state was GREEN and is AMBER-2." in mailbox.taken[1][1].replace(b"=\r\n", b"")
    assert hospital.outcomes() == [(1, "sent"), (2, "sent")]


def test_a_mail_that_could_not_be_sent_is_sent_by_the_next_run(
    hospital: Hospital, mailbox: Mailbox, capsys: pytest.CaptureFixture[str]
) -> None:
    hospital.judged(amber())
    with faulty_server("421") as (port, _):
        assert hospital.send(hospital.site(port, security="none", user_env=None, password_env=None)) == 24
    assert "waits in the outbox" in capsys.readouterr().out
    assert hospital.outcomes() == []
    assert hospital.send(hospital.site(mailbox.port)) == 0
    assert len(mailbox.taken) == 1
    assert hospital.outcomes() == [(1, "sent")]


def test_those_who_have_the_mail_do_not_get_it_again_when_others_were_put_off(
    hospital: Hospital, mailbox: Mailbox
) -> None:
    hospital.judged(amber())
    mailbox.puts_off.add(AI)
    assert hospital.send(hospital.site(mailbox.port)) == 24
    mailbox.puts_off.clear()
    assert hospital.send(hospital.site(mailbox.port)) == 0
    assert [recipients for recipients, _ in mailbox.taken] == [(QA,), (AI,)]


def test_a_refused_address_is_noted_and_a_mended_one_gets_the_mail(hospital: Hospital, mailbox: Mailbox) -> None:
    hospital.judged(amber())
    mailbox.refuses.add(AI)
    assert hospital.send(hospital.site(mailbox.port)) == 24
    assert hospital.outcomes() == [(1, "partly refused")]
    # Until it is mended every run says so, and tries again.
    assert hospital.send(hospital.site(mailbox.port)) == 24
    assert hospital.outcomes() == [(1, "partly refused")]
    hospital.people = (("qa_lead", QA), ("ai_lead", "new@hospital.example"))
    assert hospital.send(hospital.site(mailbox.port)) == 0
    assert [recipients for recipients, _ in mailbox.taken] == [(QA,), ("new@hospital.example",)]
    assert hospital.outcomes() == [(1, "partly refused"), (1, "sent")]


def test_a_server_that_refused_and_is_mended_gets_the_mail_without_another_address(
    hospital: Hospital, mailbox: Mailbox
) -> None:
    hospital.judged(amber())
    mailbox.refuses |= {QA, AI}
    assert hospital.send(hospital.site(mailbox.port)) == 24
    mailbox.refuses.clear()
    assert hospital.send(hospital.site(mailbox.port)) == 0
    assert [set(recipients) for recipients, _ in mailbox.taken] == [{QA, AI}]


def test_a_mail_that_waits_goes_to_those_whom_the_site_file_names_when_it_goes(
    hospital: Hospital, mailbox: Mailbox
) -> None:
    hospital.judged(amber())
    hospital.people = (("qa_lead", "left@hospital.example"), ("ai_lead", AI))
    mailbox.puts_off |= {"left@hospital.example", AI}
    assert hospital.send(hospital.site(mailbox.port)) == 24
    mailbox.puts_off.clear()
    hospital.people = (("qa_lead", QA), ("ai_lead", AI))
    assert hospital.send(hospital.site(mailbox.port)) == 0
    [(recipients, content)] = mailbox.taken
    assert set(recipients) == {QA, AI}
    message = message_from_bytes(content, _class=EmailMessage, policy=default)
    assert set(str(message["To"]).split(", ")) == {QA, AI}
    assert b"left@hospital.example" not in content


def test_a_full_mailbox_does_not_keep_a_red_case_from_going_one_step_up(hospital: Hospital, mailbox: Mailbox) -> None:
    hospital.people = (*hospital.people, ("governance", "board@hospital.example"))
    hospital.judged(amber())
    mailbox.puts_off.add(QA)
    assert hospital.send(hospital.site(mailbox.port)) == 24
    assert hospital.outcomes() == [(1, "partly sent")]
    hospital.day += timedelta(days=8)
    hospital.send(hospital.site(mailbox.port))
    assert any("unacknowledged" in subject for subject in subjects(mailbox))


def test_a_revision_goes_to_those_who_act_on_what_it_takes_back(hospital: Hospital, mailbox: Mailbox) -> None:
    hospital.judged(amber())
    hospital.send(hospital.site(mailbox.port))
    hospital.judged(green())
    hospital.send(hospital.site(mailbox.port))
    assert [set(recipients) for recipients, _ in mailbox.taken] == [{QA, AI}, {QA, AI}]
    assert subjects(mailbox)[1].startswith("[GREEN] ")


def test_a_later_fault_takes_nothing_back_of_what_was_told(hospital: Hospital, mailbox: Mailbox) -> None:
    hospital.judged(amber())
    hospital.send(hospital.site(mailbox.port))
    for _ in range(2):
        hospital.send(hospital.site(mailbox.port), faults={"elsewhere": "a key is not set"})
    hospital.send(hospital.site(mailbox.port))
    assert [subject.split("]")[0] for subject in subjects(mailbox)] == ["[AMBER-2", "[GREY"]
    assert "revision" not in subjects(mailbox)[1]


def test_a_broken_ledger_or_a_lost_message_keeps_no_mail_from_going_out(
    hospital: Hospital, mailbox: Mailbox, capsys: pytest.CaptureFixture[str]
) -> None:
    hospital.judged(amber())
    assert hospital.send(hospital.site(9)) == 24
    [message] = hospital.folder.rglob("*.eml")
    message.unlink()
    hospital.judged(green())
    assert hospital.send(hospital.site(mailbox.port)) == 24
    assert [subject.split("]")[0] for subject in subjects(mailbox)] == ["[GREEN"]
    [*_, entry] = sorted(hospital.folder.glob("cxr/elsewhere/_ledger/*.json"))
    entry.write_bytes(entry.read_bytes() + b" ")
    faults = {"elsewhere": "its ledger is broken"}
    assert hospital.send(hospital.site(mailbox.port), month="2026-11", faults=faults) == 24
    assert subjects(mailbox)[1].startswith("[GREY] ")
    assert "ledger" in capsys.readouterr().out


def test_what_a_library_cannot_take_stops_no_other_site_and_is_not_quoted(
    hospital: Hospital, mailbox: Mailbox, capsys: pytest.CaptureFixture[str]
) -> None:
    hospital.judged(amber())
    odd = hospital.site(mailbox.port).model_copy(update={"site": "odd", "title": "Odd\nGeneral"})
    faults = {"odd": "no store"}
    both = [odd, hospital.site(mailbox.port)]
    assert hospital.send(odd, sites=both, month="2026-10", faults=faults) == 24
    assert "odd: a fault of the program (ValueError)" in capsys.readouterr().out
    assert len(mailbox.taken) == 1


def test_a_server_that_is_down_is_not_waited_for_with_every_mail(hospital: Hospital, mailbox: Mailbox) -> None:
    waits: list[float] = []
    hospital.judged(amber())
    hospital.send(hospital.site(9, attempts=3), sleep=waits.append)
    hospital.judged(green())
    hospital.send(hospital.site(9, attempts=3), sleep=waits.append)
    assert waits == [1.0, 2.0] * 2
    assert hospital.send(hospital.site(mailbox.port)) == 0
    assert len(mailbox.taken) == 2


def test_the_month_that_is_running_is_not_mailed_by_itself(hospital: Hospital, mailbox: Mailbox) -> None:
    hospital.judged(amber())
    hospital.day = datetime(2026, 10, 20, tzinfo=UTC)
    assert hospital.send(hospital.site(mailbox.port)) == 0
    assert mailbox.taken == []


def test_a_run_that_died_after_sending_is_noted_by_the_next(
    hospital: Hospital, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    hospital.judged(amber())

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr("multisite.cli.site_post.SitePost.note", die)
        with pytest.raises(KeyboardInterrupt):
            hospital.send(hospital.site(mailbox.port))
    assert hospital.outcomes() == []
    assert hospital.send(hospital.site(mailbox.port)) == 0
    assert len(mailbox.taken) == 1
    assert hospital.outcomes() == [(1, "sent")]


def test_a_password_that_is_not_set_leaves_the_mail_in_the_outbox_and_is_named(
    hospital: Hospital, mailbox: Mailbox, capsys: pytest.CaptureFixture[str]
) -> None:
    hospital.judged(amber())
    assert hospital.send(hospital.site(mailbox.port), environment={"MAIL_USER": USER}) == 24
    out = capsys.readouterr().out
    assert "MAIL_PASSWORD" in out
    assert PASSWORD not in out
    assert hospital.send(hospital.site(mailbox.port)) == 0
    assert len(mailbox.taken) == 1


def test_no_password_is_written_anywhere(hospital: Hospital, mailbox: Mailbox) -> None:
    hospital.judged(amber())
    hospital.send(hospital.site(mailbox.port))
    wrong = {"MAIL_USER": USER, "MAIL_PASSWORD": "another secret"}
    hospital.judged(green())
    assert hospital.send(hospital.site(mailbox.port), environment=wrong) == 24
    for file in hospital.folder.rglob("*"):
        if file.is_file():
            assert PASSWORD.encode() not in file.read_bytes()
            assert b"another secret" not in file.read_bytes()


def test_a_case_that_nobody_acknowledged_goes_one_step_up_once(hospital: Hospital, mailbox: Mailbox) -> None:
    hospital.people = (*hospital.people, ("governance", "board@hospital.example"))
    hospital.judged(amber())
    hospital.send(hospital.site(mailbox.port))
    hospital.day += timedelta(days=7)
    assert hospital.send(hospital.site(mailbox.port)) == 0
    assert len(mailbox.taken) == 1
    hospital.day += timedelta(days=1)
    assert hospital.send(hospital.site(mailbox.port)) == 0
    assert set(mailbox.taken[1][0]) == {QA, AI, "board@hospital.example"}
    assert subjects(mailbox)[1].startswith("[AMBER-2 unacknowledged] ")
    assert hospital.send(hospital.site(mailbox.port)) == 0
    assert len(mailbox.taken) == 2


def test_a_drill_is_sent_each_time_and_is_no_mail_on_the_month(hospital: Hospital, mailbox: Mailbox) -> None:
    hospital.judged(green())
    drilled = {"elsewhere": amber(state="RED")}
    for _ in range(2):
        assert hospital.send(hospital.site(mailbox.port), is_drill=True, drilled=drilled) == 0
    assert [subject.split("]")[0] for subject in subjects(mailbox)] == ["[DRILL RED"] * 2
    assert [entry.content["is_drill"] for entry in hospital.noted()] == [True, True]
    hospital.send(hospital.site(mailbox.port))
    assert subjects(mailbox)[2].startswith("[GREEN] ")


def test_a_site_whose_monitoring_failed_is_told_so(hospital: Hospital, mailbox: Mailbox) -> None:
    faults = {"elsewhere": "a store does not answer"}
    assert hospital.send(hospital.site(mailbox.port), month="2026-10", faults=faults) == 0
    assert subjects(mailbox) == ["[GREY] St Elsewhere - CXR-PTX 2.3 - Oct 2026 - could not be judged"]
    hospital.judged(green())
    hospital.send(hospital.site(mailbox.port))
    assert subjects(mailbox)[1].startswith("[GREEN] ")
    assert subjects(mailbox)[1].endswith("(revision 2)")


def test_a_site_that_tells_nobody_is_no_error_and_one_site_does_not_stop_another(
    hospital: Hospital, mailbox: Mailbox, capsys: pytest.CaptureFixture[str]
) -> None:
    hospital.judged(amber())
    silent = Site(site="silent", title="Silent", pseudonym_key_env="K", tables={"series": {"path": "x"}})
    broken = hospital.site(mailbox.port, ca_file="/nowhere.pem").model_copy(update={"site": "broken"})
    both = [silent, broken, hospital.site(mailbox.port)]
    assert hospital.send(silent, sites=both, month="2026-10", faults={"broken": "no store"}) == 24
    out = capsys.readouterr().out
    assert "silent: no section `monthly`" in out
    assert "ca_file" in out
    assert len(mailbox.taken) == 1


def test_a_dry_run_writes_messages_and_nothing_else(hospital: Hospital, tmp_path: Path) -> None:
    hospital.judged(amber())
    before = sorted(hospital.folder.rglob("*"))
    assert hospital.send(hospital.site(9), dry_run=tmp_path / "mails", environment={}) == 0
    files = list((tmp_path / "mails").iterdir())
    assert [file.name for file in files] == ["elsewhere.2026-10.ptx.r1.eml"]
    message = message_from_bytes(files[0].read_bytes(), _class=EmailMessage, policy=default)
    assert message["To"] == f"{QA}, {AI}"
    assert sorted(hospital.folder.rglob("*")) == before


def test_a_mail_that_came_back_is_noted_once_without_the_address(
    hospital: Hospital, mailbox: Mailbox, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    hospital.judged(amber())
    hospital.send(hospital.site(mailbox.port))
    read = message_from_bytes(mailbox.taken[0][1], _class=EmailMessage, policy=default)
    report = BOUNCE.replace(b"<2026-10.r1.aa@hospital.example>", str(read["Message-ID"]).encode())
    (tmp_path / "bounces").mkdir()
    (tmp_path / "bounces/1.eml").write_bytes(report)
    (tmp_path / "bounces/2.eml").write_bytes(b"Subject: hello\r\n\r\nnothing of ours\r\n")
    (tmp_path / "north.yaml").write_text(
        "site: elsewhere\ntitle: St Elsewhere\npseudonym_key_env: K\ntables: {series: {path: x.csv}}\n"
    )
    text = Path("configs/demo.yaml").read_text(encoding="utf-8")
    (tmp_path / "study.yaml").write_text(text.replace("study: chest-nodule-demo", "study: cxr"), encoding="utf-8")
    for _ in range(2):
        note_bounces(
            tmp_path / "study.yaml", [tmp_path / "north.yaml"], folder=tmp_path / "bounces",
            workspace=str(hospital.folder), json_lines=True, clock=lambda: SENT,
        )  # fmt: skip
    assert hospital.outcomes() == [(1, "sent"), (1, "bounced")]
    assert AI not in str([entry.content for entry in hospital.noted()])
    assert "2 files read, 1 of them reports of failed delivery; 1 new." in capsys.readouterr().out
    assert hospital.send(hospital.site(mailbox.port)) == 24
    assert hospital.outcomes() == [(1, "sent"), (1, "bounced")]
