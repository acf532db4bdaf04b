"""The mail as HTML: one column of tables with styles in place, as Outlook renders it; light and dark."""

from collections.abc import Iterable
from html import escape as _escape

from multisite.notify.content.mail import MonthMail, StatusLine
from multisite.notify.content.written import closely, month_words
from multisite.notify.form.passages import change_details, footer_lines, head_lines, task_lines, trust_lines
from multisite.notify.form.signs import COLOURS, LINE_COLOURS, LINE_SHAPES, SHAPES, state_words, subject_of

__all__ = ["html_of"]

_FONT = "font-family:Segoe UI,Helvetica,Arial,sans-serif"
_INK, _MUTED, _RULE = "#1b1f23", "#59626b", "#dfe3e7"
_DARK = (
    "@media (prefers-color-scheme: dark){"
    ".page{background:#16191d!important}.ink{color:#e8eaed!important}.muted{color:#aab2ba!important}"
    ".rule{border-color:#3a4149!important}.code{background:#262b31!important}.chart{background:#ffffff!important}}"
)


def html_of(mail: MonthMail, *, chart: tuple[str, str] | None = None) -> str:
    """The page; ``chart`` is the content id of the inline picture and the text in its place."""
    rows = [_head(mail), *(_row(_paragraph(line, strong=True)) for line in head_lines(mail))]
    if mail.is_short:
        output = [
            f"{one.now}{f' ({one.usual})' if one.usual else ''}." for one in mail.lines if one.title == "AI output"
        ]
        rows.append(_row("".join(map(_paragraph, [mail.sentence, *output, *task_lines(mail)[:1]]))))
        rows += [_picture(chart), _small(trust_lines(mail)), _small(footer_lines(mail))]
    else:
        rows.append(_row(_paragraph(mail.sentence, large=True) + "".join(map(_paragraph, mail.notes))))
        rows += [_task(mail), _status(mail), _picture(chart), _changes(mail), _gaps(mail)]
        rows += [_heading("How far to trust this"), _small(trust_lines(mail)), _small(footer_lines(mail))]
    body = "\n".join(row for row in rows if row)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f"<title>{escape(subject_of(mail))}</title><style>{_DARK}</style></head>\n"
        f'<body class="page" style="margin:0;padding:0;background:#ffffff">\n'
        '<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" border="0"'
        ' style="background:#ffffff"><tr><td align="center" style="padding:12px 8px">\n'
        '<!--[if mso]><table role="presentation" width="600"><tr><td><![endif]-->\n'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"'
        f' style="max-width:600px;{_FONT};text-align:left">\n{body}\n</table>\n'
        "<!--[if mso]></td></tr></table><![endif]-->\n</td></tr></table>\n</body></html>\n"
    )


def escape(text: str) -> str:
    """``text`` as HTML."""
    return _escape(closely(text))


def _row(content: str, *, style: str = "padding:6px 0") -> str:
    return f'<tr><td style="{style}">{content}</td></tr>'


def _paragraph(text: str, *, strong: bool = False, large: bool = False) -> str:
    size = "18px;line-height:26px" if large else "15px;line-height:22px"
    weight = ";font-weight:bold" if strong or large else ""
    return f'<p class="ink" style="margin:0 0 6px;font-size:{size};color:{_INK}{weight}">{escape(text)}</p>'


def _head(mail: MonthMail) -> str:
    colour = COLOURS[mail.state]
    badge = f"{SHAPES[mail.state]}&nbsp;{escape(state_words(mail))}"
    where = f"{mail.site_title} · {mail.model_title} · {month_words(mail.month)}"
    return _row(
        f'<table role="presentation" cellpadding="0" cellspacing="0" border="0" width="100%"><tr>'
        f'<td style="border-left:8px solid {colour};padding:2px 0 2px 12px">'
        f'<div class="ink" style="font-size:22px;line-height:28px;font-weight:bold;color:{_INK}">'
        f'<span style="color:{colour}">{badge.split("&nbsp;")[0]}</span> {badge.split("&nbsp;")[1]}</div>'
        f'<div class="muted" style="font-size:14px;line-height:20px;color:{_MUTED}">{escape(where)}</div>'
        "</td></tr></table>",
        style="padding:4px 0 10px",
    )


