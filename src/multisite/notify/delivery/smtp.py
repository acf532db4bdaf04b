"""One message to one SMTP server, encrypted and with its certificate checked, as often as the server asks for.

No error, and nothing that is returned, holds what the server wrote: servers quote addresses.
"""

import contextlib
import smtplib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from multisite.errors import ConfigError

__all__ = ["Delivery", "Server", "deliver"]

_LONGEST_WAIT = 60.0
_PERMANENT = 500
_END_OF_MESSAGE = b"\r\n.\r\n"


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server; ``security`` is starttls, tls or none. The password is in no representation."""

    host: str
    port: int
    security: str
    timeout_seconds: float
    attempts: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    confirm_seconds: float = 600.0
    """How long the server may take to say that it has the message: scanners of content take minutes (RFC 5321)."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message: accepted for, refused for good for, and not yet taken for these addresses.

    ``refused`` holds the server's reply codes; ``reason`` says why some are left, without quoting the server; with
    ``is_down`` it was tried as often as it may be, and other messages will fare no better now.
    """

    accepted: tuple[str, ...]
    refused: dict[str, int]
    left: tuple[str, ...]
    reason: str
    n_attempts: int
    is_down: bool = False


@dataclass(frozen=True, slots=True)
class _Answer:
    """``is_passing`` says that the fault may be gone in seconds, so that this run tries again."""

    reason: str
    is_passing: bool = False


class _HandedOver(smtplib.SMTP):
    """A client that knows when the whole message is with the server, and then waits longer for the answer."""

    confirm_seconds = 0.0
    is_handed_over = False

    def send(self, s: object) -> None:
        super().send(s)  # type: ignore[arg-type]  # a buffer or a text, as in the library
        if isinstance(s, bytes) and s.endswith(_END_OF_MESSAGE) and self.sock is not None:
            self.is_handed_over = True
            self.sock.settimeout(max(self.confirm_seconds, self.timeout))


class _HandedOverByTLS(smtplib.SMTP_SSL, _HandedOver):
    """The same, encrypted from the first byte."""


def deliver(
    message: bytes, *, sender: str, recipients: Sequence[str], server: Server, sleep: Callable[[float], None]
) -> Delivery:
    """Send ``message``; a server that is not reached or breaks off is tried again after 1, 2, 4, … seconds.

    What a server puts off (replies from 400 to 499, as greylisting does) is left for the next run: minutes must pass.
    So is what it refuses for a reason that is not one of the addresses (the sender, the message, a password), and a
    message that it has and does not confirm in time: tried again at once, it would arrive many times.

    Raises
    ------
    ConfigError
        When the file of certificates cannot be read.
    """
    context = _context(server)
    answer = _Answer("")
    for attempt in range(server.attempts):
        if attempt:
            sleep(min(2.0 ** (attempt - 1), _LONGEST_WAIT))
        try:
            refusals = _send_once(message, sender, recipients, server, context)
        except smtplib.SMTPRecipientsRefused as error:
            refusals = {address: code for address, (code, _) in error.recipients.items()}
        except (smtplib.SMTPException, OSError) as error:
            answer = _answer(error)
            if answer.is_passing:
                continue
            return Delivery((), {}, tuple(recipients), answer.reason, attempt + 1)
        return _sorted(recipients, refusals, attempt + 1)
    return Delivery((), {}, tuple(recipients), answer.reason, server.attempts, is_down=True)


def _sorted(recipients: Sequence[str], refusals: dict[str, int], n_attempts: int) -> Delivery:
    # After a 421 the server takes none of those that it was not asked for.
    closed = not set(recipients) - set(refusals) or 421 not in refusals.values()
    refused = {address: code for address, code in refusals.items() if code >= _PERMANENT}
    put_off = tuple(address for address in recipients if address in refusals and address not in refused)
    accepted = tuple(address for address in recipients if address not in refusals) if closed else ()
    left = put_off if closed else tuple(address for address in recipients if address not in refused)
    codes = ", ".join(str(code) for code in sorted({refusals[address] for address in put_off}))
    reason = f"the server put recipients off (reply {codes})" if left else ""
    if refused and not left:
        codes = ", ".join(map(str, sorted(set(refused.values()))))
        reason = f"the server refused recipients (reply {codes})"
    return Delivery(accepted, refused, left, reason, n_attempts)


def _send_once(
    message: bytes, sender: str, recipients: Sequence[str], server: Server, context: ssl.SSLContext
) -> dict[str, int]:
    """Reply codes by refused address."""
    smtp = _connected(server, context)
    smtp.confirm_seconds = server.confirm_seconds
    try:
        if server.user is not None and server.password is not None:
            smtp.login(server.user, server.password)
        refusals = smtp.sendmail(sender, list(recipients), message)
    except BaseException as error:
        smtp.close()
        if smtp.is_handed_over and _is_late(error):
            raise _UnconfirmedError from error
        raise
    # The server has taken the message; how it says goodbye changes nothing.
    with contextlib.suppress(smtplib.SMTPException, OSError):
        smtp.quit()
    return {address: code for address, (code, _) in refusals.items()}


class _UnconfirmedError(OSError):
    """The server has the whole message, and did not say so in time."""


def _is_late(error: BaseException) -> bool:
    # The client of the standard library tells a late answer and a broken connection in one way.
    return isinstance(error, TimeoutError) or (
        isinstance(error, smtplib.SMTPServerDisconnected) and isinstance(error.__context__, TimeoutError)
    )


def _connected(server: Server, context: ssl.SSLContext) -> _HandedOver:
    if server.security == "tls":
        return _HandedOverByTLS(server.host, server.port, timeout=server.timeout_seconds, context=context)
    smtp = _HandedOver(server.host, server.port, timeout=server.timeout_seconds)
    if server.security == "starttls":
        try:
            smtp.starttls(context=context)
        except BaseException:
            smtp.close()
            raise
    return smtp


def _context(server: Server) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=server.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            "the certificates of `monthly.server.ca_file` cannot be read",
            place="site file, section `monthly`",
            remedy="Name a PEM file with the certificate of the authority that signed the mail server's.",
        ) from error


def _answer(error: Exception) -> _Answer:
    match error:
        case ssl.SSLCertVerificationError():
            return _Answer("the server's certificate is not trusted; see `ca_file` and `host`")
        case smtplib.SMTPNotSupportedError():
            return _Answer("the server offers no STARTTLS or no way to authenticate that is known")
        case smtplib.SMTPAuthenticationError():
            # The mail is sound, and goes out once the password is mended.
            return _Answer(f"the server refuses user or password (reply {error.smtp_code})")
        case smtplib.SMTPResponseException() if error.smtp_code > 0:
            return _Answer(f"the server answered {error.smtp_code}")
        case _UnconfirmedError():
            return _Answer("the server has the message and did not confirm it in time; it may have arrived")
        case _ if _is_late(error):
            return _Answer("the server did not answer in time", is_passing=True)
        case smtplib.SMTPServerDisconnected():
            return _Answer("the server broke the connection off", is_passing=True)
        case ssl.SSLError():
            return _Answer("no encrypted connection came about; see `security` and `port`")
        case OSError():
            return _Answer("the server was not reached", is_passing=True)
    return _Answer("the server answered what is not understood")
