"""Verdicts: what an interval says of a margin, what Holm leaves of it, and what stays when there is too little."""

from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from scipy import stats
from scipy.special import expit, logit

from multisite.performance import (
    ESTIMATES_STAGE,
    LEVEL_MOMENTS_STAGE,
    PERFORMANCE_STAGE,
    VERDICTS_STAGE,
)
from multisite.performance.verdicts.margins import MarginParameters
from multisite.performance.verdicts.stage import LevelMomentsParameters
from multisite.performance.verdicts.verdict_rows import VerdictParameters
from multisite.schemas import StageInputs
from multisite.schemas.verdicts import LEVEL_MOMENTS, VERDICTS
from multisite.vocabulary import ALL_SITES, StratumRole
from tests.unit.performance.builders import PARAMETERS, cohort_and_predictions

SITES = ("a", "b")
RULES = VerdictParameters(
    roles=(
        ("vendor", StratumRole.PRIMARY),
        ("sex", StratumRole.EXPLORATORY),
        ("site", StratumRole.EXPLORATORY),
    ),
    margins=(),
    ci_level=0.95,
    minimum_denominator=10,
)
GAP = MarginParameters(metric="sensitivity", gap_at_most=0.05)
NO_GAP = MarginParameters(metric="sensitivity", gap_at_most=0.0)


def frames_of(*, weak: str | None = None, perfect: str | None = None, n: int = 400) -> dict[str, pl.DataFrame]:
    """All that the stage over the sites reads; on the equipment of ``weak`` every other positive case is missed.

    On that of ``perfect`` every case is scored by its class.
    """
    outputs: list[dict[str, Any]] = []
    for site in SITES:
        cohort, predictions = cohort_and_predictions(site, cases_per_patient=2, seed=ord(site), n=n)
        missed = cohort.filter(pl.col("stratum_vendor").eq(weak or "") & pl.col("reference_nodule"))[
            "case_id"
        ].gather_every(2)
        score = pl.when(pl.col("case_id").is_in(missed)).then(0.01).otherwise("score")
        predictions = predictions.filter(model="m1").with_columns(score.alias("score"))
        told = cohort.filter(stratum_vendor=perfect or "").select(
            "case_id", told=pl.col("reference_nodule").cast(pl.Float64)
        )
        joined = predictions.join(told, on="case_id", how="left", maintain_order="left")
        predictions = joined.select(*predictions.columns[:-1], score=pl.coalesce("told", "score"))
        inputs = StageInputs(site=site, frames={"cohort": cohort, "predictions": predictions})
        own = dict(PERFORMANCE_STAGE.run(inputs, PARAMETERS).frames)
        outputs.append(own | dict(LEVEL_MOMENTS_STAGE.run(inputs, LevelMomentsParameters(0.5)).frames))
    frames = {name: pl.concat([output[name] for output in outputs]) for name in outputs[0]}
    study = ESTIMATES_STAGE.run(StageInputs(site=ALL_SITES, frames=frames), PARAMETERS)
    return frames | dict(study.frames)


@pytest.fixture(scope="module")
def clean() -> dict[str, pl.DataFrame]:
    return frames_of()


@pytest.fixture(scope="module")
def gapped() -> dict[str, pl.DataFrame]:
    return frames_of(weak="Canon", n=1200)


def verdicts(frames: dict[str, pl.DataFrame], *margins: MarginParameters, **changes: Any) -> pl.DataFrame:
    rules = replace(RULES, margins=margins, **changes)
    found = VERDICTS_STAGE.run(StageInputs(site=ALL_SITES, frames=frames), rules).frames["verdicts"]
    VERDICTS.conform(found)
    return found


def the(frame: pl.DataFrame, **named: Any) -> dict[str, Any]:
    found = frame.filter(**named)
    assert found.height == 1
    return found.row(0, named=True)


def test_both_artefacts_keep_their_schema(clean: dict[str, pl.DataFrame]) -> None:
    LEVEL_MOMENTS.conform(clean["level_moments"])
    assert verdicts(clean).height


def test_without_a_margin_levels_are_compared_and_nothing_is_judged(clean: dict[str, pl.DataFrame]) -> None:
    found = verdicts(clean)
    assert found["metric"].unique().sort().to_list() == ["auc", "npv", "ppv", "sensitivity", "specificity"]
    assert found["verdict"].null_count() == found["points_to"].null_count() == found.height
    row = the(found, metric="sensitivity", stratum="sex", level="F")
    assert row["difference_low"] < row["difference"] < row["difference_high"]
    assert row["difference"] == pytest.approx(row["estimate"] - row["rest"])
    assert row["n_patients_both"] > 0


