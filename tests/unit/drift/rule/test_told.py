"""What the ledger says of cases and monitors."""

from datetime import date

import pytest

from multisite.drift.rule.told import read_told
from multisite.vocabulary import DriftState
from tests.unit.drift.rule.builders import ledger

MUTE = (
    '{"approver":"Dr A","axis":"overall","level":"overall","model":"ai","monitor":"alert_nodule_ai",'
    '"reason":"new protocol","until":"2026-06-30"}'
)
CLOSED = '{"by":"Dr A","case_number":1,"model":"ai","opened":"2026-02","reason":"mended"}'
KEY = ("alert_nodule_ai", "overall", "overall")
TIME = "2026-05-04T08:00:00Z"


def test_the_first_acknowledgement_stands() -> None:
    rows = [acknowledged(by, "AMBER-1") for by in ("A", "B")]
    told = read_told(ledger(*rows), model="ai").acknowledgement("2026-02", DriftState.AMBER_1)
    assert told is not None
    assert told.by == "A"


def test_who_noted_an_amber_case_has_not_noted_that_it_became_red() -> None:
    amber, red = acknowledged("A", "AMBER-1"), acknowledged("B", "RED")
    assert read_told(ledger(amber), model="ai").acknowledgement("2026-02", DriftState.RED) is None
    told = read_told(ledger(amber, red), model="ai").acknowledgement("2026-02", DriftState.RED)
    assert told is not None
    assert told.by == "B"


def test_an_acknowledgement_is_of_the_case_that_its_month_opened_whatever_its_number() -> None:
    told = read_told(ledger(acknowledged("A", "RED")), model="ai")
    assert told.acknowledgement("2026-07", DriftState.RED) is None


def acknowledged(by: str, state: str) -> tuple[str, str, str]:
    text = f'{{"by":"{by}","case_number":1,"model":"ai","opened":"2026-02","state":"{state}"}}'
    return ("2026-05-04T08:00:00Z", "case acknowledged", text)


def test_a_case_is_closed_at_the_end_of_the_month_before_its_entry() -> None:
    assert read_told(ledger((TIME, "case closed", CLOSED)), model="ai").closed == {"2026-02": "2026-04"}


def test_an_entry_may_name_the_month_in_which_the_case_is_closed() -> None:
    named = CLOSED.replace('"model"', '"month":"2026-03","model"')
    assert read_told(ledger((TIME, "case closed", named)), model="ai").closed == {"2026-02": "2026-03"}


def test_a_mute_leaves_months_before_it_and_after_it_as_they_were() -> None:
    told = read_told(ledger((TIME, "monitor muted", MUTE)), model="ai")
    assert told.muted(KEY, date(2026, 4, 30)) is None
    assert told.muted(KEY, date(2026, 5, 31)) == "new protocol"
    assert told.muted(KEY, date(2026, 6, 30)) == "new protocol"
    assert told.muted(KEY, date(2026, 7, 31)) is None


@pytest.mark.parametrize("lacking", ['"approver":"Dr A"', '"reason":"new protocol"', '"until":"2026-06-30"'])
def test_a_mute_without_reason_approver_or_expiry_mutes_nothing(lacking: str) -> None:
    told = read_told(ledger((TIME, "monitor muted", MUTE.replace(lacking, '"x":1'))), model="ai")
    assert told.mutes == ()


def test_what_stands_behind_a_break_of_the_chain_silences_nothing() -> None:
    told = read_told(ledger((TIME, "monitor muted", MUTE), (TIME, "case closed", CLOSED), holds=False), model="ai")
    assert told.mutes == ()
    assert told.closed == {}


@pytest.mark.parametrize("content", ["null", "[1]", "not json", "{}"])
def test_an_entry_that_says_it_badly_says_nothing(content: str) -> None:
    told = read_told(ledger((TIME, "case closed", content)), model="ai")
    assert told.closed == {}


def test_other_models_and_no_ledger_say_nothing() -> None:
    assert read_told(ledger((TIME, "case closed", CLOSED)), model="other").closed == {}
    assert read_told(None, model="ai").mutes == ()
