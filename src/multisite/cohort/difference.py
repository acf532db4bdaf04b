"""What became of a set: which cases entered it, left it or changed between two cohorts, and why."""

from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from multisite.cohort.identity import set_digest
from multisite.errors import SchemaError, UsageError

__all__ = ["CASE_CHANGES", "CaseChange", "CohortDifference", "SetNumbers", "cohort_difference"]


class CaseChange(StrEnum):
    """What became of one case, in the order in which the changes are listed."""

    ENTERED = "entered"
    LEFT = "left"
    CHANGED = "changed"
    EXCLUDED_OTHERWISE = "excluded otherwise"


CASE_CHANGES = pl.Schema(
    {"site": pl.String(), "case_id": pl.String(), "patient_id": pl.String(), "change": pl.String(), "why": pl.String()}
)
"""Columns of the rows of :class:`CohortDifference`, one row per case."""

_ORDER = {change.value: position for position, change in enumerate(CaseChange)}
_BEFORE, _AFTER = "before:", "after:"
_JUDGEMENT = frozenset({"case_id", "included", "exclusion_rule"})
"""The key, and what decides between the changes: these are not looked at when the columns of a case are compared."""


@dataclass(frozen=True, slots=True)
class SetNumbers:
    """One of the two sets: its hash, as ``cohort_identity.sha256``, and how many stand behind it.

    ``n_cases`` and ``n_patients`` count included cases; ``n_excluded`` the other cases of the site's table.
    """

    sha256: str
    n_cases: int
    n_patients: int
    n_excluded: int


@dataclass(frozen=True, slots=True)
class CohortDifference:
    """Two cohorts compared.

    ``cases`` has one row per case that entered, left, changed or is excluded by another rule; CASE_CHANGES' columns.
    ``counts`` has one row per ``change`` and ``why``, ``columns`` one per ``column`` that differs in a changed case;
    both with ``n_cases`` and ``n_patients``, most cases first.
    ``columns_added`` and ``columns_removed``: only one cohort has them, and they make no case a changed one.
    ``have_no_case_in_common``: both cohorts have cases, excluded ones counted, and no ``case_id`` is in both.
    """

    sites: tuple[str, ...]
    before: SetNumbers
    after: SetNumbers
    cases: pl.DataFrame
    counts: pl.DataFrame
    columns: pl.DataFrame
    columns_added: tuple[str, ...]
    columns_removed: tuple[str, ...]
    have_no_case_in_common: bool

    @property
    def are_equal(self) -> bool:
        """Whether both sets have the same hash."""
        return self.before.sha256 == self.after.sha256

    def n_cases(self, change: CaseChange) -> int:
        """How many cases changed in this way."""
        return int(self.counts.filter(pl.col("change") == change.value)["n_cases"].sum())


def cohort_difference(before: pl.DataFrame, after: pl.DataFrame) -> CohortDifference:
    """Compare two frames of COHORT, case by case.

    Nulls are equal, NaN equals NaN, and zero differs from minus zero, as in the hash: the hashes are equal exactly when
    no case entered, left or changed and neither cohort has a column that the other lacks. A case that is excluded in
    both by the same rule, or excluded in one and missing in the other, is no part of either set and gets no row.

    Raises
    ------
    UsageError
        When the two are not of the same sites.
    SchemaError
        When a case is included and excluded, or neither.
    """
    sites = _common_sites(before, after)
    for cohort in (before, after):
        _require_one_judgement(cohort)
    compared = sorted(name for name in before.columns if name in after.columns and name not in _JUDGEMENT)
    paired = _paired(before, after, compared).with_columns(
        _differing_columns({name: before.schema[name] for name in compared}).alias("columns")
    )
    changed = paired.with_columns(_change().alias("change")).filter(pl.col("change").is_not_null())
    cases = (
        changed.with_columns(_why().alias("why"), _patient().alias("patient_id"))
        .with_columns(pl.coalesce(f"{_AFTER}site", f"{_BEFORE}site").alias("site"))
        .sort(pl.col("change").replace_strict(_ORDER, return_dtype=pl.Int64), "why", "case_id")
    )
    n_in_both = before.join(after, on="case_id", how="semi").height
    return CohortDifference(
        sites=sites,
        before=_numbers(before),
        after=_numbers(after),
        cases=cases.select(CASE_CHANGES.names()),
        counts=_counted(cases, "change", "why").sort(
            "n_cases",
            pl.col("change").replace_strict(_ORDER, return_dtype=pl.Int64),
            "why",
            descending=[True, False, False],
        ),
        columns=_counted(
            cases.filter(pl.col("change") == CaseChange.CHANGED.value)
            .select(pl.col("columns").alias("column"), "patient_id")
            .explode("column"),
            "column",
        ).sort("n_cases", "column", descending=[True, False]),
        columns_added=tuple(sorted(set(after.columns) - set(before.columns))),
        columns_removed=tuple(sorted(set(before.columns) - set(after.columns))),
        have_no_case_in_common=bool(before.height and after.height and not n_in_both),
    )


