"""Scores that are no probabilities: ranked and called, and never calibrated."""

from dataclasses import replace

import polars as pl

from multisite.performance import PERFORMANCE_STAGE
from multisite.performance.models.pairs import ModelPair
from multisite.performance.operating_point.declared import DeclaredPoint, OperatingPointParameters
from multisite.performance.operating_point.outcomes import decision_curves, outcomes_per_1000
from multisite.schemas import StageInputs
from multisite.tallies import ProportionMoments, ScoreTally, Thresholds
from tests.unit.performance.builders import PARAMETERS, cohort_and_predictions
from tests.unit.performance.models.model_builders import compared, pairs_parameters, site_frames

CALIBRATION = {
    "brier",
    "calibration_intercept",
    "calibration_slope",
    "calibration_in_the_large",
    "observed_expected",
    "ece",
    "ece_null_95",
}
REASON = "the scores are not probabilities"


def frames(*models: str) -> dict[str, pl.DataFrame]:
    cohort, predictions = cohort_and_predictions("a", cases_per_patient=2)
    inputs = StageInputs(site="a", frames={"cohort": cohort, "predictions": predictions})
    made = PERFORMANCE_STAGE.run(inputs, replace(PARAMETERS, not_probabilities=models)).frames
    return {name: frame for name, frame in made.items() if isinstance(frame, pl.DataFrame)}


def test_calibration_is_undefined_and_all_else_stays() -> None:
    plain, told = frames(), frames("m2")
    estimates = told["site_estimates"]
    off = estimates.filter(pl.col("metric").is_in(CALIBRATION), model="m2")
    assert set(off.select("status", "reason").rows()) == {("undefined", REASON)}
    assert off["estimate"].null_count() == off["ci_low"].null_count() == off.height > 0
    kept = pl.col("metric").is_in(CALIBRATION).not_() | (pl.col("model") == "m1")
    assert estimates.filter(kept).equals(plain["site_estimates"].filter(kept))
    curves = told["site_reliability"].filter(model="m2")
    assert curves["observed"].null_count() == curves.height
    assert curves["n_cases"].sum() > 0


def test_what_acting_on_the_score_is_worth_is_undefined() -> None:
    made = frames("m2")
    moments = ProportionMoments.from_frame(made["proportion_moments"])
    point = DeclaredPoint("nodule", "m2", 0.5, prevalence=0.2, prevalence_source="made up", probabilities=False)
    parameters = OperatingPointParameters((point,), (), (0.1, 0.4), 0.95, 10, 1000, 100, 1)
    outcomes = outcomes_per_1000(moments, parameters)
    benefit = outcomes.filter(measure="net_benefit")
    assert set(benefit.select("status", "reason", "treat_all").rows()) == {("undefined", REASON, None)}
    assert outcomes.filter(pl.col("measure") != "net_benefit")["estimate"].null_count() == 0
    curve = decision_curves(ScoreTally.from_frame(made["score_tally_grid"]), moments, parameters)
    assert set(curve.select("status", "reason", "estimate", "treat_all").rows()) == {("undefined", REASON, None, None)}


def test_brier_scores_are_not_compared() -> None:
    pair = ModelPair("new", "old", ("nodule",), Thresholds(0.5), probabilities=False)
    rows = compared(site_frames("a", models=("old", "new")), pairs_parameters(pair))["model_pairs"]
    brier = rows.filter(metric="brier", stratum="overall").row(0, named=True)
    assert (brier["status"], brier["reason"], brier["new_value"], brier["p_value"]) == ("undefined", REASON, None, None)
    assert rows.filter(metric="auc", stratum="overall")["status"].to_list() == ["ok"]
