"""Reports of mails that came back (RFC 3464), read from files as a mailbox saves them."""

from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default

__all__ = ["Bounce", "read_bounce"]


@dataclass(frozen=True, slots=True)
class Bounce:
    """The mail that came back, by its Message-ID, and the addresses that it did not reach."""

    message_id: str
    addresses: tuple[str, ...]


def read_bounce(content: bytes) -> Bounce | None:
    """The bounce in a message; None where it is no report of a failed delivery, or does not say of which mail.

    A message that is none by the standards is no report: anything may lie in a mailbox.
    """
    try:
        message = message_from_bytes(content, _class=EmailMessage, policy=default)
        failed = tuple(dict.fromkeys(_failed(message)))
        original = next(_originals(message), None)
    except (AttributeError, LookupError, TypeError, ValueError):
        return None
    return Bounce(original, failed) if original and failed else None


def _failed(message: Message) -> Iterator[str]:
    for part in message.walk():
        if str(part.get("Action", "")).strip().lower() == "failed":
            # Behind an alias the final address is another than the one that the mail was sent to.
            for name in ("Original-Recipient", "Final-Recipient"):
                _, _, address = str(part.get(name, "")).rpartition(";")
                if address.strip():
                    yield address.strip().lower()


def _originals(message: Message) -> Iterator[str]:
    for part in message.walk():
        if part.get_content_type() == "text/rfc822-headers":
            payload = part.get_payload(decode=True)
            headers = message_from_bytes(payload if isinstance(payload, bytes) else b"")
            yield from filter(None, [str(headers.get("Message-ID", "")).strip()])
        elif part is not message and part.get("Message-ID"):
            yield str(part["Message-ID"]).strip()
