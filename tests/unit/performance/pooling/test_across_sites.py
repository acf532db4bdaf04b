"""Means over sites: the numbers of the statistics on honest inputs, and every site that is left out by name."""

import math
from typing import Any

import numpy as np
import polars as pl
import pytest

from multisite.performance import ACROSS_SITES_STAGE, AcrossSites, AcrossSitesParameters, across_sites
from multisite.performance.pooling.pools import pool_rows, site_roles
from multisite.performance.pooling.site_effects import SiteEffect, interval_effect, proportion_effect
from multisite.schemas import StageInputs
from multisite.schemas.across_sites import ACROSS_SITES, POOLED_METRICS, POOLED_SITES
from multisite.schemas.cohort import COMPOSITION
from multisite.schemas.performance import DESIGN_EFFECTS, PROPORTION_MOMENTS, SITE_ESTIMATES
from multisite.stats import (
    ClusterMoments,
    ScoreCounts,
    auc,
    calibration_line,
    leave_one_out,
    observed_expected,
    random_effects,
    random_effects_proportions,
)
from multisite.tallies import ProportionMoments
from multisite.vocabulary import ALL_SITES, EstimateStatus, SiteRole

LEVEL = AcrossSitesParameters(ci_level=0.95)
SEGMENT = {"finding": "nodule", "model": "m", "split": "test", "stratum": "overall", "level": "overall"}
HITS, POSITIVES = {"a": 18, "b": 40, "c": 27}, {"a": 20, "b": 50, "c": 30}


def estimate(site: str, metric: str, **changes: Any) -> dict[str, Any]:
    """A row of the site's estimates; the interval is DeLong's unless told otherwise."""
    row = SEGMENT | {
        "site": site,
        "metric": metric,
        "threshold": None,
        "estimate": 0.9,
        "ci_low": 0.8,
        "ci_high": 0.95,
        "ci_level": 0.95,
        "ci_method": "delong, logit scale",
        "n_patients": 50,
        "n_cases": 60,
        "n_positive": 30,
        "n_negative": 30,
        "numerator": None,
        "denominator": None,
        "status": "ok",
        "reason": None,
    }
    return row | changes


def sensitivity(site: str, hits: int, positives: int) -> dict[str, Any]:
    counts = {"numerator": hits, "denominator": positives, "n_patients": positives, "n_cases": positives}
    return estimate(site, "sensitivity", threshold=0.5, estimate=hits / positives, ci_method="wilson", **counts)


def moments(hits: dict[str, int], positives: dict[str, int]) -> ProportionMoments:
    """Every case is of a patient of its own."""
    rows = [
        SEGMENT
        | {"site": site, "metric": "sensitivity", "threshold": 0.5}
        | dict.fromkeys(("n_patients", "sum_n", "sum_nn"), positives[site])
        | dict.fromkeys(("sum_y", "sum_yy", "sum_yn"), y)
        for site, y in hits.items()
    ]
    return ProportionMoments.from_frame(pl.DataFrame(rows, schema=PROPORTION_MOMENTS.schema))


def composition(**development: int) -> pl.DataFrame:
    """Of each site the number of training cases; it also has tested cases."""
    names = {"finding": "nodule", "stratum": "overall", "level": "overall", "level_order": 0}
    counts = dict.fromkeys(("n_patients", "n_positive", "n_negative", "n_positive_patients"), 1)
    rows = [
        names | counts | {"site": site, "split": split, "n_cases": n}
        for site, trained in development.items()
        for split, n in (("train", trained), ("test", 60))
        if n
    ]
    return pl.DataFrame(rows, schema=COMPOSITION.schema)


def pooled(
    rows: list[dict[str, Any]],
    sums: ProportionMoments | None = None,
    effects: pl.DataFrame | None = None,
    **development: int,
) -> AcrossSites:
    found = across_sites(
        pl.DataFrame(rows, schema=SITE_ESTIMATES.schema),
        sums or moments({}, {}),
        DESIGN_EFFECTS.empty() if effects is None else effects,
        composition(**(development or dict.fromkeys("abc", 10))),
        LEVEL,
    )
    ACROSS_SITES.conform(found.pools)
    POOLED_SITES.conform(found.sites)
    return found


