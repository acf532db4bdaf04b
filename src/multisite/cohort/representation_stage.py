"""The representation stage over the sites: from their compositions to distances and to what the set is silent about."""

from collections.abc import Mapping
from dataclasses import dataclass

from multisite.cohort.representation import TargetShares, coverage_table, representation_table
from multisite.cohort.strata import StratumParameters, level_order
from multisite.errors import ConfigError
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.cohort import COMPOSITION
from multisite.schemas.representation import COVERAGE, REPRESENTATION
from multisite.study import Site, Study
from multisite.vocabulary import UNKNOWN

__all__ = ["REPRESENTATION_STAGE", "RepresentationParameters"]


@dataclass(frozen=True, slots=True)
class RepresentationParameters:
    """What the protocol says about whom the set is to stand for."""

    strata: tuple[str, ...]
    target: TargetShares
    minimum_patients: int


def _compare(inputs: StageInputs, parameters: RepresentationParameters) -> StageOutputs:
    composition = inputs.frame(COMPOSITION.name)
    return StageOutputs(
        frames={
            REPRESENTATION.name: representation_table(composition, strata=parameters.strata, target=parameters.target),
            COVERAGE.name: coverage_table(
                composition,
                strata=parameters.strata,
                target=parameters.target,
                minimum_patients=parameters.minimum_patients,
            ),
        }
    )


def _parameters(study: Study, site: Site | None) -> RepresentationParameters:
    declared = {s.id: StratumParameters(s.id, s.column, s.bands, s.levels, s.when_missing) for s in study.cohort.strata}
    shares = study.cohort.target.shares if study.cohort.target else {}
    return RepresentationParameters(
        strata=tuple(declared),
        target={stratum: _named(declared.get(stratum), stratum, levels) for stratum, levels in shares.items()},
        minimum_patients=study.performance.minimum_denominator,
    )


def _named(stratum: StratumParameters | None, name: str, shares: Mapping[str, float]) -> Mapping[str, float]:
    """The shares under the names that the levels have in the cohort."""
    place = f"study file, `cohort.target.shares.{name}`"
    if stratum is None:
        raise ConfigError("there is no such stratum", place=place, remedy="Name a stratum of `cohort.strata`.")
    # An en dash and a sign for "at least" are not on a keyboard.
    spelt = {level.replace("-<", "–<").replace(">=", "≥"): share for level, share in shares.items()}
    known = [level for level in level_order(stratum, []) if level != UNKNOWN]
    unknown = [level for level in spelt if known and level not in known]
    if unknown:
        raise ConfigError(
            f"the stratum has no level {', '.join(f'`{level}`' for level in unknown)}",
            place=place,
            remedy=f"Its levels are: {', '.join(known)}.",
        )
    return spelt


REPRESENTATION_STAGE = Stage(
    name="representation",
    title="Compare splits, sites and target population",
    verb="cohort",
    scope=Scope.STUDY,
    version=1,
    reads=(COMPOSITION,),
    writes=(REPRESENTATION, COVERAGE),
    run=_compare,
    parameters=_parameters,
)
