"""Comparing workspaces byte by byte."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

__all__ = ["contents"]


def contents(workspace: Path, *, without: Iterable[str] = ()) -> dict[str, str]:
    """Path below ``workspace`` → SHA-256, for every file whose path holds none of ``without``.

    The ledger of the study names each run by a name of its own, and so is left out.
    """
    without = [*without, "_study/_ledger"]
    return {
        str(path.relative_to(workspace)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(workspace.rglob("*"))
        if path.is_file() and not any(word in str(path.relative_to(workspace)) for word in without)
    }
