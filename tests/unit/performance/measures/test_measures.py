"""Continuous endpoints: which rows count, what a site gives away, and that added sums are as good as pooled rows."""

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from multisite.performance import MEASURES_OVER_SITES_STAGE, MEASURES_STAGE
from multisite.performance.measures.evaluation import measured_cases
from multisite.schemas import Artefact, StageInputs, StageOutputs
from multisite.stats import icc, limits_of_agreement_repeated, paired_mean_difference
from multisite.vocabulary import ALL_SITES
from tests.unit.performance.measures.measure_builders import (
    DICE,
    HD95,
    PARAMETERS,
    TABLE,
    VOLUME,
    at_site,
    cohort,
    over_sites,
    table,
)


@pytest.fixture(scope="module")
def sites() -> list[StageOutputs]:
    return [at_site("a"), at_site("b")]


def of_test_cases(site: str, measure: str) -> pl.DataFrame:
    rows = table(site).filter(measure=measure).join(cohort(site), on="case_id").filter("included", split="test")
    return rows.sort("case_id")


def row(frame: pl.DataFrame, metric: str, measure: str = "dice", **of: str) -> dict[str, Any]:
    held = {"site": ALL_SITES, "stratum": "overall", "level": "overall"} | of
    return frame.filter(metric=metric, measure=measure, **held).row(0, named=True)


def test_every_artefact_keeps_its_schema(sites: list[StageOutputs]) -> None:
    for stage, frames in ((MEASURES_STAGE, sites[0].frames), (MEASURES_OVER_SITES_STAGE, over_sites(sites))):
        assert set(frames) == {artefact.name for artefact in stage.writes}
        for artefact in stage.writes:
            assert isinstance(artefact, Artefact)
            artefact.conform(frames[artefact.name])


def test_the_added_sums_of_two_sites_are_those_of_the_pooled_rows(sites: list[StageOutputs]) -> None:
    study = over_sites(sites)["measures"]
    both = pl.concat([cohort("a"), cohort("b")]).with_columns(pl.lit(ALL_SITES).alias("site"))
    tables = {"measurements": pl.concat([table("a"), table("b")])}
    pooled = MEASURES_STAGE.run(StageInputs(ALL_SITES, frames={"cohort": both}, tables=tables), PARAMETERS)
    expected = pooled.frames["site_measures"]
    found = study.filter(site=ALL_SITES)
    numbers = ["estimate", "ci_low", "ci_high", "standard_error"]
    assert found.drop(numbers).equals(expected.drop(numbers))
    for name in numbers:
        assert found[name].is_null().equals(expected[name].is_null())
        assert found[name].drop_nulls().to_list() == pytest.approx(expected[name].drop_nulls().to_list(), rel=1e-9)


@pytest.mark.parametrize(("measure", "metric"), [("dice", "mean"), ("volume", "bias")])
def test_a_mean_has_the_interval_of_the_rows_with_patients_as_clusters(
    sites: list[StageOutputs], measure: str, metric: str
) -> None:
    found = row(over_sites(sites)["measures"], metric, measure)
    rows = pl.concat([of_test_cases("a", measure), of_test_cases("b", measure)])
    reference = rows["reference"].fill_null(0.0)
    expected = paired_mean_difference(rows["value"], reference, patient=rows["patient_id"])
    assert [found[n] for n in ("estimate", "ci_low", "ci_high")] == pytest.approx(
        [expected.estimate, expected.ci_low, expected.ci_high]
    )
    assert (found["n_patients"], found["n_cases"]) == (rows["patient_id"].n_unique(), rows.height)


