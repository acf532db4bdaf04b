"""Calibration by level from a site's cases to the tables of the study."""

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.special import expit, logit

from multisite.performance import CALIBRATION_STRATA_STAGE, ESTIMATES_STAGE, PERFORMANCE_STAGE
from multisite.performance import RECALIBRATION_FIT_STAGE as FIT
from multisite.performance import RECALIBRATION_GAIN_STAGE as GAIN
from multisite.performance.calibration.causes import Signs, cause_of
from multisite.performance.calibration.levels import CalibrationParameters, state_of
from multisite.performance.calibration.recalibration_fit import RecalibrationParameters, fits_of_rows
from multisite.performance.calibration.stage import CalibrationStrataParameters
from multisite.performance.estimates.evaluation import EvaluationParameters
from multisite.schemas import Artefact, StageInputs
from multisite.schemas.calibration_strata import RECALIBRATION_METRICS
from multisite.stats import ScoreCounts, brier_difference, calibration_line, design_effect_of, partial_pooling
from multisite.tallies import ProportionMoments
from multisite.vocabulary import ALL_SITES, CalibrationState, MiscalibrationCause
from tests.unit.performance.builders import PARAMETERS, cohort_and_predictions

MEETS, DEPARTS, UNSURE = CalibrationState.MEETS, CalibrationState.DEPARTS, CalibrationState.INSUFFICIENT
RECALIBRATED = RecalibrationParameters(ci_level=0.95, minimum_denominator=10, score_grid_steps=1000)
LEVELS = CalibrationParameters(
    strata=("vendor", "sex"),
    ci_level=0.95,
    minimum_denominator=10,
    reliability_bins=10,
    slope_tolerance=0.2,
    in_the_large_tolerance=0.2,
)
BOTH = CalibrationStrataParameters(LEVELS, RECALIBRATED)
Frames = dict[str, pl.DataFrame]


def site_frames(site: str, **how: Any) -> Frames:
    cohort, predictions = cohort_and_predictions(site, seed=ord(site), **how)
    return at_site(site, cohort, predictions)


def at_site(site: str, cohort: pl.DataFrame, predictions: pl.DataFrame) -> Frames:
    given = {"cohort": cohort, "predictions": predictions}
    judged = PERFORMANCE_STAGE.run(StageInputs(site=site, frames=given), PARAMETERS).frames
    fits = FIT.run(StageInputs(site=site, frames=given), RECALIBRATED).frames
    gains = GAIN.run(StageInputs(site=site, frames={**given, **fits}), RECALIBRATED).frames  # type: ignore[dict-item]  # no frame comes in parts
    return {**judged, **fits, **gains}  # type: ignore[dict-item]  # no frame comes in parts


def over(
    frames: list[Frames],
    parameters: CalibrationStrataParameters = BOTH,
    estimated_as: EvaluationParameters = PARAMETERS,
) -> Frames:
    joined = {name: pl.concat([frame[name] for frame in frames]) for name in frames[0]}
    inputs = StageInputs(site=ALL_SITES, frames=joined)
    estimated = ESTIMATES_STAGE.run(inputs, estimated_as).frames
    inputs = StageInputs(site=ALL_SITES, frames={**joined, **estimated})  # type: ignore[dict-item]  # as above
    judged = CALIBRATION_STRATA_STAGE.run(inputs, parameters).frames
    return {**joined, **estimated, **judged}  # type: ignore[dict-item]  # as above


@pytest.fixture(scope="module")
def frames() -> Frames:
    return over([site_frames("a"), site_frames("b")])


@pytest.fixture(scope="module")
def repeated() -> Frames:
    """Four cases to each patient."""
    return over([site_frames(site, cases_per_patient=4) for site in ("c", "d")])


def only(frame: pl.DataFrame, **wanted: str) -> dict[str, Any]:
    (row,) = frame.filter(**wanted).to_dicts()
    return row


@pytest.mark.parametrize("stage", [FIT, GAIN, CALIBRATION_STRATA_STAGE], ids=lambda stage: stage.name)
def test_every_artefact_keeps_its_schema(frames: Frames, repeated: Frames, stage: Any) -> None:
    for artefact in stage.writes:
        assert isinstance(artefact, Artefact)
        artefact.conform(frames[artefact.name])
        artefact.conform(repeated[artefact.name])


@pytest.mark.parametrize(
    ("interval", "own", "state"),
    [
        ((0.9, 1.1), None, MEETS),
        ((0.85, 0.95), None, MEETS),  # leaves out 1, by less than the tolerance
        ((0.7, 0.95), None, DEPARTS),
        ((0.7, 1.05), None, UNSURE),
        ((0.7, 0.95), (0.8, 1.3), UNSURE),  # drawn to others that depart
        ((None, None), None, UNSURE),
    ],
)
def test_a_state_needs_the_whole_interval(interval: Any, own: Any, state: CalibrationState) -> None:
    assert state_of(*interval, ideal=1.0, tolerance=0.2, own=own) is state


