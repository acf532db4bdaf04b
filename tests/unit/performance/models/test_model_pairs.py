"""Two models on the same cases of a site: the numbers of the statistics on the raw arrays, and who is not paired."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from multisite.performance.models.paired_metrics import PairedCases, PairRules, paired_rows
from multisite.performance.models.pairs import DataRule, ModelPair
from multisite.stats import (
    PairedClusterMoments,
    auc_difference,
    brier_difference,
    clustered_mcnemar,
    crossed_auc,
    paired_clustered_proportion_difference,
)
from multisite.tallies import Thresholds
from tests.unit.performance.models.model_builders import DATE, PAIR, by_date, compared, pairs_parameters, site_frames

SIGNED = ("estimate", "ci_low", "ci_high")


def arrays(frames: dict[str, pl.DataFrame]) -> dict[str, np.ndarray]:
    """The site's test cases by hand: one row per case."""
    scores = frames["predictions"].filter(finding="nodule").pivot(on="model", index="case_id", values="score")
    cases = frames["cohort"].filter(split="test").join(scores, on="case_id")
    return {name: cases[name].to_numpy() for name in ("reference_nodule", "v1", "v2", "patient_id", "case_date")}


def row(frame: pl.DataFrame, metric: str, **segment: str) -> dict[str, Any]:
    wanted = {"stratum": "overall", "level": "overall", "metric": metric} | segment
    return frame.filter(**wanted).row(0, named=True)


def test_the_differences_are_those_of_the_statistics_on_the_raw_arrays() -> None:
    frames = site_frames("a")
    a, pairs = arrays(frames), compared(frames)["model_pairs"]
    truth, new, old, who = a["reference_nodule"], a["v2"], a["v1"], a["patient_id"]
    area = auc_difference(truth, new, old, patient=who)
    found = row(pairs, "auc")
    assert tuple(found[n] for n in SIGNED) == (area.estimate, area.ci_low, area.ci_high)
    assert (found["covariance"], found["p_value"]) == (area.covariance, area.p_value)
    assert (found["new_value"], found["n_patients"]) == (area.first, area.n_patients)
    brier = brier_difference(truth, new, old, patient=who)
    assert tuple(row(pairs, "brier")[n] for n in SIGNED) == (brier.estimate, brier.ci_low, brier.ci_high)
    assert row(pairs, "brier")["sum_of_squared_differences"] == brier.sum_of_squared_differences
    patients, number = np.unique(who[truth], return_inverse=True)
    first, second, n = (
        np.bincount(number, weights=hits, minlength=patients.size).astype(int)
        for hits in (new[truth] >= 0.5, old[truth] >= 0.5, np.ones(truth.sum()))
    )
    moments = PairedClusterMoments.from_clusters(first, second, n)
    share = paired_clustered_proportion_difference(moments)
    found = row(pairs, "sensitivity")
    assert tuple(found[n] for n in SIGNED) == (share.estimate, share.ci_low, share.ci_high)
    assert found["p_value"] == clustered_mcnemar(moments).p_value
    assert found["n_cases_only_new_right"] == int(((new >= 0.5) & (old < 0.5) & truth).sum())
    cells = ("both_right", "only_new_right", "only_old_right", "neither_right")
    assert sum(found[f"n_cases_{cell}"] for cell in cells) == found["n_positive"] == found["n_cases"]


def test_with_one_case_per_patient_the_tests_are_delong_s_variance_and_mcnemar_s_exact_test() -> None:
    # Fagerland et al. 2013, table 1: 1 and 7 discordant of 21.
    calls = np.repeat([[1, 1], [1, 0], [0, 1], [0, 0]], [1, 1, 7, 12], axis=0)
    cases = PairedCases(np.ones(21, dtype=bool), calls[:, 0] * 1.0, calls[:, 1] * 1.0, np.arange(21), 0.5, 0.5)
    found = {row["metric"]: row for row in paired_rows(cases, PairRules(0.95, 1))}
    assert found["sensitivity"]["p_value"] == pytest.approx(0.0703, abs=5e-5)
    assert found["sensitivity"]["p_method"] == "mcnemar, exact conditional"
    assert found["sensitivity"]["estimate"] == pytest.approx(-6 / 21)
    frames = site_frames("a", cases_per_patient=1)
    a = arrays(frames)
    delong = auc_difference(a["reference_nodule"], a["v2"], a["v1"])
    ours = row(compared(frames)["model_pairs"], "auc")
    assert ours["standard_error"] == pytest.approx(delong.standard_error, rel=1e-12)


