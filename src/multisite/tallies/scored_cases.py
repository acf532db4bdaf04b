"""The cases that a score is judged on: one row per included case, finding and model, with truth and score."""

from collections.abc import Sequence

import polars as pl

from multisite.errors import SchemaError
from multisite.stats import CountArray

__all__ = ["numbered_patients", "scored_cases", "strata_columns"]

_REFERENCE = "reference_"
_STRATUM = "stratum_"


def strata_columns(cohort: pl.DataFrame) -> list[str]:
    """The columns of the cohort that hold the level of a stratum, sorted."""
    return sorted(name for name in cohort.columns if name.startswith(_STRATUM))


def scored_cases(cohort: pl.DataFrame, predictions: pl.DataFrame, *, carry: Sequence[str] = ()) -> pl.DataFrame:
    """Join scores with the reference standard of their finding.

    Parameters
    ----------
    cohort
        The ``cohort`` artefact; excluded cases are left out.
    predictions
        The ``predictions`` artefact; a prediction without an included case is left out.
    carry
        Further columns of the cohort that each row takes over.

    Returns
    -------
    pl.DataFrame
        ``site``, ``finding``, ``model``, ``split``, ``patient_id``, ``reference``, ``score`` and the columns of
        ``carry``. A case whose reference standard is missing for a finding does not count for it.

    Raises
    ------
    SchemaError
        If the cohort has no reference standard for a finding that was predicted.
    """
    findings = predictions["finding"].unique().sort().to_list()
    absent = [finding for finding in findings if _REFERENCE + finding not in cohort.columns]
    if absent:
        raise SchemaError(
            f"the cohort has no column {', '.join(f'`{_REFERENCE}{finding}`' for finding in absent)}",
            place="artefact cohort",
            remedy="Map the reference standard of every finding in the site file, and build the cohort again.",
        )
    reference = pl.lit(None, pl.Boolean)
    for finding in findings:
        reference = pl.when(pl.col("finding") == finding).then(pl.col(_REFERENCE + finding)).otherwise(reference)
    own = ["site", "case_id", "patient_id", "split", *(_REFERENCE + finding for finding in findings)]
    included = cohort.filter("included").select(*own, *(name for name in carry if name not in own))
    joined = predictions.join(included, on=["site", "case_id"], how="inner")
    return (
        joined.with_columns(reference.alias("reference"))
        .filter(pl.col("reference").is_not_null())
        .select("site", "finding", "model", "split", "patient_id", "reference", "score", *carry)
    )


def numbered_patients(cases: pl.DataFrame) -> CountArray:
    """The number of each case's patient, from 0 in the order of their pseudonyms: what statistics count patients by."""
    return (cases["patient_id"].rank("dense").cast(pl.Int64) - 1).to_numpy()
