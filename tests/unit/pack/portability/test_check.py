"""The check from a pack in memory: numbers that hit the truth, and refusals that name what is missing."""

import json
from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest

from multisite.errors import PackError, UsageError
from multisite.pack.portability import (
    MetricPortability,
    Portability,
    check_portability,
    portability_records,
    portability_text,
)
from multisite.schemas.performance import DESIGN_EFFECTS
from multisite.stats import auc
from multisite.stats.score_counts import ScoreCounts
from tests.lib.portability_pack import Cell, cases_of, described, pack_files, table, truth

LEVELS = {"view": ("PA", "AP", "lateral"), "sex": ("F", "M")}
CROSSINGS = {"view_sex": ("view", "sex")}
CELLS = (
    Cell(("PA", "F"), 500, 0.20, 0.92, 0.93),
    Cell(("PA", "M"), 600, 0.25, 0.86, 0.90),
    Cell(("AP", "F"), 250, 0.35, 0.75, 0.80),
    Cell(("AP", "M"), 240, 0.35, 0.70, 0.78),
    Cell(("lateral", "F"), 9, 0.30, 0.80, 0.80),
)
SUPPORTED = CELLS[:4]
METRICS = ("sensitivity", "specificity", "auc", "ppv", "npv")


@pytest.fixture(scope="module")
def cases() -> pl.DataFrame:
    return cases_of(CELLS, tuple(LEVELS), rng=np.random.default_rng(11))


@pytest.fixture(scope="module")
def files(cases: pl.DataFrame) -> dict[str, bytes]:
    return pack_files(cases, LEVELS, CROSSINGS)


def joint(counts: Sequence[int]) -> bytes:
    rows = [{"view": c.levels[0], "sex": c.levels[1], "n": n} for c, n in zip(CELLS, counts, strict=False)]
    return table(rows)


def measures(found: Portability) -> dict[str, MetricPortability]:
    (endpoint,) = found.endpoints
    return {metric.metric: metric for metric in endpoint.metrics}


def test_every_measure_hits_what_it_is_in_the_target(files: dict[str, bytes]) -> None:
    shares = (0.15, 0.10, 0.40, 0.35)
    found = measures(check_portability(files, joint([round(1000 * q) for q in shares])))
    true = truth(SUPPORTED, shares)
    for metric in METRICS:
        estimate = found[metric].estimate
        assert estimate is not None
        assert estimate.ci_low <= true[metric] <= estimate.ci_high, metric
        assert found[metric].unsupported == 0
    # The pack's own mix is another, and so is its sensitivity.
    assert found["sensitivity"].estimate.ci_high < found["sensitivity"].pooled


@pytest.mark.slow
def test_intervals_hold_the_targets_values_over_many_packs() -> None:
    rng, shares = np.random.default_rng(5), (0.15, 0.10, 0.40, 0.35)
    true, hits, rounds = truth(SUPPORTED, shares), dict.fromkeys(METRICS, 0), 150
    for _ in range(rounds):
        pack = pack_files(cases_of(SUPPORTED, tuple(LEVELS), rng=rng), LEVELS, CROSSINGS)
        hers = np.maximum(rng.multinomial(400, shares), 10)
        for metric, one in measures(check_portability(pack, joint(hers.tolist()))).items():
            hits[metric] += one.estimate.ci_low <= true[metric] <= one.estimate.ci_high
    # Four standard errors below 95 % of 150.
    assert min(hits.values()) >= 0.95 * rounds - 4 * np.sqrt(rounds * 0.95 * 0.05), hits