SHIFTED = Signs(DEPARTS, UNSURE, prevalence_differs=True, remaining=MEETS, scores_differ=False)


@pytest.mark.parametrize(
    ("signs", "cause"),
    [
        (Signs(MEETS, MEETS), MiscalibrationCause.NONE),
        (Signs(UNSURE, MEETS), MiscalibrationCause.INSUFFICIENT),
        (Signs(MEETS, UNSURE), MiscalibrationCause.INSUFFICIENT),
        (Signs(UNSURE, UNSURE, in_doubt=True), MiscalibrationCause.INSUFFICIENT),
        (SHIFTED, MiscalibrationCause.PREVALENCE),
        (replace(SHIFTED, slope=DEPARTS), MiscalibrationCause.OTHER),
        (replace(SHIFTED, remaining=DEPARTS), MiscalibrationCause.OTHER),
        (replace(SHIFTED, remaining=UNSURE), MiscalibrationCause.INSUFFICIENT),
        (replace(SHIFTED, scores_differ=True), MiscalibrationCause.OTHER),
        (replace(SHIFTED, scores_differ=None), MiscalibrationCause.INSUFFICIENT),
        (replace(SHIFTED, prevalence_differs=False), MiscalibrationCause.INSUFFICIENT),
        (replace(SHIFTED, shortage="no tuning case"), MiscalibrationCause.INSUFFICIENT),
        (replace(SHIFTED, undefined="no positive case"), MiscalibrationCause.INSUFFICIENT),
    ],
)
def test_prevalence_explains_a_shift_of_all_scores_and_nothing_else(signs: Signs, cause: MiscalibrationCause) -> None:
    found, reason = cause_of(signs)
    assert found is cause
    assert (reason is None) == (cause is MiscalibrationCause.NONE)


def test_levels_are_drawn_to_the_mean_of_their_stratum_by_their_own_intervals(frames: Frames) -> None:
    rows = frames["calibration_by_level"].filter(
        finding="nodule", model="m2", stratum="site", metric="calibration_slope"
    )
    errors = (rows["ci_high"] - rows["ci_low"]) / 2 / 1.959963984540054
    pooled = partial_pooling(rows["estimate"].to_numpy(), (errors**2).to_numpy(), scale="raw")
    assert rows["shrunken"].to_list() == pytest.approx([one.shrunken.estimate for one in pooled.strata])
    assert rows["tau"].to_list() == pytest.approx([pooled.tau2**0.5] * 2)  # type: ignore[operator]  # a number
    overall = only(
        frames["calibration_by_level"], finding="nodule", model="m2", stratum="overall", metric="calibration_slope"
    )
    assert (overall["shrunken"], overall["q_p_adjusted"]) == (None, None)


def test_intervals_count_patients(repeated: Frames) -> None:
    own = only(
        repeated["recalibration"], site="c", fitted_on="c", model="m2", method="intercept and slope", metric="brier"
    )
    assert own["n_cases"] == 320
    assert own["n_patients"] < own["n_cases"]
    assert "patients as clusters" in own["ci_method"]
    pooled = only(
        repeated["recalibration"], site="c", fitted_on=ALL_SITES, model="m2", method="intercept", metric="brier"
    )
    effects = repeated["design_effects"].filter(site="c", model="m2", split="test", stratum="overall", metric="brier")
    assert ("design effect" in pooled["ci_method"]) == (effects["design_effect"].item() > 1.0)
    slope = only(repeated["calibration_by_level"], model="m2", stratum="site", level="c", metric="calibration_slope")
    estimate = only(
        repeated["estimates"], model="m2", site="c", split="test", stratum="overall", metric="calibration_slope"
    )
    assert (slope["estimate"], slope["ci_low"]) == (estimate["estimate"], estimate["ci_low"])


def test_the_shift_of_the_prevalence_has_the_design_effect_of_the_prevalence() -> None:
    cohort, predictions = cohort_and_predictions("c", seed=3, cases_per_patient=4)
    alike = cohort.with_columns(pl.col("reference_nodule").first().over("patient_id"))
    found = over([at_site("c", alike, predictions)])
    row = only(found["calibration_causes"], model="m2", stratum="site", level="c")
    effects, variance = {}, 0.0
    for key, sums in ProportionMoments(
        found["proportion_moments"].filter(model="m2", metric="prevalence", stratum="overall")
    ).rows():
        effect = effects[key["split"]] = design_effect_of(sums) or 1.0
        variance += effect * (1 / sums.sum_y + 1 / (sums.sum_n - sums.sum_y))
    large = only(
        found["design_effects"], model="m2", stratum="overall", split="test", metric="calibration_in_the_large"
    )
    assert abs(effects["test"] - large["design_effect"]) > 0.3
    assert (row["shift_high"] - row["shift_low"]) / 2 == pytest.approx(1.959963984540054 * variance**0.5)


