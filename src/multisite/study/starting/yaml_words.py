"""Values and comments as they are written into a YAML file that people read."""

import re
import textwrap

import yaml

__all__ = ["WIDTH", "comment", "number", "scalar"]

WIDTH = 120
_NO_FOLD = 1_000_000_000
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 _-]*[A-Za-z0-9]|[A-Za-z]")


def scalar(text: str) -> str:
    """``text`` on one line, in quotes unless YAML reads it as that text without them, in lists and mappings, too."""
    if _PLAIN.fullmatch(text) and yaml.safe_load(text) == text:
        return text
    # JSON's quoting would leave line breaks that only YAML knows (U+0085, U+2028) and characters that it refuses.
    return str(yaml.safe_dump(text, default_style='"', allow_unicode=True, width=_NO_FOLD)).rstrip("\n")


def number(value: float) -> str:
    """A number that YAML reads as one; Python's own 1e-05 would be a text."""
    return str(yaml.safe_dump(value)).split("\n", 1)[0]


def comment(text: str, *, indent: int = 0) -> str:
    """``text`` as a comment of as many lines as it takes, with the last line's end."""
    begin = f"{' ' * indent}# "
    return textwrap.fill(text, WIDTH, initial_indent=begin, subsequent_indent=begin, break_on_hyphens=False) + "\n"
