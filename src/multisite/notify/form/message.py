"""The message: headers that thread the months of a site and model, text, HTML and one inline picture."""

from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from multisite.notify.content.mail import MonthMail
from multisite.notify.content.written import month_words
from multisite.notify.form.html import html_of
from multisite.notify.form.signs import state_words, subject_of
from multisite.notify.form.text import text_of
from multisite.storage.canonical import digest_of
from multisite.vocabulary import DriftState

__all__ = ["LARGEST_BYTES", "Envelope", "addressed", "build_message", "kind_of", "message_id"]

LARGEST_BYTES = 100_000
"""Of a whole message; a picture that does not fit into it is left out."""

_CHART = "chart"
_LONGEST_DOMAIN = 40


@dataclass(frozen=True, slots=True)
class Envelope:
    """From whom, to whom."""

    sender: str
    to: tuple[str, ...]

    @property
    def domain(self) -> str:
        """Domain of the sender, which message ids end in; of a long one the last labels.

        A header that is longer than a line would be encoded, and be no id any more.
        """
        labels = self.sender.rpartition("@")[2].split(".")
        ends = (".".join(labels[start:]) for start in range(len(labels)))
        return next((end for end in ends if len(end) <= _LONGEST_DOMAIN), "multisite.invalid")


def kind_of(mail: MonthMail) -> str:
    """What tells two mails on one month and revision apart: an escalation, a drill, a later fault, or nothing."""
    if mail.is_drill:
        return f"drill {mail.trust.run}"
    if mail.is_fault:
        return "fault"
    return f"late {mail.case_number}" if mail.overdue is not None else ""


def message_id(*, study: str, site: str, model: str, month: str, revision: int, kind: str, domain: str) -> str:
    """The same for the same month and revision, wherever and whenever it is made; short, for headers are folded."""
    short = digest_of([study, site, model, kind])[:20]
    return f"<{month}.r{revision}.{short}@{domain}>"


def build_message(mail: MonthMail, envelope: Envelope, *, chart: bytes | None = None) -> EmailMessage:
    """The message, ready to be sent; ``chart`` is a PNG.

    Raises
    ------
    ValueError
        When it is larger than 100 kB without any picture.
    """
    for picture in (chart, None):
        message = _message(mail, envelope, picture)
        if len(message.as_bytes()) <= LARGEST_BYTES:
            return message
    raise ValueError("the mail is larger than 100 kB")


def addressed(message: bytes, addresses: tuple[str, ...]) -> bytes:
    """A message that was built before, with these addresses in its header."""
    held = message_from_bytes(message, _class=EmailMessage, policy=SMTP)
    to = ", ".join(addresses)
    if str(held["To"]) == to:
        return message
    held.replace_header("To", to)
    return held.as_bytes()


def _message(mail: MonthMail, envelope: Envelope, chart: bytes | None) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    named = {"study": mail.study, "site": mail.site, "model": mail.model, "domain": envelope.domain}
    kind = kind_of(mail)
    # The first mail of a thread may be of any month, so that all hang on an id that no mail has.
    root = message_id(**named, month="all", revision=0, kind="")
    earlier = [message_id(**named, month=mail.month, revision=n, kind="") for n in range(1, mail.revision)]
    if mail.overdue is not None:
        earlier.append(message_id(**named, month=mail.month, revision=mail.revision, kind=""))
    message["From"] = f"multisite <{envelope.sender}>"
    message["To"] = ", ".join(envelope.to)
    message["Subject"] = subject_of(mail)
    message["Date"] = format_datetime(mail.sent)
    message["Message-ID"] = message_id(**named, month=mail.month, revision=mail.revision, kind=kind)
    message["In-Reply-To"] = earlier[-1] if earlier else root
    message["References"] = " ".join([root, *earlier])
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    if mail.state is DriftState.RED:
        message["Importance"] = "high"
    # Lines of text stay under the limit of SMTP, and servers without 8BITMIME take it.
    message.set_content(text_of(mail), cte="quoted-printable")
    shown = (f"{_CHART}.{mail.month}@{envelope.domain}", _alternative(mail)) if chart is not None else None
    message.add_alternative(html_of(mail, chart=shown), subtype="html", cte="quoted-printable")
    if chart is not None and shown is not None:
        html = message.get_payload()[1]  # type: ignore[index]  # the alternatives that were just added
        html.add_related(chart, "image", "png", cid=f"<{shown[0]}>", disposition="inline", filename="chart.png")  # type: ignore[union-attr]
    return message


def _alternative(mail: MonthMail) -> str:
    lines = "; ".join(f"{line.title} {line.word}" for line in mail.lines)
    return f"Chart of the months up to {month_words(mail.month)}: {state_words(mail)}. {lines}."