def test_a_level_without_a_number_keeps_its_reason_and_takes_no_part(frames: Frames) -> None:
    rare = frames["calibration_by_level"].filter(stratum="vendor", level="Rare", model="m1")
    assert set(rare["status"]) <= {"insufficient", "undefined"}
    assert rare["shrunken"].null_count() == rare.height
    cause = only(frames["calibration_causes"], stratum="vendor", level="Rare", model="m1")
    assert cause["cause"] == "insufficient evidence"
    assert cause["reason"] == rare.filter(metric="calibration_slope")["reason"].item()


def test_p_values_are_adjusted_over_the_strata_of_a_metric(frames: Frames) -> None:
    rows = frames["calibration_by_level"].filter(model="m1", metric="calibration_in_the_large")
    p = dict(rows.filter(pl.col("stratum") != "overall").select("stratum", "q_p_value").unique().rows())
    adjusted = dict(rows.filter(pl.col("stratum") != "overall").select("stratum", "q_p_adjusted").unique().rows())
    assert set(p) == {"vendor", "sex", "site"}
    assert min(adjusted.values()) == pytest.approx(min(1.0, 3 * min(p.values())))


def test_test_labels_do_not_bear_on_a_fit_and_tuning_labels_do() -> None:
    cohort, predictions = cohort_and_predictions("a")
    label = pl.col("reference_nodule")

    def fits(changed: pl.Expr) -> list[dict[str, Any]]:
        given = {"cohort": cohort.with_columns(changed.alias("reference_nodule")), "predictions": predictions}
        frame = FIT.run(StageInputs(site="a", frames=given), RECALIBRATED).frames["recalibration_fits"]
        assert isinstance(frame, pl.DataFrame)
        return frame.to_dicts()

    test, tune = pl.col("split") == "test", pl.col("split") == "tune"
    plain = fits(label)
    assert fits(pl.when(test).then(~label).otherwise(label)) == plain
    assert fits(pl.when(tune).then(label)) == plain
    assert fits(pl.when(tune).then(~label).otherwise(label)) != plain


def test_the_gain_is_that_of_the_tuning_fit_on_test_cases(frames: Frames) -> None:
    cohort, predictions = cohort_and_predictions("a", seed=ord("a"))
    joined = predictions.filter(model="m2").join(cohort, on="case_id")
    tune, test = (joined.filter(split=split) for split in ("tune", "test"))
    fitted = calibration_line(ScoreCounts.from_cases(tune["reference_nodule"].to_numpy(), tune["score"].to_numpy()))
    score = test["score"].to_numpy()
    assert fitted.intercept.estimate is not None
    moved = expit(fitted.intercept.estimate + fitted.slope.estimate * logit(np.clip(score, 1e-6, 1 - 1e-6)))
    fall = brier_difference(test["reference_nodule"].to_numpy(), score, moved)
    row = only(
        frames["recalibration"], site="a", fitted_on="a", model="m2", method="intercept and slope", metric="brier"
    )
    assert row["slope"] == pytest.approx(fitted.slope.estimate)
    assert [row[name] for name in ("fall", "fall_low", "fall_high")] == pytest.approx(
        [fall.estimate, fall.ci_low, fall.ci_high]
    )
    assert row["before"] - row["after"] == pytest.approx(row["fall"])


def test_fits_of_all_sites_are_held_against_each_site_and_all(frames: Frames) -> None:
    rows = frames["recalibration"].filter(fitted_on=ALL_SITES, model="m1", method="intercept")
    assert rows.height == 3 * len(RECALIBRATION_METRICS)
    assert rows["intercept"].n_unique() == 1
    falls = {row["site"]: row for row in rows.filter(metric="brier").to_dicts()}
    both = sum(falls[site]["fall"] * falls[site]["n_cases"] for site in ("a", "b"))
    assert falls[ALL_SITES]["fall"] * falls[ALL_SITES]["n_cases"] == pytest.approx(both)


def test_few_tuning_patients_give_no_curve_and_none_no_fit(frames: Frames) -> None:
    curve = only(frames["recalibration"], site="a", fitted_on="a", model="m1", method="isotonic", metric="brier")
    assert (curve["status"], curve["fall"]) == ("insufficient", None)
    assert curve["reason"] == "fewer than 200 patients with a positive tuning case"
    cohort, predictions = cohort_and_predictions("a")
    alone = over([at_site("a", cohort.with_columns(split=pl.lit("test")), predictions)])
    assert set(alone["recalibration"]["status"]) == {"undefined"}
    assert set(alone["recalibration"]["reason"]) == {"no case"}
    off = alone["calibration_causes"].filter(model="m2", stratum="overall")
    assert (off["cause"].item(), off["tuning_prevalence"].item()) == ("not explained by prevalence", None)


