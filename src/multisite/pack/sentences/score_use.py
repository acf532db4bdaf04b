"""Whether the model's scores go with site, acquisition and headers, among cases of the same label."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from multisite.pack.evidence import Evidence
from multisite.pack.metrics import METRICS
from multisite.pack.numbers import count, fixed, write
from multisite.pack.parameters import FindingText, ModelText
from multisite.pack.words import attribute_words, named
from multisite.schemas.shortcut_use import HEADER_AGREEMENT, SCORE_SHIFT, SITE_TOLD
from multisite.vocabulary import ALL_SITES, EstimateStatus

__all__ = ["agreement_title", "p_words", "score_use_concerns", "shift_title", "site_told_title"]

_SURE, _FAR = 0.01, 0.1
_WORSE = 0.05


def score_use_concerns(evidence: Evidence, finding: FindingText) -> tuple[str, ...]:
    """A sentence for each thing that the scores of a model go with; none where nothing was seen."""
    found = [
        sentence
        for model in evidence.parameters.models
        for sentence in (
            *_told(evidence, finding, model),
            *_shifted(evidence, finding, model),
            *_worse(evidence, finding, model),
        )
    ]
    return tuple(found)


def site_told_title(evidence: Evidence, finding: FindingText) -> str:
    """The finding of the table of sites."""
    concerns = [sentence for model in evidence.parameters.models for sentence in _told(evidence, finding, model)]
    if concerns:
        return "Given the label, the score tells the site"
    asked = evidence.frame(SITE_TOLD).filter(pl.col("finding") == finding.id, pl.col("p_value").is_not_null())
    return (
        "Given the label, the score hardly tells the site" if asked.height else "Sites could not be compared by score"
    )


def shift_title(evidence: Evidence, finding: FindingText) -> str:
    """The finding of the figure of shifts."""
    rows = evidence.frame(SCORE_SHIFT).filter(finding=finding.id)
    n_tested, n_notable = int(rows["p_value"].count()), int(rows["notable"].sum())
    if not n_tested:
        return "No level of an acquisition attribute has enough patients to be compared"
    if not n_notable:
        return "No acquisition attribute moves the scores of patients without the finding"
    return f"Scores of patients without the finding differ in {named(n_notable, 'comparison', 'comparisons')}"


def agreement_title(evidence: Evidence, finding: FindingText) -> str:
    """The finding of the table of both parts: the largest difference."""
    largest = [row for model in evidence.parameters.models for row in _gaps(evidence, finding, model)]
    if not largest:
        return "Cases could not be parted by what the headers say"
    row = max(largest, key=lambda row: row["difference"])
    metric = METRICS[row["metric"]].title
    change = "lower" if row["difference"] > 0 else "higher"
    return f"Where the headers point away from the label, {metric} is {fixed(abs(row['difference']), 2)} {change}"


def p_words(p_value: float) -> str:
    """A p-value as it is written in a sentence."""
    return "p < 0.001" if p_value < 0.001 else f"p = {fixed(p_value, 3)}"


def _told(evidence: Evidence, finding: FindingText, model: ModelText) -> Iterator[str]:
    rows = evidence.frame(SITE_TOLD).filter(finding=finding.id, model=model.id)
    far = rows.filter(
        pl.col("status") == EstimateStatus.OK.value,
        pl.col("p_value") < _SURE,
        (pl.col("estimate") - 0.5).abs() >= _FAR,
    ).sort((pl.col("estimate") - 0.5).abs(), "site", descending=[True, False])
    if far.height:
        row = far.row(0, named=True)
        yield (
            f"The score of {model.title} tells the site among patients of the same label ({p_words(row['p_value'])}): "
            f"at {row['site']}, those {_label(row)} score {_direction(row)} than at the other sites, AUC {_area(row)}."
        )


def _shifted(evidence: Evidence, finding: FindingText, model: ModelText) -> Iterator[str]:
    rows = evidence.frame(SCORE_SHIFT).filter(finding=finding.id, model=model.id)
    notable = rows.filter("notable").sort(
        (pl.col("estimate") - 0.5).abs(), *SCORE_SHIFT.key, descending=[True] + [False] * 5
    )
    if notable.height:
        row = notable.row(0, named=True)
        where = "within sites" if row["site"] == ALL_SITES else f"at {row['site']}"
        yield (
            f"Patients without the finding score {_direction(row)} with {model.title} where the "
            f"{attribute_words(row['attribute'])} is {row['level']} ({where}, AUC {_area(row)}); "
            f"{named(notable.height, 'comparison is', 'comparisons are')} notable of {count(row['n_comparisons'])}."
        )


def _worse(evidence: Evidence, finding: FindingText, model: ModelText) -> Iterator[str]:
    worse = [row for row in _gaps(evidence, finding, model) if (row["ci_low"] or 0.0) > _WORSE]
    if worse:
        row = max(worse, key=lambda row: row["difference"])
        yield (
            f"Where the headers point away from the label, the {METRICS[row['metric']].title} of {model.title} is "
            f"{write(row['difference'], row['ci_low'], row['ci_high'])} lower."
        )


def _gaps(evidence: Evidence, finding: FindingText, model: ModelText) -> list[dict[str, Any]]:
    rows = evidence.frame(HEADER_AGREEMENT).filter(finding=finding.id, model=model.id, site=ALL_SITES)
    return rows.filter(pl.col("difference").is_not_null()).sort("metric").to_dicts()


def _label(row: dict[str, Any]) -> str:
    return "with the finding" if row["reference"] else "without it"


def _direction(row: dict[str, Any]) -> str:
    return "higher" if row["estimate"] > 0.5 else "lower"


def _area(row: dict[str, Any]) -> str:
    return str(write(row["estimate"], row["ci_low"], row["ci_high"]))
