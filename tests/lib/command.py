"""Calling the command line in this process, as the console script does."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from unittest.mock import patch

from multisite.cli.main import run

__all__ = ["Finished", "multisite"]


@dataclass(frozen=True, slots=True)
class Finished:
    """Exit code and what was printed."""

    exit_code: int
    out: str
    err: str


def multisite(*arguments: object) -> Finished:
    """``multisite <arguments>``."""
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    with patch.object(sys, "argv", ["multisite", *map(str, arguments)]), redirect_stdout(out), redirect_stderr(err):
        try:
            run()
        except SystemExit as stop:
            code = stop.code
    return Finished(code if isinstance(code, int) else 0 if code is None else 1, out.getvalue(), err.getvalue())
