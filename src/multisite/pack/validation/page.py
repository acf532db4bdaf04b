"""The page of the pack: the report's exhibits in the order of CLAIM, with what only the pack holds."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import polars as pl

from multisite.audit import Chain
from multisite.checklists.boundary import load_boundary
from multisite.checklists.catalogue import CHECKLISTS
from multisite.pack.evidence import Evidence
from multisite.pack.page import page_content
from multisite.pack.rendering import rendered
from multisite.pack.standing import StudyStanding, study_standing
from multisite.pack.tables.table import Table
from multisite.pack.validation.claims import AnsweredItem, AnsweredList, answered
from multisite.pack.validation.evidence_kinds import kinds_of_evidence
from multisite.pack.validation.facts import PackFacts
from multisite.pack.validation.figures_register import register_table
from multisite.pack.validation.first_page import first_page
from multisite.pack.validation.guideline_tables import companion_table, coverage_table, crosswalk_table, strata_table
from multisite.pack.validation.ladder import Rung, ladder_of_verification
from multisite.pack.validation.more_tables import (
    completeness_tables,
    declared_pairs,
    detectable_tables,
    monitoring_pairs,
)
from multisite.pack.validation.plan_table import plan_table
from multisite.pack.validation.planning_notes import planning_note
from multisite.pack.validation.ribbon import ribbon_figure
from multisite.pack.validation.risk_table import risks_tables
from multisite.pack.validation.roc import roc_figure
from multisite.pack.verifying.words import STEP_WORDS
from multisite.schemas.completeness import ATTRIBUTE_COMPLETENESS
from multisite.schemas.drift_verdicts import DRIFT_MONITORS
from multisite.schemas.performance import SCORE_TALLY_GRID

__all__ = ["PackPage", "pack_page"]

_GROUPS: Final[tuple[tuple[str, str, tuple[str, ...], tuple[tuple[str, str], ...]], ...]] = (
    ("items-introduction", "Title and introduction", ("title abstract", "introduction"), (("use", "Intended use"),)),
    ("items-design", "Study design", ("design",), (("plan", "Analysis plan"),)),
    (
        "items-data",
        "Data",
        ("data",),
        (
            ("flow", "From objects to cases"),
            ("headers", "Headers"),
            ("who", "Who was tested"),
            ("exclusions", "Exclusions"),
        ),
    ),
    ("items-reference", "How truth was made", ("reference standard",), (("reference", "Reference standard"),)),
    ("items-partitions", "Partitions", ("partitions", "testing data"), (("integrity", "Integrity"),)),
    ("items-model", "Model and training", ("model", "training"), ()),
    ("items-evaluation", "Evaluation", ("evaluation",), (("method", "Method and limits"),)),
    (
        "items-results",
        "Results",
        ("results data", "results performance"),
        (("performance", "Performance"), ("curves", "ROC curves"), ("calibration", "Calibration")),
    ),
    (
        "items-discussion",
        "Discussion",
        ("discussion",),
        (("monitoring", "Monitoring plan"), ("drift", "After deployment")),
    ),
    ("items-other", "Other information", ("other",), (("hashes", "Hashes and versions"),)),
)
"""Anchor and heading of a chapter, the parts of CLAIM 2024 that it answers, and the exhibits that follow it."""

_BEFORE: Final = (
    ("first", "First two minutes"),
    ("index", "Index by CLAIM 2024"),
    ("rungs", "Ladder of verification"),
)
_AFTER: Final = (
    ("risks", "Risk file"),
    ("boundary", "Boundary"),
    ("crosswalk", "Other guidelines"),
    ("portability", "Patients like yours"),
    ("ledger", "Ledger"),
    ("verify", "How to verify this pack"),
    ("glossary", "Glossary"),
)


@dataclass(frozen=True, slots=True)
class PackPage:
    """The page, its exhibits' data by slug, and what was answered and climbed."""

    html: str
    exhibits: Mapping[str, str]
    standing: StudyStanding
    answered: tuple[AnsweredList, ...]
    rungs: tuple[Rung, ...]


