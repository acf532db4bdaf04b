"""The passages of a mail in words, which text and HTML share, so that one cannot say what the other does not."""

from multisite.notify.content.mail import Change, MonthMail
from multisite.notify.content.written import day_words
from multisite.notify.form.signs import role_words

__all__ = ["change_details", "footer_lines", "head_lines", "task_lines", "trust_lines"]

_DRILL = "DRILL: this mail was sent to prove that it arrives. The change in it was made up; nothing has happened."


def head_lines(mail: MonthMail) -> list[str]:
    """What stands before the verdict: that it is a drill, an escalation or a revision."""
    lines = [_DRILL] if mail.is_drill else []
    if mail.overdue is not None:
        lines.append(
            f"Nobody has acknowledged case {mail.case_number} by {day_words(mail.overdue)}."
            " You are told because the site's agreement names you next."
        )
    if mail.revision > 1:
        lines.append(f"Revision {mail.revision}, in place of the mail before. {' '.join(mail.differences)}")
    return lines


def task_lines(mail: MonthMail) -> list[str]:
    """The one task, how to acknowledge, and who is told next."""
    task = mail.task
    due = f", by {day_words(task.due)}" if task.due else ""
    owner = role_words(task.owner)
    lines = [f"{task.act} Owner: {owner}{due}." if due else task.act]
    if task.told_next and task.next_day is not None:
        told = ", ".join(map(role_words, task.told_next))
        lines.append(f"Not acknowledged by {day_words(task.next_day)}, it goes to: {told}.")
    if task.unfilled:
        roles = ", ".join(map(role_words, task.unfilled))
        lines.append(f"Nobody is named in the site file for: {roles}.")
    return lines


def change_details(change: Change) -> list[str]:
    """What is said below the title of a change."""
    size = f"change {change.size}, " if change.size else ""
    lines = [
        f"{change.now}" + (f" ({change.usual})" if change.usual else ""),
        f"{size}n = {change.n_studies}, first seen {change.since}",
    ]
    if change.event:
        lines.append(f"goes with: {change.event}")
    if change.mix:
        lines.append(f"of the change: {change.mix}")
    return lines


def trust_lines(mail: MonthMail) -> list[str]:
    """How often it is wrong, and what it can be held to."""
    trust = mail.trust
    so_far = f". So far: {trust.so_far}" if trust.so_far else ""
    lines = [f"Wrong by design: {trust.budget}{so_far}."]
    if trust.could_show and not mail.is_short:
        lines.append(f"Smallest change that this month shows in 80 of 100 cases: {trust.could_show}.")
    page = f" · page {trust.page_sha256[:16]}" if trust.page_sha256 else ""
    verdict = f" · verdict {trust.verdict_sha256[:16]}" if trust.verdict_sha256 else ""
    lines.append(f"Baseline {trust.baseline[:16]}{verdict}{page} · run {trust.run[:12]}")
    lines.append(f"Ledger {trust.ledger_head} · {trust.n_entries:,} entries. Keep this mail: it proves them.")
    return lines


def footer_lines(mail: MonthMail) -> list[str]:
    """Volumes, cut-off, labels, contact, and what is not in the mail."""
    volumes = mail.volumes
    last = f" · data up to {volumes.cut_off}" if volumes.cut_off else ""
    labels = f" · {volumes.labels}" if volumes.labels else ""
    contact = [f"Contact: {mail.contact}"] if mail.contact else []
    page = [f"All months, inside the hospital, in the workspace: {mail.page}"] if mail.page else []
    hidden = f"No patient data in this mail; cells under {mail.minimum_cell} hidden."
    return [f"{volumes.received}{last}{labels}", *page, *contact, hidden]
