"""Whether the acquisition tells the label: what a model could score without seeing the finding, inside one site."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from multisite.integrity.check import Check, CheckFrames, Outcome, insufficient, not_applicable, nothing_found
from multisite.integrity.checks.header_levels import HeaderLevels, carriers, drawn_patients, header_levels
from multisite.integrity.checks.labelled import ALPHA, Labelled, labelled_patients, random_generator
from multisite.stats import AreaFromLevels, area_from_levels, holm
from multisite.vocabulary import Severity, Verdict

__all__ = ["LABEL_FROM_HEADERS_CHECKS"]

_LEAST_AREA = 0.65
"""As if one of two scanners that image equally many had two and a half times the other's prevalence, at 30 % over both;
four times where the finding is rare."""

_LEAST_PATIENTS = 25


@dataclass(frozen=True, slots=True)
class _Question:
    """The patients of one finding and split who are looked at, the levels of their acquisition, and how these tell."""

    finding: str
    split: str
    n_patients: int
    headers: HeaderLevels
    told: AreaFromLevels


def headers_tell_label(frames: CheckFrames) -> Outcome:
    """Findings whose label is told from the acquisition; each attribute that carries it is a row of what was found."""
    groups = [group for group in labelled_patients(frames.included) if _is_large_enough(group)]
    if not groups:
        return insufficient(
            f"No finding has {_LEAST_PATIENTS} patients with and {_LEAST_PATIENTS} without it in one split."
        )
    # Each fits anew: enough for the smallest p-value that can come out to be half the level after Holm.
    n_permutations = math.ceil(2 * len(groups) / ALPHA)
    asked = [_asked(group, frames.seed, n_permutations=n_permutations) for group in groups]
    if not any(question.headers.n_known for question in asked):
        return insufficient("No attribute of the acquisition is known.", len(asked))
    held = [question for question in asked if question.told.area is not None]
    if not held:
        return not_applicable(
            "Every attribute of the acquisition that is known has one value, so none can tell a label."
        )
    found = _telling(held)
    n_patients = sum(question.n_patients for question in held)
    looked_at = f"{len(held):,} pairs of finding and split ({n_patients:,} labels of patients)"
    largest = max(question.told.area or 0.0 for question in found or held)
    if not found:
        sentence = f"Headers tell the label in none of {looked_at}; the largest AUC is {largest:.2f}."
        return Outcome(Verdict.PASS, len(held), 0, sentence, nothing_found())
    names = sorted({name for question in found for name, _ in carriers(question.headers.names, question.told)})
    sentence = (
        f"Headers tell the label in {len(found):,} of {looked_at}, with an AUC of {largest:.2f}: "
        f"{', '.join(f'`{name}`' for name in names)}."
    )
    return Outcome(Verdict.FAIL, len(held), len(found), sentence, pl.concat([_rows(question) for question in found]))


def _is_large_enough(group: Labelled) -> bool:
    positives = int(group.patients["label"].sum())
    return min(positives, group.patients.height - positives) >= _LEAST_PATIENTS


def _asked(group: Labelled, seed: int, *, n_permutations: int) -> _Question:
    rng = random_generator(seed, "headers_tell_label", group.finding, group.split)
    patients = drawn_patients(group.patients, side="label", rng=rng)
    headers = header_levels(patients)
    told = area_from_levels(
        headers.numbers,
        patients["label"].to_numpy().astype(bool),
        rng=rng,
        n_permutations=n_permutations,
        least_area=_LEAST_AREA,
    )
    return _Question(group.finding, group.split, patients.height, headers, told)


def _telling(held: Sequence[_Question]) -> list[_Question]:
    """The questions whose headers tell the label, over all that are asked at the site."""
    # An area below the floor is no finding whatever its p-value, so none was drawn for it.
    p_values = [1.0 if question.told.p_value is None else question.told.p_value for question in held]
    adjusted = holm(np.array(p_values))
    return [question for question, p_value in zip(held, adjusted.tolist(), strict=True) if p_value < ALPHA]


def _rows(question: _Question) -> pl.DataFrame:
    told = question.told
    together = f"all attributes together {told.area:.2f}, p = {told.p_value:.0e} before Holm"
    where = f"in {question.split}, {question.n_patients:,} patients"
    return pl.DataFrame(
        [
            ("column", name, f"{where}: alone tells {question.finding} with an AUC of {area:.2f} ({together})")
            for name, area in carriers(question.headers.names, told)
        ],
        schema={"entity": pl.String, "pseudonym": pl.String, "detail": pl.String},
        orient="row",
    )


LABEL_FROM_HEADERS_CHECKS = (
    Check(
        id="headers_tell_label",
        title="The acquisition does not tell the label",
        family="shortcuts",
        severity=Severity.MAJOR,
        method=(
            "AUC of a cross-fitted linear score from the levels of all acquisition attributes, one row per patient, "
            f"in each split; fails at {_LEAST_AREA:g} or more and p < {ALPHA:g} by permuted labels, adjusted by Holm."
        ),
        unit="pairs of finding and split",
        run=headers_tell_label,
    ),
)
