"""The stages that hold two models against each other: inside a site on its cases, and over the sites."""

from multisite.performance.models.by_data import model_by_data
from multisite.performance.models.differences import Margins, ModelDifferencesParameters, model_differences
from multisite.performance.models.pairs import DataRule, ModelPair, ModelPairsParameters, model_pairs
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.cohort import COHORT, PREDICTIONS
from multisite.schemas.model_comparison import MODEL_BY_DATA, MODEL_DIFFERENCES, MODEL_PAIR_COUNTS, MODEL_PAIRS
from multisite.study import DataByDate, DataByStratum, ModelComparison, Site, Study
from multisite.tallies import Thresholds, scored_cases, strata_columns

__all__ = ["MODEL_DIFFERENCES_STAGE", "MODEL_PAIRS_STAGE", "compare_at_site", "compare_over_sites"]


def compare_at_site(inputs: StageInputs, parameters: ModelPairsParameters) -> StageOutputs:
    """Pair the scores of both models of each comparison on the site's test cases."""
    cohort = inputs.frame(COHORT.name)
    strata = strata_columns(cohort)
    scored = scored_cases(cohort, inputs.frame(PREDICTIONS.name), carry=["case_id", "case_date", *strata])
    pairs, counts = model_pairs(scored, site=inputs.site, strata=strata, parameters=parameters)
    by_data = model_by_data(scored, site=inputs.site, strata=strata, parameters=parameters)
    return StageOutputs(frames={MODEL_PAIRS.name: pairs, MODEL_PAIR_COUNTS.name: counts, MODEL_BY_DATA.name: by_data})


def compare_over_sites(inputs: StageInputs, parameters: ModelDifferencesParameters) -> StageOutputs:
    """What the sites' differences show together, with the verdicts of the protocol."""
    found = model_differences(inputs.frame(MODEL_PAIRS.name), inputs.frame(MODEL_BY_DATA.name), parameters)
    return StageOutputs(frames={MODEL_DIFFERENCES.name: found})


def _pairs_parameters(study: Study, site: Site | None) -> ModelPairsParameters:
    performance = study.performance
    declared = tuple(finding.id for finding in study.findings)
    return ModelPairsParameters(
        pairs=tuple(
            ModelPair(
                new=comparison.new,
                old=comparison.old,
                findings=comparison.findings or declared,
                thresholds=Thresholds(performance.threshold, study.own_thresholds),
                data=_data_rule(comparison.data),
                probabilities=not {comparison.new, comparison.old} & set(study.not_probabilities),
            )
            for comparison in performance.comparisons
        ),
        ci_level=performance.ci_level,
        minimum_denominator=performance.minimum_denominator,
    )


def _data_rule(data: DataByDate | DataByStratum | None) -> DataRule | None:
    if data is None:
        return None
    if isinstance(data, DataByDate):
        return DataRule(new_from=data.new_from)
    return DataRule(stratum=data.stratum, old=data.old, new=data.new)


def _differences_parameters(study: Study, site: Site | None) -> ModelDifferencesParameters:
    return ModelDifferencesParameters(
        margins=tuple(_margins(comparison) for comparison in study.performance.comparisons),
        ci_level=study.performance.ci_level,
    )


def _margins(comparison: ModelComparison) -> Margins:
    losses: dict[str, float] = {metric: loss for metric, loss in comparison.margins.items()}
    return Margins(comparison.new, comparison.old, comparison.primary, losses)


def _pairs_are_asked_for(parameters: ModelPairsParameters) -> bool:
    return bool(parameters.pairs)


def _differences_are_asked_for(parameters: ModelDifferencesParameters) -> bool:
    return bool(parameters.margins)


MODEL_PAIRS_STAGE = Stage(
    name="model_pairs",
    title="Compare models in the site",
    verb="evaluate",
    scope=Scope.SITE,
    version=2,
    reads=(COHORT, PREDICTIONS),
    writes=(MODEL_PAIRS, MODEL_PAIR_COUNTS, MODEL_BY_DATA),
    reads_test_labels=True,
    run=compare_at_site,
    parameters=_pairs_parameters,
    is_asked_for=_pairs_are_asked_for,
)

MODEL_DIFFERENCES_STAGE = Stage(
    name="model_differences",
    title="Compare models over the sites",
    verb="evaluate",
    scope=Scope.STUDY,
    version=2,
    reads=(MODEL_PAIRS, MODEL_BY_DATA),
    writes=(MODEL_DIFFERENCES,),
    run=compare_over_sites,
    parameters=_differences_parameters,
    is_asked_for=_differences_are_asked_for,
)
