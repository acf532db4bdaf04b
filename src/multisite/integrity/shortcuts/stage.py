"""The shortcuts stage inside a site, and the ladder stage over the sites."""

from dataclasses import dataclass

import polars as pl

from multisite.integrity.shortcuts.header_scores import header_scores
from multisite.integrity.shortcuts.ladder import ladder
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.cohort import COHORT, COMPOSITION, PREDICTIONS
from multisite.schemas.shortcuts import SHORTCUT_LADDER, SHORTCUT_TALLY
from multisite.study import Site, Study
from multisite.tallies import ScoreTally, tally_scores
from multisite.vocabulary import OVERALL, Split

__all__ = ["LADDER_STAGE", "SHORTCUT_STAGE", "ShortcutParameters"]

_CASES = ("site", "finding", "model", "split", "reference", "score")


@dataclass(frozen=True, slots=True)
class ShortcutParameters:
    """What the protocol says about the sources that are held against the model."""

    findings: tuple[str, ...]
    score_grid_steps: int
    ci_level: float
    seed: int


def _tally_sources(inputs: StageInputs, parameters: ShortcutParameters) -> StageOutputs:
    tested = inputs.frame(COHORT.name).filter(pl.col("included"), pl.col("split") == Split.TEST.value)
    scores = inputs.frame(PREDICTIONS.name)
    parts = []
    for finding in parameters.findings:
        truth = tested.select("site", "case_id", "split", pl.col(f"reference_{finding}").alias("reference"))
        parts.append(
            scores.filter(finding=finding)
            .join(truth.drop_nulls("reference"), on=["site", "case_id"], how="inner")
            .select(_CASES)
        )
        made = header_scores(tested, finding=finding, seed=parameters.seed)
        if made is not None:
            parts.append(made.select(_CASES))
    tally = tally_scores(pl.concat(parts), strata=[]).on_grid(parameters.score_grid_steps)
    return StageOutputs(frames={SHORTCUT_TALLY.name: tally.to_frame()})


def _climb(inputs: StageInputs, parameters: ShortcutParameters) -> StageOutputs:
    # Patients do not depend on the finding: any one stands for all.
    overall = (
        inputs.frame(COMPOSITION.name)
        .filter(stratum=OVERALL, split=Split.TEST.value)
        .filter(pl.col("finding") == pl.col("finding").min())
    )
    tally = ScoreTally.from_frame(inputs.frame(SHORTCUT_TALLY.name))
    patients = dict(overall.select("site", "n_patients").rows())
    return StageOutputs(frames={SHORTCUT_LADDER.name: ladder(tally, patients=patients, ci_level=parameters.ci_level)})


def _parameters(study: Study, site: Site | None) -> ShortcutParameters:
    return ShortcutParameters(
        findings=tuple(finding.id for finding in study.findings),
        score_grid_steps=study.performance.score_grid_steps,
        ci_level=study.performance.ci_level,
        seed=study.performance.seed,
    )


SHORTCUT_STAGE = Stage(
    name="shortcuts",
    title="Score the finding without the image",
    verb="check",
    scope=Scope.SITE,
    version=1,
    reads=(COHORT, PREDICTIONS),
    writes=(SHORTCUT_TALLY,),
    reads_test_labels=True,
    run=_tally_sources,
    parameters=_parameters,
)

LADDER_STAGE = Stage(
    name="shortcut_ladder",
    title="Compare the model with shortcuts",
    verb="check",
    scope=Scope.STUDY,
    version=1,
    reads=(SHORTCUT_TALLY, COMPOSITION),
    writes=(SHORTCUT_LADDER,),
    run=_climb,
    parameters=_parameters,
)
