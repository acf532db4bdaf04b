"""Makes Evidently's page and snapshot a function of their content: equal inputs then give equal bytes.

Evidently numbers its widgets with time-based identifiers, and goes over sets of strings, so that the order of its keys
and the last digits of a statistic change from process to process. Identifiers are replaced by their order of
appearance, keys are sorted, and numbers are cut to twelve significant digits. NaN, which JSON lacks, becomes null.
"""

import html
import json
import math
import re
from collections.abc import Mapping
from typing import Any

__all__ = ["stable_json", "stable_page"]

_TIME_BASED = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_DASHBOARD = re.compile(r"metric_[0-9a-f]{32}")
_VARIABLE = re.compile(r"var \w+ = (?=[\[{])")


def stable_json(content: Any) -> bytes:
    """``content`` as UTF-8 JSON."""
    return json.dumps(_stable(content, {}), ensure_ascii=False, allow_nan=False, sort_keys=True).encode()


def stable_page(page: str, *, title: str, notice: str, left_out: Mapping[str, str]) -> bytes:
    """``page`` under a ``title``, a ``notice``, and the monitors that it does not show, each with its reason."""
    head, body = page.split("</head>", 1)
    identifiers: dict[str, str] = {}
    parts, position = [], 0
    for variable in _VARIABLE.finditer(head):
        if variable.end() < position:
            continue
        content, end = json.JSONDecoder().raw_decode(head, variable.end())
        # "</" would close the script element that the data stand in.
        data = json.dumps(_stable(content, identifiers), allow_nan=False, sort_keys=True).replace("</", "<\\/")
        parts += [head[position : variable.end()], data]
        position = end
    head = "".join([*parts, head[position:]])
    body = body.replace("<body>", f"<body>\n{_banner(title, notice, left_out)}", 1)
    head = f"{head}<title>{html.escape(title)}</title>\n"
    return _DASHBOARD.sub("evidently_dashboard", f"{head}</head>{body}").encode()


def _stable(content: Any, identifiers: dict[str, str]) -> Any:
    if isinstance(content, dict):
        return {_stable(key, identifiers): _stable(value, identifiers) for key, value in sorted(content.items())}
    if isinstance(content, list | tuple):
        return [_stable(value, identifiers) for value in content]
    if isinstance(content, float):
        return float(f"{content:.12g}") if math.isfinite(content) else None
    if isinstance(content, str) and _TIME_BASED.fullmatch(content):
        return identifiers.setdefault(content, f"widget-{len(identifiers)}")
    return content


def _banner(title: str, notice: str, left_out: Mapping[str, str]) -> str:
    items = "".join(f"<li>{html.escape(name)}: {html.escape(why)}</li>" for name, why in sorted(left_out.items()))
    listed = f"<p>Not shown:</p><ul>{items}</ul>" if items else ""
    style = "font-family: sans-serif; margin: 24px; padding: 8px 16px; border: 2px solid #444; max-width: 1100px"
    return f'<section style="{style}"><h1>{html.escape(title)}</h1><p>{html.escape(notice)}</p>{listed}</section>'
