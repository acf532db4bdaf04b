"""The protocol in canonical form: what is frozen before test labels are read, and what changed since."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

__all__ = ["PARTS", "WRITTEN_AFTERWARDS", "changes_between", "protocol_parts"]

WRITTEN_AFTERWARDS: Final[Mapping[str, frozenset[str]]] = {
    "reporting": frozenset({"abstract", "adverse_events", "availability", "discussion", "not_applicable"}),
}
"""Sections of the study file, and what of them can only be written once there are results: no part of the protocol."""

PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "intended use": ("intended_use", "findings", "models"),
    "data": ("cohort", "integrity"),
    "reference standard": ("reference", "label_errors"),
    "analysis plan": ("analysis_plan", "performance", "measures"),
    "monitoring": ("drift",),
    "risks": ("risks", "companion"),
}
"""The pillars of the protocol, and the sections of the study file that make them."""


def protocol_parts(protocol: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """The protocol by pillar; a section that stands in none is under ``other``."""
    parts: dict[str, dict[str, Any]] = {
        title: {name: protocol[name] for name in names if name in protocol} for title, names in PARTS.items()
    }
    placed = {name for names in PARTS.values() for name in names}
    parts["other"] = {name: value for name, value in protocol.items() if name not in placed}
    return parts


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """Paths (``performance.threshold``, ``cohort.strata.2.bands.0``) whose values differ, or that one of them lacks."""
    old, new = dict(_leaves(before, "")), dict(_leaves(after, ""))
    absent = object()
    return tuple(path for path in sorted({*old, *new}) if old.get(path, absent) != new.get(path, absent))


def _leaves(held: Any, path: str) -> Iterator[tuple[str, Any]]:
    items = held.items() if isinstance(held, Mapping) else enumerate(held) if isinstance(held, list | tuple) else None
    if items is None:
        yield path, held
        return
    inner = [leaf for name, value in items for leaf in _leaves(value, f"{path}.{name}".removeprefix("."))]
    # An empty list or section is a value, too.
    yield from inner or [(path, "empty")]
