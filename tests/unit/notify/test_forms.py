"""Text, HTML and message: the same content, small, and safe to show."""

from datetime import date
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser

import polars as pl
import pytest

from multisite.notify.content.building import build_mail, build_unjudged, overdue_mail
from multisite.notify.content.mail import MonthMail
from multisite.notify.form.html import html_of
from multisite.notify.form.message import LARGEST_BYTES, Envelope, build_message
from multisite.notify.form.text import WIDTH, text_of
from tests.lib.mail_frames import MONTH, Frames, agreement, amber, green, monitor, place, tables_of

ENVELOPE = Envelope("ai-monitor@hospital.example", ("qa@hospital.example", "ai@hospital.example"))
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 30_000


def built(frames: Frames, *, is_drill: bool = False) -> MonthMail:
    return build_mail(tables_of(frames), agreement(), place(), is_drill=is_drill)


def all_mails() -> list[MonthMail]:
    red = built(amber(state="RED"))
    return [
        built(green()),
        built(amber()),
        built(amber(state="RED"), is_drill=True),
        overdue_mail(red, agreement(), place(), due=date(2026, 11, 3)),
        build_unjudged(MONTH, "the store does not answer", agreement(), place()),
        built(amber()).revised(2, ("The state was GREEN and is AMBER-2.",)),
    ]


def read(message: EmailMessage) -> EmailMessage:
    return message_from_bytes(message.as_bytes(), _class=EmailMessage, policy=default)


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def words_of(html: str) -> str:
    parser = _Words()
    parser.feed(html)
    return " ".join(" ".join(parser.found).replace("\xa0", " ").split())


@pytest.mark.parametrize("mail", all_mails(), ids=lambda mail: f"{mail.state}{mail.revision}")
def test_no_line_of_text_is_wider_than_72_columns_but_the_command(mail: MonthMail) -> None:
    lines = text_of(mail).splitlines()
    assert [line for line in lines if len(line) > WIDTH and "multisite monitor ack" not in line] == []
    assert [line for line in lines if line != line.rstrip()] == []


@pytest.mark.parametrize("mail", all_mails(), ids=lambda mail: f"{mail.state}{mail.revision}")
def test_html_says_what_the_text_says(mail: MonthMail) -> None:
    page = words_of(html_of(mail)).replace(" ", "")
    for line in (mail.sentence, mail.task.act, mail.trust.ledger_head, mail.volumes.received, *mail.notes):
        # An escalation of nothing is short, and a green month has no notes to act on.
        assert line.replace(" ", "") in page or line in mail.notes
        assert line.replace(" ", "") in "".join(text_of(mail).split()) or line in mail.notes


def test_a_green_month_is_short_and_proves_as_much() -> None:
    text = text_of(built(green()))
    assert len(text.splitlines()) < 25
    assert "STATUS" not in text
    assert "9f" * 32 in text
    assert "41 entries" in text


def test_state_is_a_word_and_a_shape_before_it_is_a_colour() -> None:
    assert text_of(built(amber())).startswith("▲▲ AMBER-2\n")
    assert "▲▲" in html_of(built(amber()))


def test_a_drill_is_marked_in_subject_text_and_html() -> None:
    message = read(build_message(built(amber(), is_drill=True), ENVELOPE))
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert message["Subject"].startswith("[DRILL AMBER-2]")
    assert text is not None
    assert html is not None
    assert "DRILL: this mail was sent to prove" in text.get_content()
    assert "DRILL: this mail was sent to prove" in html.get_content()


def test_titles_are_text_in_html() -> None:
    row = monitor("a", "<script>alert(1)</script>", "output", status="signal")
    frames = amber() | {"drift_monitors": pl.DataFrame([row], schema=amber()["drift_monitors"].schema)}
    page = html_of(built(frames))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_html_loads_nothing_from_anywhere() -> None:
    page = html_of(built(amber()), chart=("chart@x", "Chart"))
    assert "http://" not in page
    assert "https://" not in page
    assert 'src="cid:chart@x" alt="Chart"' in page


def test_months_of_a_site_and_model_are_one_thread_and_a_month_has_one_id() -> None:
    one, again = build_message(built(amber()), ENVELOPE), build_message(built(green()), ENVELOPE)
    revised = build_message(built(amber()).revised(2, ("x",)), ENVELOPE)
    assert one["Message-ID"] == again["Message-ID"]
    assert revised["Message-ID"] != one["Message-ID"]
    assert revised["In-Reply-To"] == one["Message-ID"]
    assert str(revised["References"]).split() == [str(one["References"]), str(one["Message-ID"])]
    other = build_message(build_unjudged("2026-11", "x", agreement(), place()), ENVELOPE)
    assert other["References"] == one["References"]
    assert other["Message-ID"] != one["Message-ID"]
    drill = build_message(built(amber(), is_drill=True), ENVELOPE)
    assert drill["Message-ID"] != one["Message-ID"]


def test_a_long_domain_leaves_ids_readable() -> None:
    envelope = Envelope(f"ai@{'long-name.' * 5}hospital.example", ("qa@hospital.example",))
    content = build_message(built(amber()).revised(3, ("x",)), envelope).as_bytes()
    assert b"=?" not in content.split(b"References:")[1].split(b"Auto-Submitted")[0]
    message = message_from_bytes(content, _class=EmailMessage, policy=default)
    assert len(str(message["References"]).split()) == 3


def test_no_machine_is_asked_to_answer() -> None:
    message = build_message(built(green()), ENVELOPE)
    assert message["Auto-Submitted"] == "auto-generated"


def test_the_picture_is_inline_with_words_in_its_place() -> None:
    message = read(build_message(built(amber()), ENVELOPE, chart=PNG))
    picture = next(part for part in message.walk() if part.get_content_type() == "image/png")
    html = message.get_body(("related", "html"))
    assert html is not None
    page = next(part for part in message.walk() if part.get_content_type() == "text/html").get_content()
    assert picture["Content-Disposition"].startswith("inline")
    assert f'src="cid:{picture["Content-ID"].strip("<>")}"' in page
    assert 'alt="Chart of the months up to Oct' in page.replace("\xa0", " ")
    assert picture.get_payload(decode=True) == PNG


def test_a_mail_is_at_most_100_kb_and_leaves_out_a_picture_that_is_too_large() -> None:
    long = "long " * 200
    rows = [monitor(f"m{n}", f"{n} {long}", "output", status="signal", event=long) for n in range(200)]
    rows += [monitor(f"n{n}", f"{n} {long}", "feed", status="not assessable", reason=f"{n} {long}") for n in range(200)]
    frames = amber(sentence=long, cause=long)
    frames |= {"drift_monitors": pl.DataFrame(rows, schema=frames["drift_monitors"].schema)}
    message = build_message(built(frames), ENVELOPE, chart=b"x" * 200_000)
    assert len(message.as_bytes()) <= LARGEST_BYTES
    assert "image/png" not in [part.get_content_type() for part in message.walk()]


def test_lines_of_the_message_are_ascii_and_short() -> None:
    for mail in all_mails():
        content = build_message(mail, ENVELOPE, chart=PNG).as_bytes()
        assert content.isascii()
        assert max(map(len, content.split(b"\r\n"))) <= 998


def test_no_pseudonym_of_a_device_is_in_a_mail() -> None:
    for mail in all_mails():
        assert "ab12cd" not in text_of(mail) + html_of(mail)
