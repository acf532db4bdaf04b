"""Probability of a positive case from the readings of a site, by a latent class model."""

import polars as pl

from multisite.stats import dawid_skene
from multisite.vocabulary import Judgement

__all__ = ["posteriors"]

_CLASSES = (Judgement.NEGATIVE.value, Judgement.POSITIVE.value)


def posteriors(votes: pl.DataFrame) -> pl.DataFrame:
    """``case_id`` and ``posterior``, for each case of ``votes`` that a reader calls positive or negative.

    ``votes`` has one row per case and reader. Ambiguous and non-diagnostic ones tell nothing here. No row where the
    model is undefined (the readings do not determine it), has not converged, or may have the two truths switched.
    """
    said = votes.filter(pl.col("judgement").is_in(_CLASSES)).sort("case_id", "reader")
    if said.is_empty():
        return _frame([], [])
    wide = said.pivot("reader", index="case_id", values="judgement", maintain_order=True)
    found = dawid_skene(wide.drop("case_id").to_numpy(), categories=_CLASSES)
    if found.posterior is None or not found.converged or found.switched:
        return _frame([], [])
    return _frame(wide["case_id"].to_list(), found.posterior[:, 1].tolist())


def _frame(cases: list[str], probabilities: list[float]) -> pl.DataFrame:
    return pl.DataFrame(
        {"case_id": cases, "posterior": probabilities}, schema={"case_id": pl.String, "posterior": pl.Float64}
    )
