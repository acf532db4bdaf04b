"""The risk file as a table: the catalogue's hazards and the authors' own, with what the pack shows of each."""

from collections.abc import Mapping

from multisite.checklists.catalogue import Evidence as Kind
from multisite.checklists.hazards import Hazard, load_hazards
from multisite.pack.tables.table import Cell, Column, Row, Table, missing, plain_table
from multisite.pack.validation.evidence_kinds import KindOfEvidence
from multisite.pack.validation.facts import PackFacts
from multisite.study import Risk

__all__ = ["risks_tables"]

_NOT_JUDGED = "not judged by the authors"


def risks_tables(facts: PackFacts, kinds: Mapping[Kind, KindOfEvidence]) -> tuple[Table, Table]:
    """Hazards that the authors judged, their own first; and the rest of the catalogue, which nobody judged."""
    catalogue = {hazard.id: hazard for hazard in load_hazards()}
    ordered = sorted(facts.risks, key=lambda risk: not risk.is_own)
    judged = [_row(catalogue.get(risk.hazard), risk, kinds) for risk in ordered]
    if not judged:
        judged = [Row((missing("the authors judge no hazard"), *(Cell("") for _ in range(6))))]
    known = {risk.hazard for risk in facts.risks}
    rest = [_row(hazard, None, kinds) for name, hazard in catalogue.items() if name not in known]
    columns = (
        Column("Hazard"),
        Column("Situation and harms"),
        Column("Severity"),
        Column("Probability", "of the situation; of harm"),
        Column("Control", "and who keeps it"),
        Column("Residual risk"),
        Column("Evidence in this pack"),
    )
    first = plain_table(
        "risks",
        "Hazards that the authors judge, and the evidence that bears on them",
        columns,
        judged,
        method="Hazards in the vocabulary of ISO 14971:2019, from a starter catalogue and the authors. The program "
        "assigns no severity and no probability, and accepts no risk. Evidence detects a hazard, bounds it, verifies "
        "its control or informs on it.",
    )
    second = plain_table(
        "risks-rest",
        "Hazards of the starter catalogue that the authors have not judged",
        (columns[0], columns[1], columns[6]),
        [Row((row.cells[0], row.cells[1], row.cells[6])) for row in rest],
        method="Not judged is not the same as not there.",
    )
    return first, second


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
