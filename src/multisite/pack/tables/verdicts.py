"""The verdicts: primary comparisons first, and what exploratory strata point to below them."""

from collections.abc import Sequence

from multisite.pack.evidence import Endpoint, Evidence
from multisite.pack.metrics import METRICS
from multisite.pack.numbers import count, fixed, per_cent, write
from multisite.pack.tables.table import Cell, Column, Group, Row, Table, csv_text, missing, written
from multisite.pack.verdicts import Line, exploratory, judged, level_words, margin_words, verdict_word
from multisite.schemas.verdicts import STRADDLES, VERDICTS
from multisite.vocabulary import OVERALL, MarginVerdict

__all__ = ["verdicts_table"]

_LEAST_P = 0.001
_FAR = 100
"""Beyond so many times the patients, a number that would decide is none to plan with."""


def verdicts_table(evidence: Evidence, endpoint: Endpoint) -> Table | None:
    """A row per primary comparison, and per exploratory one that points somewhere; ``None`` without margins."""
    if not evidence.parameters.has_margins:
        return None
    shown = [
        row
        for row in exploratory(evidence, endpoint)
        if row["points_to"] == MarginVerdict.FAILS or (row["p_difference_adjusted"] or 1.0) < _alpha(evidence)
    ]
    rest = len(exploratory(evidence, endpoint)) - len(shown)
    return Table(
        f"verdicts-{endpoint.slug}",
        "Verdicts on the declared margins, primary comparisons first",
        (
            Column("Level"),
            Column("Verdict"),
            Column("Estimate", kind="number"),
            Column("Minus the rest", kind="number"),
            Column("Adjusted p"),
            Column("Shown by this n", "gap, 80 % power", kind="number"),
        ),
        (
            *_by_margin(evidence, judged(evidence, endpoint), "primary"),
            *_by_margin(evidence, shown, "exploratory: no verdict"),
        ),
        _method(evidence, rest),
        csv_text(evidence.frame(VERDICTS).filter(finding=endpoint.finding.id, model=endpoint.model.id)),
    )


def _alpha(evidence: Evidence) -> float:
    return 1.0 - evidence.parameters.ci_level


def _by_margin(evidence: Evidence, rows: Sequence[Line], what: str) -> list[Group]:
    """A group per metric and margin, so that no row has to repeat them."""
    groups: dict[tuple[str, str], list[Line]] = {}
    for row in rows:
        margin = f"margin: {margin_words(row)}" if row["margin_kind"] else "no margin"
        groups.setdefault((row["metric"], margin), []).append(row)
    return [
        Group(METRICS[metric].title, tuple(_row(evidence, row) for row in members), f"{what}; {margin}")
        for (metric, margin), members in groups.items()
    ]


def _row(evidence: Evidence, row: Line) -> Row:
    return Row(
        (
            Cell(level_words(evidence, row), note=_counted(row)),
            _verdict(row),
            _estimate(row),
            _difference(row),
            _p_value(row),
            _detectable(row),
        ),
        total=row["stratum"] == OVERALL,
    )


def _counted(row: Line) -> str:
    return f"{count(row['n_patients'])} {'patient' if row['n_patients'] == 1 else 'patients'}"


def _verdict(row: Line) -> Cell:
    word = row["verdict"] or row["points_to"]
    if word is None:
        return Cell("")
    notes = []
    if row["undecided"] not in (None, row["reason"], STRADDLES):
        notes.append(row["undecided"])
    if row["n_needed_minimum"]:
        notes.append(f"needs {count(row['n_needed_minimum'])} patients to be shown")
    needed = row["n_needed_decision"]
    if needed and needed <= _FAR * row["n_patients"]:
        notes.append(f"decided by about {count(needed)} patients")
    elif needed:
        notes.append(f"not decided by {_FAR} times as many")
    return Cell("", note="; ".join(notes), mark=verdict_word(word, exploratory=row["verdict"] is None))


def _estimate(row: Line) -> Cell:
    if row["estimate"] is None:
        return missing(row["reason"] or row["status"])
    return written(write(row["estimate"], row["ci_low"], row["ci_high"]), row["estimate"])


def _difference(row: Line) -> Cell:
    if row["stratum"] == OVERALL:
        return Cell("")
    if row["difference"] is None:
        return missing("" if row["estimate"] is None else row["undecided"] or "too few others")
    number = write(row["difference"], row["difference_low"], row["difference_high"], expected=row["margin_low"])
    return written(number, row["difference"])


def _p_value(row: Line) -> Cell:
    value = row["p_margin_adjusted"] if row["margin_kind"] else row["p_difference_adjusted"]
    if value is None:
        return missing("")
    return Cell(f"<{_LEAST_P:g}" if value < _LEAST_P else fixed(value, 3 if value < 0.1 else 2), sort=float(value))


def _detectable(row: Line) -> Cell:
    if row["detectable_gap"] is None:
        return missing("")
    return Cell(fixed(row["detectable_gap"], 2), sort=float(row["detectable_gap"]))


def _method(evidence: Evidence, rest: int) -> str:
    level = per_cent(100 * evidence.parameters.ci_level)
    return (
        f"Test split over all sites. Meets: the whole {level} interval lies inside the margin. Fails: none of it does, "
        "and the p-value of the truth lying inside stays at or below "
        f"{_alpha(evidence):.2g} after Holm over all primary comparisons of the metric, so that without a shortfall "
        "anywhere one of them fails in at most that share of studies. Else the evidence is insufficient. The rest are "
        "all other cases; patients with cases on both sides are counted as such, but not for the AUC, which takes both "
        "sides as independent. The gap that this n shows is one from no difference, tested alone: to fail a margin "
        "after Holm, more is needed. How many patients would decide assumes that the truth is what was seen, and one "
        "test. "
        f"Exploratory strata are never judged; their p-values are adjusted for false discovery (Benjamini and "
        f"Hochberg), and {count(rest)} of their rows, which point nowhere, stand in the CSV only."
    )
