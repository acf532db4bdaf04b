import polars as pl
import pytest

from multisite.drift.picture.comparison import comparison_table, reasons_not_to_compare
from multisite.drift.picture.evidently_report import EvidentlyVerdict
from multisite.schemas.drift import DRIFT_COMPARISON


def window(*values: float | None) -> pl.DataFrame:
    return pl.DataFrame({"number_x": values}, schema={"number_x": pl.Float64})


@pytest.mark.parametrize(
    ("reference", "month", "reason"),
    [
        (window(), window(1, 2), "the reference has no studies"),
        (window(1, 2), window(), "the month has no studies"),
        (window(None, None), window(1, 2), "no study of the reference has a value"),
        (window(1, 2), window(None, None), "no study of the month has a value"),
        (window(1, 2), window(1, None), "fewer than 2 studies of the month have a value"),
        (window(7, 7), window(7, 7, None), "one and the same value in all studies"),
    ],
)
def test_what_cannot_be_compared_has_a_reason(reference: pl.DataFrame, month: pl.DataFrame, reason: str) -> None:
    assert reasons_not_to_compare(reference, month, minimum=2) == {"number_x": reason}


def test_two_different_constants_can_be_compared() -> None:
    assert reasons_not_to_compare(window(7, 7), window(8, 8), minimum=2) == {}


def row(reference: pl.DataFrame, month: pl.DataFrame, **verdicts: EvidentlyVerdict) -> dict[str, object]:
    reasons = {} if verdicts else reasons_not_to_compare(reference, month, minimum=1)
    frame = comparison_table(reference, month, verdicts=verdicts, reasons=reasons, site="north", window="2026-01")
    return DRIFT_COMPARISON.conform(frame).row(0, named=True)


def test_a_share_of_nothing_is_null_and_not_zero() -> None:
    found = row(window(1, 2), window())
    assert (found["n_current"], found["missing_current"], found["mean_current"]) == (0, None, None)
    assert found["missing_reference"] == 0.0


def test_a_tag_that_goes_60_percent_empty_is_visible_beside_a_verdict_of_no_drift() -> None:
    quiet = EvidentlyVerdict("K-S p_value", 1.0, 0.05, False)
    found = row(window(*range(10)), window(0, 3, 6, 9, *[None] * 6), number_x=quiet)
    assert (found["missing_reference"], found["missing_current"], found["n_current"]) == (0.0, 0.6, 4)
    assert found["evidently_drift"] is False


def test_a_category_is_shown_by_the_share_of_the_commonest_of_the_reference() -> None:
    reference = pl.DataFrame({"category_x": ["a", "a", "b", None]})
    month = pl.DataFrame({"category_x": ["a", "b", "b", "b", None]})
    found = row(reference, month)
    assert found["mean_reference"] == pytest.approx(2 / 3)
    assert found["mean_current"] == 0.25


def test_a_monitor_without_a_comparison_has_a_reason_and_no_statistic() -> None:
    found = row(window(1, 2), window(None, None, None))
    assert (found["missing_current"], found["reason"]) == (1.0, "no study of the month has a value")
    assert [found[name] for name in ("method", "statistic", "threshold", "evidently_drift")] == [None] * 4
