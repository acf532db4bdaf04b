"""A template, its style sheets and the one script, rendered to a self-contained document."""

import base64
import hashlib
import re
from collections.abc import Callable
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

__all__ = ["data_link", "rendered"]


def rendered(
    template: str,
    *,
    styles: tuple[str, ...] = ("report.css",),
    scripts: tuple[str, ...] = ("report.js",),
    planned: Callable[[str], str] = lambda slug: "",
    **content: Any,
) -> str:
    """``template`` filled with ``content``; the script is allowed by its digest, and nothing else is.

    ``planned`` gives the note of an exhibit, by its slug, on what of it was planned.
    """
    templates = files(__package__) / "templates"
    script = "\n".join((templates / name).read_text(encoding="utf-8") for name in scripts)
    environment = Environment(
        loader=PackageLoader(__package__, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["data_link"] = data_link
    environment.filters["coded"] = coded
    # Macros see what is global, and not what a page is filled with.
    environment.globals["planned"] = planned
    page = environment.get_template(template).render(
        style="\n".join((templates / name).read_text(encoding="utf-8") for name in styles),
        script=script,
        script_digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        **content,
    )
    return without_gaps(page)


def without_gaps(page: str) -> str:
    """``page`` with headings that skip no level: exhibits stand below chapters and below parts of chapters alike."""
    above: list[int] = []

    def moved(found: re.Match[str]) -> str:
        level = int(found[3])
        if not found[1]:
            while above and above[-1] >= level:
                above.pop()
            above.append(level)
        return f"<{found[1]}h{len(above)}{found[4]}"

    return re.sub(r"<(/?)(h)([1-6])\b([^>]*>)", moved, page)


def coded(text: str) -> Markup:
    """``text`` with what stands between backticks as code, which may be broken after its dots."""
    parts = re.sub(r"`([^`]+)`", lambda found: f"<code>{found[1].replace('.', '.<wbr>')}</code>", str(escape(text)))
    return Markup(parts)  # noqa: S704  # it is escaped


def data_link(csv: str) -> str:
    """A link that holds all of a CSV text."""
    return "data:text/csv;charset=utf-8," + quote(csv, safe="/:;,()=+*'!~@$&?")
