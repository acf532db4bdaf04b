"""Tables of differences between models on the same cases: per site and over sites, by stratum, and all at a glance."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from multisite.pack.evidence import Evidence
from multisite.pack.marks import Mark
from multisite.pack.metrics import AUC, BRIER, FOREST, METRICS, SENSITIVITY, SPECIFICITY
from multisite.pack.model_comparison import Comparison, as_estimate
from multisite.pack.numbers import count, decimals_for, fixed, per_cent, write
from multisite.pack.tables.performance import estimate_cell
from multisite.pack.tables.table import Cell, Column, Group, Row, Table, counted, csv_text, missing, written
from multisite.schemas.model_comparison import MODEL_DIFFERENCES, MODEL_PAIRS, NEW_MINUS_OLD
from multisite.vocabulary import ALL_SITES

__all__ = [
    "COMPARED",
    "comparisons_overview",
    "differences_table",
    "mean_label",
    "p_words",
    "plain_difference",
    "rows_of",
    "strata_differences_table",
]

COMPARED = (AUC, SENSITIVITY, SPECIFICITY, BRIER)
_MARKS = {
    "meets": Mark("meets", "●", "pass"),
    "fails": Mark("fails", "▲", "fail"),
    "insufficient evidence": Mark("insufficient evidence", "◇", "thin"),
}
_BETTER = {
    "new model better": "new model shown better",
    "old model better": "old model shown better",
    "not shown": "neither shown better",
}
_COUNTED = {AUC: "", BRIER: "less is better", SENSITIVITY: "cases with the finding", SPECIFICITY: "cases without it"}
_LEAST_P = 0.001


def differences_table(evidence: Evidence, comparison: Comparison) -> Table:
    """Both models' values and their paired difference at each site, and what the sites show together."""
    groups = [
        Group(
            METRICS[metric].title,
            (*(_site_row(comparison, metric, site) for site in comparison.sites), _mean_row(comparison, metric)),
            _remark(comparison, metric),
        )
        for metric in COMPARED
    ]
    return Table(
        f"models-{comparison.slug}",
        f"Differences on the same cases: {comparison.title}",
        (
            Column("Site"),
            Column("Cases", kind="number"),
            Column("Old model", kind="number"),
            Column("New model", kind="number"),
            Column("New minus old", kind="number"),
            Column("Right by one only", "cases, new and old"),
            Column("Loss within margin"),
        ),
        tuple(groups),
        _method(evidence),
        csv_text(rows_of(evidence.frame(MODEL_PAIRS), comparison)),
    )


def _site_row(comparison: Comparison, metric: str, site: str) -> Row:
    pair, row = comparison.pairs.get((metric, site)), comparison.difference(metric, site=site)
    if pair is None or row is None:
        return Row((Cell(site), *(missing("not computed") for _ in range(6))))
    return Row(
        (
            Cell(site),
            counted(pair["n_cases"], f"{count(pair['n_patients'])} patients" if pair["n_cases"] else ""),
            _value(pair["old_value"], row),
            _value(pair["new_value"], row),
            _difference_cell(row),
            _discordant(pair, metric),
            _verdict(row),
        )
    )


def _mean_row(comparison: Comparison, metric: str) -> Row:
    row = comparison.difference(metric)
    if row is None:
        return Row((Cell("mean of the sites"), *(missing("not computed") for _ in range(6))), total=True)
    finds = "" if row["detectable"] is None else f"could find {_digits(row['detectable'], row)}"
    cells = (counted(row["n_cases"]), Cell(""), Cell(""), _difference_cell(row), Cell(""), _verdict(row))
    return Row((Cell(mean_label(row), note=finds), *cells), total=True)


def mean_label(row: Mapping[str, Any]) -> str:
    """What the row over sites is called: sensitivity and specificity are of the sites' cases together."""
    if row["n_sites"] > 1 and row["metric"] in (SENSITIVITY, SPECIFICITY) and row["question"] == NEW_MINUS_OLD:
        return f"cases of {row['n_sites']} sites"
    return f"mean of {row['n_sites']} sites" if row["n_sites"] > 1 else "mean of the sites"


def _digits(value: float, row: Mapping[str, Any]) -> str:
    low, high = row["ci_low"], row["ci_high"]
    return fixed(value, 3 if low is None or high is None else decimals_for(low, high))


def _value(value: float | None, row: Mapping[str, Any]) -> Cell:
    return missing("") if value is None else Cell(_digits(value, row), sort=float(value))


def _difference_cell(row: Mapping[str, Any]) -> Cell:
    found = as_estimate(row)
    if not found.sound:
        if found.estimate == 0.0:
            return Cell("0", note=found.why, sort=0.0, quiet=True)
        return estimate_cell(found)
    words = p_words(row["p_value"])
    if row["p_holm"] is not None and row["p_holm"] != row["p_value"]:
        words += f", {p_words(row['p_holm'])} by Holm"
    return written(write(found.value, found.low, found.high, expected=0.0), found.value, note=words)


