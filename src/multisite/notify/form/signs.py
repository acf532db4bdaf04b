"""States and words with their shapes and colours: a word first, then a shape, and a colour last."""

from multisite.notify.content.mail import MonthMail
from multisite.notify.content.written import month_words
from multisite.vocabulary import DriftState

__all__ = ["COLOURS", "LINE_COLOURS", "LINE_SHAPES", "SHAPES", "role_words", "state_words", "subject_of"]

SHAPES = {
    DriftState.GREEN: "●",
    DriftState.GREY: "○",
    DriftState.AMBER_1: "▲",
    DriftState.AMBER_2: "▲▲",
    DriftState.RED: "■",
}
COLOURS = {
    DriftState.GREEN: "#009e73",
    DriftState.GREY: "#8a949e",
    DriftState.AMBER_1: "#e69f00",
    DriftState.AMBER_2: "#e69f00",
    DriftState.RED: "#d55e00",
}
"""Of Okabe and Ito, but for the grey."""

LINE_SHAPES = {
    "in range": "●",
    "changed": "▲",
    "planned change": "◆",
    "muted": "◇",
    "not judged": "○",
    "not watched": "–",
}
LINE_COLOURS = {
    "in range": "#009e73",
    "changed": "#d55e00",
    "planned change": "#0072b2",
    "muted": "#8a949e",
    "not judged": "#8a949e",
    "not watched": "#8a949e",
}


def state_words(mail: MonthMail) -> str:
    """The state as subject and first line write it; a drill says so before anything else."""
    late = " unacknowledged" if mail.overdue is not None else ""
    return f"{'DRILL ' if mail.is_drill else ''}{mail.state.value}{late}"


def subject_of(mail: MonthMail) -> str:
    """The subject, of the same shape every month: state, site, model, month, cause."""
    parts = [mail.site_title, mail.model_title, month_words(mail.month), mail.cause]
    revision = f" (revision {mail.revision})" if mail.revision > 1 else ""
    return f"[{state_words(mail)}] {' - '.join(parts)}{revision}"


def role_words(role: str) -> str:
    """A role of the site file as it is read: ``qa_lead`` as QA lead."""
    words = role.replace("_", " ").replace("-", " ").split()
    return " ".join(word.upper() if word in ("qa", "ai", "it", "pacs") else word for word in words)
