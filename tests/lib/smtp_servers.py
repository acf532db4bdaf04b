"""SMTP servers on loopback: one that behaves (TLS, authentication), and one that fails in every way."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

__all__ = ["PASSWORD", "USER", "Certificate", "Mailbox", "faulty_server", "make_certificate", "smtp_server"]

USER, PASSWORD = "ai-monitor", "correct horse"


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate, which is its own authority, and its key."""

    certificate: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def make_certificate(folder: Path, name: str = "localhost") -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    files = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    files.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


@dataclass
class Mailbox:
    """What a server has taken: recipients and bytes of each message. ``refuses`` and ``puts_off`` are addresses."""

    port: int = 0
    taken: list[tuple[tuple[str, ...], bytes]] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    puts_off: set[str] = field(default_factory=set)
    was_encrypted: list[bool] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802  # as aiosmtpd calls it
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address in self.refuses:
            return "550 5.1.1 no such user"
        if address in self.puts_off:
            return "450 4.7.1 greylisted, try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  # as aiosmtpd calls it
        self, server: Any, session: Any, envelope: Any
    ) -> str:
        self.taken.append((tuple(envelope.rcpt_tos), envelope.content))
        self.was_encrypted.append(session.ssl is not None)
        return "250 OK"


def _authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    known = LoginPassword(USER.encode(), PASSWORD.encode())
    # Unhandled: the server then answers 535 by itself.
    return AuthResult(success=isinstance(data, LoginPassword) and data == known, handled=False)


@contextmanager
def smtp_server(
    certificate: Certificate | None, *, implicit_tls: bool = False, needs_user: bool = True
) -> Iterator[Mailbox]:
    """A server that takes mail: after STARTTLS and a password, unless told otherwise."""
    mailbox = Mailbox()
    security: dict[str, Any] = {}
    if certificate is not None and implicit_tls:
        security = {"ssl_context": certificate.server_context()}
    elif certificate is not None:
        security = {"tls_context": certificate.server_context(), "require_starttls": True}
    controller = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=_free_port(),
        authenticator=_authenticate,
        auth_required=needs_user,
        auth_require_tls=not implicit_tls and certificate is not None,
        **security,
    )
    controller.start()
    mailbox.port = controller.port
    try:
        yield mailbox
    finally:
        controller.stop()


Script = Callable[[socket.socket], None]


@contextmanager
def faulty_server(script: str) -> Iterator[tuple[int, list[str]]]:
    """A plain server that does as ``script`` says, on every connection; its port, and the commands that it was given.

    ``hang`` never answers; ``421`` greets with it; ``drop`` breaks off in the midst of the message, ``drop once`` the
    first time; ``greylist`` puts off the recipient; ``refuse data`` says 554 to the message; ``no starttls`` offers
    none; ``bad quit`` takes the message and says 421 to the goodbye; ``slow scanner`` takes a second to confirm it.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    commands: list[str] = []
    stopped = threading.Event()
    n_connections = 0

    def serve() -> None:
        nonlocal n_connections
        while not stopped.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            n_connections += 1
            with connection:
                connection.settimeout(5)
                _converse(connection, script, n_connections, commands, stopped)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1], commands
    finally:
        stopped.set()
        thread.join(10)
        listener.close()


def _converse(
    connection: socket.socket, script: str, number: int, commands: list[str], stopped: threading.Event
) -> None:
    def say(line: str) -> None:
        connection.sendall(line.encode() + b"\r\n")

    if script == "hang":
        while not stopped.is_set():
            time.sleep(0.02)
        return
    if script == "421":
        say("421 4.3.2 try again later")
        return
    say("220 faulty")
    reader = connection.makefile("rb")
    while line := reader.readline().decode().strip():
        word = line.split()[0].upper()
        commands.append(word)
        if word == "DATA":
            say("354 go on")
            if script == "drop" or (script == "drop once" and number == 1):
                reader.readline()
                return
            while reader.readline().strip() != b".":
                pass
            stopped.wait(1.0 if script == "slow scanner" else 0.0)
        say(_ANSWERS.get((script, word)) or _USUAL.get(word, "250 fine"))
        if word == "QUIT":
            return


_ANSWERS = {
    ("greylist", "RCPT"): "451 4.7.1 greylisted",
    ("bad quit", "QUIT"): "421 closing",
    ("refuse data", "DATA"): "554 5.7.1 spam",
}
_USUAL = {"QUIT": "221 bye"}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
