"""Metrics under other truths, over sites, and readers beside the model."""

import math
from typing import Any

import polars as pl
import pytest

from multisite.performance.truths.reader_benchmark import reader_benchmark
from multisite.performance.truths.sensitivity import TruthParameters, truth_sensitivity
from multisite.performance.truths.stage import TRUTH_TORNADO_STAGE, TornadoParameters, pool_truths
from multisite.performance.truths.tornado import tornado
from multisite.schemas import StageInputs
from multisite.schemas.truth_sensitivity import TRUTH_SENSITIVITY, TRUTH_TORNADO
from multisite.stats import clustered_auc, common_effect
from multisite.tallies import Thresholds

RULES = TruthParameters(("nodule",), Thresholds(0.5), 0.95, 1)
N = 20


def cases(site: str = "north") -> pl.DataFrame:
    """Ten patients of two cases each; the last case is of the training split and the one before it excluded."""
    return pl.DataFrame(
        {
            "site": site,
            "case_id": [f"c{number}" for number in range(N + 2)],
            "patient_id": [f"p{number // 2}" for number in range(N + 2)],
            "included": [True] * N + [False, True],
            "split": ["test"] * (N + 1) + ["train"],
        }
    )


def scores(site: str = "north", *, wrong: int = 3) -> pl.DataFrame:
    """High for even cases, but for ``wrong`` of them, at odds with the truth."""
    right = [0.9 if number % 2 == 0 else 0.1 + number / 100 for number in range(N + 2)]
    values = [1.0 - score if number < wrong else score for number, score in enumerate(right)]
    names = [f"c{number}" for number in range(N + 2)]
    return pl.DataFrame({"site": site, "case_id": names, "finding": "nodule", "model": "ai", "score": values})


def variants(site: str = "north", **flipped: int) -> pl.DataFrame:
    """The declared truth (even cases), and others with the first so many labels the other way round."""
    rows = [
        {"site": site, "case_id": f"c{n}", "finding": "nodule", "variant": name.replace("_", " ")}
        | {"label": (n % 2 == 0) != (n < k)}
        for name, k in ({"declared": 0} | flipped).items()
        for n in range(N + 2)
    ]
    return pl.DataFrame(rows)


def row(frame: pl.DataFrame, **which: Any) -> dict[str, Any]:
    return frame.filter(**which).row(0, named=True)


