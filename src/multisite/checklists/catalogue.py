"""Reporting guidelines as data: their items, by published number, with what each asks in our words."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

__all__ = ["CHECKLISTS", "AnsweredBy", "Checklist", "Evidence", "Item", "load_checklist"]

CHECKLISTS: Final = ("claim_2024", "stard_ai", "tripod_ai", "decide_ai")
"""Identifiers, that by which the pack is organised first."""


class Evidence(StrEnum):
    """Kinds of evidence that the program makes; an item names those that it needs."""

    COHORT = "cohort"
    EXTERNAL_TESTING = "external_testing"
    EXCLUSIONS = "exclusions"
    PROVENANCE = "provenance"
    INTENDED_USE = "intended_use"
    REFERENCE_STANDARD = "reference_standard"
    ANALYSIS_PLAN = "analysis_plan"
    ADJUDICATION = "adjudication"
    INTEGRITY = "integrity"
    PERFORMANCE = "performance"
    CALIBRATION = "calibration"
    FAILURE_MODES = "failure_modes"
    ROBUSTNESS = "robustness"
    MONITORING = "monitoring"
    LEDGER = "ledger"


class AnsweredBy(StrEnum):
    """What answers an item: what was measured, what authors state, or both."""

    EVIDENCE = "evidence"
    STATEMENT = "statement"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Item:
    """An item. ``statements`` are paths in the study file; ``applies_to`` is D, E or DE (development, evaluation)."""

    id: str
    part: str
    topic: str
    asks: str
    answered_by: AnsweredBy
    statements: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    may_not_apply: bool
    not_applicable_when: str
    applies_to: str


@dataclass(frozen=True, slots=True)
class Checklist:
    """A guideline, with its edition and citation."""

    id: str
    title: str
    edition: str
    citation: str
    items: tuple[Item, ...]


@cache
def load_checklist(name: str) -> Checklist:
    """The guideline ``name``, one of ``CHECKLISTS``; KeyError for another."""
    if name not in CHECKLISTS:
        raise KeyError(name)
    text = (files("multisite.checklists") / "data" / f"{name}.yaml").read_text(encoding="utf-8")
    held = yaml.safe_load(text)
    items = tuple(_item(one) for one in held["items"])
    return Checklist(held["id"], held["title"], held["edition"], held["citation"], items)


def _item(held: dict[str, Any]) -> Item:
    return Item(
        id=str(held["id"]),
        part=held["part"],
        topic=held["topic"],
        asks=held["asks"],
        answered_by=AnsweredBy(held["from"]),
        statements=tuple(held.get("statements", ())),
        evidence=tuple(Evidence(kind) for kind in held.get("evidence", ())),
        may_not_apply=bool(held.get("may_not_apply", False)),
        not_applicable_when=held.get("not_applicable_when", ""),
        applies_to=held.get("applies_to", "DE"),
    )
