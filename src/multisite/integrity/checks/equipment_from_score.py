"""Whether the model's score tells the equipment among patients of one label: a sign that it sees the scanner."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from multisite.integrity.check import Check, CheckFrames, Outcome, insufficient, not_applicable, nothing_found
from multisite.integrity.checks.header_levels import drawn_patients, text_levels
from multisite.integrity.checks.labelled import ALPHA, FLOOR, Labelled, labelled_patients, random_generator
from multisite.stats import BooleanArray, FloatArray, ScoreByLevel, holm, rank_sum_test, score_by_level
from multisite.vocabulary import Severity, Split, Verdict

__all__ = ["EQUIPMENT_FROM_SCORE_CHECKS"]

_COLUMNS = ("device", "model", "software_versions", "station_name")
"""Columns that say on what a case was acquired."""

_LEAST_SHARE = 0.03
"""As if the scores of one half of the patients lay above those of the other with an AUC of 0.6."""


@dataclass(frozen=True, slots=True)
class _Question:
    """One model, finding and column: the score, label and level of each patient."""

    ai: str
    finding: str
    column: str
    patients: pl.DataFrame

    @property
    def n_levels(self) -> int:
        return self.patients["level"].n_unique()


def score_tells_equipment(frames: CheckFrames) -> Outcome:
    """Models whose score goes with the equipment, given the label; each level is a row of what was found."""
    if frames.predictions is None or frames.predictions.is_empty():
        return insufficient("No scores of a model are known.")
    scored = list(_scored(frames.included, frames.predictions))
    if not scored:
        return insufficient(f"No finding has {FLOOR} scored patients with and {FLOOR} without it in the test split.")
    known = [question for one in scored for question in _questions(one) if question.n_levels > 0]
    asked = [question for question in known if question.n_levels > 1]
    if not known:
        return insufficient(f"No equipment is known for {FLOOR} scored patients with and {FLOOR} without a finding.")
    if not asked:
        return not_applicable("All equipment that is known has one value, so no score can tell it.")
    found = _telling(asked, frames.seed)
    looked_at = f"{len(asked):,} pairings of a model, a finding and a column"
    if not found:
        sentence = f"Given the label, the score tells the equipment in none of {looked_at}."
        return Outcome(Verdict.PASS, len(asked), 0, sentence, nothing_found())
    columns = ", ".join(f"`{name}`" for name in _COLUMNS if name in {question.column for question, _ in found})
    sentence = f"Given the label, the score tells the equipment in {len(found):,} of {looked_at}: {columns}."
    rows = pl.concat([_by_level(question, share) for question, share in found])
    return Outcome(Verdict.FAIL, len(asked), len(found), sentence, rows)


def _scored(included: pl.DataFrame, predictions: pl.DataFrame) -> Iterator[tuple[str, Labelled]]:
    """The tested patients of each model and finding, with their scores; too few are left out."""
    tested = included.filter(pl.col("split") == Split.TEST.value)
    for ai, finding in predictions.select("model", "finding").unique().sort("model", "finding").rows():
        scores = predictions.filter(model=ai, finding=finding).select("case_id", "score")
        for group in labelled_patients(tested.join(scores, on="case_id", how="inner")):
            if group.finding == finding:
                yield ai, group


def _questions(scored: tuple[str, Labelled]) -> Iterator[_Question]:
    ai, group = scored
    for column in (name for name in _COLUMNS if name in group.patients.columns):
        known = group.patients.select("patient_id", "score", "label", pl.col(column).alias("level")).drop_nulls()
        positives = int(known["label"].sum())
        is_enough = min(positives, known.height - positives) >= FLOOR
        levels = text_levels(known["level"])
        yield _Question(ai, group.finding, column, known.with_columns(levels) if is_enough else known.clear())


def _telling(asked: Sequence[_Question], seed: int) -> list[tuple[_Question, float]]:
    """The questions whose score tells the column, over all that are asked at the site, each with its ε²."""
    n_permutations = math.ceil(4 * len(asked) / ALPHA)
    made = [_share(question, seed, n_permutations) for question in asked]
    # A share below the floor is no finding whatever its p-value, so none was drawn for it.
    adjusted = holm(np.array([1.0 if one.p_value is None else one.p_value for one in made]))
    return [
        (question, one.epsilon_squared)
        for question, one, p_value in zip(asked, made, adjusted.tolist(), strict=True)
        if one.epsilon_squared is not None and p_value < ALPHA
    ]


def _share(question: _Question, seed: int, n_permutations: int) -> ScoreByLevel:
    rng = random_generator(seed, "score_tells_equipment", question.ai, question.finding, question.column)
    patients = drawn_patients(question.patients, side="label", rng=rng)
    return score_by_level(
        patients["score"].to_numpy(),
        patients["level"].rank("dense").cast(pl.Int64).to_numpy() - 1,
        patients["label"].to_numpy().astype(np.bool_),
        rng=rng,
        n_permutations=n_permutations,
        least=_LEAST_SHARE,
    )


def _by_level(question: _Question, share: float) -> pl.DataFrame:
    """For each level, where its patients' scores stand against those of the others, among patients of one label."""
    patients = question.patients
    score, label = patients["score"].to_numpy(), patients["label"].to_numpy().astype(np.bool_)
    rows = []
    for level in patients["level"].unique().sort().to_list():
        here = (patients["level"] == level).to_numpy()
        words = [_against_others(here[label == side], score[label == side], side=side) for side in (True, False)]
        detail = f"{question.ai}, {question.finding}: {'; '.join(words)} (ε² over the levels {share:.2f})"
        rows.append((question.column, level, detail))
    return pl.DataFrame(rows, schema={"entity": pl.String, "pseudonym": pl.String, "detail": pl.String}, orient="row")


def _against_others(here: BooleanArray, score: FloatArray, *, side: bool) -> str:
    area = rank_sum_test(here, score).area
    stands = "cannot be compared" if area is None else f"score above the others with an AUC of {area:.2f}"
    return f"{int(here.sum()):,} patients {'with' if side else 'without'} it {stands}"


EQUIPMENT_FROM_SCORE_CHECKS = (
    Check(
        id="score_tells_equipment",
        title="Given the label, the score does not tell the equipment",
        family="shortcuts",
        severity=Severity.MINOR,
        method=(
            f"Kruskal–Wallis statistic of the score by {len(_COLUMNS)} columns within each label, one row per tested "
            f"patient; fails at ε² of {_LEAST_SHARE:g} or more and p < {ALPHA:g} by permuted levels, adjusted by Holm."
        ),
        unit="pairings of model, finding and column",
        run=score_tells_equipment,
    ),
)