def test_the_packs_own_mix_gives_its_pooled_values(cases: pl.DataFrame) -> None:
    supported = cases.filter(pl.col("stratum_view") != "lateral")
    files = pack_files(supported, LEVELS, CROSSINGS)
    counts = supported.group_by("stratum_view", "stratum_sex").len()
    rows = [{"view": v, "sex": s, "n": n} for v, s, n in counts.rows()]
    found = measures(check_portability(files, table(rows), census=True))
    for metric in METRICS:
        assert found[metric].estimate.estimate == pytest.approx(found[metric].pooled, abs=1e-9)
    grid = supported.with_columns(((pl.col("score") * 1000 + 1e-9).floor() + 0.5) / 1000)
    whole = auc(ScoreCounts.from_cases(grid["reference"].to_numpy(), grid["score"].to_numpy()))
    assert found["auc"].pooled == pytest.approx(whole.estimate)


def test_one_stratum_is_post_stratified(files: dict[str, bytes]) -> None:
    found = check_portability(files, table([{"sex": "F", "n": 500}, {"sex": "M", "n": 0}]))
    by_hand = [c for c in CELLS if c.levels[1] == "F"]
    sizes = np.array([c.n for c in by_hand])
    sensitivity = measures(found)["sensitivity"].estimate
    true = truth(by_hand, sizes / sizes.sum())["sensitivity"]
    assert sensitivity.ci_low < true < sensitivity.ci_high


def test_margins_are_raked_and_said_to_be(files: dict[str, bytes]) -> None:
    rows = [("view", "PA", 200), ("view", "AP", 300), ("sex", "F", 260), ("sex", "M", 240)]
    found = check_portability(files, table([{"stratum": s, "level": v, "n": n} for s, v, n in rows]))
    assert found.raked
    assert all(metric.estimate is not None for metric in measures(found).values())
    assert "(raking)" in portability_text(found)


def test_margins_with_a_level_that_the_pack_lacks_are_refused(files: dict[str, bytes]) -> None:
    rows = [("view", "PA", 200), ("view", "lateral", 300), ("sex", "F", 260), ("sex", "M", 240)]
    pack = files | {"pack.json": json.dumps(described(files)).encode()}
    found = check_portability(pack, table([{"stratum": s, "level": v, "n": n} for s, v, n in rows]))
    assert found.endpoints[0].metrics == ()
    assert "the margins could not be fitted" in portability_text(found).replace("\n", " ")


def test_counted_positives_need_no_prevalence_of_the_pack(files: dict[str, bytes]) -> None:
    rows = [
        {"view": "PA", "n": 400, "n_positive": 40},
        {"view": "AP", "n": 200, "n_positive": 120},
    ]
    found = check_portability(files, table(rows))
    endpoint = found.endpoints[0]
    assert endpoint.prevalence == pytest.approx(160 / 600)
    assert endpoint.prevalence_from == "counted"
    assert "Count `n_positive`" not in portability_text(found)
    # Three quarters of her positives are AP, of which the pack's sensitivity is lower.
    assert measures(found)["sensitivity"].estimate.estimate < measures(found)["sensitivity"].pooled - 0.03


def test_a_stated_prevalence_moves_predictive_values_and_leaves_rates_nearly_alone(files: dict[str, bytes]) -> None:
    rare = measures(check_portability(files, joint([250] * 4), prevalence=0.02))
    usual = measures(check_portability(files, joint([250] * 4)))
    assert rare["ppv"].estimate.estimate < usual["ppv"].estimate.estimate - 0.3
    assert rare["sensitivity"].estimate.estimate == pytest.approx(usual["sensitivity"].estimate.estimate, abs=0.02)


def test_missing_support_is_refused_by_name_and_the_bounds_stand(files: dict[str, bytes]) -> None:
    found = check_portability(files, joint([250, 250, 100, 100, 200]))
    one = measures(found)["sensitivity"]
    assert one.estimate is None
    assert one.unsupported == pytest.approx(200 / 900, abs=0.03)
    assert one.reasons[0].startswith("22 % of your patients are lateral × F; the pack has ")
    assert one.lacking[0].levels == ("lateral", "F")
    assert one.lacking[0].n_patients < 10
    assert 0 < one.bounds.low < one.bounds.high < 1
    text = portability_text(found)
    assert "cannot be carried over: 22 % of your patients are lateral" in text.replace("\n", " ")


