"""What `multisite portability` prints."""

import json
import sys
from pathlib import Path

from multisite.errors import UsageError
from multisite.pack.portability import check_portability, portability_records, portability_text
from multisite.pack.reading import read_pack

__all__ = ["show_portability"]


def show_portability(
    pack: Path, population: Path, *, prevalence: float | None, census: bool, finding: str | None, json_lines: bool
) -> None:
    """Read both, check, and print the page or the records.

    Raises
    ------
    UsageError
        If the table cannot be read, or it or an option cannot be used.
    PackError
        If the pack cannot be read.
    """
    try:
        table = population.read_bytes()
    except OSError as error:
        raise UsageError(
            f"the table of your patients cannot be read ({type(error).__name__})",
            place="--population",
            remedy="Name a CSV file that exists and that this user may read.",
        ) from None
    found = check_portability(read_pack(pack), table, prevalence=prevalence, census=census, finding=finding)
    if json_lines:
        for record in portability_records(found):
            sys.stdout.write(json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n")
    else:
        sys.stdout.write(portability_text(found))