def test_every_site_is_a_level_and_shares_no_patient(clean: dict[str, pl.DataFrame]) -> None:
    found = verdicts(clean).filter(metric="sensitivity", stratum="site")
    assert found["level"].to_list() == list(SITES)
    assert found["n_patients_both"].to_list() == [0, 0]
    assert found["difference"].sum() == pytest.approx(0.0)


def test_a_real_gap_fails_and_the_other_side_of_it_meets(gapped: dict[str, pl.DataFrame]) -> None:
    found = verdicts(gapped, GAP).filter(metric="sensitivity", stratum="vendor")
    weak, other = the(found, level="Canon"), the(found, level="GE")
    assert weak["verdict"] == "fails"
    assert weak["margin_low"] == -0.05
    assert weak["p_margin"] < weak["p_margin_adjusted"] < 0.05
    assert other["verdict"] == "meets"
    assert other["p_margin"] == 1.0


def test_an_interval_that_holds_the_margin_is_insufficient_and_says_how_many_would_decide(
    clean: dict[str, pl.DataFrame],
) -> None:
    row = the(verdicts(clean, NO_GAP), metric="sensitivity", stratum="vendor", level="GE")
    assert row["difference_low"] < 0 < row["difference_high"]
    assert row["verdict"] == "insufficient evidence"
    assert row["undecided"] == "the interval holds the margin"
    assert row["n_needed_decision"] > row["n_patients"]
    assert 0.05 < row["detectable_gap"] < 0.5


def test_a_level_with_too_few_patients_stays_with_its_reason_and_what_it_would_need(
    clean: dict[str, pl.DataFrame],
) -> None:
    row = the(verdicts(clean, GAP), metric="sensitivity", stratum="vendor", level="Rare")
    assert row["estimate"] is None
    assert row["difference"] is None
    assert row["shrunken"] is None
    assert row["verdict"] == "insufficient evidence"
    assert row["status"] == "insufficient"
    assert row["reason"] == row["undecided"] == "fewer than 10 patients with a positive case"
    assert row["n_needed_minimum"] == 10


def test_an_exploratory_level_points_and_is_never_judged(gapped: dict[str, pl.DataFrame]) -> None:
    roles = (("vendor", StratumRole.EXPLORATORY),)
    found = verdicts(gapped, GAP, roles=roles).filter(stratum="vendor", metric="sensitivity")
    assert found["verdict"].null_count() == found.height
    assert the(found, level="Canon")["points_to"] == "fails"
    assert set(found["adjustment"]) == {"benjamini-hochberg"}


def test_holm_takes_back_a_failure_that_one_interval_alone_would_show(gapped: dict[str, pl.DataFrame]) -> None:
    found = verdicts(gapped, GAP).filter(metric="sensitivity", stratum="vendor", level="Canon").row(0, named=True)
    # A margin just short of the interval's end: p is a little under 0.025, and Holm's factor takes it above 0.05.
    edge = replace(GAP, gap_at_most=-found["difference_high"] - 0.001)
    roles = (("vendor", StratumRole.PRIMARY), ("sex", StratumRole.PRIMARY))
    row = the(verdicts(gapped, edge, roles=roles), metric="sensitivity", stratum="vendor", level="Canon")
    assert row["difference_high"] < row["margin_low"]
    assert row["p_margin"] < 0.025
    assert row["p_margin_adjusted"] > 0.05
    assert row["verdict"] == "insufficient evidence"
    assert row["undecided"] == "the interval lies outside the margin, but not after holm"


@pytest.mark.parametrize(("at_least", "verdict"), [(0.2, "meets"), (0.9, "fails"), (None, "insufficient evidence")])
def test_a_margin_of_the_metric_itself_judges_all_cases(
    clean: dict[str, pl.DataFrame], at_least: float | None, verdict: str
) -> None:
    estimate = the(verdicts(clean), metric="sensitivity", stratum="overall")["estimate"]
    margin = MarginParameters(metric="sensitivity", at_least=at_least or estimate + 0.01, of_overall=True)
    found = verdicts(clean, margin)
    row = the(found, metric="sensitivity", stratum="overall")
    assert row["verdict"] == verdict
    assert row["margin_kind"] == "value"
    # The levels were not to be judged by it.
    assert found.filter(pl.col("stratum") != "overall")["margin_kind"].null_count() == found.height - 5