def test_a_little_missing_support_gives_the_number_for_the_rest_with_wider_bounds(files: dict[str, bytes]) -> None:
    whole = measures(check_portability(files, joint([250, 250, 100, 100])))["sensitivity"]
    part = measures(check_portability(files, joint([250, 250, 100, 100, 30])))["sensitivity"]
    assert part.estimate.estimate == pytest.approx(whole.estimate.estimate)
    assert part.unsupported == pytest.approx(30 / 730, abs=0.02)
    assert part.bounds.high - part.bounds.low == pytest.approx(part.unsupported)
    assert part.bounds.low <= part.estimate.estimate <= part.bounds.high


def test_cells_that_the_pack_has_no_case_of_are_missing_support(files: dict[str, bytes]) -> None:
    rows = [{"view": "PA", "sex": "F", "n": 300}, {"view": "lateral", "sex": "M", "n": 300}]
    one = measures(check_portability(files, table(rows)))["auc"]
    assert one.estimate is None
    assert any("the pack has no patients with the finding there" in reason for reason in one.reasons)


def test_few_effective_patients_are_refused() -> None:
    few = cases_of([Cell(("PA", "F"), 60, 0.4, 0.8, 0.9)], tuple(LEVELS), rng=np.random.default_rng(1))
    found = measures(check_portability(pack_files(few, LEVELS), table([{"view": "PA", "n": 500}])))
    one = found["sensitivity"]
    assert one.estimate is None
    assert "at least 30 are needed" in one.reasons[0]
    assert found["specificity"].estimate is not None


def test_a_cell_of_one_class_supports_that_class_only(cases: pl.DataFrame) -> None:
    negatives = cases.filter((pl.col("stratum_view") != "AP") | ~pl.col("reference"))
    found = measures(
        check_portability(pack_files(negatives, LEVELS), table([{"view": "PA", "n": 500}, {"view": "AP", "n": 300}]))
    )
    assert found["specificity"].estimate is not None
    assert found["sensitivity"].estimate is None
    assert "the pack has no patients with the finding there" in found["sensitivity"].reasons[0]


def test_a_pack_without_positives_says_so(cases: pl.DataFrame) -> None:
    found = check_portability(pack_files(cases.filter(~pl.col("reference")), LEVELS), table([{"view": "PA", "n": 500}]))
    assert found.endpoints[0].reason == "Where the target has a share, the cells must hold positives and negatives"


def test_a_larger_crossing_is_added_up_and_said_to_be(cases: pl.DataFrame) -> None:
    wide = cases.with_columns(pl.Series("stratum_site_kind", np.arange(cases.height) % 2).cast(pl.String))
    levels = LEVELS | {"site_kind": ("0", "1")}
    exact = check_portability(pack_files(cases, LEVELS, CROSSINGS), joint([250] * 4))
    summed = check_portability(pack_files(wide, levels, {"all": ("sex", "site_kind", "view")}), joint([250] * 4))
    for metric in METRICS:
        assert measures(summed)[metric].estimate == measures(exact)[metric].estimate
    assert "added up from those of Sex × Site_kind × View" in portability_text(summed).replace("\n  ", " ")


def test_several_cases_of_a_patient_widen_every_interval() -> None:
    alone, repeated = (
        measures(
            check_portability(
                pack_files(cases_of(SUPPORTED, tuple(LEVELS), rng=np.random.default_rng(2), per_patient=n), LEVELS),
                table([{"view": "PA", "n": 5000}, {"view": "AP", "n": 5000}]),
                census=True,
            )
        )
        for n in (1, 3)
    )
    # Without a design effect of the sites, the size of an average case's patient stands in.
    assert "design effect" in repeated["auc"].estimate.ci_method
    assert "patients as clusters" in repeated["sensitivity"].estimate.ci_method
    widths = [m["auc"].estimate.ci_high - m["auc"].estimate.ci_low for m in (alone, repeated)]
    assert widths[1] > 1.5 * widths[0]


