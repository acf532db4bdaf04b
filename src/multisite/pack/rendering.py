"""A template, its style sheets and the one script, rendered to a self-contained document."""

import base64
import hashlib
from collections.abc import Callable
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

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
    # Macros see what is global, and not what a page is filled with.
    environment.globals["planned"] = planned
    return environment.get_template(template).render(
        style="\n".join((templates / name).read_text(encoding="utf-8") for name in styles),
        script=script,
        script_digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        **content,
    )


def data_link(csv: str) -> str:
    """A link that holds all of a CSV text."""
    return "data:text/csv;charset=utf-8," + quote(csv, safe="/:;,()=+*'!~@$&?")
