"""What two models show on the same cases, in words."""

from collections.abc import Mapping
from typing import Any

from multisite.pack.evidence import Evidence
from multisite.pack.marks import CONCERN, NO_EVIDENCE, QUIET
from multisite.pack.metrics import AUC, FOREST, METRICS
from multisite.pack.model_comparison import Comparison, as_estimate
from multisite.pack.numbers import count, write
from multisite.pack.sentences.statement import Statement
from multisite.pack.words import listed, named
from multisite.schemas.model_comparison import DATA_EFFECTS

__all__ = ["comparison_sentences", "comparison_statement"]


def comparison_sentences(comparison: Comparison) -> tuple[str, ...]:
    """Who was paired, the differences, the verdicts, and whether a change is of the model or of the data."""
    found = [_paired(comparison), _differences(comparison), _verdicts(comparison), _data(comparison)]
    return tuple(words for words in found if words)


def comparison_statement(evidence: Evidence, comparison: Comparison) -> Statement:
    """The conclusion of the first page: a failed margin, an open one, or what was seen."""
    verdicts = [row["verdict"] for row in _judged(comparison)]
    worse = any(_answer_is(comparison, name, "old model better") for name in FOREST)
    sound = any((row := comparison.answer(name)) is not None and as_estimate(row).sound for name in FOREST)
    mark = (
        CONCERN
        if "fails" in verdicts or worse
        else QUIET
        if sound and "insufficient evidence" not in verdicts
        else None
    )
    text = " ".join(filter(None, (_differences(comparison), _verdicts(comparison))))
    return Statement(mark or NO_EVIDENCE, "New against old model", text, "comparison")


def _answer_is(comparison: Comparison, metric: str, superiority: str) -> bool:
    row = comparison.answer(metric)
    return row is not None and row["superiority"] == superiority


def _paired(comparison: Comparison) -> str:
    counts = comparison.counts
    cases, patients = (sum(row[f"n_{what}_paired"] for row in counts.values()) for what in ("cases", "patients"))
    paired = [site for site in comparison.sites if counts[site]["n_cases_paired"]]
    if not paired:
        words = ["No test case has a score of both models."]
    else:
        where = f"{count(patients)} patients at {named(len(paired), 'site', 'sites')}"
        words = [f"{count(cases)} test cases of {where} have a score of both models."]
    alone = [
        f"{count(row[f'n_cases_only_{side}'])} of {named(row[f'n_patients_only_{side}'], 'patient', 'patients')} at "
        f"{site} of the {side} model only"
        for site, row in sorted(counts.items())
        for side in ("new", "old")
        if row[f"n_cases_only_{side}"]
    ]
    if alone:
        words.append(f"Not compared, for they have one score: {listed(alone)}.")
    neither = sum(row["n_cases_neither_data"] or 0 for row in counts.values())
    if neither:
        words.append(f"{count(neither)} paired cases are neither old nor new data and stand in no table of both.")
    return " ".join(words)


def _differences(comparison: Comparison) -> str:
    said = [f"{_word(name)} {_said(row)}" for name in FOREST if (row := comparison.answer(name)) is not None]
    return f"New minus old, {_over(comparison)}: {listed(said)}." if said else ""


def _word(metric: str) -> str:
    """The measure inside a sentence."""
    title = METRICS[metric].title
    return title if metric == AUC else title.lower()


def _over(comparison: Comparison) -> str:
    row = comparison.answer(AUC)
    if row is None or row["n_sites"] != 1:
        return "as a mean over sites"
    return f"at {row['site']} alone" if row["site"] in comparison.sites else "over the sites"


def _said(row: Mapping[str, Any]) -> str:
    found = as_estimate(row)
    if found.sound:
        return str(write(found.value, found.low, found.high, expected=0.0))
    if found.estimate is None:
        return f"not known ({found.why})"
    number = "0" if found.estimate == 0.0 else str(write(found.estimate, found.ci_low, found.ci_high))
    return f"{number} without an interval ({found.why})"


def _judged(comparison: Comparison) -> list[Mapping[str, Any]]:
    rows = (comparison.answer(name) for name in (*FOREST, "brier"))
    return [row for row in rows if row is not None and row["verdict"] is not None]


def _verdicts(comparison: Comparison) -> str:
    said = [f"{_word(row['metric'])} ({row['margin']:g}): {row['verdict']}" for row in _judged(comparison)]
    return f"Held against the largest loss that the protocol accepts: {'; '.join(said)}." if said else ""


def _data(comparison: Comparison) -> str:
    if not comparison.has_data_effects:
        return ""
    parts = {
        name: row
        for name in ("both", "data_under_old_model", "model_on_new_data")
        if (row := comparison.answer(AUC, question=DATA_EFFECTS[name])) is not None
    }
    if len(parts) < 3:
        return ""
    unknown = [as_estimate(row).why for row in parts.values() if row["estimate"] is None]
    if unknown:
        return f"Whether a change of the AUC is of the model or of the data is not known: {unknown[0]}."
    return (
        f"From the old model on old data to the new model on new data the AUC changed by {_said(parts['both'])}: by "
        f"{_said(parts['data_under_old_model'])} with the data, under the old model, and by "
        f"{_said(parts['model_on_new_data'])} with the model, on new data."
    )
