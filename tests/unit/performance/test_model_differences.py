"""Differences over the sites: the mean of what the sites say, margins, and what no site can say."""

from typing import Any

import polars as pl
import pytest

from multisite.performance import MODEL_DIFFERENCES_STAGE, MODEL_PAIRS_STAGE
from multisite.performance.model_differences import Margins, margin_verdict, superiority
from multisite.performance.model_pairs import ModelPair
from multisite.stats import holm, random_effects, smallest_detectable_difference
from multisite.study import Study
from multisite.tallies import Thresholds
from multisite.vocabulary import ALL_SITES
from tests.lib.report_frames import study
from tests.unit.performance.model_builders import PAIR, by_date, compared, over_sites, pairs_parameters, site_frames


def sites(*pairs: ModelPair, names: str = "abc", **how: Any) -> list[dict[str, pl.DataFrame]]:
    return [compared(site_frames(name, seed=ord(name), **how), pairs_parameters(*pairs)) for name in names]


def row(found: pl.DataFrame, site: str, metric: str = "auc", **more: str) -> dict[str, Any]:
    wanted = {"site": site, "metric": metric, "stratum": "overall", "question": "new minus old"} | more
    return found.filter(**wanted).row(0, named=True)


def test_the_mean_over_sites_is_random_effects_of_the_sites_own_differences() -> None:
    made = sites()
    found = over_sites(made)
    own = [site["model_pairs"].filter(stratum="overall", metric="sensitivity").row(0, named=True) for site in made]
    expected = random_effects([r["estimate"] for r in own], [r["standard_error"] ** 2 for r in own])
    pooled = row(found, ALL_SITES, "sensitivity")
    for name in ("estimate", "ci_low", "ci_high", "p_value", "prediction_low", "i2", "standard_error"):
        assert pooled[name] == getattr(expected, name), name
    assert (pooled["n_sites"], pooled["n_cases"]) == (3, sum(r["n_cases"] for r in own))
    assert pooled["detectable"] == smallest_detectable_difference(expected.standard_error).difference
    mine = row(found, "b", "sensitivity")
    assert (mine["estimate"], mine["ci_low"], mine["n_sites"]) == (own[1]["estimate"], own[1]["ci_low"], 1)


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