def test_the_counts_of_dtcompair_s_paired1_give_its_printed_sensitivities_and_specificities() -> None:
    # Counts and output of sesp.mcnemar as in DTComPair's README: both, first only, second only, neither.
    calls = [[1, 1], [1, 0], [0, 1], [0, 0]]
    with_finding, without = np.repeat(calls, [319, 78, 22, 32], axis=0), np.repeat(calls, [155, 22, 53, 31], axis=0)
    called = np.concatenate([with_finding, without]).astype(float)
    truth = np.repeat([True, False], [451, 261])
    called[~truth] = 1 - called[~truth]
    cases = PairedCases(truth, called[:, 0], called[:, 1], np.arange(712), 0.5, 0.5)
    found = {row["metric"]: row for row in paired_rows(cases, PairRules(0.95, 1))}
    sensitivity, specificity = found["sensitivity"], found["specificity"]
    assert (sensitivity["new_value"], sensitivity["old_value"]) == pytest.approx((0.8802661, 0.7560976), abs=5e-8)
    assert (specificity["new_value"], specificity["old_value"]) == pytest.approx((0.6781609, 0.7969349), abs=5e-8)
    for row, one, other in ((sensitivity, 78, 22), (specificity, 22, 53)):
        assert (row["n_cases_only_new_right"], row["n_cases_only_old_right"]) == (one, other)
        assert row["p_value"] == pytest.approx(stats.binomtest(one, one + other).pvalue, rel=1e-9)


def test_exchanging_the_models_turns_every_sign_and_changes_nothing_else() -> None:
    frames = site_frames("a")
    one = compared(frames)["model_pairs"]
    other = compared(frames, pairs_parameters(ModelPair("v1", "v2", ("nodule",), Thresholds(0.5))))["model_pairs"]
    for metric in ("auc", "sensitivity", "specificity", "brier"):
        a, b = row(one, metric), row(other, metric)
        assert (a["estimate"], a["ci_low"], a["ci_high"]) == pytest.approx(
            (-b["estimate"], -b["ci_high"], -b["ci_low"])
        )
        assert a["p_value"] == pytest.approx(b["p_value"])
        assert a["n_cases_only_new_right"] == b["n_cases_only_old_right"]


def test_exchanging_the_truth_exchanges_sensitivity_and_specificity() -> None:
    frames = site_frames("a")
    flipped = {
        "cohort": frames["cohort"].with_columns(~pl.col("reference_nodule")),
        "predictions": frames["predictions"].with_columns(score=(1 - pl.col("score")).round(4)),
    }
    assert not (frames["predictions"]["score"] == 0.5).any()
    one, other = (compared(f)["model_pairs"] for f in (frames, flipped))
    assert row(one, "sensitivity")["estimate"] == pytest.approx(row(other, "specificity")["estimate"])
    assert row(one, "auc")["estimate"] == pytest.approx(row(other, "auc")["estimate"])
    assert row(one, "brier")["estimate"] == pytest.approx(row(other, "brier")["estimate"])


def test_models_that_score_alike_differ_by_exactly_zero_and_have_no_interval() -> None:
    frames = site_frames("a")
    old = frames["predictions"].filter(model="v1")
    frames["predictions"] = pl.concat([old, old.with_columns(model=pl.lit("v2"))])
    found = compared(frames, pairs_parameters(by_date()))
    for pair in found["model_pairs"].filter(pl.col("level") != "unknown").iter_rows(named=True):
        assert (pair["estimate"], pair["ci_low"], pair["p_value"], pair["status"]) == (0.0, None, None, "insufficient")
        assert "no variance" in pair["reason"]
    effects = found["model_by_data"].filter(pl.col("term").is_in(["new model, on new data", "interaction"]))
    assert effects["estimate"].to_list() == [0.0] * 6
    assert set(effects["status"]) == {"insufficient"}


def test_cases_with_one_score_are_counted_with_their_patients_and_take_no_part() -> None:
    frames = site_frames("a")
    tested = frames["cohort"].filter(split="test")["case_id"].to_list()
    gone = {"v1": tested[:6], "v2": tested[6:10]}
    lost = pl.any_horizontal(
        (pl.col("model") == model) & pl.col("case_id").is_in(cases) for model, cases in gone.items()
    )
    found = compared({**frames, "predictions": frames["predictions"].filter(~lost)})
    counts = found["model_pair_counts"].filter(stratum="overall").row(0, named=True)
    assert (counts["n_cases_only_new"], counts["n_patients_only_new"]) == (6, 3)
    assert (counts["n_cases_only_old"], counts["n_patients_only_old"]) == (4, 2)
    assert counts["n_cases_paired"] == len(tested) - 10 == row(found["model_pairs"], "auc")["n_cases"]


