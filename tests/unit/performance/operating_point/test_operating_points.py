"""The operating point from a site's cases to the tables of the study."""

from dataclasses import replace

import polars as pl
import pytest

from multisite.performance import OPERATING_POINTS_STAGE, PERFORMANCE_STAGE, THRESHOLD_CHOICE_STAGE
from multisite.performance.operating_point.declared import DeclaredPoint, OperatingPointParameters
from multisite.performance.operating_point.outcomes import curve_thresholds
from multisite.performance.operating_point.threshold_transfer import called_positive, verdict_of
from multisite.schemas import Artefact, StageInputs, StageOutputs
from multisite.stats import ChoiceRule, ClusterMoments, clustered_proportion, proportion
from multisite.study import Study
from multisite.vocabulary import ALL_SITES, OVERALL
from tests.lib.report_frames import study
from tests.unit.performance.builders import PARAMETERS, cohort_and_predictions

SITES = ("a", "b")
RULE = ChoiceRule(by="sensitivity", at_least=0.6, judged_by="lower_bound")
POINTS = OperatingPointParameters(
    points=(
        DeclaredPoint("nodule", "m1", 0.5, RULE, prevalence=0.02, prevalence_source="a register"),
        DeclaredPoint("nodule", "m2", 0.3),
    ),
    strata=("vendor",),
    curve=(0.05, 0.5),
    ci_level=0.95,
    minimum_denominator=10,
    score_grid_steps=1000,
    n_replicates=100,
    seed=4,
)
OWN = replace(PARAMETERS, own_thresholds=(("nodule", "m2", 0.3),))


def tuning_labels_only(cohort: pl.DataFrame) -> pl.DataFrame:
    tuning = pl.col("split") == "tune"
    return cohort.with_columns(pl.when(tuning).then(pl.col("reference_nodule")).alias("reference_nodule"))


def at_site(site: str, *, cases_per_patient: int = 1) -> dict[str, pl.DataFrame]:
    cohort, predictions = cohort_and_predictions(site, cases_per_patient=cases_per_patient, seed=ord(site))
    judged = PERFORMANCE_STAGE.run(StageInputs(site=site, frames={"cohort": cohort, "predictions": predictions}), OWN)
    hidden = {"cohort": tuning_labels_only(cohort), "predictions": predictions}
    chosen = THRESHOLD_CHOICE_STAGE.run(StageInputs(site=site, frames=hidden), POINTS)
    return {**judged.frames, **chosen.frames}  # type: ignore[dict-item]  # no frame of these comes in parts


def over(frames: list[dict[str, pl.DataFrame]], parameters: OperatingPointParameters = POINTS) -> StageOutputs:
    names = ("score_tally_grid", "proportion_moments", "site_operating_points")
    joined = {name: pl.concat([frame[name] for frame in frames]) for name in names}
    return OPERATING_POINTS_STAGE.run(StageInputs(site=ALL_SITES, frames=joined), parameters)


@pytest.fixture(scope="module")
def outputs() -> StageOutputs:
    return over([at_site(site) for site in SITES])


def rows(outputs: StageOutputs, artefact: str, **wanted: str) -> list[dict[str, object]]:
    frame = outputs.frames[artefact]
    assert isinstance(frame, pl.DataFrame)
    return frame.filter(**wanted).to_dicts()


def test_every_artefact_keeps_its_schema(outputs: StageOutputs) -> None:
    for artefact in OPERATING_POINTS_STAGE.writes:
        assert isinstance(artefact, Artefact)
        artefact.conform(outputs.frames[artefact.name])


def test_each_endpoint_is_called_at_its_own_threshold_and_at_no_other() -> None:
    moments = at_site("a")["proportion_moments"].filter(metric="sensitivity")
    assert set(moments.select("model", "threshold").unique().rows()) == {("m1", 0.5), ("m2", 0.3)}
    estimates = at_site("a")["site_estimates"].filter(metric="ppv")
    assert set(estimates.select("model", "threshold").unique().rows()) == {("m1", 0.5), ("m2", 0.3)}


def test_the_declared_threshold_stands_beside_that_of_the_rule_and_is_never_replaced(outputs: StageOutputs) -> None:
    (row,) = rows(outputs, "operating_points", site=ALL_SITES, model="m1")
    assert row["declared_threshold"] == 0.5
    assert row["agreement"] == ("agrees" if row["threshold"] == 0.5 else "differs")
    assert all(found["threshold"] == 0.5 for found in rows(outputs, "threshold_transfer", model="m1", place="declared"))
    agreeing = replace(POINTS, points=(replace(POINTS.points[0], threshold=row["threshold"]),))
    # Only the comparison changes with what is declared; the counts at it were made for 0.5.
    frames = [at_site(site) for site in SITES]
    moved = (
        pl.when(pl.col("threshold") == 0.5)
        .then(pl.lit(row["threshold"]))
        .otherwise(pl.col("threshold"))
        .alias("threshold")
    )
    moved_frames = [f | {"proportion_moments": f["proportion_moments"].with_columns(moved)} for f in frames]
    (again,) = rows(over(moved_frames, agreeing), "operating_points", site=ALL_SITES, model="m1")
    assert (again["agreement"], again["threshold"]) == ("agrees", row["threshold"])