def test_limits_and_icc_are_those_of_the_rows(sites: list[StageOutputs]) -> None:
    study = over_sites(sites)["measures"]
    rows = pl.concat([of_test_cases("a", "volume"), of_test_cases("b", "volume")])
    expected = limits_of_agreement_repeated(rows["value"], rows["reference"], rows["patient_id"])
    for metric, limit in (("lower_limit", expected.lower), ("upper_limit", expected.upper)):
        found = row(study, metric, "volume")
        assert [found["estimate"], found["ci_low"]] == pytest.approx([limit.estimate, limit.ci_low])
    agreement = row(study, "icc", "volume")
    assert agreement["estimate"] == pytest.approx(
        icc(rows.select("value", "reference").to_numpy(), form="2,1").estimate
    )
    assert agreement["ci_method"] == "none; patients have several cases"


def test_quartiles_come_from_the_grid_and_shares_from_the_limit_of_a_case(sites: list[StageOutputs]) -> None:
    study = over_sites(sites)["measures"]
    dice = pl.concat([of_test_cases("a", "dice"), of_test_cases("b", "dice")])["value"]
    for metric, probability in (("lower_quartile", 0.25), ("median", 0.5), ("upper_quartile", 0.75)):
        assert row(study, metric)["estimate"] == pytest.approx(dice.quantile(probability), abs=0.02)
    assert row(study, "share_acceptable")["estimate"] == pytest.approx((dice >= 0.7).mean())
    assert row(study, "standard_deviation")["estimate"] == pytest.approx(dice.std())
    assert study.filter(measure="hd95", metric="share_acceptable").is_empty()


def test_an_endless_distance_counts_as_the_bound_where_the_measure_is_top_coded(sites: list[StageOutputs]) -> None:
    counts = sites[0].frames["measure_counts"]
    hd95 = of_test_cases("a", "hd95")["value"]
    (told,) = counts.filter(measure="hd95", counted="top_coded")["n_rows"]
    assert told == (hd95 > 50).sum()
    assert row(sites[0].frames["site_measures"], "mean", "hd95", site="a")["estimate"] == pytest.approx(
        hd95.clip(upper_bound=50.0).mean()
    )


def test_every_row_that_is_not_used_is_counted_under_its_first_fault() -> None:
    rows = [
        ("a-c0000", "dice", "m1", 0.9, None),
        ("a-c0001", "dice", "m1", None, None),
        ("a-c0002", "dice", "m1", float("nan"), None),
        ("a-c0003", "dice", "m1", 1.2, None),
        ("a-c0004", "dice", "m1", 0.5, None),
        ("a-c0004", "dice", "m1", 0.6, None),
        ("a-c0008", "dice", "m1", 0.6, None),  # excluded
        ("a-c0009", "dice", "m1", 0.6, None),  # of the split tune
        (None, "dice", "m1", 0.6, None),
        ("a-c0005", "dice", "m9", 0.6, None),
        ("a-c0005", "jaccard", "m1", 0.6, None),
        ("a-c0005", "volume", "m1", 10.0, None),
        ("a-c0006", "volume", "m1", 10.0, 11.0),
        ("a-c0007", "volume", "m1", float("inf"), 11.0),
    ]
    frame = pl.DataFrame(rows, schema=TABLE, orient="row")
    held = measured_cases(cohort("a", n=10), frame, (DICE, VOLUME), strata=["stratum_sex"], site="a")
    counted = {(r[1], r[3]): r[4:] for r in held.counts.rows()}
    assert counted == {
        ("dice", "used"): (1, 1),
        ("dice", "no_value"): (2, 2),
        ("dice", "out_of_bounds"): (1, 1),
        ("dice", "repeated"): (1, 2),
        ("dice", "no_test_case"): (0, 3),
        ("dice", "no_row"): (2, 3),
        ("(undeclared)", "undeclared"): (1, 2),
        ("volume", "no_reference"): (1, 1),
        ("volume", "used"): (1, 1),
        ("volume", "out_of_bounds"): (1, 1),
        ("volume", "no_row"): (3, 5),
    }
    assert held.cases.select("measure", "value", "difference", "sum", "acceptable").rows() == [
        ("dice", 0.9, None, None, 1.0),
        ("volume", None, -1.0, 21.0, 1.0),
    ]


