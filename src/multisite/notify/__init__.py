"""The monthly mail: what a hospital is told of a month, and that it is told once.

Belongs here: the content of a mail from the verdict's artefacts (``content``), its forms (``form``: text, HTML,
message), and its delivery (``delivery``: outbox, SMTP, bounces). Does not belong: any verdict or statistic, which the
drift room makes, and any row of a single study. Only the command line imports it; ``pack`` and this room never see each
other. The only home of ``smtplib``.
"""

from multisite.notify.content.agreement import Agreement, Step
from multisite.notify.content.building import build_mail, build_unjudged
from multisite.notify.content.mail import MonthMail
from multisite.notify.content.tables import MonthTables
from multisite.notify.content.trust import Place
from multisite.notify.delivery.outbox import Outbox, Record, RecordState
from multisite.notify.delivery.smtp import Server, deliver
from multisite.notify.form.message import Envelope, build_message

__all__ = [
    "Agreement",
    "Envelope",
    "MonthMail",
    "MonthTables",
    "Outbox",
    "Place",
    "Record",
    "RecordState",
    "Server",
    "Step",
    "build_mail",
    "build_message",
    "build_unjudged",
    "deliver",
]
