"""Differences over the sites: the mean of what the sites say, margins, and what no site can say."""

from datetime import date
from typing import Any

import polars as pl
import pytest
from scipy import stats

from multisite.performance import MODEL_DIFFERENCES_STAGE, MODEL_PAIRS_STAGE
from multisite.performance.models.differences import Margins, margin_verdict, superiority
from multisite.performance.models.pairs import ModelPair
from multisite.schemas.model_comparison import DATA_EFFECTS
from multisite.stats import holm, paired_proportion_difference, random_effects, smallest_detectable_difference
from multisite.study import Study
from multisite.tallies import Thresholds
from multisite.vocabulary import ALL_SITES
from tests.lib.report_frames import study
from tests.unit.performance.models.model_builders import (
    PAIR,
    by_date,
    compared,
    over_sites,
    pairs_parameters,
    site_frames,
)


def sites(*pairs: ModelPair, names: str = "abc", **how: Any) -> list[dict[str, pl.DataFrame]]:
    return [compared(site_frames(name, seed=ord(name), **how), pairs_parameters(*pairs)) for name in names]


def row(found: pl.DataFrame, site: str, metric: str = "auc", **more: str) -> dict[str, Any]:
    wanted = {"site": site, "metric": metric, "stratum": "overall", "question": "new minus old"} | more
    return found.filter(**wanted).row(0, named=True)


@pytest.mark.parametrize("metric", ["auc", "brier"])
def test_the_mean_over_sites_is_random_effects_of_the_sites_own_differences(metric: str) -> None:
    made = sites()
    found = over_sites(made)
    own = [site["model_pairs"].filter(stratum="overall", metric=metric).row(0, named=True) for site in made]
    expected = random_effects([r["estimate"] for r in own], [r["standard_error"] ** 2 for r in own])
    pooled = row(found, ALL_SITES, metric)
    for name in ("estimate", "ci_low", "ci_high", "p_value", "prediction_low", "i2", "standard_error"):
        assert pooled[name] == getattr(expected, name), name
    assert (pooled["n_sites"], pooled["n_cases"]) == (3, sum(r["n_cases"] for r in own))
    assert pooled["degrees_of_freedom"] == 2.0
    found_with = smallest_detectable_difference(expected.standard_error, degrees_of_freedom=2.0)
    assert pooled["detectable"] == found_with.difference
    mine = row(found, "b", metric)
    assert (mine["estimate"], mine["ci_low"], mine["n_sites"]) == (own[1]["estimate"], own[1]["ci_low"], 1)
    own_test = smallest_detectable_difference(own[1]["standard_error"], degrees_of_freedom=own[1]["degrees_of_freedom"])
    assert mine["detectable"] == own_test.difference


def _calls(number: int, *, old_only: int, new_only: int = 0, n: int = 60) -> dict[str, pl.DataFrame]:
    """A site of as many cases with the finding, each a patient, with counted calls of both models."""
    old = [True] * (n - new_only) + [False] * new_only
    new = [False] * old_only + [True] * (n - old_only)
    site = f"s{number}"
    ids = [f"{site}-{i}" for i in range(n)]
    cohort = {
        "site": site,
        "case_id": ids,
        "patient_id": ids,
        "split": "test",
        "case_date": [date(2024, 1 + i % 2 * 6, 1) for i in range(n)],
        "included": True,
        "reference_nodule": True,
    }
    predictions = [
        pl.DataFrame(
            {"site": site, "case_id": ids, "finding": "nodule", "model": model, "score": [float(c) for c in calls]}
        )
        for model, calls in (("v1", old), ("v2", new))
    ]
    return {"cohort": pl.DataFrame(cohort), "predictions": pl.concat(predictions)}


def test_sensitivity_over_sites_is_of_all_cases_and_a_site_without_a_discordant_case_counts() -> None:
    lost = [0, 6, 0, 0, 3, 0, 0, 0]
    found = over_sites(
        [compared(_calls(i, old_only=n)) for i, n in enumerate(lost)],
        Margins("v2", "v1", ("sensitivity",), {"sensitivity": 0.035}),
    )
    pooled = row(found, ALL_SITES, "sensitivity")
    added = paired_proportion_difference(480 - sum(lost), 0, sum(lost), 0, method="tango")
    assert (pooled["n_sites"], pooled["n_cases"], pooled["estimate"]) == (8, 480, -9 / 480)
    assert (pooled["ci_low"], pooled["ci_high"]) == pytest.approx((added.ci_low, added.ci_high))
    # Wald's interval of the two sites that differ would have been of them alone.
    assert (pooled["verdict"], pooled["superiority"]) == ("insufficient evidence", "old model better")
    assert pooled["p_value"] == pytest.approx(2 * stats.norm.sf(3.0))
    assert pooled["prediction_low"] < pooled["estimate"] < pooled["prediction_high"]


