"""A record of one planted fault: what a scoreboard promises to find again."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["Planted", "read_planted", "write_planted"]


@dataclass(frozen=True, slots=True)
class Planted:
    """One planted fault.

    ``kind`` says in which way it shows itself, ``site`` where it was planted (or that it is in all sites), and
    ``expected`` what was planted, in numbers and names.
    """

    id: str
    kind: str
    sentence: str
    site: str
    expected: Mapping[str, int | float | str]


def write_planted(path: Path, planted: Iterable[Planted]) -> None:
    """Write the records in one step: a reader sees all of them or none."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(json.dumps([asdict(p) for p in planted], indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    partial.replace(path)


def read_planted(path: Path) -> tuple[Planted, ...]:
    """The records that ``write_planted`` wrote."""
    return tuple(Planted(**record) for record in json.loads(path.read_text(encoding="utf-8")))