def of(found: AcrossSites, metric: str, pool: str = "all sites", left_out: str | None = None) -> dict[str, Any]:
    same_site = pl.col("left_out").eq_missing(pl.lit(left_out))
    return found.pools.filter(same_site, metric=metric, pool=pool).row(0, named=True)


def site(found: AcrossSites, metric: str, name: str) -> dict[str, Any]:
    return found.sites.filter(metric=metric, site=name).row(0, named=True)


def test_proportions_of_patients_with_one_case_are_pooled_as_counts_on_the_logit_scale() -> None:
    found = pooled([sensitivity(s, y, POSITIVES[s]) for s, y in HITS.items()], moments(HITS, POSITIVES))
    expected = random_effects_proportions(list(HITS.values()), list(POSITIVES.values())).pooled
    row = of(found, "sensitivity")
    for name in ("estimate", "ci_low", "ci_high", "prediction_low", "prediction_high", "i2", "q", "q_p_value"):
        assert row[name] == pytest.approx(getattr(expected, name), rel=1e-12), name
    assert row["tau"] == pytest.approx(math.sqrt(expected.tau2 or 0.0), rel=1e-12)
    assert (row["n_sites"], row["n_cases"], row["threshold"], row["scale"]) == (3, 100, 0.5, "logit")
    assert row["prediction_method"] == "t(k-2), approximate"
    assert site(found, "sensitivity", "a")["scaled_estimate"] == pytest.approx(math.log(18 / 2))
    assert site(found, "sensitivity", "a")["standard_error"] == pytest.approx(math.sqrt(1 / 18 + 1 / 2))
    assert found.sites.filter(metric="sensitivity")["weight"].to_list() == pytest.approx(expected.weights)


def test_repeated_cases_of_a_patient_widen_the_error_by_the_design_effect() -> None:
    alike = ClusterMoments.from_clusters([2, 2, 0, 2, 0, 2], [2] * 6)
    found = proportion_effect(alike)
    assert found is not None
    value, error, remark = found
    # Pairs that are alike are six cases and not twelve; K/(K - 1) is 6/5.
    assert value == pytest.approx(math.log(8 / 4))
    assert error**2 == pytest.approx(2 * 6 / 5 * (1 / 8 + 1 / 4))
    assert remark == ""


def test_cases_of_a_patient_that_contradict_each_other_count_for_no_more_than_they_are() -> None:
    opposed = proportion_effect(ClusterMoments.from_clusters([1, 1, 1, 1, 1, 2], [2] * 6))
    assert opposed is not None
    assert opposed[1] ** 2 == pytest.approx(1 / 7 + 1 / 5)


def test_an_empty_cell_gets_a_half_and_the_method_says_so() -> None:
    hits = {"a": 20, "b": 40, "c": 27}
    found = pooled([sensitivity(s, y, POSITIVES[s]) for s, y in hits.items()], moments(hits, POSITIVES))
    assert site(found, "sensitivity", "a")["standard_error"] == pytest.approx(math.sqrt(1 / 20.5 + 1 / 0.5))
    assert of(found, "sensitivity")["ci_method"].endswith("; ½ added where a cell is zero")
    assert "½" not in of(found, "sensitivity", "without one site", "a")["ci_method"]


def test_one_patient_with_several_cases_gives_no_error() -> None:
    assert proportion_effect(ClusterMoments.from_clusters([2], [3])) is None
    assert proportion_effect(ClusterMoments(0, 0, 0, 0, 0, 0)) is None


def test_the_error_behind_an_interval_is_that_of_its_statistic() -> None:
    rng = np.random.default_rng(3)
    score = rng.beta(1, 2, 300).round(3)
    counts = ScoreCounts.from_cases(rng.random(300) < score, score)
    area, ratio, line = (
        auc(counts, level=0.9),
        observed_expected(counts, level=0.9),
        calibration_line(counts, level=0.9),
    )
    a = area.estimate or 0.0
    expected = {
        "auc": (area, math.log(a / (1 - a)), (area.standard_error or 0.0) / (a * (1 - a))),
        "observed_expected": (ratio, math.log(ratio.estimate or 0.0), ratio.standard_error),
        "calibration_slope": (line.slope, line.slope.estimate, line.slope.standard_error),
        "calibration_in_the_large": (line.in_the_large, line.in_the_large.estimate, line.in_the_large.standard_error),
    }
    for metric, (told, value, error) in expected.items():
        ends = {"estimate": told.estimate, "ci_low": told.ci_low, "ci_high": told.ci_high, "ci_level": 0.9}
        row = estimate("a", metric, ci_method=told.ci_method, **ends)
        assert interval_effect(row) == (pytest.approx(value), pytest.approx(error, rel=1e-9), ""), metric
        assert site(pooled([row]), metric, "a")["standard_error"] == pytest.approx(error, rel=1e-9), metric


