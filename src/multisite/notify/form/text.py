"""The mail as plain text: 72 columns, aligned, complete without any picture."""

import textwrap
from collections.abc import Iterable

from multisite.notify.content.mail import MonthMail, StatusLine
from multisite.notify.content.written import closely, month_words
from multisite.notify.form.passages import change_details, footer_lines, head_lines, task_lines, trust_lines
from multisite.notify.form.signs import LINE_SHAPES, SHAPES, state_words

__all__ = ["WIDTH", "text_of"]

WIDTH = 72
_LABEL, _STATUS = 11, 17


def text_of(mail: MonthMail) -> str:
    """The whole text, lines of at most 72 characters but for the command that acknowledges."""
    blocks = [_title(mail), *([line] for line in _wrapped(head_lines(mail)))]
    if mail.is_short:
        blocks += [[*_wrap(mail.sentence), *_wrap(_in_short(mail)), *_wrapped(task_lines(mail)[:1])]]
        blocks += [_joined([*trust_lines(mail)]), _joined(footer_lines(mail))]
        return _written(blocks)
    blocks += [_wrap(mail.sentence), _joined(mail.notes), _section("WHAT TO DO", task_lines(mail), command=mail)]
    blocks += [_status(mail), _changes(mail), _gaps(mail)]
    blocks += [_section("HOW FAR TO TRUST THIS", trust_lines(mail)), ["-" * WIDTH, *_joined(footer_lines(mail))]]
    return _written(blocks)


def _written(blocks: Iterable[list[str]]) -> str:
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks if block) + "\n"


def _wrap(text: str, *, first: str = "", indent: str = "") -> list[str]:
    lines = textwrap.wrap(
        closely(text),
        WIDTH,
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]


def _wrapped(texts: Iterable[str]) -> list[str]:
    return ["\n".join(_wrap(text)) for text in texts]


def _joined(texts: Iterable[str]) -> list[str]:
    return [line for text in texts for line in _wrap(text)]


def _title(mail: MonthMail) -> list[str]:
    head = f"{SHAPES[mail.state]} {state_words(mail)}"
    return [head, *_wrap(f"{mail.site_title} · {mail.model_title} · {month_words(mail.month)}")]


def _in_short(mail: MonthMail) -> str:
    """The model's output and the volume, in one line."""
    output = next((line for line in mail.lines if line.title == "AI output"), None)
    shown = f"{output.now}{f' ({output.usual})' if output.usual else ''}" if output is not None else ""
    return f"{shown}. {mail.volumes.received}." if shown else f"{mail.volumes.received}."


def _section(title: str, texts: Iterable[str], *, command: MonthMail | None = None) -> list[str]:
    lines = [title, *_joined(texts)]
    if command is not None and command.task.acknowledge:
        # On one line, however long: it is copied into a terminal.
        lines += ["To acknowledge, in the hospital:", f"  {command.task.acknowledge}"]
    return lines


def _status(mail: MonthMail) -> list[str]:
    return ["STATUS", *(text for line in mail.lines for text in _status_line(line))] if mail.lines else []


def _status_line(line: StatusLine) -> list[str]:
    start = f"{line.title:<{_LABEL}}{f'{LINE_SHAPES[line.word]} {line.word}':<{_STATUS}}"
    blank = " " * (_LABEL + _STATUS)
    usual = f" ({line.usual})" if line.usual else ""
    since = f", since {line.since}" if line.since else ""
    return _wrap(f"{line.now}{usual}{since}", first=start, indent=blank)


def _changes(mail: MonthMail) -> list[str]:
    if not mail.changes:
        return []
    lines = ["WHAT CHANGED"]
    for number, change in enumerate(mail.changes, start=1):
        lines += _wrap(change.title, first=f"{number}. ", indent="   ")
        for detail in change_details(change):
            lines += _wrap(detail, first="   ", indent="     ")
    return [*lines, *([f"   … and {mail.n_more_changes} more, on the page"] if mail.n_more_changes else [])]


def _gaps(mail: MonthMail) -> list[str]:
    if not mail.gaps:
        return []
    lines = ["WHAT COULD NOT BE JUDGED"]
    for gap in mail.gaps:
        lines += _wrap(f"{gap.what}: {gap.why}", first="- ", indent="  ")
    return [*lines, *([f"  … and {mail.n_more_gaps} more, on the page"] if mail.n_more_gaps else [])]
