"""What must hold for every statistic of calibration, whatever the counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multisite.stats import ScoreCounts
from multisite.stats.calibration import (
    brier_decomposition,
    corp_reliability,
    expected_calibration_error,
    hosmer_lemeshow,
    integrated_calibration_index,
    scaled_brier,
    spiegelhalter_z,
    squared_calibration_error,
)
from multisite.vocabulary import EstimateStatus
from tests.lib.examples import examples

CELL = st.integers(0, 12)
SCORES = st.lists(st.integers(0, 256), min_size=1, max_size=12, unique=True).map(sorted)


@st.composite
def score_counts(draw: st.DrawFn) -> ScoreCounts:
    """Counts at up to twelve scores k/256, so that 1 - s is exact; one class, 0, 1 and separation included."""
    score = np.array(draw(SCORES)) / 256
    cells = st.lists(CELL, min_size=score.size, max_size=score.size)
    return ScoreCounts(score, draw(cells), draw(cells))


def mirrored(counts: ScoreCounts) -> ScoreCounts:
    """Labels swapped, and with them the meaning of the score."""
    return ScoreCounts(1 - counts.score[::-1], counts.n_negative[::-1], counts.n_positive[::-1])


def estimates(counts: ScoreCounts) -> dict[str, float | None]:
    corp, parts = corp_reliability(counts), brier_decomposition(counts, binning="equal mass", n_bins=3)
    smooth = integrated_calibration_index(counts, surface="direct")
    return {
        "scaled brier": scaled_brier(counts).estimate,
        "hosmer-lemeshow": hosmer_lemeshow(counts, setting="external", quantiles="inverse").estimate,
        "spiegelhalter": spiegelhalter_z(counts).estimate,
        "miscalibration": corp.miscalibration,
        "discrimination": corp.discrimination,
        "reliability": parts.reliability,
        "ece top label": expected_calibration_error(counts, target="top label").estimate,
        "squared": squared_calibration_error(counts, debiased=False).estimate,
        "ici": smooth.ici.estimate,
        "e90": smooth.e90.estimate,
    }


def close(one: float | None, other: float | None) -> bool:
    return one is other if one is None or other is None else one == pytest.approx(other, rel=1e-6, abs=1e-9)


@examples(60)
@given(score_counts())
def test_a_number_is_there_or_a_reason_is(counts: ScoreCounts) -> None:
    n = counts.positives + counts.negatives
    for found in (
        scaled_brier(counts),
        hosmer_lemeshow(counts, setting="developing"),
        spiegelhalter_z(counts),
        squared_calibration_error(counts),
        integrated_calibration_index(counts).e50,
    ):
        assert (found.estimate is None) == (found.status is EstimateStatus.UNDEFINED)
        assert found.estimate is not None or found.reason
        assert (found.n_cases, found.n_positive) == (n, counts.positives)


@examples(60)
@given(score_counts())
def test_both_decompositions_add_up(counts: ScoreCounts) -> None:
    if counts.positives + counts.negatives == 0:
        return
    corp = corp_reliability(counts)
    assert corp.miscalibration - corp.discrimination + corp.uncertainty == pytest.approx(corp.brier, abs=1e-12)
    for binning in ("distinct scores", "equal width", "equal mass"):
        for closed in ("left", "right"):
            found = brier_decomposition(counts, binning=binning, n_bins=4, closed=closed)
            total = found.reliability - found.generalised_resolution + found.uncertainty
            assert total == pytest.approx(found.brier, abs=1e-12)


@examples(40)
@given(score_counts())
def test_swapping_the_labels_with_the_scores_changes_nothing(counts: ScoreCounts) -> None:
    other = mirrored(counts)
    one, two = estimates(counts), estimates(other)
    for name in ("scaled brier", "spiegelhalter", "miscalibration", "discrimination", "ici", "e90"):
        assert close(one[name], two[name]), name
    for binning, quantiles in (("equal width", "inverse"), ("equal mass", "inverse"), ("equal mass", "linear")):
        cut = {"binning": binning, "quantiles": quantiles, "n_bins": 8}
        left = expected_calibration_error(counts, **cut).estimate
        right = expected_calibration_error(other, closed="right", **cut).estimate
        assert close(left, right), cut


@examples(40)
@given(score_counts())
def test_every_case_twice_changes_no_estimate_but_those_that_count_cases(counts: ScoreCounts) -> None:
    twice = ScoreCounts(counts.score, 2 * counts.n_positive, 2 * counts.n_negative)
    one, two = estimates(counts), estimates(twice)
    for name in ("scaled brier", "miscalibration", "discrimination", "reliability", "ece top label", "squared"):
        assert close(one[name], two[name]), name
    for name, power in (("hosmer-lemeshow", 2.0), ("spiegelhalter", 2.0**0.5)):
        assert close(one[name] if one[name] is None else one[name] * power, two[name]), name


@examples(40)
@given(score_counts())
def test_the_isotonic_curve_knows_the_order_of_the_scores_alone(counts: ScoreCounts) -> None:
    other = ScoreCounts(counts.score**3, counts.n_positive, counts.n_negative)
    assert corp_reliability(other).recalibrated == pytest.approx(corp_reliability(counts).recalibrated)
    assert close(corp_reliability(other).discrimination, corp_reliability(counts).discrimination)