def test_where_patients_repeat_the_error_between_patients_counts_and_the_mean_tells() -> None:
    clustered = estimate("a", "auc", ci_method="obuchowski, patients as clusters, logit scale, t")
    effect = SEGMENT | {"site": "a", "metric": "auc", "n_patients": 50, "n_cases": 60, "standard_error": 0.03}
    effects = pl.DataFrame([effect | {"design_effect": 1.5, "degrees_of_freedom": 20.0}], schema=DESIGN_EFFECTS.schema)
    found = pooled([clustered, estimate("b", "auc")], effects=effects)
    assert site(found, "auc", "a")["standard_error"] == pytest.approx(0.03 / (0.9 * 0.1))
    assert of(found, "auc")["ci_method"] == "random effects, reml, hksj-guarded; patients as clusters"


def test_that_scores_were_moved_is_told_of_the_mean_as_well_and_each_remark_once() -> None:
    moved, repeated = "scores of 0 or 1 moved inside", "repeated cases of a patient taken as independent"
    line = "wald, intercept and slope fitted together"
    found = pooled(
        [
            estimate("a", "calibration_slope", ci_method=f"{line}; {moved}; {repeated}"),
            estimate("b", "calibration_slope", ci_method=f"{line}; {moved}"),
        ]
    )
    assert of(found, "calibration_slope")["ci_method"] == f"random effects, reml, hksj-guarded; {repeated}; {moved}"


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        (
            {"status": "insufficient", "reason": "fewer than 10 patients with a positive case", "estimate": None},
            None,
            None,
        ),
        ({"status": "undefined", "reason": "no positive case", "estimate": None}, None, None),
        (
            {"estimate": 1.0, "ci_low": 0.93, "ci_high": 1.0, "ci_method": "newcombe score, since the area is 0 or 1"},
            "insufficient",
            "no standard error on the logit scale, as where the AUC is 0 or 1",
        ),
        (
            {"ci_low": 0.9, "ci_high": 0.9},
            "insufficient",
            "no standard error on the logit scale, as where the AUC is 0 or 1",
        ),
    ],
)
def test_a_site_without_a_usable_interval_is_left_out_and_named(
    changes: dict[str, Any], status: str | None, reason: str | None
) -> None:
    found = pooled([estimate("a", "auc", **changes), estimate("b", "auc"), estimate("c", "auc", estimate=0.85)])
    row = site(found, "auc", "a")
    assert (row["status"], row["reason"]) == (status or changes["status"], reason or changes["reason"])
    assert (row["scaled_estimate"], row["standard_error"], row["weight"]) == (None, None, None)
    assert of(found, "auc")["n_sites"] == 2
    assert found.pools.filter(metric="auc")["left_out"].drop_nulls().to_list() == ["b", "c"]


def test_a_site_without_any_estimate_is_named_too() -> None:
    found = pooled([estimate("a", "auc")], a=5, b=5)
    assert site(found, "auc", "b")["reason"] == "not computed"
    assert set(found.sites["metric"]) == set(POOLED_METRICS)


def test_one_site_is_a_stated_result_and_no_error() -> None:
    found = pooled([estimate("a", "auc")], a=5)
    row = of(found, "auc")
    assert (row["status"], row["n_sites"]) == (EstimateStatus.INSUFFICIENT, 1)
    assert row["estimate"] == pytest.approx(0.9)
    assert (row["ci_low"], row["tau"], row["prediction_low"], row["i2"]) == (None, None, None, None)
    assert row["reason"] == "one site: its own estimate, and no interval of a mean over sites"
    assert found.pools.filter(metric="auc").height == 1
    nothing = of(found, "specificity")
    assert (nothing["status"], nothing["estimate"]) == (EstimateStatus.UNDEFINED, None)
    assert nothing["reason"] == "no site has an estimate with an interval"


