"""Labels that arrive late, as they were known at the end of a month."""

import polars as pl

from multisite.drift.labels.maturing import Arrived, LabelCounts
from multisite.schemas.drift_performance import DRIFT_LABEL_COUNTS

Row = tuple[str, int | None, bool, bool | None, int]


def counts(*rows: Row) -> LabelCounts:
    """Rows of month, delay, alert, truth and studies."""
    made = [
        {
            "site": "north", "month": month, "finding": "nodule", "model": "ai", "axis": "overall",
            "level": "overall", "delay": delay, "is_alert": alert, "reference_positive": truth, "n_studies": n,
        }
        for month, delay, alert, truth, n in rows
    ]  # fmt: skip
    return LabelCounts(pl.DataFrame(made, schema=DRIFT_LABEL_COUNTS.schema))


LATE = counts(
    ("2026-01", 2, True, True, 8), ("2026-01", 2, False, False, 9), ("2026-01", None, False, None, 3),
    ("2026-02", 2, True, False, 5), ("2026-02", 2, False, True, 4), ("2026-03", None, True, None, 7),
)  # fmt: skip


def test_a_label_counts_from_the_month_in_which_it_was_known() -> None:
    assert Arrived.over(LATE.arrived("2026-02", age=0).values()).n_known == 0
    march = LATE.arrived("2026-03", age=2)
    assert march["2026-01"] == Arrived(1, n_alerts=8, n_others=12, true_alerts=8, true_passes=9, n_known=17)
    # February is not old enough: it counts for nothing but what is known of it.
    assert march["2026-02"] == Arrived(n_known=0)
    assert LATE.arrived("2026-04", age=2)["2026-02"].n_known == 9


def test_months_add() -> None:
    april = Arrived.over(LATE.arrived("2026-04", age=2).values())
    assert (april.n_months, april.n_studies, april.n_labelled) == (2, 29, 26)
    assert april.counts("sensitivity") == (8, 12)
    assert april.counts("specificity") == (9, 14)
    assert april.maturity == 26 / 29


def test_the_age_of_maturity_is_that_at_which_most_labels_have_come() -> None:
    assert LATE.mature_age("2026-04") == 2
    assert LATE.mature_age("2026-02") == 0


def test_later_months_are_not_looked_at_and_nothing_is_known_of_none() -> None:
    assert set(LATE.arrived("2026-02", age=0)) == {"2026-01", "2026-02"}
    empty = counts()
    assert (empty.arrived("2026-02", age=0), empty.mature_age("2026-02")) == ({}, 0)
    assert Arrived().maturity is None