def test_an_endpoint_without_a_rule_says_so(outputs: StageOutputs) -> None:
    (row,) = rows(outputs, "operating_points", model="m2")
    assert (row["site"], row["rule"], row["status"]) == (ALL_SITES, None, "undefined")
    assert row["reason"] == "the study file declares no rule for the threshold"
    assert {found["verdict"] for found in rows(outputs, "threshold_transfer", model="m2")} == {None}


def test_no_tuning_case_gives_no_threshold() -> None:
    cohort, predictions = cohort_and_predictions("a")
    tested = {"cohort": cohort.with_columns(pl.lit("test").alias("split")), "predictions": predictions}
    chosen = THRESHOLD_CHOICE_STAGE.run(StageInputs(site="a", frames=tested), POINTS)
    (row,) = rows(chosen, "site_operating_points")
    assert (row["threshold"], row["n_cases"], row["status"], row["reason"]) == (None, 0, "undefined", "no case")


def test_few_tuning_patients_withhold_the_threshold() -> None:
    parameters = replace(POINTS, minimum_denominator=500)
    for row in rows(
        over([at_site(site) for site in SITES], parameters), "operating_points", site=ALL_SITES, model="m1"
    ):
        assert (row["threshold"], row["sensitivity"], row["status"]) == (None, None, "insufficient")
        assert row["reason"] == "fewer than 500 patients with a positive tuning case"


def test_test_labels_do_not_bear_on_the_choice() -> None:
    cohort, predictions = cohort_and_predictions("a")
    flipped = cohort.with_columns(
        pl.when(pl.col("split") == "test").then(~pl.col("reference_nodule")).otherwise(pl.col("reference_nodule"))
    )
    found = [
        THRESHOLD_CHOICE_STAGE.run(StageInputs(site="a", frames={"cohort": c, "predictions": predictions}), POINTS)
        for c in (cohort, flipped, tuning_labels_only(cohort))
    ]
    first, *others = (rows(f, "site_operating_points") for f in found)
    assert all(other == first for other in others)


def test_sites_vendors_and_the_ends_of_the_interval_are_looked_at(outputs: StageOutputs) -> None:
    found = rows(outputs, "threshold_transfer", model="m1", metric="sensitivity")
    places = {(row["site"], row["stratum"], row["level"], row["place"]) for row in found}
    declared = {(site, OVERALL, OVERALL, "declared") for site in (*SITES, ALL_SITES)}
    vendors = {(ALL_SITES, "vendor", level, "declared") for level in ("Canon", "GE", "Rare")}
    beside = {(site, OVERALL, OVERALL, p) for site in (*SITES, ALL_SITES) for p in ("chosen", "low", "high")}
    assert places == declared | vendors | beside
    rare = next(row for row in found if row["level"] == "Rare")
    assert (rare["estimate"], rare["verdict"]) == (None, "insufficient evidence")
    by_place = {
        row["place"]: row["estimate"] for row in found if row["site"] == ALL_SITES and row["stratum"] == OVERALL
    }
    assert by_place["low"] >= by_place["chosen"] >= by_place["high"]  # type: ignore[operator]  # numbers


def test_a_verdict_needs_its_whole_interval_on_one_side() -> None:
    assert verdict_of(proportion(95, 100), 0.8, withheld=False) == "holds"
    assert verdict_of(proportion(50, 100), 0.8, withheld=False) == "does not hold"
    assert verdict_of(proportion(80, 100), 0.8, withheld=False) == "insufficient evidence"
    assert verdict_of(proportion(95, 100), 0.8, withheld=True) == "insufficient evidence"
    assert verdict_of(proportion(0, 0), 0.8, withheld=False) == "insufficient evidence"
    assert verdict_of(proportion(95, 100), None, withheld=False) is None


def test_called_positive_follows_from_the_moments_that_leave_the_site() -> None:
    called, everyone = [2, 0, 1, 3, 0], [3, 2, 1, 3, 1]
    cleared = [n - y for y, n in zip(called, everyone, strict=True)]
    sums = {
        "ppv": ClusterMoments.from_clusters([0] * 5, called),
        "npv": ClusterMoments.from_clusters([0] * 5, cleared),
        "prevalence": ClusterMoments.from_clusters([0] * 5, everyone),
    }
    assert called_positive(sums) == ClusterMoments.from_clusters(called, everyone)


