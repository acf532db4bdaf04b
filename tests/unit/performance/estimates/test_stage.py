"""The two stages: exact inside a site, the same as pooled rows over the sites."""

import dataclasses

import numpy as np
import polars as pl
import pytest
from scipy.special import logit

from multisite.performance import ESTIMATES_STAGE, PERFORMANCE_STAGE, evaluate
from multisite.performance.estimates.spread import DesignEffects, IndependentCases
from multisite.schemas import Artefact, StageInputs, StageOutputs
from multisite.schemas.performance import DESIGN_EFFECTS, PROPORTION_MOMENTS
from multisite.stats import ScoreCounts, auc, clustered_auc
from multisite.tallies import ProportionMoments, ScoreTally, scored_cases, tally_proportions, tally_scores
from multisite.vocabulary import ALL_SITES
from tests.unit.performance.builders import PARAMETERS, cohort_and_predictions

SITES = ("a", "b")
STRATA = ["stratum_sex", "stratum_vendor"]
FROM_COUNTS = ("sensitivity", "specificity", "ppv", "npv", "prevalence")


def at_site(site: str) -> StageOutputs:
    cohort, predictions = cohort_and_predictions(site, cases_per_patient=2, seed=ord(site))
    inputs = StageInputs(site=site, frames={"cohort": cohort, "predictions": predictions})
    return PERFORMANCE_STAGE.run(inputs, PARAMETERS)


@pytest.fixture(scope="module")
def sites() -> list[StageOutputs]:
    return [at_site(site) for site in SITES]


def over_sites(outputs: list[StageOutputs]) -> StageOutputs:
    frames = {a.name: pl.concat([o.frames[a.name] for o in outputs]) for a in ESTIMATES_STAGE.reads}
    return ESTIMATES_STAGE.run(StageInputs(site=ALL_SITES, frames=frames), PARAMETERS)


def test_every_artefact_keeps_its_schema(sites: list[StageOutputs]) -> None:
    for stage, outputs in ((PERFORMANCE_STAGE, sites[0]), (ESTIMATES_STAGE, over_sites(sites))):
        assert set(outputs.frames) == {artefact.name for artefact in stage.writes}
        for artefact in stage.writes:
            assert isinstance(artefact, Artefact)
            artefact.conform(outputs.frames[artefact.name])


def test_only_the_site_keeps_exact_scores(sites: list[StageOutputs]) -> None:
    exact, grid = (ScoreTally.from_frame(sites[0].frames[name]) for name in ("score_tally", "score_tally_grid"))
    assert exact.on_grid(PARAMETERS.score_grid_steps).equals(grid)
    assert (grid.to_frame()["score"] * 2000 % 2).round(6).unique().to_list() == [1.0]


def test_sites_keep_their_own_numbers_in_the_study(sites: list[StageOutputs]) -> None:
    study = over_sites(sites).frames["estimates"]
    for site, outputs in zip(SITES, sites, strict=True):
        assert study.filter(site=site).equals(outputs.frames["site_estimates"])


def test_over_sites_equals_pooled_rows_on_the_grid_and_to_the_bit_for_proportions(sites: list[StageOutputs]) -> None:
    rows = pl.concat(
        [scored_cases(*cohort_and_predictions(s, cases_per_patient=2, seed=ord(s)), carry=STRATA) for s in SITES]
    ).with_columns(pl.lit(ALL_SITES).alias("site"))
    moments = tally_proportions(rows, strata=STRATA, thresholds=[PARAMETERS.threshold])
    tally = tally_scores(rows, strata=STRATA)
    study = over_sites(sites)
    pooled = study.frames["estimates"].filter(site=ALL_SITES)
    effects = pl.concat([site.frames["design_effects"] for site in sites])
    by_site = ProportionMoments.from_frame(pl.concat([site.frames["proportion_moments"] for site in sites]))
    spread = DesignEffects.of_sites(effects, by_site)
    note = "; scores on a grid of 1000 steps"
    on_grid = evaluate(tally.on_grid(1000), moments, PARAMETERS, spread=spread, note=note)
    assert pooled.equals(on_grid.estimates)
    assert study.frames["reliability"].filter(site=ALL_SITES).equals(on_grid.reliability)
    exact = evaluate(tally, moments, PARAMETERS, spread=IndependentCases()).estimates
    proportions = pl.col("metric").is_in(FROM_COUNTS)
    assert pooled.filter(proportions).equals(exact.filter(proportions))
    both = pooled.filter(metric="auc").join(exact.filter(metric="auc"), on=["model", "stratum", "level"])
    assert (both["estimate"] - both["estimate_right"]).abs().max() < 0.001


