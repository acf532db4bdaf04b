"""A message gets out once, or stays, whatever the server does."""

import smtplib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from multisite.errors import ConfigError
from multisite.notify.delivery.smtp import Delivery, Server, deliver
from tests.lib.smtp_servers import PASSWORD, USER, Certificate, Mailbox, faulty_server, make_certificate, smtp_server

QA, AI = "qa@hospital.example", "ai@hospital.example"
MESSAGE = b"Subject: x\r\nMessage-ID: <1@x>\r\n\r\nbody\r\n"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def mailbox(certificate: Certificate) -> Iterator[Mailbox]:
    with smtp_server(certificate) as made:
        yield made


def server(port: int, **changes: Any) -> Server:
    given = {"host": "localhost", "port": port, "security": "starttls", "timeout_seconds": 5.0, "attempts": 3}
    return Server(**(given | {"user": USER, "password": PASSWORD} | changes))


def plain(port: int, **changes: Any) -> Server:
    return server(port, **({"security": "none", "user": None, "password": None} | changes))


def send(to: Server, *recipients: str) -> tuple[Delivery, list[float]]:
    waits: list[float] = []
    done = deliver(MESSAGE, sender="s@x.example", recipients=recipients or (QA,), server=to, sleep=waits.append)
    return done, waits


def test_a_message_goes_out_after_starttls_and_a_password(mailbox: Mailbox, certificate: Certificate) -> None:
    done, waits = send(server(mailbox.port, ca_file=str(certificate.certificate)), QA, AI)
    assert (done.accepted, done.refused, done.left, waits) == ((QA, AI), {}, (), [])
    assert mailbox.was_encrypted == [True]
    assert mailbox.taken[0][0] == (QA, AI)
    assert b"body" in mailbox.taken[0][1]


def test_a_message_goes_out_over_tls_from_the_first_byte(certificate: Certificate) -> None:
    with smtp_server(certificate, implicit_tls=True, needs_user=False) as mailbox:
        to = server(mailbox.port, security="tls", ca_file=str(certificate.certificate), user=None, password=None)
        assert send(to)[0].accepted == (QA,)
        assert len(mailbox.taken) == 1


def test_a_certificate_that_nobody_vouches_for_is_not_trusted_and_not_tried_again(mailbox: Mailbox) -> None:
    done, waits = send(server(mailbox.port))
    assert (done.accepted, done.left, waits) == ((), (QA,), [])
    assert "certificate" in done.reason
    assert mailbox.taken == []


def test_a_certificate_of_another_host_is_not_trusted(tmp_path: Path) -> None:
    other = make_certificate(tmp_path, "elsewhere.example")
    with smtp_server(other) as mailbox:
        done, _ = send(server(mailbox.port, ca_file=str(other.certificate)))
        assert done.left == (QA,)
        assert "certificate" in done.reason
        assert mailbox.taken == []


def test_a_wrong_password_leaves_the_message_and_is_not_tried_again(mailbox: Mailbox, certificate: Certificate) -> None:
    done, waits = send(server(mailbox.port, ca_file=str(certificate.certificate), password="wrong"))
    assert (done.left, done.refused, waits) == ((QA,), {}, [])
    assert "535" in done.reason
    assert mailbox.taken == []


def test_no_password_is_in_a_representation() -> None:
    assert PASSWORD not in repr(server(25))


def test_certificates_that_cannot_be_read_are_a_fault_of_the_site_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="ca_file"):
        send(server(1, ca_file=str(tmp_path / "none.pem")))


def test_a_refused_recipient_is_told_apart_from_those_who_have_it(mailbox: Mailbox, certificate: Certificate) -> None:
    mailbox.refuses.add(AI)
    done, _ = send(server(mailbox.port, ca_file=str(certificate.certificate)), QA, AI)
    assert (done.accepted, done.refused, done.left) == ((QA,), {AI: 550}, ())
    assert done.reason == "the server refused recipients (reply 550)"


