"""The stages that hold scores against other truths: inside a site, and over the sites."""

from dataclasses import dataclass

from multisite.performance.truths.reader_benchmark import reader_benchmark
from multisite.performance.truths.sensitivity import TruthParameters, truth_sensitivity
from multisite.performance.truths.tornado import tornado
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.cohort import COHORT, PREDICTIONS
from multisite.schemas.reference_variants import HELD_OUT_READINGS, REFERENCE_VARIANTS
from multisite.schemas.truth_sensitivity import READER_BENCHMARK, TRUTH_SENSITIVITY, TRUTH_TORNADO
from multisite.study import Site, Study
from multisite.tallies import Thresholds

__all__ = ["TRUTH_SENSITIVITY_STAGE", "TRUTH_TORNADO_STAGE", "TornadoParameters", "hold_against", "pool_truths"]


@dataclass(frozen=True, slots=True)
class TornadoParameters:
    """``ci_level``: of every interval over sites, in (0, 1)."""

    ci_level: float


def hold_against(inputs: StageInputs, parameters: TruthParameters) -> StageOutputs:
    """Estimate under each truth that the readings could give, and each reader beside the model."""
    cohort, predictions = inputs.frame(COHORT.name), inputs.frame(PREDICTIONS.name)
    variants, held_out = inputs.frame(REFERENCE_VARIANTS.name), inputs.frame(HELD_OUT_READINGS.name)
    return StageOutputs(
        frames={
            TRUTH_SENSITIVITY.name: truth_sensitivity(cohort, predictions, variants, parameters, site=inputs.site),
            READER_BENCHMARK.name: reader_benchmark(cohort, predictions, held_out, parameters, site=inputs.site),
        }
    )


def pool_truths(inputs: StageInputs, parameters: TornadoParameters) -> StageOutputs:
    """Pool the sites under each truth; without readings there is nothing, and the frame is empty."""
    if TRUTH_SENSITIVITY.name not in inputs.frames:
        return StageOutputs(frames={TRUTH_TORNADO.name: TRUTH_TORNADO.empty()})
    found = tornado(inputs.frame(TRUTH_SENSITIVITY.name), ci_level=parameters.ci_level)
    return StageOutputs(frames={TRUTH_TORNADO.name: found})


def _parameters(study: Study, site: Site | None) -> TruthParameters:
    performance = study.performance
    return TruthParameters(
        findings=tuple(sorted(study.reference)),
        thresholds=Thresholds(performance.threshold, study.own_thresholds),
        ci_level=performance.ci_level,
        minimum_patients=performance.minimum_denominator,
    )


def _tornado_parameters(study: Study, site: Site | None) -> TornadoParameters:
    return TornadoParameters(ci_level=study.performance.ci_level)


def _is_asked_for(parameters: TruthParameters) -> bool:
    return bool(parameters.findings)


TRUTH_SENSITIVITY_STAGE = Stage(
    name="truth_sensitivity",
    title="Hold scores against other truths",
    verb="evaluate",
    scope=Scope.SITE,
    version=1,
    reads=(COHORT, PREDICTIONS),
    # Without readings nobody makes them, and there is nothing to do.
    optional_reads=(REFERENCE_VARIANTS, HELD_OUT_READINGS),
    writes=(TRUTH_SENSITIVITY, READER_BENCHMARK),
    reads_test_labels=True,
    run=hold_against,
    parameters=_parameters,
    is_asked_for=_is_asked_for,
)

TRUTH_TORNADO_STAGE = Stage(
    name="truth_tornado",
    title="Pool the sites under other truths",
    verb="evaluate",
    scope=Scope.STUDY,
    version=2,
    reads=(),
    optional_reads=(TRUTH_SENSITIVITY,),
    writes=(TRUTH_TORNADO,),
    run=pool_truths,
    parameters=_tornado_parameters,
)