def test_outcomes_are_at_the_stated_prevalence_else_at_that_of_the_test_cases(outputs: StageOutputs) -> None:
    stated = {row["measure"]: row for row in rows(outputs, "outcomes_per_1000", site="a", model="m1")}
    assert {row["prevalence"] for row in stated.values()} == {0.02}
    assert {row["prevalence_source"] for row in stated.values()} == {"a register"}
    (share,) = rows(outputs, "threshold_transfer", site="a", model="m1", place="declared", metric="sensitivity")
    assert stated["true_positives"]["estimate"] == pytest.approx(20 * share["estimate"])  # type: ignore[operator]  # a number
    hits, misses = (stated[name]["estimate"] for name in ("true_positives", "false_negatives"))
    assert hits + misses == pytest.approx(20)  # type: ignore[operator]  # numbers
    own = {row["measure"]: row for row in rows(outputs, "outcomes_per_1000", site="a", model="m2")}
    (called,) = rows(outputs, "threshold_transfer", site="a", model="m2", place="declared", metric="called_positive")
    # At their own prevalence the cases called positive are those that were.
    assert own["called_positive"]["estimate"] == pytest.approx(1000 * called["estimate"])  # type: ignore[operator]  # a number


def test_intervals_count_patients() -> None:
    repeated = over([at_site(site, cases_per_patient=4) for site in SITES])
    (row,) = rows(repeated, "threshold_transfer", site="a", model="m1", place="declared", metric="specificity")
    moments = at_site("a", cases_per_patient=4)["proportion_moments"].filter(
        model="m1", split="test", stratum=OVERALL, metric="specificity"
    )
    sums = ClusterMoments(*moments.select("n_patients", "sum_y", "sum_n", "sum_yy", "sum_yn", "sum_nn").row(0))
    found = clustered_proportion(sums)
    assert (row["ci_low"], row["ci_high"]) == (found.ci_low, found.ci_high)
    assert {r["ci_method"] for r in rows(repeated, "decision_curves", model="m2")} == {
        "wald; repeated cases of a patient taken as independent"
    }


def test_the_curve_runs_over_the_declared_range_on_the_grid(outputs: StageOutputs) -> None:
    thresholds = curve_thresholds(POINTS)
    assert (thresholds[0], thresholds[-1], len(thresholds)) == (0.05, 0.5, 46)
    found = rows(outputs, "decision_curves", site=ALL_SITES, model="m2")
    assert [row["act_from"] for row in found] == thresholds
    assert curve_thresholds(replace(POINTS, score_grid_steps=30, curve=(0.3, 0.4))) == [0.3, 10 / 30, 11 / 30, 0.4]


def with_points(*points: dict[str, object]) -> Study:
    protocol = study().model_dump(mode="json")
    protocol["performance"]["operating_points"] = points
    return Study.model_validate(protocol)


def test_the_protocol_reaches_the_stage() -> None:
    rule = {"by": "sensitivity", "at_least": 0.9}
    found = with_points(
        {"finding": "nodule", "rule": rule},
        {"finding": "nodule", "model": "lungscan", "threshold": 0.2, "rule": {"by": "net_benefit", "act_from": 0.1}},
    )
    parameters = OPERATING_POINTS_STAGE.parameters(found, None)
    (point,) = parameters.points
    assert (point.threshold, point.rule, point.act_from) == (0.2, ChoiceRule(by="net_benefit", act_from=0.1), 0.1)
    assert parameters.strata == ("vendor",)
    assert found.own_thresholds == (("nodule", "lungscan", 0.2),)
    of_all = OPERATING_POINTS_STAGE.parameters(with_points({"finding": "nodule", "rule": rule}), None).points[0]
    assert of_all.rule == ChoiceRule(by="sensitivity", at_least=0.9, judged_by="lower_bound")
    assert (of_all.threshold, of_all.target("sensitivity"), of_all.target("specificity")) == (0.5, 0.9, None)


def test_without_a_rule_no_threshold_is_chosen() -> None:
    asked = THRESHOLD_CHOICE_STAGE.is_asked_for
    assert asked is not None
    assert not asked(THRESHOLD_CHOICE_STAGE.parameters(study(), None))
    assert asked(POINTS)
    names = ("score_tally_grid", "proportion_moments")
    frames = {name: at_site("a")[name] for name in names}
    found = OPERATING_POINTS_STAGE.run(StageInputs(site=ALL_SITES, frames=frames), POINTS)
    assert {row["site"] for row in rows(found, "operating_points")} == {ALL_SITES}


@pytest.mark.parametrize(
    "points",
    [
        [{"finding": "effusion"}],
        [{"finding": "nodule", "model": "other"}],
        [{"finding": "nodule"}, {"finding": "nodule"}],
        [{"finding": "nodule", "prevalence": 0.1}],
        [{"finding": "nodule", "rule": {"by": "sensitivity"}}],
        [{"finding": "nodule", "rule": {"by": "youden", "at_least": 0.9}}],
    ],
)
def test_a_point_that_says_nothing_clear_is_refused(points: list[dict[str, object]]) -> None:
    with pytest.raises(ValueError, match=r"operating_points|prevalence|at_least"):
        with_points(*points)