def test_pooled_methods_name_the_grid_and_proportions_do_not(sites: list[StageOutputs]) -> None:
    pooled = over_sites(sites).frames["estimates"].filter(site=ALL_SITES)
    named = pooled["ci_method"].str.contains("grid of 1000 steps")
    assert pooled.filter(named)["metric"].unique().sort().to_list() == sorted(
        set(pooled["metric"].unique()) - set(FROM_COUNTS)
    )


def test_over_sites_intervals_are_widened_by_what_repeated_cases_cost_in_the_sites(sites: list[StageOutputs]) -> None:
    study = over_sites(sites).frames["estimates"]
    overall = {"model": "m1", "stratum": "overall"}
    effects = pl.concat([site.frames["design_effects"] for site in sites]).filter(metric="auc", **overall)
    assert effects.height == 2
    weighed = (effects["design_effect"] * effects["n_cases"]).sum() / effects["n_cases"].sum()
    found = study.filter(site=ALL_SITES, metric="auc", **overall).row(0, named=True)
    tally = ScoreTally.from_frame(pl.concat([site.frames["score_tally_grid"] for site in sites])).over_sites()
    alone = auc(tally.filter((pl.col("model") == "m1") & (pl.col("split") == "test")).counts.segment(0))
    assert alone.estimate == found["estimate"]
    arm, wider = (logit(alone.estimate) - logit(low) for low in (alone.ci_low, found["ci_low"]))
    assert wider == pytest.approx(arm * max(1.0, weighed) ** 0.5)
    assert (
        found["ci_method"] == "delong, logit scale; widened by the sites' design effect; scores on a grid of 1000 steps"
    )


def test_a_site_whose_patients_repeat_without_an_interval_tells_nothing_of_the_design_effect() -> None:
    key = {"finding": "f", "model": "m", "split": "test", "stratum": "overall", "level": "overall"}
    names = ("n_patients", "sum_y", "sum_n", "sum_yy", "sum_yn", "sum_nn")
    alone, repeated = (10, 5, 10, 5, 5, 10), (10, 5, 30, 15, 15, 90)
    sizes = {"alone": alone, "told": repeated, "silent": repeated}
    rows = [
        key | {"site": site, "metric": "prevalence", "threshold": None} | dict(zip(names, sums, strict=True))
        for site, sums in sizes.items()
    ]
    moments = ProportionMoments.from_frame(pl.DataFrame(rows, schema=PROPORTION_MOMENTS.schema))
    effect = key | {"site": "told", "metric": "auc", "n_patients": 10, "n_cases": 30, "standard_error": 0.1}
    told = pl.DataFrame([effect | {"degrees_of_freedom": 9.0, "design_effect": 2.0}], schema=DESIGN_EFFECTS.schema)
    found = DesignEffects.of_sites(told, moments).effects
    place = ("f", "m", "test", "overall", "overall")
    # Ten cases count as 1 and thirty as 2; thirty more tell nothing.
    assert found[(*place, "auc")] == pytest.approx((10 * 1 + 30 * 2) / 40)
    # No site tells, but for the one without repeats.
    assert found[(*place, "brier")] == 1.0
    silent = ProportionMoments(moments.frame.filter(pl.col("site") == "silent"))
    # Three cases per patient can at most count as one each.
    assert DesignEffects.of_sites(DESIGN_EFFECTS.empty(), silent).effects[(*place, "brier")] == 3.0


def test_a_finding_s_design_effects_never_stand_for_another_s() -> None:
    outputs = []
    for finding, repeats in (("nodule", 4), ("effusion", 1)):
        cohort, predictions = cohort_and_predictions("a", cases_per_patient=repeats)
        cohort = cohort.rename({"reference_nodule": f"reference_{finding}"})
        inputs = StageInputs(
            site="a", frames={"cohort": cohort, "predictions": predictions.with_columns(finding=pl.lit(finding))}
        )
        outputs.append(PERFORMANCE_STAGE.run(inputs, PARAMETERS))
    together = over_sites(outputs).frames["estimates"]
    for number, finding in enumerate(("nodule", "effusion")):
        alone = over_sites(outputs[number : number + 1]).frames["estimates"]
        assert together.filter(finding=finding).equals(alone)