def test_two_sites_have_a_mean_and_say_nothing_of_a_new_site() -> None:
    found = pooled([estimate("a", "auc"), estimate("b", "auc")], a=5, b=5)
    row = of(found, "auc")
    assert row["ci_low"] < 0.9 < row["ci_high"]
    assert (row["prediction_low"], row["prediction_reason"]) == (None, "fewer than three sites")
    without = of(found, "auc", "without one site", "a")
    assert (without["n_sites"], without["status"], without["ci_low"]) == (1, EstimateStatus.INSUFFICIENT, None)


def test_leaving_out_each_site_gives_the_mean_of_the_others_and_marks_the_one_that_matters() -> None:
    values, errors = [0.1, 0.2, 0.15, 2.0], [0.2, 0.2, 0.2, 0.2]
    effects = [
        SiteEffect(site=name, role=SiteRole.INTERNAL, n_development_cases=1, n_cases=10, value=y, standard_error=error)
        for name, y, error in zip("abcd", values, errors, strict=True)
    ]
    rows = pool_rows(effects, scale="raw", level=0.95)
    left = leave_one_out(values, [error**2 for error in errors])
    assert [row["left_out"] for row in rows] == [None, *"abcd"]
    assert [row["influential"] for row in rows] == [None, False, False, False, True]
    assert [row["estimate"] for row in rows[1:]] == [one.pooled.estimate for one in left]
    assert rows[4]["estimate"] == random_effects(values[:3], [error**2 for error in errors[:3]]).estimate
    assert {row["n_cases"] for row in rows[1:]} == {30}


def test_sites_of_both_roles_are_also_pooled_apart() -> None:
    rows = [estimate(name, "auc", estimate=value) for name, value in (("a", 0.9), ("b", 0.92), ("c", 0.85))]
    found = pooled(rows, a=12, b=7, c=0)
    assert found.sites.filter(metric="auc").select("site", "role", "n_development_cases").rows() == [
        ("a", "internal testing", 12),
        ("b", "internal testing", 7),
        ("c", "external testing", 0),
    ]
    inside, outside = of(found, "auc", "internal testing"), of(found, "auc", "external testing")
    assert (inside["n_sites"], outside["n_sites"]) == (2, 1)
    assert outside["estimate"] == pytest.approx(0.85)
    assert outside["status"] == EstimateStatus.INSUFFICIENT
    assert of(pooled(rows, a=12, b=7, c=1), "auc")["n_sites"] == 3
    assert pooled(rows, a=12, b=7, c=1).pools.filter(pool="internal testing").is_empty()


def test_tuning_makes_a_site_internal_and_findings_do_not_count_twice() -> None:
    tuned = composition(a=9).with_columns(pl.col("split").replace("train", "tune"))
    twice = pl.concat([tuned, tuned.with_columns(pl.lit("effusion").alias("finding"))])
    found = site_roles(twice, sites=["b", ALL_SITES])
    assert {name: (one.role, one.n_development_cases) for name, one in found.items()} == {
        "a": (SiteRole.INTERNAL, 9),
        "b": (SiteRole.EXTERNAL, 0),
    }


def test_only_all_test_cases_of_sites_are_pooled() -> None:
    rows = [estimate("a", "auc"), estimate("b", "auc")]
    others = [
        estimate("c", "auc", split="tune"),
        estimate("c", "auc", stratum="vendor", level="GE"),
        estimate(ALL_SITES, "auc"),
        estimate("c", "brier"),
    ]
    assert of(pooled([*rows, *others]), "auc")["n_sites"] == 2


def test_the_stage_writes_both_frames_and_empty_ones_without_estimates() -> None:
    frames = {
        SITE_ESTIMATES.name: pl.DataFrame([estimate("a", "auc")], schema=SITE_ESTIMATES.schema),
        PROPORTION_MOMENTS.name: PROPORTION_MOMENTS.empty(),
        DESIGN_EFFECTS.name: DESIGN_EFFECTS.empty(),
        COMPOSITION.name: composition(a=3),
    }
    written = ACROSS_SITES_STAGE.run(StageInputs(site=ALL_SITES, frames=frames), LEVEL).frames
    assert {name: len(frame) for name, frame in written.items()} == {"across_sites": 6, "pooled_sites": 6}
    frames[SITE_ESTIMATES.name] = SITE_ESTIMATES.empty()
    written = ACROSS_SITES_STAGE.run(StageInputs(site=ALL_SITES, frames=frames), LEVEL).frames
    assert all(len(frame) == 0 for frame in written.values())
