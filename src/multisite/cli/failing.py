"""How a failure looks: one line of fact, one of place, one of what to do; the traceback only when asked for."""

import sys
import traceback
from typing import NoReturn

from multisite.errors import MultisiteError

__all__ = ["exit_with"]


def exit_with(error: MultisiteError, *, debug: bool) -> NoReturn:
    """Print ``error`` to standard error and leave with its exit code."""
    if debug:
        traceback.print_exception(error)
    first, *more = error.fact.splitlines() or [""]
    lines = [f"error: {first}", *(f"       {line}" for line in more)]
    if error.place:
        lines.append(f"    at: {error.place}")
    if error.remedy:
        lines.append(f"do now: {error.remedy}")
    sys.stderr.write("\n".join(lines) + "\n")
    raise SystemExit(error.exit_code)