def test_the_design_effect_of_the_pack_is_used() -> None:
    cases = cases_of(SUPPORTED, tuple(LEVELS), rng=np.random.default_rng(2), per_patient=2)
    rows = [
        {
            "site": site, "finding": "nodule", "model": "m1", "split": "test", "stratum": "overall", "level": "overall",
            "metric": "auc", "n_patients": 400, "n_cases": 800, "standard_error": 0.01, "degrees_of_freedom": 50.0,
            "design_effect": 1.0,
        }
        for site in ("north", "south")
    ]  # fmt: skip
    effects = pl.DataFrame(rows, schema=DESIGN_EFFECTS.schema)
    wanted = table([{"view": "PA", "n": 500}, {"view": "AP", "n": 500}])
    told, untold = (
        measures(check_portability(pack_files(cases, LEVELS, design_effects=given), wanted))["auc"].estimate
        for given in (effects, None)
    )
    assert told.ci_high - told.ci_low < untold.ci_high - untold.ci_low


def test_the_page_fits_80_columns_and_the_records_are_json(files: dict[str, bytes]) -> None:
    for counts in ([250] * 4, [250, 250, 100, 100, 200]):
        found = check_portability(files, joint(counts))
        text = portability_text(found)
        assert max(map(len, text.splitlines())) <= 80
        assert "cannot be tested" in text.lower().replace("\n  ", " ")
        records = list(portability_records(found))
        json.dumps(records, allow_nan=False)
        assert [r["metric"] for r in records if r["event"] == "measure"] == list(METRICS)


def test_what_a_pack_calls_itself_steers_no_terminal(cases: pl.DataFrame) -> None:
    files = pack_files(cases, LEVELS, title="\x1b[2JGone")
    assert "\x1b" not in portability_text(check_portability(files, table([{"view": "PA", "n": 500}])))


def test_a_prevalence_is_of_one_finding(files: dict[str, bytes]) -> None:
    content = described(files)
    (endpoint,) = content["endpoints"]
    two = files | {
        "pack.json": json.dumps({**content, "endpoints": [endpoint, {**endpoint, "finding": "mass"}]}).encode()
    }
    with pytest.raises(UsageError, match="of one finding") as caught:
        check_portability(two, joint([250] * 4), prevalence=0.1)
    assert caught.value.remedy == "Say of which: `mass`, `nodule`."
    found = check_portability(two, joint([250] * 4), prevalence=0.1, finding="nodule")
    assert [one.endpoint.finding for one in found.endpoints] == ["nodule"]
    with pytest.raises(UsageError, match="no such finding"):
        check_portability(two, joint([250] * 4), finding="fracture")
    # Of a finding without a case nothing can be said.
    assert check_portability(two, joint([250] * 4)).endpoints[1].reason


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_an_impossible_prevalence_is_refused(files: dict[str, bytes], share: float) -> None:
    with pytest.raises(UsageError, match="strictly between 0 and 1"):
        check_portability(files, joint([250] * 4), prevalence=share)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("pack.json", None),
        ("pack.json", b"[]"),
        ("pack.json", b"{"),
        ("pack.json", b'{"format": 2}'),
        ("tallies/proportion_moments.csv", None),
        ("tallies/proportion_moments.csv", b"a,b\n1,2\n"),
        ("tallies/score_tally_grid.csv", b"\x00\xff"),
    ],
)
def test_a_pack_that_is_not_whole_is_refused(files: dict[str, bytes], name: str, content: bytes | None) -> None:
    spoilt = {path: data for path, data in files.items() if path != name}
    with pytest.raises(PackError):
        check_portability(spoilt if content is None else spoilt | {name: content}, joint([250] * 4))


def test_sums_that_contradict_each_other_are_refused(files: dict[str, bytes]) -> None:
    name = "tallies/proportion_moments.csv"
    frame = pl.read_csv(files[name]).with_columns(pl.col("sum_y") + 10_000)
    with pytest.raises(PackError, match="not of the known form"):
        check_portability(files | {name: frame.write_csv().encode()}, joint([250] * 4))