def _common_sites(before: pl.DataFrame, after: pl.DataFrame) -> tuple[str, ...]:
    found = [set(cohort["site"].unique()) for cohort in (before, after)]
    # A cohort without a case names no site, and belongs to any.
    if all(found) and found[0] != found[1]:
        raise UsageError(
            "the two cohorts are of different sites",
            place="column `site`",
            remedy="Compare two cohorts of one site.",
        )
    return tuple(sorted(found[0] | found[1]))


def _require_one_judgement(cohort: pl.DataFrame) -> None:
    n_contradicting = cohort.filter(pl.col("included") != pl.col("exclusion_rule").is_null()).height
    if n_contradicting:
        raise SchemaError(
            f"`included` and `exclusion_rule` contradict each other in {n_contradicting} cases",
            place="artefact cohort",
            remedy="Make the cohort again with `multisite cohort`.",
        )


def _paired(before: pl.DataFrame, after: pl.DataFrame, compared: list[str]) -> pl.DataFrame:
    """One row per case of either cohort; columns of the cohort that lacks the case are null."""
    names = [*compared, "included", "exclusion_rule"]
    left, right = (
        cohort.select("case_id", *(pl.col(name).alias(f"{prefix}{name}") for name in names))
        for cohort, prefix in ((before, _BEFORE), (after, _AFTER))
    )
    return left.join(right, on="case_id", how="full", coalesce=True)


def _differing_columns(dtypes: dict[str, pl.DataType]) -> pl.Expr:
    named = [pl.when(_differs(name, dtype)).then(pl.lit(name)) for name, dtype in dtypes.items()]
    return pl.concat_list(named).list.drop_nulls()


def _differs(name: str, dtype: pl.DataType) -> pl.Expr:
    before, after = pl.col(f"{_BEFORE}{name}"), pl.col(f"{_AFTER}{name}")
    differs = before.ne_missing(after)
    if not dtype.is_float():
        return differs
    # Zero compares as equal to minus zero, and has another hash; the sign shows where one is divided by it.
    other_zero = (before == 0) & (after == 0) & (1 / before != 1 / after)
    return differs | other_zero.fill_null(False)


def _is_included(prefix: str) -> pl.Expr:
    return pl.col(f"{prefix}included").fill_null(False)


def _is_excluded(prefix: str) -> pl.Expr:
    return ~pl.col(f"{prefix}included").fill_null(True)


def _change() -> pl.Expr:
    was, now = _is_included(_BEFORE), _is_included(_AFTER)
    other_rule = pl.col(f"{_BEFORE}exclusion_rule").ne_missing(pl.col(f"{_AFTER}exclusion_rule"))
    return (
        pl.when(~was & now)
        .then(pl.lit(CaseChange.ENTERED.value))
        .when(was & ~now)
        .then(pl.lit(CaseChange.LEFT.value))
        .when(was & now & (pl.col("columns").list.len() > 0))
        .then(pl.lit(CaseChange.CHANGED.value))
        .when(_is_excluded(_BEFORE) & _is_excluded(_AFTER) & other_rule)
        .then(pl.lit(CaseChange.EXCLUDED_OTHERWISE.value))
    )


def _why() -> pl.Expr:
    change = pl.col("change")
    was, now = pl.col(f"{_BEFORE}exclusion_rule"), pl.col(f"{_AFTER}exclusion_rule")
    return (
        pl.when(change == CaseChange.ENTERED.value)
        .then(pl.when(was.is_null()).then(pl.lit("new in the table")).otherwise(pl.format("was excluded: {}", was)))
        .when(change == CaseChange.LEFT.value)
        .then(
            pl.when(now.is_null()).then(pl.lit("no longer in the table")).otherwise(pl.format("now excluded: {}", now))
        )
        .when(change == CaseChange.CHANGED.value)
        .then(pl.col("columns").list.join(", "))
        .otherwise(pl.format("was excluded: {}, now: {}", was, now))
    )


def _patient() -> pl.Expr:
    """The patient as the later cohort names it, unless the case is only in the earlier set."""
    before, after = pl.col(f"{_BEFORE}patient_id"), pl.col(f"{_AFTER}patient_id")
    return pl.when(_is_included(_AFTER)).then(after).otherwise(pl.coalesce(before, after))


def _counted(cases: pl.DataFrame, *by: str) -> pl.DataFrame:
    return cases.group_by(*by).agg(
        pl.len().cast(pl.Int64).alias("n_cases"),
        pl.col("patient_id").drop_nulls().n_unique().cast(pl.Int64).alias("n_patients"),
    )


def _numbers(cohort: pl.DataFrame) -> SetNumbers:
    included = cohort.filter("included")
    return SetNumbers(
        sha256=set_digest(included),
        n_cases=included.height,
        n_patients=included["patient_id"].drop_nulls().n_unique(),
        n_excluded=cohort.height - included.height,
    )