def test_scores_that_are_no_probabilities_have_no_fit_no_calibration_and_no_cause() -> None:
    cohort, predictions = cohort_and_predictions("a")
    given = {"cohort": cohort, "predictions": predictions}
    ranks = replace(RECALIBRATED, not_probabilities=("m1",))
    fits = FIT.run(StageInputs(site="a", frames=given), ranks).frames
    gains = GAIN.run(StageInputs(site="a", frames={**given, **fits}), ranks).frames  # type: ignore[dict-item]  # no frame comes in parts
    judged = PERFORMANCE_STAGE.run(StageInputs(site="a", frames=given), PARAMETERS).frames
    scored = replace(PARAMETERS, not_probabilities=("m1",))
    found = over([{**judged, **fits, **gains}], replace(BOTH, recalibration=ranks), scored)  # type: ignore[dict-item]  # as above
    reason = "the scores are not probabilities"
    for name in ("recalibration_fits", "site_recalibration", "recalibration"):
        rows = found[name].filter(model="m1")
        assert set(rows.select("status", "reason").rows()) == {("undefined", reason)}
        assert rows["intercept"].null_count() == rows.height
        assert "ok" in set(found[name].filter(model="m2")["status"])
    everywhere = {"model": "m1", "stratum": "overall"}
    levels = found["calibration_by_level"].filter(**everywhere)
    assert set(levels.select("status", "reason").rows()) == {("undefined", reason)}
    cause = only(found["calibration_causes"], **everywhere)
    assert (cause["cause"], cause["reason"], cause["shift"]) == ("insufficient evidence", reason, None)


def test_an_isotonic_fit_comes_back_from_its_rows() -> None:
    cohort, predictions = cohort_and_predictions("a", n=4000)
    given = {"cohort": cohort, "predictions": predictions}
    coarse = replace(RECALIBRATED, score_grid_steps=20)
    rows = FIT.run(StageInputs(site="a", frames=given), coarse).frames["recalibration_fits"]
    assert isinstance(rows, pl.DataFrame)
    held = rows.filter(model="m1", method="isotonic")
    assert held["status"].unique().to_list() == ["ok"]
    fit = fits_of_rows(rows)["nodule", "m1", "isotonic"].recalibration
    assert fit(held["score"].to_numpy()) == pytest.approx(held["value"].to_numpy())
    # Knots lie in the middle of cells of the grid, never at a case's own score.
    assert (held["score"] * 20 % 1).to_list() == pytest.approx([0.5] * held.height)


def simulated(site: str, *, prevalence: float, stretch: float, rng: np.random.Generator, n: int) -> Frames:
    """Scores that are true at a prevalence of 0.3; ``stretch`` on their logit spoils them."""
    positive = rng.random(n) < prevalence
    x = rng.normal(np.where(positive, 1.0, -1.0), 2**0.5) + logit(0.3)
    cohort = pl.DataFrame(
        {
            "site": site,
            "case_id": [f"{site}-c{i}" for i in range(n)],
            "patient_id": [f"{site}-p{i}" for i in range(n)],
            "split": ["tune" if site == "home" and i % 2 else "test" for i in range(n)],
            "included": True,
            "reference_nodule": positive,
        }
    )
    scores = pl.Series("score", expit(logit(0.3) + stretch * (x - logit(0.3))))
    return at_site(site, cohort, cohort.select("site", "case_id", scores, finding=pl.lit("nodule"), model=pl.lit("m1")))


@pytest.mark.slow
def test_a_shift_of_prevalence_and_scores_that_are_too_extreme_are_told_apart() -> None:
    counted: dict[tuple[str, str], int] = {}
    for seed in range(8):
        rng = np.random.default_rng(seed)
        made = [
            simulated("home", prevalence=0.3, stretch=1.0, rng=rng, n=8000),
            simulated("away", prevalence=0.3, stretch=1.0, rng=rng, n=4000),
            simulated("rare", prevalence=0.1, stretch=1.0, rng=rng, n=6000),
            simulated("spoilt", prevalence=0.3, stretch=1.8, rng=rng, n=4000),
        ]
        causes = over(made, replace(BOTH, levels=replace(LEVELS, strata=())))["calibration_causes"]
        for level, cause in causes.filter(stratum="site").select("level", "cause").rows():
            counted[level, cause] = counted.get((level, cause), 0) + 1
    assert counted["rare", "explained by prevalence"] >= 6
    assert counted["spoilt", "not explained by prevalence"] >= 7
    assert counted.get(("spoilt", "explained by prevalence"), 0) == 0
    for site in ("home", "away"):
        assert counted[site, "no sign of miscalibration"] >= 6
