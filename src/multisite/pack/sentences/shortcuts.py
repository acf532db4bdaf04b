"""Whether the finding can be told without the image, and how much of the model's AUC lies between sites."""

from typing import Any

import polars as pl

from multisite.pack.evidence import Evidence
from multisite.pack.marks import CONCERN, NO_EVIDENCE, QUIET
from multisite.pack.numbers import fixed, write
from multisite.pack.parameters import FindingText
from multisite.pack.sentences.score_use import score_use_concerns
from multisite.pack.sentences.statement import Statement
from multisite.pack.words import attribute_words
from multisite.schemas.shortcuts import SHORTCUT_LADDER
from multisite.vocabulary import ALL_SITES

__all__ = ["ladder_title", "shortcut_statement"]

_TOPIC, _ANCHOR = "Shortcuts", "integrity"
_NEEDS_EXPLANATION = 0.6
_BETWEEN_SITES = 0.02


def shortcut_statement(evidence: Evidence, finding: FindingText) -> Statement:
    """What site and headers alone reach, and each thing that the model's scores seem to go with but should not."""
    rungs = evidence.frame(SHORTCUT_LADDER).filter(pl.col("finding") == finding.id)
    without = {kind: _of(rungs, kind=kind, scope="pooled") for kind in ("site", "headers")}
    known = {kind: row for kind, row in without.items() if row is not None and row["ci_low"] is not None}
    if not known:
        text = "Too few patients, or nothing that varies, to ask whether the finding can be told without the image."
        return Statement(NO_EVIDENCE, _TOPIC, text, _ANCHOR)
    words = [f"{_area(row)} {_WORDS[kind]}" for kind, row in known.items()]
    text = f"Without the image the AUC is {' and '.join(words)}."
    told = [kind for kind, row in known.items() if row["ci_low"] > _NEEDS_EXPLANATION]
    inflated = _inflated(evidence, rungs)
    if told:
        text += f" Above {_NEEDS_EXPLANATION:g} that needs an explanation: a model may have learned it."
    concerns = (*inflated, *_learnt_elsewhere(rungs), *score_use_concerns(evidence, finding))
    text += "".join(f" {sentence}" for sentence in concerns)
    return Statement(CONCERN if told or concerns else QUIET, _TOPIC, text, _ANCHOR)


_WORDS = {"site": "by the site alone", "headers": "by the headers alone"}


def ladder_title(evidence: Evidence, finding: FindingText) -> str:
    """The finding of the figure."""
    rungs = evidence.frame(SHORTCUT_LADDER).filter(pl.col("finding") == finding.id)
    headers = _of(rungs, kind="headers", scope="pooled")
    if headers is None or headers["estimate"] is None:
        return "The finding was not looked for in the headers alone"
    return f"Headers alone reach an AUC of {_area(headers)}"


def _inflated(evidence: Evidence, rungs: pl.DataFrame) -> list[str]:
    """Models that rank cases of different sites clearly better than cases of one site."""
    found = []
    for model in evidence.parameters.models:
        pooled = _of(rungs, kind="model", scope="pooled", source=model.id)
        within = _of(rungs, kind="model", scope="within sites", source=model.id)
        if pooled and within and pooled["estimate"] is not None and within["estimate"] is not None:
            excess = pooled["estimate"] - within["estimate"]
            if excess >= _BETWEEN_SITES:
                found.append(
                    f"Of the pooled AUC of {model.title}, {fixed(excess, 2)} lie between sites: within them it is "
                    f"{_area(within)}."
                )
    return found


def _learnt_elsewhere(rungs: pl.DataFrame) -> list[str]:
    """The attribute that tells most by what was learnt at the other sites, where it tells too much."""
    learnt = rungs.filter(pl.col("ci_low").is_not_null(), scope="learnt at other sites", site=ALL_SITES)
    if learnt.is_empty():
        return []
    most = learnt.sort("estimate", "source", descending=[True, False]).row(0, named=True)
    if most["ci_low"] <= _NEEDS_EXPLANATION:
        return []
    of = f"the most of {learnt.height} attributes" if learnt.height > 1 else "the only attribute that varies"
    return [
        f"As learnt at the other sites, the {attribute_words(most['source'])} alone reaches {_area(most)} within a "
        f"site, {of}."
    ]


def _of(rungs: pl.DataFrame, **wanted: str) -> dict[str, Any] | None:
    rows = rungs.filter(**wanted)
    return None if rows.is_empty() else rows.row(0, named=True)


def _area(row: dict[str, Any]) -> str:
    return str(write(row["estimate"], row["ci_low"], row["ci_high"]))