def p_words(p_value: float | None) -> str:
    """A p-value as p 0.03, or p <0.001; empty for none."""
    if p_value is None:
        return ""
    return f"p <{_LEAST_P:g}" if p_value < _LEAST_P else f"p {fixed(p_value, 3 if p_value < 0.1 else 2)}"


def _discordant(pair: Mapping[str, Any], metric: str) -> Cell:
    new, old = pair["n_cases_only_new_right"], pair["n_cases_only_old_right"]
    if metric in (AUC, BRIER) or not pair["n_cases"]:
        return Cell("")
    patients = f"{count(pair['n_patients_only_new_right'])} and {count(pair['n_patients_only_old_right'])} patients"
    return Cell(f"{count(new)} and {count(old)}", note=patients)


def _verdict(row: Mapping[str, Any]) -> Cell:
    better = _BETTER.get(row["superiority"], "")
    if row["verdict"] is None:
        return Cell("no margin", note=better, quiet=True)
    return Cell(row["verdict"], note=better, mark=_MARKS[row["verdict"]])


def _remark(comparison: Comparison, metric: str) -> str:
    row = comparison.difference(metric)
    loss = "" if row is None or row["margin"] is None else f"largest acceptable loss {row['margin']:g}"
    return "; ".join(filter(None, (_COUNTED[metric], loss)))


def _method(evidence: Evidence) -> str:
    return (
        "Test cases with a score of both models. Above 0, the new model has the larger value. "
        f"Intervals of {per_cent(100 * evidence.parameters.ci_level)} count patients: Obuchowski for the AUC, "
        "patient-clustered Wilson limits joined for sensitivity and specificity, with McNemar's test (Obuchowski's "
        "where patients repeat), paired means for the Brier score. Over sites, sensitivity and specificity are of the "
        "cases of these sites together (score interval of the added counts); the mean of AUC and Brier score takes the "
        "sites' differences as a sample of sites (random effects, Hartung and Knapp). Meets: the whole interval is "
        "better than the largest acceptable "
        "loss; fails: all of it is worse. Could find: the difference that this precision shows with a chance of "
        f"{per_cent(80)}."
    )


def strata_differences_table(evidence: Evidence, comparison: Comparison) -> Table:
    """The difference over sites in every level of every stratum."""
    groups = [Group("", (_level_row(comparison, "All test cases", "overall", "overall", total=True),))]
    for stratum in evidence.parameters.strata:
        levels = [
            level
            for level in evidence.levels(stratum)
            if comparison.difference(AUC, stratum=stratum.id, level=level) is not None
        ]
        heading = f"{stratum.title}, {stratum.unit}" if stratum.unit else stratum.title
        if levels:
            groups.append(Group(heading, tuple(_level_row(comparison, lv, stratum.id, lv) for lv in levels)))
    return Table(
        f"models-strata-{comparison.slug}",
        f"Difference over sites in every stratum: {comparison.title}",
        (Column("Level"), *(Column(METRICS[name].title, "new minus old", kind="number") for name in FOREST)),
        tuple(groups),
        "No margin binds a level, and no test of a level is adjusted: read them as places to look at.",
        csv_text(rows_of(evidence.frame(MODEL_DIFFERENCES), comparison)),
    )


def _level_row(comparison: Comparison, label: str, stratum: str, level: str, *, total: bool = False) -> Row:
    rows = [comparison.difference(name, stratum=stratum, level=level) for name in FOREST]
    return Row((Cell(label), *(plain_difference(row) for row in rows)), total)


def plain_difference(row: Mapping[str, Any] | None) -> Cell:
    return missing("not computed") if row is None else estimate_cell(as_estimate(row), expected=0.0)


def comparisons_overview(evidence: Evidence, made: Sequence[Comparison]) -> Table:
    """One row per comparison and finding: the differences over sites, and the verdicts."""
    rows = []
    for comparison in made:
        found = [comparison.answer(name) for name in FOREST]
        rows.append(Row((Cell(comparison.title), *(_overview_cell(row) for row in found))))
    return Table(
        "models-overview",
        "Every comparison of models: new minus old, over the sites",
        (Column("Finding and models"), *(Column(METRICS[name].title, kind="number") for name in FOREST)),
        (Group("", tuple(rows)),),
        f"Over sites, or at the only site, with intervals of {per_cent(100 * evidence.parameters.ci_level)}; below "
        "it whether the loss stays within the margin, where one is declared.",
        csv_text(evidence.frame(MODEL_DIFFERENCES).filter(site=ALL_SITES, stratum="overall")),
    )


def _overview_cell(row: Mapping[str, Any] | None) -> Cell:
    if row is None:
        return missing("not computed")
    cell = _difference_cell(row)
    if row["verdict"] is None:
        return cell
    return Cell(cell.text, cell.interval, f"{row['verdict']} (loss up to {row['margin']:g})", cell.sort, cell.quiet)


def rows_of(frame: pl.DataFrame, comparison: Comparison) -> pl.DataFrame:
    return frame.filter(finding=comparison.finding.id, new_model=comparison.new.id, old_model=comparison.old.id).drop(
        "finding", "new_model", "old_model"
    )
