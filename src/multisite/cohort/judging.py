"""Every case judged by every rule, in the order of the flow; where the protocol makes the split, on the way."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from multisite.cohort.cases import NO_PREDICTION, built_in_rules
from multisite.cohort.flow import apply_rules
from multisite.cohort.rules import EligibilityParameters, Rule, eligibility_rule
from multisite.cohort.splits import SplitParameters, make_splits, split_rules
from multisite.cohort.strata import (
    CrossingParameters,
    StratumParameters,
    crossed_column,
    missing_rules,
    refuse_missing,
    stratum_column,
)
from multisite.errors import ConfigError
from multisite.vocabulary import Split

__all__ = ["Judged", "judge_cases"]


@dataclass(frozen=True, slots=True)
class Judged:
    """The cases with ``split``, ``included``, ``exclusion_rule`` and their strata, and the rules in their order."""

    cases: pl.DataFrame
    rules: list[Rule]


def judge_cases(
    cases: pl.DataFrame,
    *,
    references: list[str],
    modalities: tuple[str, ...],
    eligibility: Sequence[EligibilityParameters],
    strata: Sequence[StratumParameters],
    split: SplitParameters | None,
    site: str,
    crossings: Sequence[CrossingParameters] = (),
) -> Judged:
    """Faults of the tables, eligibility and missing values; then, with ``split``, the split and what depends on it.

    A split that is made is made among the cases that are then left. Without ``split``, that of the table is judged
    with the faults of the tables.

    Raises
    ------
    ConfigError
        When two rules have one id, or the site has no split by the rule ``split``.
    SchemaError
        When a declared column does not exist or does not fit, or has a missing value that the study file refuses.
    """
    if split is not None:
        cases = cases.drop("split", strict=False)
    rules = [
        *built_in_rules(references, modalities, split_in_table=split is None),
        *(eligibility_rule(declared, cases) for declared in eligibility),
        *missing_rules(strata, cases),
    ]
    judged = apply_rules(cases, rules).with_columns(stratum_column(stratum, cases) for stratum in strata)
    judged = judged.with_columns(crossed_column(crossing) for crossing in crossings)
    refuse_missing(strata, judged.filter("included"))
    if split is not None:
        made = make_splits(judged.filter("included"), split, site=site)
        later = [NO_PREDICTION, *split_rules(split)]
        judged = apply_rules(judged.join(made, on="case_id", how="left", maintain_order="left"), later)
        rules += later
    _refuse_equal_ids(rules)
    # A split that is none is kept in the exclusion, not in the manifest.
    known = pl.col("split").is_in([one.value for one in Split])
    return Judged(judged.with_columns(pl.when(known).then("split").alias("split")), rules)


def _refuse_equal_ids(rules: list[Rule]) -> None:
    ids = [rule.id for rule in rules]
    repeated = sorted({name for name in ids if ids.count(name) > 1})
    if repeated:
        raise ConfigError(
            f"two rules are called {', '.join(f'`{name}`' for name in repeated)}",
            place="study file, `cohort.eligibility`",
            remedy="Give your own rule another id; the others belong to the program.",
        )