def pack_page(
    evidence: Evidence,
    facts: PackFacts,
    chains: Mapping[str, Chain],
    names: Mapping[str, str],
    *,
    counts: Mapping[str, pl.DataFrame],
    left_out: Sequence[str],
    signer: str,
) -> PackPage:
    """The whole page.

    ``chains`` are the ledgers, ``names`` what each is called, ``counts`` the tallies, the completeness of headers and
    the drift monitors by artefact, ``left_out`` sites that were locked and are missing, ``signer`` the fingerprint of
    the key that the pack is signed with (empty for none).
    """
    standing = study_standing(evidence, left_out=left_out)
    kinds = kinds_of_evidence(evidence, facts)
    lists = tuple(answered(name, facts, kinds, sites=evidence.sites, standing=standing.kind) for name in CHECKLISTS)
    rungs = ladder_of_verification(evidence)
    chapters = (*_BEFORE, *(one for a, h, _, more in _GROUPS for one in ((a, h), *more)), *_AFTER)
    content = page_content(evidence, standing) | {
        "front": first_page(evidence, facts, rungs, standing),
        "claim": lists[0],
        "rungs": rungs,
        "groups": {anchor: _group(lists[0], anchor, title, parts) for anchor, title, parts, _ in _GROUPS},
        "plan": plan_table(evidence, facts, standing.kind),
        "looks_words": _looks_words(facts),
        "declared": declared_pairs(facts),
        "monitoring": monitoring_pairs(facts),
        "curves": [roc_figure(evidence, endpoint, counts[SCORE_TALLY_GRID.name]) for endpoint in evidence.endpoints],
        "completeness": completeness_tables(evidence, counts[ATTRIBUTE_COMPLETENESS.name]),
        "detectable": detectable_tables(evidence, counts[DRIFT_MONITORS.name]),
        "risks": risks_tables(facts, kinds),
        "boundary": load_boundary(),
        "companion": companion_table(facts),
        "coverage_table": coverage_table(lists),
        "crosswalks": [crosswalk_table(one) for one in lists[1:]],
        "strata": strata_table(evidence, facts),
        "ribbon": ribbon_figure(chains, names),
        "steps": [f"{title}: {words}" for title, words in STEP_WORDS.items()],
        "signed_words": _signed_words(signer),
    }
    filled = partial(
        rendered,
        "pack.html.j2",
        styles=("report.css", "pack.css"),
        scripts=("report.js", "pack.js"),
        planned=partial(planning_note, evidence=evidence, facts=facts, standing=standing.kind),
        kind="validation pack",
        chapters=chapters,
        parts=frozenset(anchor for anchor, *_ in (*_BEFORE, *_GROUPS, *_AFTER)),
    )
    # Where an exhibit stands is known when the rest of the page is.
    anchors = re.findall(r'<(?:div|figure|section) [^>]*?id="([^"]+)"', filled(**content, register=register_table(())))
    html = filled(**content, register=register_table(frozenset(anchors)))
    return PackPage(html, _csv_of(content), standing, lists, rungs)


def _group(claim: AnsweredList, anchor: str, title: str, parts: tuple[str, ...]) -> dict[str, Any]:
    items: list[AnsweredItem] = [one for part in parts for one in claim.of_part(part)]
    numbers = f"items {items[0].answer.item.id} to {items[-1].answer.item.id}"
    return {"anchor": anchor, "title": f"{title} ({numbers})", "items": items}


def _looks_words(facts: PackFacts) -> str:
    if not facts.looks:
        return "One look at the results was planned."
    days = ", ".join(f"{day:%-d %B %Y}" for day in facts.looks)
    return f"Looks at the results were planned for {days}, and the end. Intervals are not corrected for several looks."


def _signed_words(signer: str) -> str:
    if not signer:
        return "This pack is not signed: nothing in it says by whom it was made."
    return f"Signed with the key {signer}. Compare these digits with what the signer published elsewhere."


def _csv_of(held: Any) -> dict[str, str]:
    """The data of every table in ``held``, wherever it stands, by slug."""
    if isinstance(held, Table):
        return {held.slug: held.csv} if held.csv else {}
    if isinstance(held, Mapping):
        inner = list(held.values())
    elif isinstance(held, list | tuple):
        inner = list(held)
    elif hasattr(type(held), "__dataclass_fields__") and type(held).__module__.startswith("multisite.pack"):
        inner = [getattr(held, name) for name in type(held).__dataclass_fields__]
    else:
        return {}
    found: dict[str, str] = {}
    for one in inner:
        found |= _csv_of(one)
    return found