def test_where_every_recipient_is_refused_nothing_is_left_to_try(mailbox: Mailbox, certificate: Certificate) -> None:
    mailbox.refuses |= {QA, AI}
    done, waits = send(server(mailbox.port, ca_file=str(certificate.certificate)), QA, AI)
    assert (done.accepted, done.refused, done.left, waits) == ((), {QA: 550, AI: 550}, (), [])


def test_a_greylisted_recipient_is_left_for_the_next_run(mailbox: Mailbox, certificate: Certificate) -> None:
    mailbox.puts_off.add(AI)
    done, waits = send(server(mailbox.port, ca_file=str(certificate.certificate)), QA, AI)
    assert (done.accepted, done.refused, done.left, waits) == ((QA,), {}, (AI,), [])
    assert "450" in done.reason


@pytest.mark.parametrize("script", ["421", "greylist"])
def test_a_server_that_puts_off_is_left_for_the_next_run(script: str) -> None:
    with faulty_server(script) as (port, _):
        done, waits = send(plain(port), QA, AI)
    assert (done.accepted, done.refused, done.left, waits) == ((), {}, (QA, AI), [])


def test_a_connection_that_is_refused_is_tried_again_after_growing_waits() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    done, waits = send(plain(port, attempts=4))
    assert (done.left, done.n_attempts, waits) == ((QA,), 4, [1.0, 2.0, 4.0])
    assert done.reason == "the server was not reached"


def test_a_server_that_breaks_off_in_the_message_is_tried_again() -> None:
    with faulty_server("drop once") as (port, commands):
        done, waits = send(plain(port))
    assert (done.accepted, done.n_attempts, waits) == ((QA,), 2, [1.0])
    assert commands.count("DATA") == 2


def test_a_server_that_always_breaks_off_leaves_the_message() -> None:
    with faulty_server("drop") as (port, _):
        done, waits = send(plain(port))
    assert (done.left, waits) == ((QA,), [1.0, 2.0])
    assert done.reason == "the server broke the connection off"


def test_a_server_that_does_not_answer_leaves_the_message() -> None:
    with faulty_server("hang") as (port, _):
        done, waits = send(plain(port, timeout_seconds=0.1, attempts=2))
    assert (done.left, waits) == ((QA,), [1.0])
    assert done.reason == "the server did not answer in time"


def test_a_server_that_refuses_the_message_itself_says_nothing_of_an_address() -> None:
    with faulty_server("refuse data") as (port, _):
        done, waits = send(plain(port), QA, AI)
    assert (done.refused, done.left, waits) == ({}, (QA, AI), [])
    assert done.reason == "the server answered 554"


def test_a_message_that_the_server_has_and_does_not_confirm_is_not_sent_again_at_once() -> None:
    with faulty_server("slow scanner") as (port, commands):
        done, waits = send(plain(port, timeout_seconds=0.2, confirm_seconds=0.3, attempts=5))
    assert (done.left, waits, commands.count("DATA")) == ((QA,), [], 1)
    assert "may have arrived" in done.reason


def test_a_server_that_takes_its_time_to_confirm_is_waited_for() -> None:
    with faulty_server("slow scanner") as (port, commands):
        done, _ = send(plain(port, timeout_seconds=0.2, confirm_seconds=10.0))
    assert (done.accepted, commands.count("DATA")) == ((QA,), 1)


def test_a_message_that_was_taken_is_not_sent_again_for_a_bad_goodbye() -> None:
    with faulty_server("bad quit") as (port, commands):
        done, _ = send(plain(port))
    assert done.accepted == (QA,)
    assert commands.count("DATA") == 1


def test_nothing_is_sent_where_encryption_is_asked_for_and_not_offered() -> None:
    with faulty_server("no starttls") as (port, commands):
        done, _ = send(server(port))
    assert done.left == (QA,)
    assert "STARTTLS" in done.reason
    assert "MAIL" not in commands
    assert "AUTH" not in commands


def test_what_the_server_writes_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise smtplib.SMTPDataError(554, b"blocked: someone@hospital.example")

    monkeypatch.setattr(smtplib.SMTP, "sendmail", fail)
    with faulty_server("plain") as (port, _):
        done, _ = send(plain(port))
    assert "someone" not in done.reason
