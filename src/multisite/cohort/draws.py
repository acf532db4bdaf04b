"""Draws that anybody can repeat: who goes to which split by seed, name and share."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import accumulate

import polars as pl

from multisite.vocabulary import UNKNOWN

__all__ = ["Shares", "apportion", "draw_levels", "draw_patients", "drawn_order", "exact_shares"]

Shares = tuple[tuple[str, float], ...]
"""Each split with its share, in the order in which splits are filled."""


def drawn_order(names: Iterable[str], *, seed: int) -> list[str]:
    """``names`` by the SHA-256 of the seed, a colon and the name, as UTF-8 text; a name's place needs no other name."""
    return sorted(names, key=lambda name: (hashlib.sha256(f"{seed}:{name}".encode()).digest(), name))


def exact_shares(shares: Shares) -> dict[str, Fraction]:
    """The shares as the decimals that they are written as, divided by their sum; ratios that no rounding touches."""
    written = {split: Fraction(str(share)) for split, share in shares}
    whole = sum(written.values())
    return {split: share / whole for split, share in written.items()}


def apportion(n: int, shares: Mapping[str, Fraction], owed: Mapping[str, Fraction]) -> dict[str, int]:
    """``n`` divided by largest remainder: every split gets its quota ``n`` × share, rounded down or up.

    Who is rounded up: of the splits whose quota is no whole number, those with the largest remainder plus what they
    are ``owed`` from earlier divisions; ties go to the split that is filled first.
    """
    quotas = {split: n * share for split, share in shares.items()}
    sizes = {split: quota.numerator // quota.denominator for split, quota in quotas.items()}
    remainders = {split: quotas[split] - sizes[split] for split in quotas if quotas[split] != sizes[split]}
    ranked = sorted(remainders, key=lambda split: -(remainders[split] + owed[split]))
    for split in ranked[: n - sum(sizes.values())]:
        sizes[split] += 1
    return sizes


def draw_patients(
    cases: pl.DataFrame, shares: Shares, *, seed: int, strata: Sequence[str], references: Sequence[str]
) -> pl.DataFrame:
    """``patient_id`` and ``split``, one row per patient of ``cases``.

    Patients are divided within each combination of levels of the axes, and drawn in their order by hash. A patient
    has the stratum's level of the earliest case (undated ones last, ties by id), and is positive for a finding when
    any case is, negative when no case is and some case is known, else unknown. Combinations follow each other in the
    order of their levels; what a split got too little or too much is carried to the next one.

    Parameters
    ----------
    strata : columns of levels, without nulls
    references : boolean columns
    """
    axes = [*strata, *references]
    patients = (
        cases.sort("case_date", "case_id", nulls_last=True)
        .group_by("patient_id")
        .agg(*(pl.col(name).first() for name in strata), *(_truth(name) for name in references))
    )
    order = drawn_order(patients["patient_id"].to_list(), seed=seed)
    ordered = pl.DataFrame({"patient_id": order}, schema={"patient_id": pl.String}).join(
        patients, on="patient_id", how="left", maintain_order="left"
    )
    combinations = (
        ordered.sort(axes, maintain_order=True).partition_by(axes, maintain_order=True) if axes else [ordered]
    )
    exact = exact_shares(shares)
    owed = dict.fromkeys(exact, Fraction(0))
    drawn: list[str] = []
    for combination in combinations:
        sizes = apportion(combination.height, exact, owed)
        owed = {split: owed[split] + combination.height * exact[split] - sizes[split] for split in exact}
        drawn += [split for split, size in sizes.items() for _ in range(size)]
    # partition_by gives no part of an empty frame.
    names = pl.concat([ordered.select("patient_id").clear(), *(part.select("patient_id") for part in combinations)])
    return names.with_columns(pl.Series("split", drawn, dtype=pl.String))


def draw_levels(levels: pl.Series, shares: Shares, *, seed: int) -> dict[str, str]:
    """Level → split; ``levels`` holds the level of every case, null where it has none.

    Levels stand in their order by hash, each as wide as its cases are many, and the splits are filled one after the
    other: a level is in the split in whose share of the cases its middle lies; on the border, in the later one.
    """
    known = levels.drop_nulls().rename("level").to_frame().group_by("level").len()
    sizes = dict(known.rows())
    exact = exact_shares(shares)
    total, before = sum(sizes.values()), 0
    found: dict[str, str] = {}
    for level in drawn_order(sizes, seed=seed):
        middle = Fraction(2 * before + sizes[level], 2 * total)
        borders = zip(exact, accumulate(exact.values()), strict=True)
        found[level] = next(split for split, border in borders if middle < border)
        before += sizes[level]
    return found


def _truth(reference: str) -> pl.Expr:
    value = pl.col(reference)
    known = pl.when(value.is_not_null().any()).then(pl.lit("negative")).otherwise(pl.lit(UNKNOWN))
    return pl.when(value.any()).then(pl.lit("positive")).otherwise(known).alias(reference)
