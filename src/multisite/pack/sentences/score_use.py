"""Whether the model's scores go with site, acquisition and headers, among cases of the same label."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from multisite.pack.evidence import Evidence
from multisite.pack.metrics import AUC, METRICS
from multisite.pack.numbers import count, fixed, write
from multisite.pack.parameters import FindingText, ModelText
from multisite.pack.words import attribute_words
from multisite.schemas.series import ACQUISITION
from multisite.schemas.shortcut_use import HEADER_AGREEMENT, SCORE_SHIFT, SITE_TOLD
from multisite.schemas.shortcuts import SHORTCUT_LADDER
from multisite.vocabulary import ALL_SITES, EstimateStatus

__all__ = ["agreement_title", "furthest_shifts", "p_words", "score_use_concerns", "shift_title", "site_told_title"]

_SURE, _FAR = 0.01, 0.1
_WORSE = 0.05
_TELLS = 0.6


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
    if rows.filter(status=EstimateStatus.OK.value).is_empty():
        return "No level of an acquisition attribute has enough patients to be compared"
    furthest = _most_told(rows)
    if furthest is None:
        return "No acquisition attribute moves the scores of patients without the finding"
    return f"Without the finding, scores are {_direction(furthest)} where the {_level(furthest)}: AUC {_area(furthest)}"


def agreement_title(evidence: Evidence, finding: FindingText) -> str:
    """The finding of the table of both parts: the largest difference."""
    gaps = [row for model in evidence.parameters.models for row in _gaps(evidence, finding, model)]
    if not gaps:
        return "Cases could not be parted by what the headers say"
    if not _headers_tell(evidence, finding):
        return "The headers hardly tell the finding, so that a difference between the parts says nothing"
    lower = [row for row in gaps if (row["ci_low"] or 0.0) > 0]
    if not lower:
        return "Where the headers point away from the label, no metric is clearly lower"
    row = max(lower, key=lambda row: row["difference"])
    return f"Where the headers point away from the label, {_metric(row)} is {fixed(row['difference'], 2)} lower"


def furthest_shifts(rows: pl.DataFrame) -> pl.DataFrame:
    """Sound rows of SCORE_SHIFT, notable ones first and then the furthest from 0.5, each group of patients once.

    A vendor with one scanner holds the same patients as the scanner's model, and two levels mirror each other. The
    first attribute in the order of the acquisition stands for the others, and the level that scores higher for both.
    """
    order = {column.name: position for position, column in enumerate(ACQUISITION)}
    ranked = (
        rows.filter(status=EstimateStatus.OK.value)
        .with_columns(
            (pl.col("estimate") - 0.5).abs().round(9).alias("far"),
            pl.min_horizontal("n_patients", "n_patients_others").alias("fewer"),
            pl.max_horizontal("n_patients", "n_patients_others").alias("more"),
            pl.col("attribute").replace_strict(order, default=len(order), return_dtype=pl.Int64).alias("position"),
        )
        .sort(
            "notable",
            "far",
            "position",
            "estimate",
            *SCORE_SHIFT.key,
            descending=[True, True, False, True] + [False] * 5,
        )
    )
    same = ["finding", "model", "site", "far", "fewer", "more"]
    return ranked.unique(same, keep="first", maintain_order=True).select(rows.columns)


def p_words(p_value: float) -> str:
    """A p-value as it is written in a sentence."""
    return "p < 0.001" if p_value < 0.001 else f"p = {fixed(p_value, 3)}"


def _told(evidence: Evidence, finding: FindingText, model: ModelText) -> Iterator[str]:
    rows = evidence.frame(SITE_TOLD).filter(finding=finding.id, model=model.id)
    far = rows.filter(
        pl.col("status") == EstimateStatus.OK.value,
        pl.col("p_value") < _SURE,
        (pl.col("estimate") - 0.5).abs() >= _FAR,
        (pl.col("ci_low") > 0.5) | (pl.col("ci_high") < 0.5),
    ).sort((pl.col("estimate") - 0.5).abs(), "site", descending=[True, False])
    if far.height:
        row = far.row(0, named=True)
        yield (
            f"The score of {model.title} tells the site among patients of the same label ({p_words(row['p_value'])}): "
            f"at {row['site']}, those {_label(row)} score {_direction(row)} than at the other sites, AUC {_area(row)}."
        )


def _shifted(evidence: Evidence, finding: FindingText, model: ModelText) -> Iterator[str]:
    rows = evidence.frame(SCORE_SHIFT).filter(finding=finding.id, model=model.id)
    furthest = _most_told(rows)
    if furthest is not None:
        n_notable = int(rows["notable"].sum())
        where = "within sites" if furthest["site"] == ALL_SITES else f"at {furthest['site']}"
        yield (
            f"Patients without the finding score {_direction(furthest)} with {model.title} where the "
            f"{_level(furthest)} ({where}, AUC {_area(furthest)}); {count(n_notable)} of "
            f"{count(furthest['n_comparisons'])} comparisons are notable."
        )


def _most_told(rows: pl.DataFrame) -> dict[str, Any] | None:
    """The furthest of the notable shifts; one over all sites before those at one."""
    notable = furthest_shifts(rows.filter("notable"))
    if notable.is_empty():
        return None
    return notable.sort(pl.col("site") != ALL_SITES, maintain_order=True).row(0, named=True)


def _worse(evidence: Evidence, finding: FindingText, model: ModelText) -> Iterator[str]:
    worse = [row for row in _gaps(evidence, finding, model) if (row["ci_low"] or 0.0) > _WORSE]
    if worse and _headers_tell(evidence, finding):
        row = max(worse, key=lambda row: row["difference"])
        yield (
            f"Where the headers point away from the label, the {_metric(row)} of {model.title} is "
            f"{write(row['difference'], row['ci_low'], row['ci_high'])} lower."
        )


def _headers_tell(evidence: Evidence, finding: FindingText) -> bool:
    """Whether the headers tell the finding within sites. Where not, the parts differ in acquisition and by chance."""
    rungs = evidence.frame(SHORTCUT_LADDER).filter(finding=finding.id, kind="headers", scope="within sites")
    return bool((rungs["ci_low"].fill_null(0.0) > _TELLS).any())


def _gaps(evidence: Evidence, finding: FindingText, model: ModelText) -> list[dict[str, Any]]:
    rows = evidence.frame(HEADER_AGREEMENT).filter(finding=finding.id, model=model.id, site=ALL_SITES)
    return rows.filter(pl.col("difference").is_not_null()).sort("metric").to_dicts()


def _metric(row: dict[str, Any]) -> str:
    title = METRICS[row["metric"]].title
    return title if row["metric"] == AUC else title.lower()


def _level(row: dict[str, Any]) -> str:
    return f"{attribute_words(row['attribute'])} is {row['level']}"


def _label(row: dict[str, Any]) -> str:
    return "with the finding" if row["reference"] else "without it"


def _direction(row: dict[str, Any]) -> str:
    return "higher" if row["estimate"] > 0.5 else "lower"


def _area(row: dict[str, Any]) -> str:
    return str(write(row["estimate"], row["ci_low"], row["ci_high"]))
