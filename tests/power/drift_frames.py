"""Drawn studies as the artefacts and site tables that the project's own stages read."""

from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import special

from multisite.schemas.cohort import COHORT, PREDICTIONS
from multisite.schemas.series import STUDIES
from tests.power.drift_site import CATEGORIES, FINDINGS, FIRST_YEAR, Studies

__all__ = [
    "FIRST_YEAR",
    "MODEL",
    "SITE",
    "cohort",
    "complete",
    "deployment_table",
    "labelled_cohort",
    "month_name",
    "predictions",
    "series_of_studies",
]

SITE, MODEL = "north", "ai"

LABELS_AFTER_DAYS = 90
_OUTCOMES = ("processed", "failed", "abstained")


def month_name(month: int) -> str:
    """YYYY-MM of a month counted from the first of routine use."""
    return f"{FIRST_YEAR + month // 12:04d}-{month % 12 + 1:02d}"


def series_of_studies(studies: Studies) -> pl.DataFrame:
    """The artefact ``studies``, one row per study."""
    uid = _uids(studies)
    return complete(
        pl.DataFrame(
            {
                "study_instance_uid": uid,
                "patient_id": _patients(studies),
                "series_instance_uid": uid + "-1",
                "study_date": _dates(studies),
                **_columns(studies),
            }
        ).with_columns(pl.lit("CT").alias("modality"), _device(studies)),
        STUDIES.schema,
    )


def deployment_table(studies: Studies) -> pl.DataFrame:
    """The site's table: a row per study and finding, with what the radiologist's report and, later, the label say."""
    known = _dates(studies).dt.offset_by(f"{LABELS_AFTER_DAYS}d")
    parts = []
    for finding in FINDINGS:
        parts.append(
            pl.DataFrame(
                {
                    "patient_id": _patients(studies),
                    "study_instance_uid": _uids(studies),
                    "finding": pl.repeat(finding, studies.month.size, eager=True),
                    "model": pl.repeat(MODEL, studies.month.size, eager=True),
                    "score": pl.Series(_scores(studies, finding)).fill_nan(None),
                    "outcome": _words(studies.outcome, _OUTCOMES),
                    "report_positive": studies.report[finding],
                    "reference_positive": studies.positive[finding],
                    "reference_date": known,
                    "audit_probability": pl.repeat(None, studies.month.size, dtype=pl.Float64, eager=True),
                }
            )
        )
    return pl.concat(parts)


def cohort(studies: Studies) -> pl.DataFrame:
    """The artefact ``cohort`` of validated studies: a case of the test split each, all included."""
    frame = pl.DataFrame(
        {
            "case_id": _uids(studies),
            "study_instance_uid": _uids(studies),
            "series_instance_uid": _uids(studies) + "-1",
            "patient_id": _patients(studies),
            "case_date": _dates(studies),
            **_columns(studies),
        }
    ).with_columns(
        pl.lit("CT").alias("modality"), pl.lit("test").alias("split"), pl.lit(True).alias("included"), _device(studies)
    )
    return complete(frame, COHORT.schema)


def labelled_cohort(studies: Studies) -> pl.DataFrame:
    """The same, with the reference standard of each finding."""
    truths = [pl.Series(f"reference_{finding}", studies.positive[finding]) for finding in FINDINGS]
    return cohort(studies).with_columns(truths)


def predictions(studies: Studies) -> pl.DataFrame:
    """The artefact ``predictions`` of validated studies."""
    parts = [
        pl.DataFrame({"case_id": _uids(studies), "score": pl.Series(_scores(studies, finding)).fill_nan(None)})
        .drop_nulls()
        .with_columns(pl.lit(finding).alias("finding"), pl.lit(MODEL).alias("model"))
        for finding in FINDINGS
    ]
    return complete(pl.concat(parts), PREDICTIONS.schema)


def _columns(studies: Studies) -> dict[str, pl.Series]:
    numbers = {name: pl.Series(held).fill_nan(None) for name, held in studies.numbers.items()}
    return {**numbers, **{name: _words(held, CATEGORIES[name]) for name, held in studies.categories.items()}}


def _scores(studies: Studies, finding: str) -> npt.NDArray[np.float64]:
    """NaN where the model gave none."""
    lacks = (studies.outcome > 0) | studies.unscored
    return np.where(lacks, np.nan, special.expit(studies.latent[finding]))


def _words(codes: npt.NDArray[np.int64], words: tuple[str, ...]) -> pl.Series:
    return pl.Series(words).gather(pl.Series(codes).replace(-1, None))


def _uids(studies: Studies) -> pl.Series:
    return pl.Series("uid", [f"study-{i:07d}" for i in range(studies.month.size)], dtype=pl.String)


def _patients(studies: Studies) -> pl.Series:
    return "patient-" + pl.Series(studies.patient).cast(pl.String)


def _device(studies: Studies) -> pl.Series:
    return ("device-" + pl.Series(studies.device).cast(pl.String)).alias("device")


def _dates(studies: Studies) -> pl.Series:
    first = np.datetime64(date(FIRST_YEAR, 1, 1), "M")
    return pl.Series(((first + studies.month).astype("datetime64[D]") + studies.day).astype("datetime64[ms]")).cast(
        pl.Date
    )


def complete(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """``frame`` with every column of ``schema``, of the site; what it lacks is missing."""
    frame = frame.with_columns(pl.lit(SITE).alias("site"))
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in schema.items() if name not in frame.columns]
    return frame.with_columns(*absent).select(pl.col(name).cast(dtype) for name, dtype in schema.items())
