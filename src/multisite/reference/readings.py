"""The site's readings, cleaned: rows that can be used, and what became of every other one."""

from collections.abc import Sequence

import polars as pl

from multisite.reference.rules import FindingRule, named_arms
from multisite.vocabulary import Judgement

__all__ = [
    "OTHER_ARM",
    "OTHER_QUALIFICATION",
    "READING_OUTCOMES",
    "ROW_OUTCOMES",
    "fold_lesions",
    "judge_rows",
    "latest",
]

OTHER_ARM = "other"
"""What stands for an arm that the study file does not name: the site's own word stays in its table."""

OTHER_QUALIFICATION = "other"
"""What stands for a qualification that the study file does not name."""

UNORDERED = "repeated without order"
"""The outcome of readings that contradict each other, and of which nobody knows which is the later one."""

_UNDECLARED = "rating not declared"
_BESIDE = "beside a row that cannot be used"

ROW_OUTCOMES: tuple[str, ...] = (
    "used",
    "superseded",
    "no case",
    "case not in the table of cases",
    "no reader",
    _UNDECLARED,
    UNORDERED,
    _BESIDE,
)
"""What can become of a row of the table."""

READING_OUTCOMES: tuple[str, ...] = ("counted", "superseded", "in no arm of the rule", UNORDERED)
"""What can become of a reading when a rule counts it."""

# In the order in which one lesion speaks for the case.
_SPEAKS = (Judgement.POSITIVE, Judgement.AMBIGUOUS, Judgement.NON_DIAGNOSTIC, Judgement.NEGATIVE)
_READING = ("case_id", "finding", "reader", "arm", "session")
# What may differ between copies; that the model's output was seen comes before that it was not.
_REST = ("read_on", "judgement", "blinded", "confidence", "arm", "session", "lesion", "n_lesions")


def judge_rows(table: pl.DataFrame, cases: pl.Series, rule: FindingRule) -> pl.DataFrame:
    """Rows of ``table`` for the finding of ``rule``, each with its ``judgement`` and its ``outcome``.

    ``cases`` are the ids of the site's table of cases. A rating that the study file does not map gives no judgement.
    Of rows that repeat a case, reader, arm, session and lesion the latest counts (see :func:`latest`). Where that is
    not known, or has no judgement, no row of the case, reader, arm and session is used. A confidence outside [0, 1] is
    taken for missing, and marked in ``confidence_outside``.
    """
    spelt = dict(rule.judgements)
    sound = pl.col("confidence").is_between(0, 1)
    arm = pl.col("arm")
    declared = pl.when(arm.is_in(named_arms(rule.rule))).then(arm).otherwise(pl.lit(OTHER_ARM))
    qualified = pl.col("qualification")
    known = pl.when(qualified.is_in(rule.qualifications)).then(qualified).otherwise(pl.lit(OTHER_QUALIFICATION))
    rows = table.filter(pl.col("finding") == rule.finding).with_columns(
        pl.col("rating").replace_strict(spelt, default=None, return_dtype=pl.String).alias("judgement"),
        pl.when(arm.is_not_null()).then(declared).alias("arm"),
        pl.when(qualified.is_not_null()).then(known).alias("qualification"),
        pl.when(sound).then("confidence").alias("confidence"),
        (pl.col("confidence").is_not_null() & ~sound).fill_null(False).alias("confidence_outside"),
    )
    outcome = (
        pl.when(pl.col("case_id").is_null())
        .then(pl.lit("no case"))
        .when(~pl.col("case_id").is_in(cases.implode()))
        .then(pl.lit("case not in the table of cases"))
        .when(pl.col("reader").is_null())
        .then(pl.lit("no reader"))
    )
    rows = rows.with_columns(outcome.alias("outcome"))
    lacking = rows.filter(pl.col("outcome").is_not_null())
    return pl.concat([lacking, _judge_repeats(rows.filter(pl.col("outcome").is_null()))], how="diagonal").drop("rating")


def _judge_repeats(rows: pl.DataFrame) -> pl.DataFrame:
    ordered = latest(rows, (*_READING, "lesion"), used="used")
    undeclared = pl.col("judgement").is_null()
    # What was said last of this lesion is not known, so neither is what the reading says of the case.
    unknown = (pl.col("outcome") == UNORDERED) | ((pl.col("outcome") == "used") & undeclared)
    return ordered.with_columns(
        pl.when(undeclared)
        .then(pl.lit(_UNDECLARED))
        .when((pl.col("outcome") == "used") & unknown.any().over(_READING))
        .then(pl.lit(_BESIDE))
        .otherwise("outcome")
        .alias("outcome")
    )


def latest(rows: pl.DataFrame, key: Sequence[str], *, used: str) -> pl.DataFrame:
    """``rows`` with ``outcome``: of those that are equal in ``key`` one is ``used``, the latest.

    Where they contradict each other and one has no date, or the latest date has two of them, nobody knows which was
    meant last, and none is used. Those that say the same are one reading and its copies.
    """
    contradict = pl.col("judgement").n_unique().over(key) > 1
    undated = pl.col("read_on").is_null().any().over(key)
    at_last = pl.col("judgement").filter(pl.col("read_on") == pl.col("read_on").max()).n_unique().over(key) > 1
    # Sorting makes the row that stands for its copies the same whatever the order of the table.
    rest = [name for name in _REST if name not in key and name in rows.columns]
    ordered = rows.sort(
        *key, *rest, descending=[False] * len(key) + [name == "read_on" for name in rest], nulls_last=True
    )
    outcome = (
        pl.when(contradict & (undated | at_last))
        .then(pl.lit(UNORDERED))
        .when(pl.int_range(pl.len()).over(key) > 0)
        .then(pl.lit("superseded"))
        .otherwise(pl.lit(used))
    )
    return ordered.with_columns(outcome.alias("outcome"))


def fold_lesions(used: pl.DataFrame) -> pl.DataFrame:
    """One row per case, finding, reader, arm and session, from rows of one lesion each.

    The case is positive where any lesion is; else ambiguous, non-diagnostic, negative, the first of these that any is.
    The reading is blinded where all of its rows say so. The confidence is that of the row that speaks for the case.
    """
    rank = pl.col("judgement").replace_strict(
        {judgement.value: place for place, judgement in enumerate(_SPEAKS)}, return_dtype=pl.Int64
    )
    ordered = used.with_columns(rank.alias("rank")).sort(
        *_READING,
        "rank",
        "confidence",
        "read_on",
        descending=[False] * len(_READING) + [False, True, True],
        nulls_last=True,
    )
    seen, unsaid = (pl.col("blinded") == pl.lit(False)).any(), pl.col("blinded").is_null().any()
    return ordered.group_by(_READING, maintain_order=True).agg(
        pl.when(seen)
        .then(pl.lit(False))
        .when(unsaid)
        .then(pl.lit(None, pl.Boolean))
        .otherwise(pl.lit(True))
        .alias("blinded"),
        pl.col("judgement").first(),
        pl.col("confidence").first(),
        pl.col("read_on").max(),
        pl.col("lesion").drop_nulls().n_unique().cast(pl.Int64).alias("n_lesions"),
    )
