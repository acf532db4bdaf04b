"""What the protocol says of continuous endpoints, and which rows of a site's table of measurements count."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from multisite.schemas.measures import MEASURE_COUNTS, UNDECLARED
from multisite.tallies import MeasureGrid
from multisite.vocabulary import Split

__all__ = ["GRID_CELLS", "MeasureParameters", "MeasureRules", "MeasuredCases", "measured_cases"]

GRID_CELLS = 200
"""Cells of the grid over the bounds of a measure of quality."""

_KEY = ["case_id", "measure", "model"]


@dataclass(frozen=True, slots=True)
class MeasureRules:
    """One measure of the study file, as :class:`multisite.study.Measure` has it; ``models`` are those it is of."""

    id: str
    kind: str
    models: tuple[str, ...]
    higher_is_better: bool = True
    bounds: tuple[float, float] | None = None
    top_coded: bool = False
    case_limit: float | None = None
    margin: float | None = None

    @property
    def paired(self) -> bool:
        """Whether the reference standard measures, too."""
        return self.kind == "paired"

    @property
    def grid(self) -> MeasureGrid | None:
        """On which the values of a measure of quality are counted."""
        return None if self.paired or self.bounds is None else MeasureGrid(*self.bounds, GRID_CELLS)


@dataclass(frozen=True, slots=True)
class MeasureParameters:
    """The measures, the level of the intervals, and the least number of patients behind a number."""

    measures: tuple[MeasureRules, ...]
    ci_level: float
    minimum_denominator: int


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredCases:
    """``cases``: a row per included test case, measure and model with a sound value, as a tally takes them.

    ``counts``: rows of MEASURE_COUNTS.
    """

    cases: pl.DataFrame
    counts: pl.DataFrame


def measured_cases(
    cohort: pl.DataFrame, table: pl.DataFrame, measures: Sequence[MeasureRules], *, strata: Sequence[str], site: str
) -> MeasuredCases:
    """Join the site's table with its included test cases, and say of every other row why it does not count.

    Parameters
    ----------
    cohort
        The ``cohort`` artefact.
    table
        The site's ``measurements``; empty where it supplies none.
    measures
        What is declared.
    strata
        Columns of the cohort that each row takes over.
    site
        The site's name, for the rows of counts.

    Returns
    -------
    MeasuredCases
        With ``value``, ``difference`` (model minus reference), ``absolute_difference``, ``sum`` and ``acceptable``,
        null where the measure has no such thing. A row that repeats another is not used, nor is that one. The first
        fault of a row counts.
    """
    tested = cohort.filter("included", split=Split.TEST.value).select("case_id", "patient_id", *strata)
    pairs = [(rules.id, model) for rules in measures for model in rules.models]
    declared = pl.DataFrame(pairs, schema={"measure": pl.String, "model": pl.String}, orient="row")
    known = table.join(declared.with_columns(pl.lit(True).alias("declared")), on=["measure", "model"], how="left")
    joined = known.join(tested, on="case_id", how="left").with_columns(
        (pl.len().over(_KEY) > 1).alias("twice"), _by_measure(measures, "paired", pl.Boolean).alias("paired")
    )
    judged = _top_coded(joined, measures).with_columns(_fault(measures).alias("counted"))
    used = judged.filter(pl.col("counted").is_null()).with_columns(pl.lit(site).alias("site"))
    quantities = _quantities(measures)
    names = ["site", "measure", "model", "patient_id", *quantities, *strata]
    # In a fixed order: sums of fractions depend on it.
    cases = used.sort("measure", "model", "case_id").with_columns(**quantities).select(names)
    return MeasuredCases(cases, _counts(judged, tested, declared, site))


def _by_measure(measures: Sequence[MeasureRules], name: str, dtype: type[pl.DataType]) -> pl.Expr:
    return pl.col("measure").replace_strict(
        {rules.id: getattr(rules, name) for rules in measures}, default=None, return_dtype=dtype
    )


def _bound(measures: Sequence[MeasureRules], end: int) -> pl.Expr:
    known = {rules.id: rules.bounds[end] for rules in measures if rules.bounds is not None}
    endless = (float("-inf"), float("inf"))[end]
    return pl.col("measure").replace_strict(known, default=endless, return_dtype=pl.Float64)


def _top_coded(rows: pl.DataFrame, measures: Sequence[MeasureRules]) -> pl.DataFrame:
    beyond = _by_measure(measures, "top_coded", pl.Boolean) & (pl.col("value") > _bound(measures, 1))
    topped = (beyond & pl.col("value").is_not_nan()).fill_null(False)
    return rows.with_columns(topped.alias("top_coded")).with_columns(
        pl.when("top_coded").then(_bound(measures, 1)).otherwise("value").alias("value")
    )


def _fault(measures: Sequence[MeasureRules]) -> pl.Expr:
    def lacking(name: str) -> pl.Expr:
        return pl.col(name).is_null() | pl.col(name).is_nan()

    def outside(name: str) -> pl.Expr:
        within = pl.col(name).is_between(_bound(measures, 0), _bound(measures, 1)) & pl.col(name).is_finite()
        return ~within.fill_null(False)

    faults = (
        ("undeclared", pl.col("declared").is_null()),
        ("no_test_case", pl.col("patient_id").is_null()),
        ("repeated", pl.col("twice")),
        ("no_value", lacking("value")),
        ("no_reference", pl.col("paired") & lacking("reference")),
        ("out_of_bounds", outside("value") | (pl.col("paired") & outside("reference"))),
    )
    # The first that applies: coalesce takes the first that is not null.
    return pl.coalesce(*(pl.when(found).then(pl.lit(name)) for name, found in faults))


def _quantities(measures: Sequence[MeasureRules]) -> dict[str, pl.Expr]:
    paired = pl.col("paired")
    difference = pl.col("value") - pl.col("reference")
    limit = _by_measure(measures, "case_limit", pl.Float64)
    higher = _by_measure(measures, "higher_is_better", pl.Boolean)
    good = pl.when(higher).then(pl.col("value") >= limit).otherwise(pl.col("value") <= limit)
    near = difference.abs() <= limit
    return {
        "value": pl.when(~paired).then("value"),
        "difference": pl.when(paired).then(difference),
        "absolute_difference": pl.when(paired).then(difference.abs()),
        "sum": pl.when(paired).then(pl.col("value") + pl.col("reference")),
        "acceptable": pl.when(paired).then(near).otherwise(good).cast(pl.Float64),
    }


def _counts(judged: pl.DataFrame, tested: pl.DataFrame, declared: pl.DataFrame, site: str) -> pl.DataFrame:
    of_none = pl.col("counted") == "undeclared"
    named = judged.with_columns(pl.col("counted").fill_null("used")).with_columns(
        pl.when(of_none).then(pl.lit(UNDECLARED)).otherwise(name).alias(name) for name in ("measure", "model")
    )
    topped = named.filter(pl.col("top_coded"), pl.col("counted") == "used").with_columns(
        pl.lit("top_coded").alias("counted")
    )
    told = judged.filter(pl.col("declared").is_not_null()).select(_KEY).unique()
    untold = tested.select("case_id", "patient_id").join(declared, how="cross").join(told, on=_KEY, how="anti")
    columns = ["measure", "model", "counted", "patient_id"]
    rows = pl.concat(
        [frame.select(columns) for frame in (named, topped, untold.with_columns(pl.lit("no_row").alias("counted")))]
    )
    counts = rows.group_by("measure", "model", "counted").agg(
        pl.col("patient_id").drop_nulls().n_unique().cast(pl.Int64).alias("n_patients"),
        pl.len().cast(pl.Int64).alias("n_rows"),
    )
    return counts.select(pl.lit(site).alias("site"), *MEASURE_COUNTS.schema.names()[1:]).sort(MEASURE_COUNTS.key)