def test_an_area_of_one_has_the_interval_of_its_patients_over_sites_as_well() -> None:
    outputs = []
    for site in SITES:
        cohort, predictions = cohort_and_predictions(site, n=100, cases_per_patient=4, seed=ord(site))
        truth = pl.Series("reference_nodule", [i // 4 % 2 == 0 for i in range(100)])
        cohort = cohort.with_columns(truth, split=pl.lit("test"))
        told = predictions.join(cohort.select("case_id", "reference_nodule"), on="case_id", maintain_order="left")
        score = pl.when(pl.col("reference_nodule")).then(0.9).otherwise(0.1).alias("score")
        predictions = told.with_columns(score).drop("reference_nodule")
        inputs = StageInputs(site=site, frames={"cohort": cohort, "predictions": predictions})
        outputs.append(PERFORMANCE_STAGE.run(inputs, PARAMETERS))
    pooled = over_sites(outputs).frames["estimates"].filter(site=ALL_SITES, metric="auc", model="m1", stratum="overall")
    row = pooled.row(0, named=True)
    patients = np.repeat(np.arange(50), 4)
    # Both sites begin with a positive patient.
    truth = np.tile(np.arange(100) // 4 % 2 == 0, 2)
    same = clustered_auc(truth, truth * 1.0, patients)
    assert row["estimate"] == 1.0
    assert row["ci_low"] == pytest.approx(same.ci_low)
    assert row["ci_method"].startswith("newcombe score, cases of a patient and class taken as one")


def test_patients_with_one_case_each_have_no_design_effect() -> None:
    cohort, predictions = cohort_and_predictions("a")
    inputs = StageInputs(site="a", frames={"cohort": cohort, "predictions": predictions})
    assert PERFORMANCE_STAGE.run(inputs, PARAMETERS).frames["design_effects"].is_empty()


def test_the_order_of_the_sites_does_not_matter(sites: list[StageOutputs]) -> None:
    one, other = (over_sites(order).frames["estimates"].filter(site=ALL_SITES) for order in (sites, sites[::-1]))
    assert one.equals(other)


def test_a_site_without_a_prediction_writes_empty_frames() -> None:
    cohort, predictions = cohort_and_predictions("a")
    inputs = StageInputs(site="a", frames={"cohort": cohort, "predictions": predictions.clear()})
    outputs = PERFORMANCE_STAGE.run(inputs, dataclasses.replace(PARAMETERS, patient_level=True))
    for artefact in PERFORMANCE_STAGE.writes:
        assert isinstance(artefact, Artefact)
        assert artefact.conform(outputs.frames[artefact.name]).is_empty()
    nothing = over_sites([outputs])
    assert nothing.frames["estimates"].is_empty()


def test_every_parameter_reaches_the_stage() -> None:
    # The digest of the parameters is part of a run's identity: a field left out would not rerun the stage.
    class Performance:
        threshold, ci_level, reliability_bins, minimum_denominator = 0.4, 0.9, 5, 20
        score_grid_steps, null_replicates, seed = 100, 300, 8
        patient_level = True

    class Study:
        performance = Performance
        own_thresholds = (("nodule", "m1", 0.3),)
        not_probabilities = ("m2",)

    for stage in (PERFORMANCE_STAGE, ESTIMATES_STAGE):
        assert dataclasses.asdict(stage.parameters(Study, None)) == {
            name: value for name, value in vars(Performance).items() if not name.startswith("_")
        } | {"own_thresholds": Study.own_thresholds, "not_probabilities": Study.not_probabilities}


def test_patients_are_judged_beside_cases_where_the_protocol_asks_for_them(sites: list[StageOutputs]) -> None:
    parameters = dataclasses.replace(PARAMETERS, patient_level=True)
    outputs = []
    for site in SITES:
        cohort, predictions = cohort_and_predictions(site, cases_per_patient=2, seed=ord(site))
        inputs = StageInputs(site=site, frames={"cohort": cohort, "predictions": predictions})
        outputs.append(PERFORMANCE_STAGE.run(inputs, parameters))
    estimates = over_sites(outputs).frames["estimates"]
    # Every other number stays as it was.
    assert estimates.filter(pl.col("stratum") != "patients").equals(over_sites(sites).frames["estimates"])
    cohort, predictions = cohort_and_predictions("a", cases_per_patient=2, seed=ord("a"))
    tested = scored_cases(cohort, predictions).filter(model="m1", split="test")
    patients = tested.group_by("patient_id").agg(pl.col("reference").any(), pl.col("score").max())
    found = estimates.filter(site="a", model="m1", stratum="patients")
    auc_row = found.filter(metric="auc").row(0, named=True)
    rows = patients.select(
        "score", positive=pl.col("reference").cast(pl.Int64), negative=(~pl.col("reference")).cast(pl.Int64)
    )
    counts = rows.group_by("score").sum().sort("score")
    whole = auc(ScoreCounts(*(counts[name].to_numpy() for name in ("score", "positive", "negative"))))
    assert auc_row["estimate"] == whole.estimate
    assert auc_row["ci_method"] == "delong, logit scale"
    assert auc_row["n_patients"] == auc_row["n_cases"] == patients.height
    sensitivity = found.filter(metric="sensitivity").row(0, named=True)
    positives = patients.filter("reference")
    assert sensitivity["numerator"] == positives.filter(pl.col("score") >= 0.5).height
    assert sensitivity["denominator"] == positives.height
