"""The same images again under the same patient: a study that was sent twice, a series that is there twice."""

import polars as pl

from multisite.integrity.check import Check, CheckFrames, Outcome, insufficient, nothing_found
from multisite.vocabulary import Severity, Verdict

__all__ = ["REPEAT_CHECKS"]

_LEAST_SHARE = 0.5
"""Share of the smaller one's instances that the other must hold, too."""

_NOTHING_KNOWN = "No instance carries the attributes that this check needs."
_STUDY, _SERIES = "study_instance_uid", "series_instance_uid"


def resent_study(frames: CheckFrames) -> Outcome:
    """Pairs of studies of one patient that hold largely the same acquisitions under other UIDs."""
    known = frames.series.filter(pl.col("n_fingerprinted") > 0, pl.col("patient_id").is_not_null())
    n_examined = known[_STUDY].n_unique()
    if known.is_empty():
        return insufficient(_NOTHING_KNOWN)
    of_patient = frames.content_incidents.filter(
        pl.col("patient_id") == pl.col("other_patient_id"), pl.col(_STUDY) != pl.col(f"other_{_STUDY}")
    )
    pairs = _largely_equal(of_patient, frames.series, _STUDY)
    if pairs.is_empty():
        sentence = f"None of {n_examined:,} studies stands again under another StudyInstanceUID of its patient."
        return Outcome(Verdict.PASS, n_examined, 0, sentence, nothing_found())
    n_torn = _in_different_splits(pairs, frames.included)
    found = "pair of studies of one patient holds" if pairs.height == 1 else "pairs of studies of one patient hold"
    sentence = (
        f"{pairs.height:,} {found} the same acquisitions under two StudyInstanceUIDs; the two are in different splits "
        f"in {n_torn:,}."
    )
    return Outcome(Verdict.FAIL, n_examined, pairs.height, sentence, _findings(pairs, "study", "of its patient"))


def repeated_series(frames: CheckFrames) -> Outcome:
    """Pairs of series of one study that hold largely the same acquisitions under other UIDs."""
    known = frames.series.filter(pl.col("n_fingerprinted") > 0)
    if known.is_empty():
        return insufficient(_NOTHING_KNOWN)
    of_study = frames.content_incidents.filter(
        pl.col(_STUDY) == pl.col(f"other_{_STUDY}"), pl.col(_SERIES) != pl.col(f"other_{_SERIES}")
    )
    pairs = _largely_equal(of_study, frames.series, _SERIES)
    if pairs.is_empty():
        sentence = f"None of {known.height:,} series stands again under another SeriesInstanceUID of its study."
        return Outcome(Verdict.PASS, known.height, 0, sentence, nothing_found())
    found = "pair of series of one study holds" if pairs.height == 1 else "pairs of series of one study hold"
    sentence = f"{pairs.height:,} {found} the same acquisitions under two SeriesInstanceUIDs."
    return Outcome(Verdict.FAIL, known.height, pairs.height, sentence, _findings(pairs, "series", "of its study"))


def _largely_equal(incidents: pl.DataFrame, series: pl.DataFrame, key: str) -> pl.DataFrame:
    """One row per pair of ``key`` (``first``, ``second``) that shares enough, with ``n_shared`` and both sizes."""
    pairs = incidents.group_by(
        pl.min_horizontal(key, f"other_{key}").alias("first"), pl.max_horizontal(key, f"other_{key}").alias("second")
    ).agg(pl.col("n_fingerprints").sum().alias("n_shared"))
    named = pl.concat([pairs["first"], pairs["second"]]).unique().alias(key).to_frame()
    sizes = series.join(named, on=key, how="semi").group_by(key).agg(pl.col("n_instances").sum())
    for side in ("first", "second"):
        pairs = pairs.join(sizes.rename({key: side, "n_instances": f"n_{side}"}), on=side)
    smaller = pl.min_horizontal("n_first", "n_second")
    return pairs.filter(pl.col("n_shared") >= _LEAST_SHARE * smaller).sort("first", "second")


def _in_different_splits(pairs: pl.DataFrame, included: pl.DataFrame) -> int:
    """In how many pairs of studies a case of the one and a case of the other are in different splits."""
    splits = included.select(_STUDY, "split").drop_nulls().unique()
    sides = (splits.rename({_STUDY: side, "split": f"split_{side}"}) for side in ("first", "second"))
    both = pairs.select("first", "second")
    for side in sides:
        both = both.join(side, on=side.columns[0])
    return both.filter(pl.col("split_first") != pl.col("split_second")).select("first", "second").n_unique()


def _findings(pairs: pl.DataFrame, entity: str, whose: str) -> pl.DataFrame:
    """Both of each pair, one after the other."""
    of_both = pl.concat(
        pairs.with_row_index("pair").select(
            "pair",
            pl.lit(entity).alias("entity"),
            pl.col(side).alias("pseudonym"),
            pl.format(
                f"{{}} acquisitions of its {{}} instances stand again under another {entity} {whose}",
                "n_shared",
                f"n_{side}",
            ).alias("detail"),
        )
        for side in ("first", "second")
    )
    return of_both.sort("pair", maintain_order=True).drop("pair")


REPEAT_CHECKS = (
    Check(
        id="resent_study",
        title="No study stands again under another StudyInstanceUID",
        family="duplicates",
        severity=Severity.MAJOR,
        method=(
            "Content fingerprints that two studies of one patient share under other SOPInstanceUIDs: at least half of "
            "the smaller one's instances; every study of the stores."
        ),
        unit="pairs of studies",
        run=resent_study,
    ),
    Check(
        id="repeated_series",
        title="No series stands again under another SeriesInstanceUID",
        family="duplicates",
        severity=Severity.MINOR,
        method=(
            "Content fingerprints that two series of one study share under other SOPInstanceUIDs: at least half of the "
            "smaller one's instances; every series of the stores."
        ),
        unit="pairs of series",
        run=repeated_series,
    ),
)
