"""What the pack says of itself that the check needs: endpoints, strata, levels of confidence and of suppression."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from multisite.errors import PackError, UsageError

__all__ = ["TIMES", "PackEndpoint", "PackFacts", "PackStratum", "Source", "pack_facts", "source_of"]

TIMES = " × "
"""Between the levels of a crossed stratum's level."""


@dataclass(frozen=True, slots=True)
class PackEndpoint:
    """A finding as a model calls it: at ``threshold`` or above it is positive."""

    finding: str
    model: str
    threshold: float
    finding_title: str
    model_title: str


@dataclass(frozen=True, slots=True)
class PackStratum:
    """A stratum with its levels; ``of`` names the strata that it crosses, none for a simple one."""

    id: str
    title: str
    levels: tuple[str, ...]
    of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PackFacts:
    """The parts of ``pack.json`` that are used here."""

    title: str
    endpoints: tuple[PackEndpoint, ...]
    strata: tuple[PackStratum, ...]
    ci_level: float
    minimum_count: int

    def stratum(self, name: str) -> PackStratum | None:
        """The stratum of that id."""
        return next((stratum for stratum in self.strata if stratum.id == name), None)


@dataclass(frozen=True, slots=True)
class Source:
    """The stratum of the pack that holds the cells of a table: each of its levels → levels of the table's strata."""

    stratum: str
    cells: Mapping[str, tuple[str, ...]]


def pack_facts(files: Mapping[str, bytes]) -> PackFacts:
    """Read ``pack.json``.

    Raises
    ------
    PackError
        If it is missing or not of the known form.
    """
    try:
        content = json.loads(files["pack.json"])
        facts = PackFacts(
            title=str(content["title"]),
            endpoints=tuple(_endpoint(entry) for entry in content["endpoints"]),
            strata=tuple(_stratum(entry) for entry in content["strata"]),
            ci_level=float(content["ci_level"]),
            minimum_count=int(content["minimum_denominator"]),
        )
    except (KeyError, TypeError, ValueError, RecursionError):
        raise PackError(
            "the pack's description is missing or not of the known form",
            place="pack.json",
            remedy="Ask for the pack again, or read it with the version of multisite that made it.",
        ) from None
    if content.get("format") != 1 or not 0.0 < facts.ci_level < 1.0:
        raise PackError(
            "the pack is of another format than this version reads, which is 1",
            place="pack.json",
            remedy="Read it with the version of multisite that made it.",
        )
    return facts


def source_of(facts: PackFacts, wanted: Sequence[str]) -> Source:
    """Where the pack holds the cells of the ``wanted`` strata.

    The stratum itself, else a crossing of exactly these, else the smallest crossing that holds them all, whose cells
    are then added up over the rest.

    Raises
    ------
    UsageError
        If no crossing of the pack holds them; names those that there are.
    """
    single = facts.stratum(wanted[0]) if len(wanted) == 1 else None
    if single is not None:
        return Source(single.id, {level: (level,) for level in single.levels})
    holding = [stratum for stratum in facts.strata if set(wanted) <= set(stratum.of)]
    if not holding:
        crossed = [f"`{stratum.id}` ({TIMES.join(stratum.of)})" for stratum in facts.strata if stratum.of]
        raise UsageError(
            f"the pack holds no cells that cross {', '.join(f'`{name}`' for name in wanted)}; it crosses "
            + (", ".join(crossed) if crossed else "no strata"),
            place="--population",
            remedy="Count your patients by one stratum, or by strata that the pack crosses.",
        )
    source = min(holding, key=lambda stratum: len(stratum.of))
    parts = [facts.stratum(name) for name in source.of]
    at = [source.of.index(name) for name in wanted]
    levels = [part.levels if part is not None else () for part in parts]
    return Source(source.id, {TIMES.join(cell): tuple(cell[k] for k in at) for cell in product(*levels)})


def _endpoint(entry: Mapping[str, Any]) -> PackEndpoint:
    return PackEndpoint(
        finding=str(entry["finding"]),
        model=str(entry["model"]),
        threshold=float(entry["threshold"]),
        finding_title=str(entry["finding_title"]),
        model_title=str(entry["model_title"]),
    )


def _stratum(entry: Mapping[str, Any]) -> PackStratum:
    return PackStratum(
        id=str(entry["id"]),
        title=str(entry["title"]),
        levels=tuple(str(level) for level in entry["levels"]),
        of=tuple(str(name) for name in entry["of"]),
    )
