"""What two models show on the same cases, in words."""

from collections.abc import Mapping
from typing import Any

from multisite.pack.evidence import Evidence
from multisite.pack.marks import CONCERN, NO_EVIDENCE, QUIET
from multisite.pack.metrics import AUC, FOREST, METRICS
from multisite.pack.model_comparison import Comparison, as_estimate
from multisite.pack.numbers import count, decimals_for, fixed, per_cent, write
from multisite.pack.sentences.statement import Statement
from multisite.pack.words import listed, named
from multisite.schemas.model_comparison import DATA_EFFECTS

__all__ = ["comparison_sentences", "comparison_statement"]


def comparison_sentences(comparison: Comparison) -> tuple[str, ...]:
    """Who was paired, the differences with and without a margin, and whether a change is of the model or the data."""
    found = [
        _paired(comparison),
        _differences(comparison),
        _verdicts(comparison),
        _unbound(comparison),
        _data(comparison),
    ]
    return tuple(words for words in found if words)


def comparison_statement(evidence: Evidence, comparison: Comparison) -> Statement:
    """The conclusion of the first page: a failed margin or a worse model, all margins met, or nothing that says so.

    Not shown to be worse is not shown to be as good: without a margin that is met, the tone is never quiet.
    """
    verdicts = [row["verdict"] for row in _judged(comparison)]
    worse = any(_answer_is(comparison, name, "old model better") for name in FOREST)
    if "fails" in verdicts or worse:
        mark = CONCERN
    else:
        mark = QUIET if verdicts and set(verdicts) == {"meets"} else NO_EVIDENCE
    text = " ".join(filter(None, (_differences(comparison), _verdicts(comparison), _unbound(comparison))))
    return Statement(mark, "New against old model", text, "comparison")


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
        return "over the sites"
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


def _unbound(comparison: Comparison) -> str:
    """Of the measures without a margin what was shown, and what could have been where nothing was."""
    rows = [row for name in FOREST if (row := comparison.answer(name)) is not None]
    free = [row for row in rows if row["verdict"] is None and as_estimate(row).sound]
    shown = [
        f"{_word(row['metric'])} is {'higher' if row['superiority'] == 'new model better' else 'lower'}"
        for row in free
        if row["superiority"] not in (None, "not shown")
    ]
    words = [f"Shown, where no margin is declared: the new model's {listed(shown)}."] if shown else []
    undecided = [
        f"{_word(row['metric'])} {fixed(row['detectable'], decimals_for(row['ci_low'], row['ci_high']))}"
        for row in free
        if row["superiority"] == "not shown" and row["detectable"] is not None
    ]
    if undecided:
        words.append(
            "Neither model is shown to be better where no margin is declared, which does not say that they are alike: "
            f"found with a chance of {per_cent(80)} would have been a difference of {listed(undecided)}."
        )
    return " ".join(words)


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
