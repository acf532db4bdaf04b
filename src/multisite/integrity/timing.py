"""Whether the test set lies after the training set in time."""

import polars as pl

from multisite.integrity.check import Check, CheckFrames, Outcome, nothing_found
from multisite.vocabulary import Severity, Split, Verdict

__all__ = ["TIMING_CHECKS"]


def test_before_train(frames: CheckFrames) -> Outcome:
    """Test cases that are dated before the last training case."""
    if not frames.train_ends_before_test:
        sentence = "The protocol does not claim that training ends before testing starts."
        return Outcome(Verdict.NOT_APPLICABLE, 0, 0, sentence, nothing_found())
    dated = frames.included.filter(pl.col("case_date").is_not_null())
    last_training = dated.filter(pl.col("split") == Split.TRAIN.value)["case_date"].max()
    tested = dated.filter(pl.col("split") == Split.TEST.value)
    if last_training is None or tested.is_empty():
        sentence = "Training or test cases have no date, so their order is unknown."
        return Outcome(Verdict.INSUFFICIENT, tested.height, 0, sentence, nothing_found())
    early = tested.filter(pl.col("case_date") < last_training).sort("case_id")
    found = early.select(
        pl.lit("case").alias("entity"),
        pl.col("case_id").alias("pseudonym"),
        pl.lit("dated before the last training case").alias("detail"),
    )
    if found.height:
        verb = "is" if found.height == 1 else "are"
        sentence = f"{found.height:,} of {tested.height:,} dated test cases {verb} older than the last training case."
        return Outcome(Verdict.FAIL, tested.height, found.height, sentence, found)
    sentence = f"All {tested.height:,} dated test cases are as late as the last training case, or later."
    return Outcome(Verdict.PASS, tested.height, 0, sentence, found)


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
)
