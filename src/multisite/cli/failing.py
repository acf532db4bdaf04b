"""How a failure looks: one line of fact, one of place, one of what to do; the traceback only when asked for."""

import json
import sys
import traceback
from typing import NoReturn

from multisite.errors import MultisiteError

__all__ = ["exit_with"]


def exit_with(error: MultisiteError, *, debug: bool, json_lines: bool = False) -> NoReturn:
    """Print ``error`` to standard error and leave with its exit code.

    With ``json_lines`` it also ends the objects on standard output, so that a program need not parse what is for
    people.
    """
    if json_lines:
        told = {"fact": error.fact, "place": error.place, "remedy": error.remedy, "exit_code": error.exit_code}
        sys.stdout.write(json.dumps({"event": "error", **told}, ensure_ascii=False) + "\n")
        sys.stdout.flush()
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
