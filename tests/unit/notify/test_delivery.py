"""The outbox, what has been sent before, what is overdue, and what came back."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from multisite.audit import Chain, Entry, Event, Link
from multisite.notify.delivery.bounces import read_bounce
from multisite.notify.delivery.history import days_told, mail_before, noted_outcomes
from multisite.notify.delivery.outbox import Outbox, Record, RecordState
from multisite.notify.delivery.overdue import overdue_cases
from multisite.notify.delivery.smtp import Delivery
from multisite.storage.location import StoreLocation
from multisite.storage.objects import ObjectStore
from multisite.storage.opening import open_store
from tests.lib.mail_frames import BOUNCE, agreement, amber, verdict

QA, AI = "qa@hospital.example", "ai@hospital.example"


def record(**changes: Any) -> Record:
    given = {
        "name": "2026-10.ptx.r1",
        "message_id": "<2026-10.r1.aa@hospital.example>",
        "model": "ptx",
        "month": "2026-10",
        "revision": 1,
        "kind": "",
        "is_drill": False,
        "digest": "d" * 64,
        "facts": {"state": "GREEN"},
        "queued_at": "2026-11-02T06:30:00.000000+00:00",
        "recipients": {QA: "queued", AI: "queued"},
    }
    return Record(**(given | changes))


@pytest.fixture
def objects(tmp_path: Path) -> ObjectStore:
    return open_store(StoreLocation("workspace", str(tmp_path)))


@pytest.fixture
def outbox(objects: ObjectStore) -> Outbox:
    return Outbox(objects, study="cxr", site="elsewhere")


def chain(*contents: dict[str, Any], day: int = 2) -> Chain:
    time = datetime(2026, 11, day, 6, 30, tzinfo=UTC).isoformat(timespec="seconds")
    entries = [
        Entry(n, time, Event.MAIL.value, "cxr", "elsewhere", "run", "0.1.0", content, "0" * 64)
        for n, content in enumerate(contents, start=1)
    ]
    return Chain(tuple(Link(entry.sequence, entry, "f" * 64, True) for entry in entries))


def content(**changes: Any) -> dict[str, Any]:
    one = record()
    given = {"model": one.model, "month": one.month, "revision": 1, "message_id": one.message_id}
    return {**given, "digest": one.digest, "outcome": "sent", "is_drill": False, **changes}


def test_a_mail_stands_in_the_outbox_once_with_its_message(outbox: Outbox) -> None:
    assert outbox.put(record(), b"message")
    assert not outbox.put(record(digest="e" * 64), b"another")
    assert outbox.records() == (record(),)
    assert outbox.message(record()) == b"message"


def test_a_message_without_a_record_was_never_queued(outbox: Outbox, objects: ObjectStore) -> None:
    objects.write("cxr/elsewhere/_outbox/2026-10.ptx.r1.eml", b"half a run")
    assert outbox.records() == ()
    assert outbox.put(record(), b"message")
    assert outbox.message(record()) == b"message"


def test_an_outbox_that_was_never_used_is_empty(outbox: Outbox) -> None:
    assert outbox.records() == ()


@pytest.mark.parametrize("content", [b"{}", b"[]", b"half"])
def test_a_record_that_is_none_is_told_and_stops_no_other_mail(
    outbox: Outbox, objects: ObjectStore, content: bytes
) -> None:
    outbox.put(record(), b"message")
    objects.write("cxr/elsewhere/_outbox/x.json", content)
    records, faults = outbox.read()
    assert records == (record(),)
    assert "outbox" in faults[0].fact


def test_mails_go_out_in_the_order_in_which_they_were_queued(outbox: Outbox) -> None:
    outbox.put(record(name="b", queued_at="2026-11-01T00:00:00.000000+00:00"), b"1")
    outbox.put(record(name="a"), b"2")
    assert [one.name for one in outbox.records()] == ["b", "a"]


@pytest.mark.parametrize(
    ("delivery", "state", "waiting"),
    [
        (Delivery((QA, AI), {}, (), "", 1), RecordState.SENT, ()),
        (Delivery((QA,), {AI: 550}, (), "r", 1), RecordState.PARTLY_REFUSED, ()),
        (Delivery((), {QA: 550, AI: 550}, (), "r", 1), RecordState.REFUSED, ()),
        (Delivery((QA,), {}, (AI,), "r", 1), RecordState.PARTLY_SENT, (AI,)),
        (Delivery((), {}, (QA, AI), "r", 5), RecordState.QUEUED, (QA, AI)),
    ],
)
def test_a_record_knows_for_each_address_what_became_of_it(
    delivery: Delivery, state: RecordState, waiting: tuple[str, ...]
) -> None:
    after = record().after(delivery)
    assert (after.state, after.waiting, after.n_attempts) == (state, waiting, delivery.n_attempts)


def test_a_mended_address_gets_the_mail_and_those_who_have_it_do_not() -> None:
    refused = record().after(Delivery((QA,), {AI: 550}, (), "r", 1))
    assert refused.readdressed((QA, "new@hospital.example")).waiting == ("new@hospital.example",)
    sent = record().after(Delivery((QA, AI), {}, (), "", 1))
    assert sent.readdressed((QA, "new@hospital.example")) == sent


def test_either_ledger_or_outbox_is_enough_to_know_a_mail() -> None:
    ids = ["<2026-10.r1.aa@other.example>", "<2026-10.r2.aa@other.example>"]
    assert mail_before(chain(), [], ids) is None
    found = mail_before(chain(content()), [], ids)
    assert found is not None
    assert (found.revision, found.digest, found.record) == (1, "d" * 64, None)
    queued = record(message_id="<2026-10.r2.aa@hospital.example>", revision=2, digest="e" * 64)
    found = mail_before(chain(content()), [record(), queued], ids)
    assert found is not None
    assert found.record == queued


def test_the_day_on_which_a_month_was_told_is_that_of_the_first_mail_that_arrived() -> None:
    told = chain(content(outcome="refused"), content(is_drill=True), content(model="other"))
    assert days_told(told, model="ptx") == {}
    assert days_told(chain(content(), content(revision=2)), model="ptx") == {"2026-10": date(2026, 11, 2)}
    assert noted_outcomes(chain(content())) == {("<2026-10.r1.aa@hospital.example>", "sent")}


def overdue(today: date, *, state: str = "AMBER-2", **changes: Any) -> list[tuple[int, str, date]]:
    case = amber()["drift_cases"].row(0, named=True) | changes
    found = overdue_cases(
        [case],
        [verdict(state=state, case_number=3), verdict(month="2026-11", state=state, case_number=3)],
        told={"2026-10": date(2026, 11, 2)},
        agreement=agreement(),
        today=today,
    )
    return [(one.case_number, one.month, one.due) for one in found]


def test_a_case_is_overdue_the_day_after_its_day() -> None:
    assert overdue(date(2026, 11, 9)) == []
    assert overdue(date(2026, 11, 10)) == [(3, "2026-10", date(2026, 11, 9))]
    assert overdue(date(2026, 11, 4), state="RED") == [(3, "2026-10", date(2026, 11, 3))]


def test_a_case_that_was_acknowledged_or_closed_is_never_overdue() -> None:
    late = date(2027, 1, 1)
    assert overdue(late, acknowledged="2026-11-04T08:00:00+00:00") == []
    assert overdue(late, closed="2026-12") == []
    assert overdue(late, state="GREY") == []


def test_a_bounce_names_the_mail_and_whom_it_did_not_reach() -> None:
    found = read_bounce(BOUNCE)
    assert found is not None
    assert (found.message_id, found.addresses) == ("<2026-10.r1.aa@hospital.example>", (AI,))


def test_a_bounce_with_the_whole_mail_is_read_too() -> None:
    whole = BOUNCE.replace(b"text/rfc822-headers", b"message/rfc822")
    found = read_bounce(whole)
    assert found is not None
    assert found.message_id == "<2026-10.r1.aa@hospital.example>"


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"Subject: out of office\r\n\r\nback on Monday", BOUNCE.replace(b"failed", b"delayed")],
)
def test_what_is_no_bounce_is_none(content: bytes) -> None:
    assert read_bounce(content) is None