def test_models_that_agree_in_every_call_of_every_site_are_bounded_over_the_sites() -> None:
    found = over_sites([compared(_calls(i, old_only=0)) for i in range(3)])
    assert row(found, "s0", "sensitivity")["status"] == "insufficient"
    pooled = row(found, ALL_SITES, "sensitivity")
    assert (pooled["estimate"], pooled["p_value"]) == (0.0, 1.0)
    assert pooled["ci_high"] == -pooled["ci_low"] == pytest.approx(3.8415 / (180 + 3.8415), abs=1e-5)


def test_the_effects_of_model_and_data_add_up_over_the_sites() -> None:
    made = sites(by_date(), names="abcd", n=120)
    found = over_sites(made)
    for metric in ("auc", "sensitivity", "specificity"):
        of = {q: row(found, ALL_SITES, metric, question=q) for q in DATA_EFFECTS.values()}
        data, model, both = (of[DATA_EFFECTS[n]] for n in ("data_under_old_model", "model_on_new_data", "both"))
        assert both["estimate"] == pytest.approx(data["estimate"] + model["estimate"], abs=1e-12)
        before, crossed = (of[DATA_EFFECTS[n]] for n in ("model_on_old_data", "interaction"))
        assert crossed["estimate"] == pytest.approx(model["estimate"] - before["estimate"], abs=1e-12)
        assert {r["n_sites"] for r in of.values()} == {4}
        assert all(r["ci_low"] < r["estimate"] < r["ci_high"] for r in of.values())


def test_a_site_whose_models_agree_on_one_set_of_data_keeps_its_weight_in_every_effect() -> None:
    made = [compared(_calls(i, old_only=n), pairs_parameters(by_date())) for i, n in enumerate([0, 6, 4])]
    found = over_sites(made)
    of = {q: row(found, ALL_SITES, "sensitivity", question=q) for q in DATA_EFFECTS.values()}
    assert {r["n_sites"] for r in of.values()} == {3}
    model = of[DATA_EFFECTS["model_on_new_data"]]
    assert model["estimate"] == pytest.approx(-(0 + 3 + 2) / 90)
    assert model["ci_low"] < model["estimate"] < model["ci_high"]
    # The old model is right in all: the data cannot be said to have changed nothing, but the mean of zeros is zero.
    assert of[DATA_EFFECTS["data_under_old_model"]]["ci_low"] < 0.0


def test_margins_bind_the_difference_of_all_cases_only() -> None:
    found = over_sites(sites(by_date()), Margins("v2", "v1", ("auc",), {"auc": 0.05, "brier": 0.01}))
    bound = found.filter(pl.col("verdict").is_not_null())
    assert set(bound.select("stratum", "question", "metric").unique().rows()) == {
        ("overall", "new minus old", "auc"),
        ("overall", "new minus old", "brier"),
    }
    assert bound.height == 8
    assert row(found, ALL_SITES)["verdict"] == "meets"
    assert row(found, ALL_SITES, "sensitivity")["margin"] is None
    assert row(found, ALL_SITES, "sensitivity")["superiority"] is not None


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (-0.019, 0.1, "meets"),
        (-0.02, 0.1, "insufficient evidence"),
        (-0.05, -0.03, "fails"),
        (-0.05, -0.02, "insufficient evidence"),
        (None, None, "insufficient evidence"),
    ],
)
def test_a_verdict_is_of_the_whole_interval(low: float | None, high: float | None, verdict: str) -> None:
    assert margin_verdict(low, high, 0.02) == verdict
    turned = (None, None) if low is None or high is None else (-high, -low)
    assert margin_verdict(*turned, 0.02, less_is_better=True) == verdict


def test_superiority_is_apart_from_the_margin() -> None:
    assert superiority(0.01, 0.03) == "new model better"
    assert superiority(-0.03, -0.01) == "old model better"
    assert superiority(-0.03, -0.01, less_is_better=True) == "new model better"
    assert superiority(0.0, 0.03) == superiority(None, None) == "not shown"


def test_holm_is_over_the_primary_metrics_of_all_comparisons_and_findings() -> None:
    findings = ("nodule", "mass")
    pairs = [ModelPair("v2", "v1", findings, Thresholds(0.5)), ModelPair("v3", "v1", ("nodule",), Thresholds(0.5))]
    made = sites(*pairs, findings=findings, models=("v1", "v2", "v3"), n=120)
    found = over_sites(made, Margins("v2", "v1", ("auc", "brier")), Margins("v3", "v1", ("auc",)))
    tests = found.filter("is_primary")
    assert tests.height == 5
    assert set(tests["site"]) == {ALL_SITES}
    assert tests["p_holm"].to_list() == pytest.approx(holm(tests["p_value"].to_list()).tolist())
    assert found.filter(~pl.col("is_primary"))["p_holm"].null_count() == found.height - 5


