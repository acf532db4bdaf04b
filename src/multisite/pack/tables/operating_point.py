"""The operating point in three tables: what the rule gives, whether it holds elsewhere, and per 1,000 cases."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from multisite.pack.evidence import Endpoint, Evidence
from multisite.pack.marks import Mark
from multisite.pack.numbers import per_cent, write
from multisite.pack.sentences.operating_point import equipment_without_stratum, threshold_words
from multisite.pack.tables.table import Cell, Column, Group, Row, Table, counted, csv_text, missing, written
from multisite.schemas.operating_points import (
    OPERATING_POINTS,
    OUTCOMES_PER_1000,
    THRESHOLD_TRANSFER,
    TRANSFER_METRICS,
)
from multisite.vocabulary import ALL_SITES, OVERALL, Transfer

__all__ = ["operating_points_table", "outcomes_table", "transfer_table"]

_Row = Mapping[str, Any]
_MARKS = {
    Transfer.HOLDS: Mark(Transfer.HOLDS.value, "●", "pass"),
    Transfer.DOES_NOT_HOLD: Mark(Transfer.DOES_NOT_HOLD.value, "▲", "fail"),
    Transfer.INSUFFICIENT: Mark(Transfer.INSUFFICIENT.value, "◇", "thin"),
}
_PLACES = {
    "chosen": "The rule's threshold",
    "low": "Lower end of its interval",
    "high": "Upper end of its interval",
}
# Hits are the prevalence less the misses; the data hold them.
_MEASURES = {
    "false_negatives": ("Misses", ""),
    "false_positives": ("False alarms", ""),
    "called_positive": ("Called positive", "workload"),
    "called_per_true_positive": ("Called per hit", "cases"),
    "net_benefit": ("Net benefit", "true positives"),
}


def operating_points_table(evidence: Evidence, endpoint: Endpoint) -> Table:
    """A row per site and one over all sites."""
    frame = endpoint.rows(evidence.frame(OPERATING_POINTS))
    rows = [_point_row(row) for row in _ordered(evidence, frame)]
    level = per_cent(100 * evidence.parameters.ci_level)
    methods = sorted(set(frame["ci_method"].drop_nulls().to_list()))
    return Table(
        f"operating-point-{endpoint.slug}",
        f"What the rule gives on tuning cases, beside the declared threshold {evidence.threshold_words(endpoint)}",
        (
            Column("Site"),
            Column("Tuning cases", kind="number"),
            Column("Positive", kind="number"),
            Column("Threshold by the rule", kind="number"),
            Column("Beside the declared one"),
            Column("Sensitivity", "tuning, by the rule", kind="number"),
            Column("Specificity", "tuning, by the rule", kind="number"),
        ),
        (Group("", tuple(rows)),),
        f"Intervals of {level}. Thresholds: {'; '.join(methods) or 'none was chosen'}; on the score grid. Test cases "
        "take no part. Sensitivity and specificity at a threshold that was chosen on the same cases flatter it.",
        csv_text(frame.drop("finding", "model")),
    )


def transfer_table(evidence: Evidence, endpoint: Endpoint) -> Table:
    """The declared threshold on test cases by site, vendor and software version, and over all sites at others."""
    frame = endpoint.rows(evidence.frame(THRESHOLD_TRANSFER))
    declared = frame.filter(place="declared")
    groups = [Group("Sites", _transfer_rows(declared.filter(stratum=OVERALL), [*evidence.sites, ALL_SITES], "site"))]
    for stratum in evidence.parameters.strata:
        own = declared.filter(stratum=stratum.id, site=ALL_SITES)
        if own.height:
            levels = [level for level in evidence.levels(stratum) if level in own["level"].to_list()]
            rest = sorted(set(own["level"].to_list()) - set(levels))
            groups.append(Group(stratum.title, _transfer_rows(own, [*levels, *rest], "level"), "over all sites"))
    beside = frame.filter(pl.col("place") != "declared", site=ALL_SITES)
    if beside.height:
        rows = _transfer_rows(beside, list(_PLACES), "place")
        groups.append(Group("Over all sites at other thresholds", rows, "what the threshold's interval leaves open"))
    absent = equipment_without_stratum(evidence)
    return Table(
        f"threshold-transfer-{endpoint.slug}",
        f"Does the threshold {evidence.threshold_words(endpoint)} do elsewhere what the rule asks for?",
        (
            Column("Test cases of"),
            Column("Cases", kind="number"),
            Column("Sensitivity", kind="number"),
            Column("Specificity", kind="number"),
            Column("Called positive", "share of cases", kind="number"),
            Column("What the rule asks for"),
        ),
        tuple(group for group in groups if group.rows),
        f"Intervals of {per_cent(100 * evidence.parameters.ci_level)} by Wilson, between patients where they repeat. "
        "Holds: the lower end is at least what is asked for. Does not hold: the upper end is below it. Otherwise the "
        "evidence is insufficient. Many rows are looked at, and nothing is corrected for that. "
        f"{absent}".rstrip(),
        csv_text(frame.drop("finding", "model")),
    )


def outcomes_table(evidence: Evidence, endpoint: Endpoint) -> Table:
    """What 1,000 cases come to at each site and over all."""
    frame = endpoint.rows(evidence.frame(OUTCOMES_PER_1000))
    by_site: dict[str, dict[str, _Row]] = {}
    for row in frame.to_dicts():
        by_site.setdefault(row["site"], {})[row["measure"]] = row
    rows = [_outcomes_row(site, by_site[site]) for site in (*evidence.sites, ALL_SITES) if site in by_site]
    act_from = next(iter(frame["act_from"].to_list()), evidence.threshold(endpoint))
    sources = sorted(set(frame["prevalence_source"].to_list()))
    return Table(
        f"outcomes-{endpoint.slug}",
        f"Per 1,000 cases at the threshold {evidence.threshold_words(endpoint)}",
        (
            Column("Site"),
            Column("Prevalence", kind="number"),
            *(Column(head, unit, kind="number") for head, unit in _MEASURES.values()),
        ),
        (Group("", tuple(rows)),),
        f"Prevalence: {'; '.join(sources) or 'none'}; it counts as known. Misses and false alarms have the intervals "
        "of sensitivity and specificity, which count patients; sums and ratios of the two are by square-and-add, taken "
        f"as independent. Net benefit weighs a false alarm as one who acts from a probability of {act_from:g} on; "
        "beside it what calling every case positive would be worth. Calling none is worth 0.",
        csv_text(frame.drop("finding", "model")),
    )


def _ordered(evidence: Evidence, frame: pl.DataFrame) -> list[_Row]:
    by_site = {row["site"]: row for row in frame.to_dicts()}
    return [by_site[site] for site in (*evidence.sites, ALL_SITES) if site in by_site]


def _point_row(row: _Row) -> Row:
    if row["threshold"] is None:
        why = row["reason"] or row["status"]
        numbers: tuple[Cell, ...] = (missing(why), Cell(""), missing(""), missing(""))
    else:
        point, _, interval = threshold_words(row).partition(" ")
        beside = []
        if row["share_below"] is not None:
            beside = [f"{per_cent(100 * row[name])} of draws {word}" for name, word in _SIDES]
        note = row["reason"] or ""
        numbers = (
            Cell(point, interval, note, row["threshold"], bool(row["ci_low"] is None)),
            Cell(row["agreement"], note=", ".join(beside)),
            _share(row, "sensitivity"),
            _share(row, "specificity"),
        )
    sizes = counted(row["n_cases"], f"{row['n_patients']:,} patients"), counted(row["n_positive"])
    return Row((Cell(row["site"]), *sizes, *numbers), row["site"] == ALL_SITES)


_SIDES = (("share_below", "below"), ("share_above", "above"))


def _share(row: _Row, metric: str) -> Cell:
    value, low, high = row[metric], row[f"{metric}_low"], row[f"{metric}_high"]
    return missing("no case") if value is None else written(write(value, low, high), value)


def _transfer_rows(frame: pl.DataFrame, names: Sequence[str], column: str) -> tuple[Row, ...]:
    found: dict[str, dict[str, _Row]] = {}
    for row in frame.to_dicts():
        found.setdefault(row[column], {})[row["metric"]] = row
    return tuple(_transfer_row(name, found[name]) for name in names if name in found)


def _transfer_row(name: str, metrics: Mapping[str, _Row]) -> Row:
    first = next(iter(metrics.values()))
    label = Cell(_PLACES[name], note=f"{first['threshold']:g}") if name in _PLACES else Cell(name)
    everyone = sum(metrics[metric]["n_cases"] for metric in ("sensitivity", "specificity"))
    cells = [_estimate(metrics.get(metric)) for metric in TRANSFER_METRICS]
    verdicts = [row for row in metrics.values() if row["verdict"] is not None]
    judged = Cell("—", note="nothing is asked for", quiet=True)
    if verdicts:
        mark = _MARKS[Transfer(verdicts[0]["verdict"])]
        judged = Cell(mark.word, note=f"{verdicts[0]['metric']} of {verdicts[0]['target']:g}", mark=mark)
    return Row((label, counted(everyone), *cells, judged), name == ALL_SITES)


def _outcomes_row(site: str, measures: Mapping[str, _Row]) -> Row:
    prevalence = measures["net_benefit"]["prevalence"]
    share = missing("unknown") if prevalence is None else Cell(per_cent(100 * prevalence, 1), sort=prevalence)
    return Row((Cell(site), share, *(_estimate(measures[name]) for name in _MEASURES)), site == ALL_SITES)


def _estimate(row: _Row | None) -> Cell:
    if row is None:
        return Cell("")
    if row["estimate"] is None:
        return missing(row["reason"] or row["status"])
    note = row["reason"] or ""
    if row.get("treat_all") is not None:
        note = f"all positive: {write(row['treat_all'], row['ci_low'], row['ci_high']).point}"
    return written(write(row["estimate"], row["ci_low"], row["ci_high"]), row["estimate"], note=note)
