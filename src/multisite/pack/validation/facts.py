"""What the pack takes from the study file: the plan, the authors' statements, risks, records and boundaries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from multisite.study import CompanionRecord, PlannedEndpoint, Risk, Study, statements_of, texts_of

__all__ = ["ModelFacts", "PackFacts", "pack_facts"]


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """An index test: what identifies it, and since when it was not changed."""

    id: str
    title: str
    version: str
    sha256: str | None
    frozen_on: date | None


@dataclass(frozen=True, slots=True)
class PackFacts:
    """Plain values of the study file.

    ``statements`` holds all that the authors state, by path, ``texts`` all that is printed. ``strata`` are (id, title,
    unit, crossed ids).
    """

    study: str
    title: str
    protocol: Mapping[str, Any]
    protocol_sha256: str
    endpoints: tuple[PlannedEndpoint, ...]
    multiplicity: str
    looks: tuple[date, ...]
    statements: Mapping[str, str]
    texts: Mapping[str, str]
    not_applicable: Mapping[str, str]
    claims_prospective: bool
    risks: tuple[Risk, ...]
    companion: tuple[CompanionRecord, ...]
    models: tuple[ModelFacts, ...]
    strata: tuple[tuple[str, str, str | None, tuple[str, ...]], ...]
    rules: tuple[str, ...]


def pack_facts(study: Study) -> PackFacts:
    """The facts of a study file."""
    reporting = study.reporting
    crossed = [
        (
            one.id,
            " × ".join(s.title for name in one.of for s in study.cohort.strata if s.id == name),
            None,
            tuple(one.of),
        )
        for one in study.cohort.intersections
    ]
    return PackFacts(
        study=study.study,
        title=study.title,
        protocol=study.protocol,
        protocol_sha256=study.protocol_sha256,
        endpoints=study.analysis_plan.endpoints,
        multiplicity=study.analysis_plan.multiplicity,
        looks=study.analysis_plan.looks,
        statements=statements_of(study),
        texts=texts_of(study),
        not_applicable=reporting.not_applicable,
        claims_prospective=reporting.design.timing == "prospective",
        risks=study.risks,
        companion=study.companion,
        models=tuple(ModelFacts(m.id, m.title, m.version, m.sha256, m.frozen_on) for m in study.models),
        strata=(*((s.id, s.title, s.unit, ()) for s in study.cohort.strata), *crossed),
        rules=tuple(rule.reason for rule in study.cohort.eligibility),
    )
