"""Each finding and model is tallied at its own threshold."""

import polars as pl

from multisite.tallies import Thresholds, tally_at_thresholds, tally_proportions

THRESHOLDS = Thresholds(0.5, (("nodule", "second", 0.2),))


def cases() -> pl.DataFrame:
    one = pl.DataFrame(
        {
            "site": ["a"] * 4,
            "finding": ["nodule"] * 4,
            "split": ["test"] * 4,
            "patient_id": ["p", "q", "r", "s"],
            "reference": [True, True, False, False],
            "score": [0.9, 0.3, 0.3, 0.1],
        }
    )
    return pl.concat(one.with_columns(pl.lit(model).alias("model")) for model in ("first", "second"))


def test_what_is_not_named_has_the_default() -> None:
    assert THRESHOLDS.of("nodule", "second") == 0.2
    assert THRESHOLDS.of("nodule", "first") == 0.5
    assert THRESHOLDS.of("effusion", "second") == 0.5


def test_sums_are_at_the_own_threshold_and_prevalence_is_counted_once() -> None:
    found = tally_at_thresholds(cases(), strata=[], thresholds=THRESHOLDS).frame
    hits = found.filter(metric="sensitivity").sort("model").select("model", "threshold", "sum_y", "sum_n").rows()
    assert hits == [("first", 0.5, 1, 2), ("second", 0.2, 2, 2)]
    assert found.filter(metric="prevalence")["sum_n"].to_list() == [4, 4]


def test_one_threshold_for_all_is_the_plain_tally() -> None:
    plain = tally_proportions(cases(), strata=[], thresholds=[0.5])
    assert tally_at_thresholds(cases(), strata=[], thresholds=Thresholds(0.5)).frame.equals(plain.frame)


def test_no_case_gives_no_row() -> None:
    assert tally_at_thresholds(cases().clear(), strata=[], thresholds=THRESHOLDS).frame.is_empty()
