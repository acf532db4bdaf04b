"""Whether the test set lies after the training set in time, and where the protocol says that it begins."""

import polars as pl

from multisite.integrity.check import Check, CheckFrames, Outcome, insufficient, judged, not_applicable
from multisite.vocabulary import Severity, Split

__all__ = ["TIMING_CHECKS"]

_IN_TRAIN, _IN_TEST = pl.col("split") == Split.TRAIN.value, pl.col("split") == Split.TEST.value


def test_before_train(frames: CheckFrames) -> Outcome:
    """Test cases that are dated before the last training case."""
    if not frames.claims.train_ends_before_test:
        return not_applicable("The protocol does not claim that training ends before testing starts.")
    dated = frames.included.filter(pl.col("case_date").is_not_null())
    last_training = dated.filter(_IN_TRAIN)["case_date"].max()
    tested = dated.filter(_IN_TEST)
    if last_training is None or tested.is_empty():
        return insufficient("Training or test cases have no date, so their order is unknown.", tested.height)
    found = _cases(tested.filter(pl.col("case_date") < last_training), "dated before the last training case")
    verb = "is" if found.height == 1 else "are"
    return judged(
        found,
        tested.height,
        failed=f"{found.height:,} of {tested.height:,} dated test cases {verb} older than the last training case.",
        passed=f"All {tested.height:,} dated test cases are as late as the last training case, or later.",
    )


def follow_up_on_both_sides(frames: CheckFrames) -> Outcome:
    """Patients with cases in train and in test at different dates."""
    sides = frames.included.filter(_IN_TRAIN | _IN_TEST)
    if sides["split"].n_unique() < 2:
        return not_applicable("Train or test holds no case here, so nobody can be followed from one into the other.")
    known = sides.filter(pl.col("patient_id").is_not_null())
    if known["split"].n_unique() < 2:
        return insufficient("Train or test holds no case with a known patient.", known["patient_id"].n_unique())
    n_patients = known["patient_id"].n_unique()
    both = _patients_on_both_sides(known)
    followed = both.filter("at_different_dates").sort("patient_id")
    open_question = both.filter(~pl.col("at_different_dates") & pl.col("undated"))
    unknown = f" {open_question.height:,} more are in both, and not all of their cases have a date."
    if followed.is_empty() and open_question.height:
        named = "patient is" if open_question.height == 1 else "patients are"
        return insufficient(f"{open_question.height:,} {named} in train and test, without all dates.", n_patients)
    found = followed.select(
        pl.lit("patient").alias("entity"),
        pl.col("patient_id").alias("pseudonym"),
        pl.format(
            "cases: {} in train, {} in test; {}",
            "n_train",
            "n_test",
            pl.when("test_precedes")
            .then(pl.lit("a test case precedes a training case"))
            .otherwise(pl.lit("train precedes test")),
        ).alias("detail"),
    )
    verb = "has" if found.height == 1 else "have"
    return judged(
        found,
        n_patients,
        failed=f"{found.height:,} of {n_patients:,} patients {verb} cases in train and in test at different dates; "
        f"a test case precedes a training case in {followed['test_precedes'].sum():,}."
        + (unknown if open_question.height else ""),
        passed=f"None of {n_patients:,} patients has cases in train and in test at different dates.",
    )


def _patients_on_both_sides(known: pl.DataFrame) -> pl.DataFrame:
    """One row per patient in train and test: cases in each, and what their dates say."""
    train, test = pl.col("case_date").filter(_IN_TRAIN), pl.col("case_date").filter(_IN_TEST)
    return (
        known.group_by("patient_id")
        .agg(
            _IN_TRAIN.sum().alias("n_train"),
            _IN_TEST.sum().alias("n_test"),
            pl.col("case_date").is_null().any().alias("undated"),
            (test.min() < train.max()).fill_null(False).alias("test_precedes"),
            ((test.min() != train.max()) | (train.min() != test.max())).fill_null(False).alias("at_different_dates"),
        )
        .filter((pl.col("n_train") > 0) & (pl.col("n_test") > 0))
    )


def prospective_claim(frames: CheckFrames) -> Outcome:
    """Test cases that are dated before the day from which on the protocol claims to have tested."""
    start = frames.claims.prospective_from
    if start is None:
        return not_applicable("The protocol names no day from which on test cases were acquired.")
    tested = frames.included.filter(_IN_TEST)
    if tested.is_empty():
        return not_applicable("The set holds no test case here.")
    dated = tested.filter(pl.col("case_date").is_not_null())
    n_undated = tested.height - dated.height
    if dated.is_empty():
        return insufficient(f"None of {tested.height:,} test cases has a date.")
    found = _cases(dated.filter(pl.col("case_date") < start), "dated before the day that the protocol names")
    left_out = f" {n_undated:,} test cases have no date and were left out." if n_undated else ""
    verb = "is" if found.height == 1 else "are"
    return judged(
        found,
        dated.height,
        failed=f"{found.height:,} of {dated.height:,} dated test cases {verb} older than claimed.{left_out}",
        passed=f"All {dated.height:,} dated test cases are of the day that the protocol names, or later.{left_out}",
    )


def _cases(rows: pl.DataFrame, detail: str) -> pl.DataFrame:
    return rows.sort("case_id").select(
        pl.lit("case").alias("entity"), pl.col("case_id").alias("pseudonym"), pl.lit(detail).alias("detail")
    )


TIMING_CHECKS = (
    Check(
        id="test_before_train",
        title="No test case is older than the last training case",
        family="time",
        severity=Severity.MAJOR,
        method="Dates of the included cases of the two splits; undated cases are not looked at.",
        unit="test cases",
        run=test_before_train,
    ),
    Check(
        id="follow_up_on_both_sides",
        title="No patient is followed from train into test, or back",
        family="time",
        severity=Severity.MAJOR,
        method="Patients with included cases in train and in test whose dates are not all the same day.",
        unit="patients",
        run=follow_up_on_both_sides,
    ),
    Check(
        id="prospective_claim",
        title="No test case is older than the protocol claims",
        family="time",
        severity=Severity.MAJOR,
        method="Dates of the included test cases against `prospective_from` of the study file.",
        unit="test cases",
        run=prospective_claim,
    ),
)
