"""What may leave the site about its readings: counts per finding, topic and level, zeros among them."""

from collections.abc import Sequence

import polars as pl

from multisite.reference.independence import INDEPENDENCE, case_independence
from multisite.reference.readings import OTHER_QUALIFICATION, READING_OUTCOMES, ROW_OUTCOMES
from multisite.reference.rules import FindingRule
from multisite.schemas.reference import READING_COUNTS
from multisite.vocabulary import ReferenceState

__all__ = ["count_readings"]

_STATES = tuple(state.value for state in ReferenceState)
_UNANIMITY = ("unanimous", "not unanimous", "fewer than two readings")
_SEVERAL, _UNSAID = "several", "not said"
_INDEPENDENCE = ("blinded", "saw the model's output", "not said")


def count_readings(
    rows: pl.DataFrame, readings: pl.DataFrame, reference: pl.DataFrame, rule: FindingRule, *, site: str
) -> pl.DataFrame:
    """READING_COUNTS of one finding.

    Parameters
    ----------
    rows : every row of the table for the finding, with its ``outcome``
    readings : one row per reading, with ``outcome`` (what the rule did with it) and ``decided``
    reference : one row per case
    rule : what decided them
    """
    unanimity = (
        pl.when(pl.col("unanimous").is_null())
        .then(pl.lit(_UNANIMITY[2]))
        .when(pl.col("unanimous"))
        .then(pl.lit(_UNANIMITY[0]))
        .otherwise(pl.lit(_UNANIMITY[1]))
    )
    blinded = (
        pl.when(pl.col("blinded").is_null())
        .then(pl.lit(_INDEPENDENCE[2]))
        .when(pl.col("blinded"))
        .then(pl.lit(_INDEPENDENCE[0]))
        .otherwise(pl.lit(_INDEPENDENCE[1]))
    )
    decided = readings.filter("decided").select(blinded.alias("blinded"))["blinded"]
    qualifications = (*rule.qualifications, OTHER_QUALIFICATION, _SEVERAL, _UNSAID)
    per_case = reference["n_readings"]
    times = [str(n) for n in range((_largest(per_case)) + 1)]
    topics = [
        _numbered(
            "total",
            {"readers": readings["reader"].n_unique(), "cases read": reference.height, "readings": readings.height},
        ),
        _counted("qualification of the reader", _qualifications(rows), qualifications),
        _counted("row of the table", rows["outcome"], ROW_OUTCOMES),
        _numbered("confidence", {"outside 0 to 1": int(rows["confidence_outside"].sum())}),
        _counted("reading", readings["outcome"], READING_OUTCOMES),
        _counted("readings per case", per_case.cast(pl.String), times),
        _counted("state", reference["state"], _STATES),
        _counted("unanimity", reference.select(unanimity.alias("unanimity"))["unanimity"], _UNANIMITY),
        _counted("deciding reading", decided, _INDEPENDENCE),
        _counted("decided case", case_independence(readings, rule)["independence"], INDEPENDENCE),
    ]
    counted = pl.concat(topics).with_columns(pl.lit(site).alias("site"), pl.lit(rule.finding).alias("finding"))
    return counted.select(READING_COUNTS.schema.names())


def _qualifications(rows: pl.DataFrame) -> pl.Series:
    """That of each reader with a row that is used; several where the rows of one contradict each other."""
    said = pl.col("qualification").drop_nulls()
    word = pl.when(said.n_unique() > 1).then(pl.lit(_SEVERAL)).otherwise(said.first().fill_null(_UNSAID))
    used = rows.filter(pl.col("outcome") == "used")
    return used.group_by("reader").agg(word.alias("qualification"))["qualification"]


def _largest(numbers: pl.Series) -> int:
    return int(numbers.cast(pl.Int64).to_numpy().max(initial=0))


def _counted(topic: str, values: pl.Series, levels: Sequence[str]) -> pl.DataFrame:
    found = values.alias("level").to_frame().group_by("level").agg(pl.len().cast(pl.Int64).alias("n"))
    listed = pl.DataFrame({"level": list(levels)}, schema={"level": pl.String})
    return _listed(topic, listed.join(found, on="level", how="left", maintain_order="left"))


def _numbered(topic: str, numbers: dict[str, int]) -> pl.DataFrame:
    levels = {"level": list(numbers), "n": list(numbers.values())}
    return _listed(topic, pl.DataFrame(levels, schema={"level": pl.String, "n": pl.Int64}))


def _listed(topic: str, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(
        pl.lit(topic).alias("topic"),
        "level",
        pl.int_range(pl.len(), dtype=pl.Int64).alias("level_order"),
        pl.col("n").fill_null(0),
    )
