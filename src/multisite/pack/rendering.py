"""A template, its style sheets and the one script, rendered to a self-contained document."""

import base64
import hashlib
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

__all__ = ["rendered"]

_SCRIPT = "report.js"


def rendered(template: str, *, styles: tuple[str, ...] = ("report.css",), **content: Any) -> str:
    """``template`` filled with ``content``; the script is allowed by its digest, and nothing else is."""
    templates = files(__package__) / "templates"
    script = (templates / _SCRIPT).read_text(encoding="utf-8")
    environment = Environment(
        loader=PackageLoader(__package__, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(
        style="\n".join((templates / name).read_text(encoding="utf-8") for name in styles),
        script=script,
        script_digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        **content,
    )