def test_each_truth_has_the_metrics_of_its_own_labels_on_the_test_split() -> None:
    found = truth_sensitivity(cases(), scores(), variants(majority=3), RULES, site="north")

    declared, majority = (row(found, variant=v, metric="auc") for v in ("declared", "majority"))
    truth = [n % 2 == 0 for n in range(N)]
    expected = clustered_auc(truth, scores()["score"][:N].to_list(), [n // 2 for n in range(N)])
    assert declared["estimate"] == pytest.approx(expected.estimate)
    assert (declared["ci_low"], declared["ci_high"]) == pytest.approx((expected.ci_low, expected.ci_high))
    assert (declared["n_patients"], declared["n_cases"]) == (10, N)
    # With the labels turned as the scores are, nothing is wrong.
    assert majority["estimate"] == 1.0
    assert row(found, variant="declared", metric="sensitivity")["estimate"] == pytest.approx(8 / 10)
    assert row(found, variant="declared", metric="specificity")["estimate"] == pytest.approx(9 / 10)


def test_too_few_patients_withhold_the_number_and_keep_the_row() -> None:
    rules = TruthParameters(("nodule",), Thresholds(0.5), 0.95, 11)
    found = truth_sensitivity(cases(), scores(), variants(), rules, site="north")
    assert found["status"].to_list() == ["insufficient"] * 3
    assert found["estimate"].null_count() == found["scaled_estimate"].null_count() == 3
    assert set(found["reason"]) == {"fewer than 11 patients"}


def test_a_truth_of_one_class_has_no_auc() -> None:
    only = variants().filter(pl.col("label"))
    found = truth_sensitivity(cases(), scores(), only, RULES, site="north")
    assert row(found, metric="auc")["status"] == row(found, metric="specificity")["status"] == "undefined"
    assert row(found, metric="sensitivity")["status"] == "ok"


def test_one_site_keeps_its_own_interval_in_the_tornado() -> None:
    found = truth_sensitivity(cases(), scores(), variants(reader_1=1), RULES, site="north")
    pooled = tornado(found, ci_level=0.95)

    own, over = row(found, variant="reader 1", metric="auc"), row(pooled, variant="reader 1", metric="auc")
    assert (over["estimate"], over["ci_low"], over["n_sites"]) == (own["estimate"], own["ci_low"], 1)
    assert over["reader_site"] == "north"
    assert over["change"] == pytest.approx(own["estimate"] - row(found, variant="declared", metric="auc")["estimate"])
    assert row(pooled, variant="declared", metric="auc")["change"] == 0.0


def test_a_single_reader_replaces_the_truth_at_the_own_site_only() -> None:
    parts = [
        truth_sensitivity(cases(s), scores(s, wrong=w), variants(s, reader_1=1, majority=1), RULES, site=s)
        for s, w in (("north", 3), ("south", 5), ("west", 4))
    ]
    found = pl.concat(parts)
    pooled = tornado(found, ci_level=0.95)

    scaled = {(r["site"], r["variant"]): r for r in found.filter(metric="auc").iter_rows(named=True)}
    mixed = [scaled["north", "declared"], scaled["south", "reader 1"], scaled["west", "declared"]]
    expected = common_effect(
        [r["scaled_estimate"] for r in mixed],
        [r["standard_error"] ** 2 for r in mixed],
        weights=[scaled[site, "declared"]["standard_error"] ** -2 for site in ("north", "south", "west")],
        scale="logit",
    )
    reader = row(pooled, variant="reader 1", reader_site="south", metric="auc")
    assert reader["estimate"] == pytest.approx(expected.estimate)
    assert reader["n_sites"] == 3
    assert pooled.filter(variant="reader 1", metric="auc").height == 3
    assert pooled.filter(variant="majority", metric="auc")["reader_site"].to_list() == [None]


def _at(site: str, variant: str, area: float, error: float) -> dict[str, Any]:
    logit = math.log(area / (1.0 - area))
    return {
        **{"site": site, "finding": "nodule", "model": "ai", "variant": variant, "metric": "auc", "estimate": area},
        **{"ci_low": area - 0.05, "ci_high": area + 0.05, "ci_level": 0.95, "ci_method": "", "reason": None},
        **{"scaled_estimate": logit, "standard_error": error, "n_patients": 40, "n_cases": 40, "status": "ok"},
    }


def test_a_reader_of_few_cases_with_the_same_result_moves_nothing() -> None:
    # The reader's 40 cases have a far larger standard error than the site's own; the weights are not to follow it.
    rows = [
        _at("north", "declared", 0.95, 0.1),
        _at("south", "declared", 0.8, 0.1),
        _at("north", "reader 1", 0.95, 0.5),
    ]
    pooled = tornado(pl.DataFrame(rows, schema=TRUTH_SENSITIVITY.schema), ci_level=0.95)

    own, declared = (row(pooled, variant=v, metric="auc") for v in ("reader 1", "declared"))
    assert own["change"] == pytest.approx(0.0, abs=1e-12)
    assert own["estimate"] == pytest.approx(declared["estimate"])
    # That the reader's cases are few is seen in the interval.
    assert own["ci_high"] - own["ci_low"] > declared["ci_high"] - declared["ci_low"]


def test_a_change_is_the_mean_of_the_changes_within_sites_by_the_weights_of_the_declared_truth() -> None:
    rows = [_at("north", "declared", 0.9, 0.1), _at("south", "declared", 0.8, 0.2)]
    rows += [_at("north", "majority", 0.8, 0.4), _at("south", "majority", 0.8, 0.01)]
    pooled = tornado(pl.DataFrame(rows, schema=TRUTH_SENSITIVITY.schema), ci_level=0.95)

    logits = {
        name: math.log(row(pooled, variant=name)["estimate"] / (1.0 - row(pooled, variant=name)["estimate"]))
        for name in ("declared", "majority")
    }
    within = 0.8 * (math.log(0.8 / 0.2) - math.log(0.9 / 0.1))
    assert logits["majority"] - logits["declared"] == pytest.approx(within)


def test_sites_that_only_one_of_two_truths_can_be_pooled_of_make_no_change() -> None:
    # At the north the majority turns all that is wrong into right: an AUC of 1, which has no standard error.
    parts = [
        truth_sensitivity(cases(s), scores(s, wrong=3), variants(s, majority=m, reader_1=m), RULES, site=s)
        for s, m in (("north", 3), ("south", 1), ("west", 1))
    ]
    found = pl.concat(parts)
    pooled = tornado(found, ci_level=0.95)

    majority, declared = (row(pooled, variant=v, metric="auc") for v in ("majority", "declared"))
    assert (majority["n_sites"], declared["n_sites"]) == (2, 3)
    own = {(r["site"], r["variant"]): r for r in found.filter(metric="auc").iter_rows(named=True)}
    expected = own["south", "majority"]["estimate"] - own["south", "declared"]["estimate"]
    # South and west are alike, so that their mean is that of either.
    assert majority["change"] == pytest.approx(expected)
    reader = row(pooled, variant="reader 1", reader_site="north", metric="auc")
    assert (reader["estimate"], reader["change"], reader["status"]) == (None, None, "insufficient")
    assert reader["reason"] == "no standard error on the logit scale at this site"


def test_without_readings_there_is_no_tornado_and_the_stage_says_so_with_no_row() -> None:
    outputs = pool_truths(StageInputs(site="all sites"), TornadoParameters(0.95))
    frame = outputs.frames[TRUTH_TORNADO.name]
    assert isinstance(frame, pl.DataFrame)
    assert frame.is_empty()
    assert TRUTH_TORNADO_STAGE.is_asked_for is None


def test_a_reader_is_compared_with_the_model_on_the_same_cases() -> None:
    held_out = variants().select("site", "case_id", "finding", pl.lit("reader 1").alias("reader_number"), truth="label")
    # The reader is wrong in the first case alone; the model in the first three.
    held_out = held_out.with_columns(said=pl.col("truth") != (pl.col("case_id") == "c0"))
    found = reader_benchmark(cases(), scores(), held_out, RULES, site="north")

    agreement, sensitivity = (row(found, metric=m) for m in ("agreement", "sensitivity"))
    assert (agreement["of_reader"], agreement["of_model"]) == pytest.approx((19 / 20, 17 / 20))
    assert agreement["difference"] == pytest.approx(-2 / 20)
    assert agreement["ci_low"] < agreement["difference"] < agreement["ci_high"]
    assert (agreement["n_patients"], agreement["n_cases"]) == (10, 20)
    assert (sensitivity["of_reader"], sensitivity["of_model"]) == pytest.approx((0.9, 0.8))
    assert row(found, metric="specificity")["of_reader"] == 1.0
    few = reader_benchmark(
        cases(), scores(), held_out, TruthParameters(("nodule",), Thresholds(0.5), 0.95, 11), site="north"
    )
    assert few["of_reader"].null_count() == few["difference"].null_count() == 3
    assert reader_benchmark(cases(), scores(), held_out.head(0), RULES, site="north").is_empty()
