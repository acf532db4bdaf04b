"""Gaps between a level and all other cases."""

import math
from collections.abc import Sequence
from dataclasses import replace

import polars as pl
import pytest

from multisite.pack.evidence import Endpoint, Evidence
from multisite.pack.gaps import gaps, same_direction
from multisite.pack.parameters import ReportParameters, StratumText, report_parameters
from multisite.performance.verdicts.contrasts import Counted
from multisite.performance.verdicts.verdict_rows import VerdictParameters, verdict_rows
from multisite.schemas.cohort import COHORT_IDENTITY, COMPOSITION
from multisite.schemas.performance import DESIGN_EFFECTS, ESTIMATES, PROPORTION_MOMENTS
from multisite.schemas.verdicts import LEVEL_MOMENTS, VERDICTS
from multisite.stats import proportion
from multisite.tallies import ProportionMoments, ScoreTally
from multisite.vocabulary import StratumRole
from tests.lib.report_frames import report_inputs, study

VENDOR = StratumText("vendor", "Vendor", None, ordered=False)
Counts = tuple[str, str, str, int, int]
"""Site, stratum, level, numerator, denominator."""


def parameters() -> ReportParameters:
    return replace(report_parameters(study(), None), strata=(VENDOR,))


def estimate(metric: str, counts: Counts) -> dict[str, object]:
    site, stratum, level, y, n = counts
    found = proportion(y, n)
    return {
        "site": site,
        "finding": "nodule",
        "model": "lungscan",
        "split": "test",
        "stratum": stratum,
        "level": level,
        "metric": metric,
        "threshold": 0.5,
        "estimate": found.estimate,
        "ci_low": found.ci_low,
        "ci_high": found.ci_high,
        "ci_level": 0.95,
        "ci_method": "wilson",
        "n_patients": n,
        "n_cases": n,
        "n_positive": n,
        "n_negative": 0,
        "numerator": y,
        "denominator": n,
        "status": found.status.value,
        "reason": found.reason,
    }


def evidence(counts: Sequence[Counts], levels: Sequence[str]) -> Evidence:
    composition = [("a", "test", "nodule", "vendor", level, order, 9, 9, 5, 4, 5) for order, level in enumerate(levels)]
    estimates = pl.DataFrame([estimate("sensitivity", row) for row in counts], schema=ESTIMATES.schema)
    frames = dict(report_inputs().frames) | {
        ESTIMATES.name: estimates,
        VERDICTS.name: verdicts(counts, estimates),
        COMPOSITION.name: pl.DataFrame(composition, schema=COMPOSITION.schema, orient="row"),
        COHORT_IDENTITY.name: report_inputs()
        .frames[COHORT_IDENTITY.name]
        .head(2)
        .with_columns(pl.Series("site", ["a", "b"])),
    }
    return Evidence(parameters(), frames, {})


def verdicts(counts: Sequence[Counts], estimates: pl.DataFrame) -> pl.DataFrame:
    """The verdicts of a patient per case, all of whom one site has seen."""
    names = {"site": "a", "finding": "nodule", "model": "lungscan", "split": "test"}
    pooled = [row for row in counts if row[0] == "all sites"]
    moments = [
        names
        | {"stratum": stratum, "level": level, "metric": metric, "threshold": 0.5, "n_patients": n}
        | {"sum_y": y, "sum_n": n, "sum_yy": y, "sum_yn": y, "sum_nn": n}
        for _, stratum, level, y, n in pooled
        for metric in ("sensitivity", "prevalence")
    ]
    cross = [
        names
        | {"stratum": stratum, "level": level, "metric": "sensitivity", "threshold": 0.5, "n_patients_only": n}
        | {"sum_yy": y, "sum_yn": y, "sum_ny": y, "sum_nn": n}
        for _, stratum, level, y, n in pooled
        if stratum != "overall"
    ]
    counted = Counted(
        estimates=estimates,
        moments=ProportionMoments.from_frame(pl.DataFrame(moments, schema=PROPORTION_MOMENTS.schema)),
        cross=pl.DataFrame(cross, schema=LEVEL_MOMENTS.schema),
        tally=ScoreTally.empty(),
        design_effects=DESIGN_EFFECTS.empty(),
    )
    return verdict_rows(counted, VerdictParameters((("vendor", StratumRole.EXPLORATORY),), (), 0.95, 10))


def endpoint() -> Endpoint:
    return Endpoint(parameters().findings[0], parameters().models[0])


POOLED: tuple[Counts, ...] = (
    ("all sites", "overall", "overall", 170, 200),
    ("all sites", "vendor", "Canon", 35, 50),
    ("all sites", "vendor", "GE", 135, 150),
)


def test_the_others_are_all_cases_less_the_level() -> None:
    canon = gaps(evidence(POOLED, ["Canon", "GE"]), endpoint())[0]
    assert canon.level.level == "Canon"
    assert canon.n_patients_others == 150
    assert canon.others == pytest.approx(135 / 150)
    assert canon.difference == pytest.approx(-0.20)


def test_the_interval_is_newcombes_square_and_add() -> None:
    canon = gaps(evidence(POOLED, ["Canon", "GE"]), endpoint())[0]
    one, two = proportion(35, 50), proportion(135, 150)
    assert canon.low == pytest.approx(-0.2 - math.hypot(0.7 - one.ci_low, two.ci_high - 0.9))
    assert canon.high == pytest.approx(-0.2 + math.hypot(one.ci_high - 0.7, 0.9 - two.ci_low))


def test_a_newcombe_interval_agrees_with_the_published_example() -> None:
    # Newcombe 1998, table II, contrast (a): 56/70 against 48/80, method 10: 0.0524 to 0.3339.
    counts = (("all sites", "overall", "overall", 104, 150), ("all sites", "vendor", "GE", 56, 70))
    gap = gaps(evidence(counts, ["GE"]), endpoint())[0]
    assert (round(gap.low, 4), round(gap.high, 4)) == (0.0524, 0.3339)


def test_the_surest_shortfall_comes_before_a_larger_one_on_a_handful_of_cases() -> None:
    counts = (
        ("all sites", "overall", "overall", 813, 1000),
        ("all sites", "vendor", "tiny", 7, 12),
        ("all sites", "vendor", "large", 210, 300),
    )
    ranked = gaps(evidence(counts, ["tiny", "large"]), endpoint())
    assert [gap.level.level for gap in ranked] == ["large", "tiny"]
    assert ranked[0].difference > ranked[1].difference


def test_a_level_that_leaves_too_few_others_is_not_compared() -> None:
    counts = (("all sites", "overall", "overall", 90, 100), ("all sites", "vendor", "GE", 85, 95))
    assert gaps(evidence(counts, ["GE"]), endpoint()) == ()


def test_single_sites_are_asked_for_their_side() -> None:
    counts = (
        *POOLED,
        ("a", "overall", "overall", 80, 100),
        ("a", "vendor", "Canon", 14, 25),
        ("b", "overall", "overall", 90, 100),
        ("b", "vendor", "Canon", 24, 25),
    )
    found = evidence(counts, ["Canon", "GE"])
    assert same_direction(found, endpoint(), gaps(found, endpoint())[0]) == (1, 2)
