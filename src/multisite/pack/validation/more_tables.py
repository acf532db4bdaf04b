"""Tables that only the pack has: completeness of headers, smallest changes that show, what is declared."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from multisite.pack.evidence import Evidence
from multisite.pack.metrics import METRICS
from multisite.pack.numbers import NO_NUMBER, count, per_cent, share
from multisite.pack.tables.flow import site_chunks
from multisite.pack.tables.table import Cell, Column, Row, Table, missing, plain_table
from multisite.pack.validation.facts import PackFacts
from multisite.vocabulary import OVERALL

__all__ = ["completeness_tables", "declared_pairs", "detectable_tables", "monitoring_pairs"]

_NOTHING = {"n_absent": "absent", "n_empty": "empty", "n_invalid": "invalid", "n_removed": "removed"}
_LEAST_SHARE = 0.005


def completeness_tables(evidence: Evidence, counts: pl.DataFrame) -> tuple[Table, ...]:
    """Per attribute and site, in how many instances it has a value, and which kind of nothing the others hold.

    Attributes that have a value in less than half of the instances of every site are only counted.
    """
    if counts.is_empty():
        return ()
    held = counts.group_by("site", "attribute").agg(pl.col("n_instances", "n_present", *_NOTHING).sum())
    usual = held.filter(pl.col("n_present") * 2 >= pl.col("n_instances"))["attribute"].unique().sort()
    rare = held["attribute"].n_unique() - len(usual)
    cells = {(row["site"], row["attribute"]): row for row in held.iter_rows(named=True)}
    chunks = site_chunks(evidence.sites)
    return tuple(
        plain_table(
            f"completeness-{number}",
            "How often headers hold an attribute" + (f" ({number} of {len(chunks)})" if len(chunks) > 1 else ""),
            (Column("Attribute"), *(Column(site, kind="number") for site in sites)),
            [Row((Cell(name), *(_held(cells.get((site, name))) for site in sites))) for name in usual],
            method=f"Share of instances with a value; below, kinds of nothing from {_LEAST_SHARE:.1%} on: absent, "
            f"empty, invalid (cannot be read), removed (put in by de-identification). {count(rare)} more have "
            "a value in less than half of the instances at every site.",
            data=held.filter(pl.col("site").is_in(sites)).sort("attribute", "site"),
        )
        for number, sites in enumerate(chunks, start=1)
    )


def detectable_tables(evidence: Evidence, monitors: pl.DataFrame) -> tuple[Table, ...]:
    """Per monitor and site, the smallest change that its last judged month would have shown in 80 of 100 cases."""
    known = monitors.filter((pl.col("axis") == OVERALL) & pl.col("detectable_change").is_not_null())
    if known.is_empty():
        return ()
    last = known.sort("month").group_by("site", "model", "title", maintain_order=True).last()
    cells = {(row["site"], row["model"], row["title"]): row for row in last.iter_rows(named=True)}
    names = last.select("model", "family", "title").unique().sort("model", "family", "title").rows()
    chunks = site_chunks(evidence.sites)
    return tuple(
        plain_table(
            f"detectable-{number}",
            "The smallest change that a month could have shown"
            + (f" ({number} of {len(chunks)})" if len(chunks) > 1 else ""),
            (Column("Monitor"), *(Column(site, kind="number") for site in sites)),
            [
                Row((Cell(title, note=family), *(_detectable(cells.get((site, model, title))) for site in sites)))
                for model, family, title in names
            ],
            method="In 80 of 100 months of the size of the last judged one, tested alone. Smaller ones may go unseen.",
            data=last.filter(pl.col("site").is_in(sites)).select(
                "site", "model", "family", "title", "month", "n_studies", "detectable_change", "change_unit"
            ),
        )
        for number, sites in enumerate(chunks, start=1)
    )


def declared_pairs(facts: PackFacts) -> tuple[tuple[str, str], ...]:
    """The rules of the analysis as the protocol declares them, in words."""
    performance, cohort = facts.protocol["performance"], facts.protocol["cohort"]
    primary = [s["title"] for s in cohort["strata"] if s["role"] == "primary"]
    exploratory = [s["title"] for s in cohort["strata"] if s["role"] != "primary"]
    titles = {s["id"]: s["title"] for s in cohort["strata"]}
    crossed = [" × ".join(titles[name] for name in one["of"]) for one in cohort["intersections"]]
    return (
        ("Operating point", f"a score of {performance['threshold']:g} or more is positive{_points(performance)}"),
        ("Margins", "; ".join(_margin(one) for one in performance["margins"]) or "none is declared"),
        ("Primary strata", ", ".join(primary) or "none"),
        ("Exploratory strata", ", ".join([*exploratory, *crossed]) or "none"),
        (
            "Multiplicity",
            f"primary endpoints: {facts.multiplicity}; verdicts: Holm over primary comparisons of a metric",
        ),
        ("Intervals", f"{per_cent(100 * performance['ci_level'])}, of patients"),
        ("Withheld", f"numbers on fewer than {performance['minimum_denominator']} patients"),
        ("Seeds", f"{performance['seed']} (intervals), {facts.protocol['integrity']['seed']} (checks)"),
    )


def monitoring_pairs(facts: PackFacts) -> tuple[tuple[str, str], ...]:
    """What is watched after the validation and when somebody is told, as the protocol declares it."""
    drift = facts.protocol["drift"]
    acquisition, population = drift["acquisition"], drift["population"]
    budget, smallest = drift["budget"], drift["smallest_changes"]
    bands = [f"{b['finding']}: {b['low']:.0%} to {b['high']:.0%} of studies" for b in drift["alert_bands"]]
    return (
        ("Acquisition", ", ".join([*acquisition["numbers"], *acquisition["categories"]]) or "nothing"),
        ("Population", ", ".join([*population["numbers"], *population["categories"]]) or "nothing"),
        (
            "Output",
            ", ".join([*(["scores"] if drift["scores"] else []), *(["alert rate"] if drift["alert_rate"] else [])]),
        ),
        ("Within groups of", ", ".join(drift["subgroups"]) or "none"),
        (
            "False alarms",
            f"at most {budget['false_ambers_per_year']:g} amber a year and {budget['false_reds_per_five_years']:g} red "
            "in five years at a site where nothing changes",
        ),
        (
            "Smallest change",
            f"{smallest['share']:.0%} of a share, {smallest['standard_deviations']:g} standard deviations, "
            f"{smallest['volume']:.0%} of the volume",
        ),
        ("Breach", f"sensitivity or specificity {drift['largest_fall']:.0%} points below the validated one"),
        ("Agreed band of alerts", "; ".join(bands) or "none"),
        ("Feed", f"{drift['feed']['silent_days']} working days without a study"),
        ("Shadow months", str(drift["shadow_months"])),
        ("Who is told", "stands in the file of each site, with the days after which the next is told"),
    )


def _held(row: Mapping[str, Any] | None) -> Cell:
    if row is None or not row["n_instances"]:
        return missing("no instance")
    whole = row["n_instances"]
    note = "; ".join(
        f"{words} {share(row[name], whole)}" for name, words in _NOTHING.items() if row[name] >= _LEAST_SHARE * whole
    )
    return Cell(share(row["n_present"], whole), note=note, sort=row["n_present"] / whole)


def _detectable(row: Mapping[str, Any] | None) -> Cell:
    if row is None:
        return Cell(NO_NUMBER, quiet=True)
    size = row["detectable_change"]
    words = f"{100 * size:.0f} points" if row["change_unit"] == "share" else f"{size:.2g}"
    unit = "" if row["change_unit"] == "share" else row["change_unit"]
    return Cell(words, note=f"{unit}{'; ' if unit else ''}n {count(row['n_studies'])}", sort=float(size))


def _points(performance: Mapping[str, Any]) -> str:
    own = [f"{p['finding']}: {p['threshold']:g}" for p in performance["operating_points"] if p["threshold"] is not None]
    rules = [f"{p['finding']}: {_rule(p['rule'])}" for p in performance["operating_points"] if p["rule"] is not None]
    said = f"; own thresholds: {', '.join(own)}" if own else ""
    return f"{said}; rule for {', '.join(rules)}" if rules else said


def _rule(rule: Mapping[str, Any]) -> str:
    least = f" of at least {rule['at_least']:g}" if rule.get("at_least") is not None else ""
    return f"{str(rule['by']).replace('_', ' ')}{least}"


def _margin(one: Mapping[str, Any]) -> str:
    name = METRICS[one["metric"]].inside if one["metric"] in METRICS else str(one["metric"]).replace("_", " ")
    if one.get("gap_at_most") is not None:
        return f"{name} at most {one['gap_at_most']:g} below that of the rest"
    bounds = [
        f"{words} {one[key]:g}" for key, words in (("at_least", "at least"), ("at_most", "at most")) if one.get(key)
    ]
    return f"{name} {' and '.join(bounds)}"
