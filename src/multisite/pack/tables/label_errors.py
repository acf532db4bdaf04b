"""Results as labelled, corrected for errors of the labels, and between which bounds, side by side."""

from typing import Any

from multisite.pack.evidence import Endpoint, Evidence
from multisite.pack.metrics import METRICS
from multisite.pack.numbers import decimals_for, fixed, per_cent, write
from multisite.pack.sentences.label_errors import corrected_rows
from multisite.pack.tables.table import Cell, Column, Group, Row, Table, csv_text, missing, written
from multisite.schemas.label_errors import CORRECTED_ESTIMATES, CORRECTED_METRICS
from multisite.vocabulary import ALL_SITES, EstimateStatus

__all__ = ["corrected_table"]

_PREVALENCE = "Prevalence", "share of cases that have the finding"


def corrected_table(evidence: Evidence, endpoint: Endpoint) -> Table:
    """A group for all sites and one per site, a row per measure."""
    level = per_cent(100 * evidence.parameters.ci_level)
    groups = [
        Group(
            "All sites" if site == ALL_SITES else site,
            tuple(_row(m, rows[m], explained=site == ALL_SITES) for m in CORRECTED_METRICS if m in rows),
        )
        for site in (ALL_SITES, *evidence.sites)
        if (rows := corrected_rows(evidence, endpoint, site))
    ]
    return Table(
        f"corrected-{endpoint.slug}",
        f"{endpoint.title}: as labelled, and corrected for errors of the labels",
        (
            Column("Measure"),
            Column("As labelled", kind="number"),
            Column("Corrected", "errors independent", kind="number"),
            Column("Bounds", "any dependence", kind="number"),
            Column("Perfect model", "against these labels", kind="number"),
        ),
        tuple(groups),
        method=f"Intervals of {level}. Corrected: by Rogan and Gladen for the prevalence, by Gart and Buck for "
        "sensitivity and specificity, and as a mixture of the labelled classes for the AUC. These intervals are "
        "simulated from the counts of the check and of the table, and are not cut at 0 and 1: what lies beyond says "
        "that chance, or dependence, is at work. Bounds take all counts as they are, without sampling error. The "
        "corrected prevalence rests on no assumption about the model.",
        csv=csv_text(endpoint.rows(evidence.frame(CORRECTED_ESTIMATES))),
    )


def _row(metric: str, row: dict[str, Any], *, explained: bool) -> Row:
    title, meaning = (METRICS[metric].title, METRICS[metric].meaning) if metric in METRICS else _PREVALENCE
    return Row(
        (
            Cell(title, note=meaning if explained else ""),
            _number(row["as_labelled"], row["labelled_low"], row["labelled_high"], row["reason"]),
            _number(row["estimate"], row["ci_low"], row["ci_high"], row["reason"], note=row["reason"] or ""),
            _bounds(row),
            _perfect(row),
        )
    )


def _number(value: float | None, low: float | None, high: float | None, reason: str | None, *, note: str = "") -> Cell:
    if value is None:
        return missing(reason or EstimateStatus.UNDEFINED.value)
    return written(write(value, low, high), value, note=note, quiet=low is None)


def _bounds(row: dict[str, Any]) -> Cell:
    low, high = row["bound_low"], row["bound_high"]
    if low is None or high is None:
        return missing(row["bound_reason"] or EstimateStatus.UNDEFINED.value)
    decimals = max(2, decimals_for(low, high))
    return Cell(f"{fixed(low, decimals)} to {fixed(high, decimals)}", sort=f"{low:.6f}")


def _perfect(row: dict[str, Any]) -> Cell:
    if row["of_perfect_model"] is None:
        why = "of no model" if row["metric"] == "prevalence" else "not known"
        return missing(row["reason"] if row["status"] != EstimateStatus.OK.value else why)
    return Cell(fixed(row["of_perfect_model"], 2), sort=row["of_perfect_model"])