def test_a_site_without_one_model_says_so_in_every_row() -> None:
    frames = site_frames("a")
    found = compared({**frames, "predictions": frames["predictions"].filter(model="v1")})
    counts = found["model_pair_counts"].filter(stratum="overall").row(0, named=True)
    assert (counts["n_cases_paired"], counts["n_cases_only_new"], counts["n_cases_only_old"]) == (0, 0, 200)
    assert set(found["model_pairs"]["status"]) == {"undefined"}
    assert row(found["model_pairs"], "brier")["reason"] == "no case has a score of both models"
    nothing = compared({**frames, "predictions": frames["predictions"].clear()}, pairs_parameters(by_date()))
    assert nothing["model_pairs"].height == 4
    assert set(nothing["model_by_data"]["status"]) == {"undefined"}


def test_a_level_with_few_patients_is_withheld_and_keeps_its_counts() -> None:
    frames = site_frames("a")
    few = pl.when(pl.col("case_id") < "a-c00020").then(pl.lit("X")).otherwise("stratum_sex")
    frames["cohort"] = frames["cohort"].with_columns(stratum_sex=few)
    found = row(compared(frames, pairs_parameters(minimum=10))["model_pairs"], "sensitivity", stratum="sex", level="X")
    assert (found["estimate"], found["new_value"], found["status"]) == (None, None, "insufficient")
    assert found["reason"] == "fewer than 10 patients with a positive case"
    assert found["n_cases_both_right"] is not None


def test_old_and_new_data_by_date_are_crossed_as_the_statistic_does() -> None:
    frames = site_frames("a")
    a = arrays(frames)
    found = compared(frames, pairs_parameters(by_date()))["model_by_data"].filter(metric="auc")
    on_new = a["case_date"] >= np.datetime64(DATE)
    expected = crossed_auc(a["reference_nodule"], a["v1"], a["v2"], on_new, patient=a["patient_id"])
    by_term = {r["term"]: r for r in found.iter_rows(named=True)}
    interaction = expected.effects["interaction"]
    assert tuple(by_term["interaction"][n] for n in SIGNED) == pytest.approx(
        (interaction.estimate, interaction.ci_low, interaction.ci_high)
    )
    assert by_term["new model, old data"]["estimate"] == pytest.approx(expected.new_on_old)
    assert by_term["new model, old data"]["n_cases"] == int((~on_new).sum())
    assert len(by_term) == 10


def test_old_and_new_data_by_level_leave_out_other_levels_and_count_them() -> None:
    pair = ModelPair("v2", "v1", ("nodule",), Thresholds(0.5), DataRule(stratum="sex", old=("F",), new=("M",)))
    found = compared(site_frames("a"), pairs_parameters(pair))
    counts = found["model_pair_counts"].filter(stratum="overall").row(0, named=True)
    cells = found["model_by_data"].filter(metric="auc").filter(pl.col("term").str.starts_with("old model"))
    assert counts["n_cases_neither_data"] > 0
    assert cells["n_cases"].sum() + counts["n_cases_neither_data"] == counts["n_cases_paired"]
    others = found["model_pair_counts"].filter(pl.col("stratum") != "overall")
    assert others["n_cases_neither_data"].null_count() == others.height


def test_a_set_of_data_with_few_patients_withholds_its_values_and_all_that_needs_them() -> None:
    frames = site_frames("a")
    late = frames["cohort"].with_columns(case_date=pl.col("case_date").dt.offset_by("-1y"))
    keep = pl.col("case_id") >= "a-c00236"
    late = late.with_columns(case_date=pl.when(keep).then(pl.lit(DATE)).otherwise("case_date"))
    found = compared({**frames, "cohort": late}, pairs_parameters(by_date()))["model_by_data"].filter(metric="auc")
    by_term = {r["term"]: r for r in found.iter_rows(named=True)}
    assert by_term["new model, on old data"]["status"] == "ok"
    assert by_term["new data, with the old model"]["estimate"] is None
    assert by_term["old model, new data"]["status"] in ("insufficient", "undefined")


def test_the_order_of_the_rows_changes_nothing() -> None:
    frames = site_frames("a")
    shuffled = {name: frame.sample(fraction=1.0, shuffle=True, seed=3) for name, frame in frames.items()}
    parameters = pairs_parameters(by_date(PAIR))
    one, other = compared(frames, parameters), compared(shuffled, parameters)
    assert all(one[name].equals(other[name]) for name in one)
