"""The risk file as a table: the catalogue's hazards and the authors' own, with what the pack shows of each."""

from collections.abc import Mapping

from multisite.checklists.catalogue import Evidence as Kind
from multisite.checklists.hazards import Hazard, load_hazards
from multisite.pack.tables.table import Cell, Column, Row, Table, missing, plain_table
from multisite.pack.validation.evidence_kinds import KindOfEvidence
from multisite.pack.validation.facts import PackFacts
from multisite.study import Risk

__all__ = ["risks_table"]

_NOT_JUDGED = "not judged by the authors"


def risks_table(facts: PackFacts, kinds: Mapping[Kind, KindOfEvidence]) -> Table:
    """A row per hazard: those that the authors judged first, then the rest of the catalogue."""
    judged = {risk.hazard: risk for risk in facts.risks}
    catalogue = {hazard.id: hazard for hazard in load_hazards()}
    own = [_row(None, risk, kinds) for risk in facts.risks if risk.is_own]
    of_catalogue = [_row(catalogue.get(name), risk, kinds) for name, risk in judged.items() if not risk.is_own]
    rest = [_row(hazard, None, kinds) for name, hazard in catalogue.items() if name not in judged]
    columns = (
        Column("Hazard"),
        Column("Situation and harms"),
        Column("Severity"),
        Column("Probability", "of the situation; of harm"),
        Column("Control", "and who keeps it"),
        Column("Residual risk"),
        Column("Evidence in this pack"),
    )
    return plain_table(
        "risks",
        "Hazards, the authors' judgement of them, and the evidence that bears on them",
        columns,
        [*own, *of_catalogue, *rest],
        method="Hazards in the vocabulary of ISO 14971:2019, from a starter catalogue and the authors. The program "
        "assigns no severity and no probability, and accepts no risk. Evidence detects a hazard, bounds it, verifies "
        "its control or informs on it.",
    )


def _row(hazard: Hazard | None, risk: Risk | None, kinds: Mapping[Kind, KindOfEvidence]) -> Row:
    title = (risk.title if risk and risk.title else None) or (hazard.title if hazard else "")
    situation = (risk.situation if risk and risk.situation else None) or (hazard.situation if hazard else "")
    harms = (risk.harms if risk and risk.harms else None) or (hazard.harms if hazard else ())
    probability = (
        [words for words in (risk.probability_of_situation, risk.probability_of_harm) if words] if risk else []
    )
    name = hazard.id if hazard else risk.hazard if risk else ""
    return Row(
        (
            Cell(title[:1].upper() + title[1:], note=name, sort=name),
            Cell(situation[:1].upper() + situation[1:], note="; ".join(harms)),
            _said(risk.severity if risk else None),
            _said("; ".join(probability) or None),
            Cell(risk.control, note=risk.control_owner or "") if risk and risk.control else missing("none is declared"),
            _residual(risk),
            _evidence(hazard, risk, kinds),
        )
    )


def _said(words: str | None) -> Cell:
    return Cell(words) if words else missing(_NOT_JUDGED)


def _residual(risk: Risk | None) -> Cell:
    if risk is None or (risk.residual_risk is None and risk.acceptable is None):
        return missing(_NOT_JUDGED)
    accepted = {True: "acceptable, say the authors", False: "not acceptable, say the authors", None: _NOT_JUDGED}
    return Cell(risk.residual_risk or "", note=accepted[risk.acceptable])


def _evidence(hazard: Hazard | None, risk: Risk | None, kinds: Mapping[Kind, KindOfEvidence]) -> Cell:
    """What there is, and what there is not, each said."""
    known = hazard.evidence if hazard else {}
    there = [f"{kind.value.replace('_', ' ')} ({how})" for kind, how in known.items() if not kinds[kind].lacking]
    there += list(risk.artefacts) if risk else []
    lacking = [kind.value.replace("_", " ") for kind in known if kinds[kind].lacking]
    note = f"lacking: {', '.join(lacking)}" if lacking else ""
    if not there:
        return missing(note or (hazard.note if hazard and hazard.note else "none"))
    return Cell(", ".join(there), note=note)