def _heading(title: str) -> str:
    return _row(
        f'<h2 class="ink" style="margin:0;font-size:15px;line-height:20px;color:{_INK}">{escape(title)}</h2>',
        style="padding:14px 0 4px",
    )


def _task(mail: MonthMail) -> str:
    command = ""
    if mail.task.acknowledge:
        command = (
            f'<p class="muted" style="margin:0;font-size:13px;line-height:18px;color:{_MUTED}">To acknowledge, in the'
            f' hospital:</p><p class="code ink" style="margin:2px 0 0;padding:6px 8px;background:#f2f4f6;color:{_INK};'
            'font:13px/18px Consolas,Menlo,monospace;word-break:break-word">'
            f"{escape(mail.task.acknowledge)}</p>"
        )
    lines = task_lines(mail)
    content = _paragraph(lines[0], strong=True) + "".join(map(_paragraph, lines[1:])) + command
    return _heading("What to do") + _row(content, style="padding:0 0 4px")


def _status(mail: MonthMail) -> str:
    if not mail.lines:
        return ""
    rows = "".join(map(_status_row, mail.lines))
    table = '<table cellpadding="0" cellspacing="0" border="0" width="100%" style="border-collapse:collapse">'
    return _heading("Status") + _row(f"{table}{rows}</table>", style="padding:0")


def _status_row(line: StatusLine) -> str:
    cell = f'class="rule ink" valign="top" style="border-top:1px solid {_RULE};padding:6px 8px 6px 0;font-size:14px;'
    cell += f"line-height:20px;color:{_INK}"
    usual = f'<span class="muted" style="color:{_MUTED}"> ({escape(line.usual)})</span>' if line.usual else ""
    since = f", since {escape(line.since)}" if line.since else ""
    shape = f'<span style="color:{LINE_COLOURS[line.word]}">{LINE_SHAPES[line.word]}</span>'
    return (
        f'<tr><th scope="row" align="left" {cell};white-space:nowrap">{escape(line.title)}</th>'
        f'<td {cell};white-space:nowrap">{shape} {escape(line.word)}</td>'
        f'<td {cell}">{escape(line.now)}{usual}{since}</td></tr>'
    )


def _picture(chart: tuple[str, str] | None) -> str:
    if chart is None:
        return ""
    cid, words = chart
    return _row(
        f'<img class="chart" src="cid:{escape(cid)}" alt="{escape(words)}" width="600"'
        ' style="display:block;width:100%;max-width:600px;height:auto;border:0;background:#ffffff">',
        style="padding:12px 0 4px",
    )


def _changes(mail: MonthMail) -> str:
    if not mail.changes:
        return ""
    items = []
    for number, change in enumerate(mail.changes, start=1):
        details = "<br>".join(map(escape, change_details(change)))
        items.append(
            f'<p class="ink" style="margin:0 0 8px;font-size:14px;line-height:20px;color:{_INK}">'
            f"<b>{number}. {escape(change.title)}</b><br>{details}</p>"
        )
    more = [f"… and {mail.n_more_changes} more, on the page"] if mail.n_more_changes else []
    return _heading("What changed") + _row("".join(items) + "".join(map(_quiet, more)), style="padding:0")


def _gaps(mail: MonthMail) -> str:
    if not mail.gaps:
        return ""
    items = "".join(
        f'<p class="ink" style="margin:0 0 4px;font-size:14px;line-height:20px;color:{_INK}">'
        f"<b>{escape(gap.what)}:</b> {escape(gap.why)}</p>"
        for gap in mail.gaps
    )
    more = [f"… and {mail.n_more_gaps} more, on the page"] if mail.n_more_gaps else []
    return _heading("What could not be judged") + _row(items + "".join(map(_quiet, more)), style="padding:0")


def _quiet(text: str) -> str:
    style = f"margin:0 0 3px;font-size:12px;line-height:17px;color:{_MUTED};word-break:break-word"
    return f'<p class="muted" style="{style}">{escape(text)}</p>'


def _small(texts: Iterable[str]) -> str:
    start = f'<tr><td class="rule" style="border-top:1px solid {_RULE};padding:8px 0">'
    return f"{start}{''.join(map(_quiet, texts))}</td></tr>"
