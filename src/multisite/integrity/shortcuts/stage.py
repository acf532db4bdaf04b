"""The shortcuts stage inside a site; over the sites, the ladder and what the model's scores go with."""

from dataclasses import dataclass

import polars as pl

from multisite.integrity.shortcuts.agreement import (
    agreement_moments,
    agreement_table,
    agreement_tally,
    with_agreement,
)
from multisite.integrity.shortcuts.header_scores import header_scores
from multisite.integrity.shortcuts.ladder import ladder
from multisite.integrity.shortcuts.levels import LEVEL_COLUMNS, attribute_label_counts, attribute_levels
from multisite.integrity.shortcuts.patients import patients_per_score
from multisite.integrity.shortcuts.shift import score_shift_table
from multisite.integrity.shortcuts.site_told import site_told_table
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.cohort import COHORT, COMPOSITION, PREDICTIONS
from multisite.schemas.shortcut_use import (
    HEADER_AGREEMENT,
    HEADER_AGREEMENT_MOMENTS,
    SCORE_SHIFT,
    SHORTCUT_PATIENTS,
    SITE_TOLD,
)
from multisite.schemas.shortcuts import ATTRIBUTE_LABEL_COUNTS, SHORTCUT_LADDER, SHORTCUT_TALLY
from multisite.study import Site, Study
from multisite.tallies import ProportionMoments, ScoreTally, combine_score_tallies, scored_cases, tally_scores
from multisite.vocabulary import OVERALL, Split

__all__ = ["LADDER_STAGE", "SHORTCUT_STAGE", "SHORTCUT_USE_STAGE", "ShortcutParameters"]

_SOURCE = ("site", "case_id", "finding", "model", "split", "reference", "score")


@dataclass(frozen=True, slots=True)
class ShortcutParameters:
    """What the protocol says about the sources that are held against the model."""

    findings: tuple[str, ...]
    score_grid_steps: int
    threshold: float
    minimum_patients: int
    ci_level: float
    seed: int
    own_thresholds: tuple[tuple[str, str, float], ...] = ()


def _tally_sources(inputs: StageInputs, parameters: ShortcutParameters) -> StageOutputs:
    tested = inputs.frame(COHORT.name).filter(pl.col("included"), pl.col("split") == Split.TEST.value)
    predictions = inputs.frame(PREDICTIONS.name).filter(pl.col("finding").is_in(list(parameters.findings)))
    levelled = attribute_levels(tested)
    scored = scored_cases(levelled, predictions, carry=["case_id", *LEVEL_COLUMNS])
    by_finding = [header_scores(tested, finding=finding, seed=parameters.seed) for finding in parameters.findings]
    made = pl.concat(
        [scored.select(_SOURCE).clear(), *(scores.select(_SOURCE) for scores in by_finding if scores is not None)]
    )
    parted = with_agreement(scored, made)
    tally = combine_score_tallies(
        [tally_scores(pl.concat([scored.select(_SOURCE), made]), strata=[]), agreement_tally(parted)]
    )
    steps = parameters.score_grid_steps
    return StageOutputs(
        frames={
            SHORTCUT_TALLY.name: tally.on_grid(steps).to_frame(),
            ATTRIBUTE_LABEL_COUNTS.name: attribute_label_counts(levelled, findings=parameters.findings),
            SHORTCUT_PATIENTS.name: patients_per_score(scored, columns=LEVEL_COLUMNS, steps=steps),
            HEADER_AGREEMENT_MOMENTS.name: agreement_moments(
                parted, threshold=parameters.threshold, own_thresholds=parameters.own_thresholds
            ).frame,
        }
    )


def _climb(inputs: StageInputs, parameters: ShortcutParameters) -> StageOutputs:
    # Patients do not depend on the finding: any one stands for all.
    overall = (
        inputs.frame(COMPOSITION.name)
        .filter(stratum=OVERALL, split=Split.TEST.value)
        .filter(pl.col("finding") == pl.col("finding").min())
    )
    tally = ScoreTally.from_frame(inputs.frame(SHORTCUT_TALLY.name))
    patients = dict(overall.select("site", "n_patients").rows())
    counts = inputs.frame(ATTRIBUTE_LABEL_COUNTS.name)
    rungs = ladder(tally, counts, patients=patients, ci_level=parameters.ci_level)
    return StageOutputs(frames={SHORTCUT_LADDER.name: rungs})


def _look_for_use(inputs: StageInputs, parameters: ShortcutParameters) -> StageOutputs:
    least, level = parameters.minimum_patients, parameters.ci_level
    patients = inputs.frame(SHORTCUT_PATIENTS.name)
    tally = ScoreTally.from_frame(inputs.frame(SHORTCUT_TALLY.name))
    moments = ProportionMoments.from_frame(inputs.frame(HEADER_AGREEMENT_MOMENTS.name))
    return StageOutputs(
        frames={
            SITE_TOLD.name: site_told_table(patients, minimum_patients=least, ci_level=level, seed=parameters.seed),
            SCORE_SHIFT.name: score_shift_table(patients, minimum_patients=least, ci_level=level, seed=parameters.seed),
            HEADER_AGREEMENT.name: agreement_table(tally, moments, minimum_patients=least, ci_level=level),
        }
    )


def _parameters(study: Study, site: Site | None) -> ShortcutParameters:
    return ShortcutParameters(
        findings=tuple(finding.id for finding in study.findings),
        score_grid_steps=study.performance.score_grid_steps,
        threshold=study.performance.threshold,
        minimum_patients=study.performance.minimum_denominator,
        ci_level=study.performance.ci_level,
        seed=study.performance.seed,
        own_thresholds=study.own_thresholds,
    )


SHORTCUT_STAGE = Stage(
    name="shortcuts",
    title="Score the finding without the image",
    verb="check",
    scope=Scope.SITE,
    version=2,
    reads=(COHORT, PREDICTIONS),
    writes=(SHORTCUT_TALLY, ATTRIBUTE_LABEL_COUNTS, SHORTCUT_PATIENTS, HEADER_AGREEMENT_MOMENTS),
    reads_test_labels=True,
    run=_tally_sources,
    parameters=_parameters,
)

LADDER_STAGE = Stage(
    name="shortcut_ladder",
    title="Compare the model with shortcuts",
    verb="check",
    scope=Scope.STUDY,
    version=2,
    reads=(SHORTCUT_TALLY, ATTRIBUTE_LABEL_COUNTS, COMPOSITION),
    writes=(SHORTCUT_LADDER,),
    run=_climb,
    parameters=_parameters,
)

SHORTCUT_USE_STAGE = Stage(
    name="shortcut_use",
    title="Ask whether scores go with site and acquisition",
    verb="check",
    scope=Scope.STUDY,
    version=1,
    reads=(SHORTCUT_TALLY, SHORTCUT_PATIENTS, HEADER_AGREEMENT_MOMENTS),
    writes=(SITE_TOLD, SCORE_SHIFT, HEADER_AGREEMENT),
    run=_look_for_use,
    parameters=_parameters,
)