def test_a_metric_that_levels_are_not_compared_in_has_rows_where_a_margin_bounds_it(
    clean: dict[str, pl.DataFrame],
) -> None:
    margin = MarginParameters(metric="calibration_slope", at_least=0.2, at_most=5.0, of_overall=True, of_levels=True)
    found = verdicts(clean, margin).filter(metric="calibration_slope")
    row = the(found, stratum="overall")
    assert row["verdict"] == "meets"
    strict = replace(margin, at_least=2.0)
    assert the(verdicts(clean, strict).filter(metric="calibration_slope"), stratum="overall")["verdict"] == "fails"
    assert found["difference"].null_count() == found.height


def test_two_margins_of_one_metric_are_two_rows_in_one_family(clean: dict[str, pl.DataFrame]) -> None:
    both = MarginParameters(metric="sensitivity", at_least=0.4, of_levels=True, of_overall=True, gap_at_most=0.05)
    found = verdicts(clean, both).filter(metric="sensitivity", stratum="vendor", level="GE")
    assert sorted(found["margin_kind"]) == ["gap", "value"]
    assert found["p_difference"].n_unique() == 1


def test_levels_of_an_area_are_compared_as_independent_and_it_is_said(clean: dict[str, pl.DataFrame]) -> None:
    row = the(verdicts(clean), metric="auc", stratum="sex", level="F")
    assert row["difference"] == pytest.approx(row["estimate"] - row["rest"])
    assert "level and rest taken as independent" in row["difference_method"]
    assert row["difference_method"].endswith("widened by the sites' design effect")
    assert 0 < row["detectable_gap"] < 0.3


def test_shrunken_values_lie_between_the_level_and_the_others(gapped: dict[str, pl.DataFrame]) -> None:
    found = verdicts(gapped).filter(metric="sensitivity", stratum="vendor").drop_nulls("shrunken")
    low, high = found["estimate"].min(), found["estimate"].max()
    assert found["shrunken"].is_between(low, high).all()
    assert found["weight_of_own"].is_between(0, 1).all()


def test_one_site_has_no_other_to_be_held_against(clean: dict[str, pl.DataFrame]) -> None:
    alone = {name: frame.filter(pl.col("site").is_in(["a"])) for name, frame in clean.items()}
    study = ESTIMATES_STAGE.run(StageInputs(site=ALL_SITES, frames=alone), PARAMETERS)
    row = the(verdicts(alone | dict(study.frames), GAP), metric="sensitivity", stratum="site")
    assert row["difference"] is None
    assert row["points_to"] == "insufficient evidence"
    assert row["undecided"] == "fewer than 10 patients with a positive case among all other cases"


def test_the_p_value_of_a_site_is_that_of_the_interval_that_it_shows(gapped: dict[str, pl.DataFrame]) -> None:
    bound = 0.7
    value = MarginParameters(metric="auc", at_least=bound, of_levels=True)
    for row in verdicts(gapped, value).filter(metric="auc", stratum="site", margin_kind="value").iter_rows(named=True):
        effect = gapped["design_effects"].filter(metric="auc", stratum="overall", site=row["level"], model="m1")
        error, degrees = effect.filter(split="test").select("standard_error", "degrees_of_freedom").row(0)
        area = row["estimate"]
        scaled = (logit(area) - logit(bound)) / (error / (area * (1 - area)))
        expected = 1.0 if area >= bound else stats.t.cdf(scaled, degrees)
        assert row["p_margin"] == pytest.approx(expected, rel=1e-6)
        reached = logit(area) - stats.t.ppf(0.975, degrees) * error / (area * (1 - area))
        assert row["ci_low"] == pytest.approx(expit(reached), rel=1e-9)


def test_a_level_with_a_perfect_auc_is_compared_and_judged() -> None:
    found = verdicts(frames_of(perfect="GE"), MarginParameters(metric="auc", gap_at_most=0.05))
    row = the(found, metric="auc", stratum="vendor", level="GE")
    assert (row["estimate"], row["verdict"]) == (1.0, "meets")
    assert row["p_difference"] < 0.001


def test_what_repeated_cases_cost_one_finding_leaves_another_as_it_is(clean: dict[str, pl.DataFrame]) -> None:
    other = {name: frame.with_columns(finding=pl.lit("effusion")) for name, frame in clean.items()}
    other["design_effects"] = other["design_effects"].with_columns(pl.col("design_effect") * 9)
    both = {name: pl.concat([frame, other[name]]) for name, frame in clean.items()}
    alone, together = verdicts(clean, GAP), verdicts(both, GAP)
    assert together.filter(finding="nodule").equals(alone)
    assert not together.filter(finding="effusion").drop("finding").equals(alone.drop("finding"))