def test_a_site_without_a_table_keeps_its_rows_and_every_test_case_is_missed() -> None:
    outputs = MEASURES_STAGE.run(StageInputs("a", frames={"cohort": cohort("a")}), PARAMETERS)
    counts = outputs.frames["measure_counts"]
    assert counts["counted"].unique().to_list() == ["no_row"]
    assert set(outputs.frames["site_measures"]["status"]) == {"undefined"}
    across = over_sites([outputs, at_site("b")])["measures_across_sites"]
    assert across.filter(metric="mean", measure="dice", pool="all sites")["n_sites"].to_list() == [1]


def test_too_few_patients_withhold_the_number_and_leave_the_row() -> None:
    parameters = replace(PARAMETERS, minimum_denominator=3)
    outputs = at_site("a", parameters)
    rare = outputs.frames["site_measures"].filter(level="Rare", measure="dice")
    assert rare.height == 6
    assert set(rare["status"]) == {"insufficient"}
    assert rare["estimate"].null_count() == rare["standard_error"].null_count() == 6
    assert set(rare["n_patients"]) == {2}


def test_a_margin_is_judged_in_three_ways_on_all_test_cases_only(sites: list[StageOutputs]) -> None:
    study = over_sites(sites)["measures"]
    assert row(study, "mean")["verdict"] == "meets"
    assert {row(study, m, "volume")["verdict"] for m in ("lower_limit", "upper_limit")} == {"meets"}
    assert [row(study, m, "volume")["margin"] for m in ("lower_limit", "upper_limit")] == [-40.0, 40.0]
    assert (
        study.filter(pl.col("stratum") != "overall")["verdict"].null_count()
        == study.filter(pl.col("stratum") != "overall").height
    )
    strict = replace(PARAMETERS, measures=(replace(DICE, margin=0.95), replace(VOLUME, margin=4.7)))
    verdicts = over_sites([at_site("a", strict), at_site("b", strict)], strict)["measures"]
    assert row(verdicts, "mean")["verdict"] == "fails"
    assert row(verdicts, "lower_limit", "volume")["verdict"] == "insufficient evidence"
    assert row(verdicts, "upper_limit", "volume")["verdict"] == "fails"
    worse = replace(PARAMETERS, measures=(replace(HD95, margin=2.0),))
    assert row(at_site("a", worse).frames["site_measures"], "mean", "hd95", site="a")["verdict"] == "fails"


def test_sites_are_also_pooled_as_a_sample_of_sites(sites: list[StageOutputs]) -> None:
    across = over_sites(sites)["measures_across_sites"]
    mean = across.filter(measure="volume", metric="bias", pool="all sites").row(0, named=True)
    own = [
        row(s.frames["site_measures"], "bias", "volume", site=n)["estimate"] for s, n in zip(sites, "ab", strict=True)
    ]
    assert min(own) <= mean["estimate"] <= max(own)
    assert (mean["n_sites"], mean["status"]) == (2, "ok")
    assert set(across["metric"]) == {"mean", "bias", "mean_absolute_difference"}
    assert across.filter(pool="internal testing")["n_sites"].to_list() == [1] * 4


def test_the_order_of_the_table_does_not_change_a_bit(sites: list[StageOutputs]) -> None:
    turned = at_site("a", measurements=table("a").reverse())
    for name, frame in sites[0].frames.items():
        assert isinstance(frame, pl.DataFrame)
        assert frame.equals(turned.frames[name]), name


def test_a_paired_measure_needs_no_bounds() -> None:
    alone = replace(PARAMETERS, measures=(VOLUME,))
    outputs = at_site("a", alone)
    assert set(outputs.frames["site_measures"]["measure"]) == {"volume"}
    assert outputs.frames["measure_histogram"].is_empty()
    undeclared = outputs.frames["measure_counts"].filter(counted="undeclared")
    assert undeclared["n_rows"].to_list() == [240]
