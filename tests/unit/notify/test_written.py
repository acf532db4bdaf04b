"""Numbers as a mail writes them, and what it hides."""

from datetime import date

import pytest

from multisite.notify.content.agreement import due_day
from multisite.notify.content.written import hide_small_counts, is_hidden, one_line, usual_words, value_words
from tests.lib.mail_frames import agreement, monitor


@pytest.mark.parametrize(
    ("value", "n", "words"),
    [
        (0.094, 780, "9.4 %"),
        (0.0, 780, "0.0 %"),
        (1.0, 780, "100 %"),
        (0.01, 780, "<10 of 780"),
        (0.99, 780, "all but <10 of 780"),
        (0.5, 8, "<10 studies"),
        (None, 780, "—"),
    ],
)
def test_a_share_is_written_where_neither_its_count_nor_the_rest_is_small(
    value: float | None, n: int, words: str
) -> None:
    assert value_words(monitor("alert", "Alert", "output", value=value, n_studies=n), 10) == words


def test_a_number_is_hidden_by_its_studies_and_a_volume_by_itself() -> None:
    number = monitor("age", "Age", "population", "number", value=61.23, unit="years")
    assert value_words(number, 10) == "61.2 years"
    assert is_hidden(number | {"n_studies": 9}, 10)
    volume = monitor("volume", "Studies", "feed", "volume", value=7.0, n_studies=7)
    assert value_words(volume, 10) == "<10 studies"
    assert not is_hidden(monitor("silence", "Days", "feed", "silence", value=4.0, n_studies=3), 10)


def test_the_usual_range_has_its_unit_once() -> None:
    assert usual_words(monitor("a", "A", "output", usual_low=0.045, usual_high=0.078)) == "usual 4.5 to 7.8 %"
    years = monitor("a", "A", "population", "number", usual_low=59.1, usual_high=62.5, unit="years")
    assert usual_words(years) == "usual 59.1 to 62.5 years"
    assert usual_words(monitor("a", "A", "output", usual_low=None, usual=None)) == ""


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("7 studies with a report", "<10 studies with a report"),
        ("only 3 mature labels", "only <10 mature labels"),
        ("11 positives, 9 negatives", "11 positives, <10 negatives"),
        ("0 studies", "0 studies"),
        ("rose from 6.1 % to 9.4 %", "rose from 6.1 % to 9.4 %"),
        ("software 5.2 studies", "software 5.2 studies"),
    ],
)
def test_small_counts_in_sentences_are_hidden(text: str, hidden: str) -> None:
    assert hide_small_counts(text, 10) == hidden


def test_a_title_cannot_add_a_header_or_a_line() -> None:
    assert one_line("new\r\nBcc: a@b\u2028x\x00") == "new Bcc: a@b x"
    assert len(one_line("x" * 500)) == 160


def test_working_days_leave_out_weekends_and_holidays() -> None:
    monday = date(2026, 11, 2)
    assert due_day(monday, working_days=5, holidays=frozenset()) == date(2026, 11, 9)
    assert due_day(monday, working_days=5, holidays=frozenset({date(2026, 11, 4)})) == date(2026, 11, 10)
    assert due_day(date(2026, 10, 30), working_days=1, holidays=frozenset()) == monday


def test_roles_without_an_address_are_named_and_somebody_is_always_told() -> None:
    site = agreement()
    assert site.unfilled(("qa_lead", "vendor")) == ("vendor",)
    assert site.addresses(("qa_lead", "vendor", "ai_lead")) == ("qa_lead@hospital.example", "ai_lead@hospital.example")
    assert site.addresses(("vendor",)) == ("qa_lead@hospital.example",)
