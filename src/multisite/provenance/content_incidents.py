"""Acquisitions that a site holds more than once under different SOPInstanceUIDs.

An acquisition is told by 64 bits of its content fingerprint. Those that stand in several places are linked place by
place, and never each with each, so that an acquisition in a thousand series costs a thousand rows.
"""

import polars as pl

from multisite.provenance.holders import Holders
from multisite.provenance.incidents import Digests, are_among
from multisite.schemas.series import CONTENT_INCIDENTS

__all__ = ["find_content_incidents", "shared_contents"]


def shared_contents(points: pl.DataFrame, repeated: Digests) -> pl.DataFrame:
    """One row per ``fingerprint`` of ``repeated`` and ``holder``, with its ``least`` and ``greatest`` instance.

    ``points`` has a row per object: ``holder``, ``instance``, ``fingerprint``. All objects of a holder are in it.
    """
    known = points.select("holder", "instance", "fingerprint").filter(pl.col("fingerprint").is_not_null())
    return (
        known.filter(are_among(known["fingerprint"], repeated))
        .group_by("fingerprint", "holder")
        .agg(pl.col("instance").min().alias("least"), pl.col("instance").max().alias("greatest"))
    )


def find_content_incidents(shared: pl.DataFrame, holders: Holders, *, site: str) -> pl.DataFrame:
    """The pairs of series (CONTENT_INCIDENTS) that are tied by at least one acquisition.

    ``shared`` is what ``shared_contents`` gives, of all series. Of the places that hold an acquisition, those of one
    study are tied to its smallest series, the studies of one patient to the smallest of them, and the patients to the
    smallest patient; the unknown comes last. So n places give n - 1 ties, and whoever shares something within a study,
    within a patient or between patients is tied there. Two places with the same instances are no tie.
    """
    patient, study = (pl.col(name).ne_missing(pl.col(name).shift()) for name in ("patient_id", "study_instance_uid"))
    numbered = holders.table.select(
        "holder",
        patient.cum_sum().alias("patient"),
        # A study that stands under two patients is another one under each.
        (patient | study).cum_sum().alias("study"),
    )
    rows = shared.join(numbered, on="holder").sort("fingerprint", "holder").with_row_index("row")
    ties = rows.with_columns(_tied_to().alias("tied_to")).filter(pl.col("tied_to").is_not_null())
    first = rows[ties["tied_to"]]
    other_instances = (ties["least"] != first["least"]) | (ties["greatest"] != first["greatest"])
    pairs = (
        pl.DataFrame({"first": first["holder"], "other": ties["holder"]})
        .filter(other_instances)
        .group_by("first", "other")
        .agg(pl.len().cast(pl.Int64).alias("n_fingerprints"))
        .sort("first", "other")
    )
    named = pl.concat(
        [holders.names(pairs["first"]), holders.names(pairs["other"], prefix="other_"), pairs], how="horizontal"
    )
    return named.select(pl.lit(site).alias("site"), *CONTENT_INCIDENTS.schema.names()[1:])


def _tied_to() -> pl.Expr:
    """The row that each row is tied to, in rows sorted by fingerprint, patient, study and series."""
    begins, starts = pl.lit(False), {}
    for name in ("fingerprint", "patient", "study"):
        begins = begins | pl.col(name).ne_missing(pl.col(name).shift())
        starts[name] = begins
    # The closest kinship that began in an earlier row.
    return pl.coalesce(
        pl.when(~starts[name]).then(pl.when(starts[name]).then(pl.col("row")).forward_fill())
        for name in ("study", "patient", "fingerprint")
    )