def test_of_one_site_its_own_test_counts_and_the_mean_has_no_interval() -> None:
    found = over_sites(sites(names="a"))
    pooled = row(found, ALL_SITES)
    assert (pooled["status"], pooled["ci_low"], pooled["is_primary"]) == ("insufficient", None, False)
    assert pooled["verdict"] == "insufficient evidence"
    mine = row(found, "a")
    assert mine["is_primary"]
    assert mine["p_holm"] == mine["p_value"]


def test_a_site_without_one_model_keeps_its_reason_and_the_others_are_pooled() -> None:
    frames = site_frames("c")
    made = [*sites(names="ab"), compared({**frames, "predictions": frames["predictions"].filter(model="v1")})]
    found = over_sites(made)
    alone = row(found, "c")
    assert (alone["status"], alone["n_cases"], alone["verdict"]) == ("undefined", 0, "insufficient evidence")
    assert row(found, ALL_SITES)["n_sites"] == 2


def test_models_that_are_the_same_everywhere_have_no_mean_and_no_verdict_but_a_reason() -> None:
    made = []
    for name in "ab":
        frames = site_frames(name)
        old = frames["predictions"].filter(model="v1")
        made.append(compared({**frames, "predictions": pl.concat([old, old.with_columns(model=pl.lit("v2"))])}))
    found = over_sites(made)
    assert row(found, "a")["estimate"] == 0.0
    pooled = row(found, ALL_SITES)
    assert (pooled["estimate"], pooled["status"], pooled["verdict"]) == (None, "undefined", "insufficient evidence")
    assert "no variance" in pooled["reason"]
    assert pooled["p_holm"] is None


def test_fourteen_findings_and_three_models_have_all_their_rows() -> None:
    findings = tuple(f"finding-{number:02}" for number in range(14))
    models = ("v1", "v2", "v3")
    pairs = [ModelPair(new, old, findings, Thresholds(0.5)) for new, old in (("v2", "v1"), ("v3", "v1"), ("v3", "v2"))]
    made = []
    for site in "ab":
        frames = site_frames(site, findings=findings, models=models, n=60)
        cohort = frames["cohort"].drop("stratum_vendor", "stratum_sex")
        made.append(compared({**frames, "cohort": cohort}, pairs_parameters(*pairs)))
    assert [site["model_pairs"].height for site in made] == [3 * 14 * 4] * 2
    found = over_sites(made, *(Margins(pair.new, pair.old, ("auc",)) for pair in pairs))
    assert found.height == 3 * 14 * 4 * 3
    assert found.filter("is_primary").height == 42


def declared(**comparison: Any) -> Study:
    content = study().model_dump(mode="json")
    content["models"].append({"id": "lungscan-3", "title": "LungScan", "version": "3.0"})
    content["performance"]["comparisons"] = [{"new": "lungscan-3", "old": "lungscan"} | comparison]
    return Study.model_validate(content)


def test_every_parameter_reaches_the_stages() -> None:
    protocol = declared(margins={"auc": 0.02}, primary=["auc", "brier"], data={"by": "date", "new_from": "2024-05-01"})
    pairs = MODEL_PAIRS_STAGE.parameters(protocol, None)
    (pair,) = pairs.pairs
    assert (pair.new, pair.old, pair.findings) == ("lungscan-3", "lungscan", ("nodule",))
    assert (pair.thresholds.of("nodule", pair.new), str(pair.data.new_from)) == (0.5, "2024-05-01")
    (margins,) = MODEL_DIFFERENCES_STAGE.parameters(protocol, None).margins
    assert (margins.primary, margins.losses) == (("auc", "brier"), {"auc": 0.02})
    by_level = declared(data={"by": "stratum", "stratum": "sex", "old": ["F"], "new": ["M"]})
    assert MODEL_PAIRS_STAGE.parameters(by_level, None).pairs[0].data.stratum == "sex"


def test_nothing_is_done_where_nothing_is_compared() -> None:
    for stage in (MODEL_PAIRS_STAGE, MODEL_DIFFERENCES_STAGE):
        assert stage.is_asked_for is not None
        assert not stage.is_asked_for(stage.parameters(study(), None))
        assert stage.is_asked_for(stage.parameters(declared(), None))
    assert pairs_parameters().pairs == (PAIR,)
