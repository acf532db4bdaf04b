"""The starter catalogue of hazards of imaging AI: what may go wrong, and which evidence bears on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from multisite.checklists.catalogue import Evidence

__all__ = ["Hazard", "load_hazards"]


@dataclass(frozen=True, slots=True)
class Hazard:
    """A hazard in the vocabulary of ISO 14971:2019, without severity and probability, which are the authors'.

    ``evidence`` says of each kind whether it detects, bounds, verifies or informs on the hazard.
    """

    id: str
    title: str
    chain: str
    situation: str
    harms: tuple[str, ...]
    evidence: Mapping[Evidence, str]
    note: str


@cache
def load_hazards() -> tuple[Hazard, ...]:
    """The catalogue, in its order."""
    text = (files("multisite.checklists") / "data" / "hazards.yaml").read_text(encoding="utf-8")
    return tuple(
        Hazard(
            id=held["id"],
            title=held["hazard"],
            chain=held["chain"],
            situation=held["situation"],
            harms=tuple(held["harms"]),
            evidence={Evidence(kind): how for kind, how in held.get("evidence", {}).items()},
            note=held.get("note", ""),
        )
        for held in yaml.safe_load(text)["hazards"]
    )
