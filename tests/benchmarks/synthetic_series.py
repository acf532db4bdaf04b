"""Inputs of the integrity stage of any size, made column by column: a made-up archive."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from multisite.schemas import StageInputs
from multisite.schemas.cohort import COHORT, PREDICTIONS
from multisite.schemas.markers import DEMOGRAPHICS, MARKERS, Marker
from multisite.schemas.pixels import PIXELS
from multisite.schemas.series import CONTENT_INCIDENTS, INSTANCE_INCIDENTS, SERIES
from multisite.schemas.site_tables import CASES

__all__ = ["integrity_inputs"]

_SERIES_PER_STUDY, _STUDIES_PER_PATIENT = 6, 2
_SERIES_PER_INCIDENT = 1000
_INSTANCES = 50

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Archive:
    """Pseudonyms by number, and who belongs to whom."""

    patients: pl.Series
    studies: pl.Series
    series: pl.Series
    study_of_series: Numbers
    patient_of_study: Numbers


def integrity_inputs(n: int, *, columns: Sequence[str], seed: int) -> StageInputs:
    """A site with ``n`` series of 50 instances, six to a study and two studies to a patient; a case per study.

    ``columns`` are those of SERIES that the stage reads. Splits are by patient, and labels and equipment depend on
    nothing. Every series says that no text is burned in, and every patient has a name. One series in a thousand has an
    instance that another study holds, too, and as many are tied to the next.
    """
    rng = np.random.default_rng(seed)
    n_studies = max(n // _SERIES_PER_STUDY, 2)
    n_patients = max(n_studies // _STUDIES_PER_PATIENT, 2)
    archive = _Archive(
        *(_pseudonyms(rng, size) for size in (n_patients, n_studies, n)),
        study_of_series=np.arange(n) * n_studies // n,
        patient_of_study=np.arange(n_studies) * n_patients // n_studies,
    )
    cohort = _cohort(archive, rng)
    table = cohort.select("case_id", clinical_ward=_of(rng, "ward", 5, n_studies))
    return StageInputs(
        site="synthetic",
        frames={
            COHORT.name: cohort,
            SERIES.name: _series(archive, rng).select(columns),
            INSTANCE_INCIDENTS.name: _instance_incidents(archive, rng),
            CONTENT_INCIDENTS.name: _content_incidents(archive),
            MARKERS.name: _markers(archive),
            DEMOGRAPHICS.name: _demographics(archive, rng),
            PREDICTIONS.name: _predictions(cohort, rng),
            PIXELS.name: PIXELS.empty(),
        },
        tables={CASES.name: table},
    )


def _pseudonyms(rng: np.random.Generator, n: int) -> pl.Series:
    """``n`` texts of 32 hexadecimal digits."""
    held = pa.py_buffer(rng.bytes(16 * n))
    binary = pl.from_arrow(pa.Array.from_buffers(pa.binary(16), n, [None, held]))
    assert isinstance(binary, pl.Series)
    return binary.cast(pl.Binary).bin.encode("hex")


def _of(rng: np.random.Generator, name: str, levels: int, n: int) -> pl.Series:
    """``n`` of so many levels of a text."""
    texts = pl.Series(name, [f"{name} {i}" for i in range(levels)])
    return texts.gather(rng.integers(0, levels, n))


def _series(archive: _Archive, rng: np.random.Generator) -> pl.DataFrame:
    n, study = len(archive.series), archive.study_of_series
    nothing = pl.Series([[]], dtype=pl.List(pl.String)).new_from_index(0, n)
    return pl.DataFrame(
        {
            "series_instance_uid": archive.series,
            "study_instance_uid": archive.studies.gather(study),
            "patient_id": archive.patients.gather(archive.patient_of_study[study]),
            "other_patient_ids": nothing,
            "accession_number": _pseudonyms(rng, len(archive.studies)).gather(study),
            "frame_of_reference_uid": _pseudonyms(rng, len(archive.studies)).gather(study),
            "station_name": _of(rng, "station", 300, n),
            "device_serial_number": _of(rng, "serial", 300, n),
            "protocol_name": _of(rng, "protocol", 400, n),
            "inconsistent_attributes": nothing,
        }
    ).with_columns(
        pl.lit(_INSTANCES, pl.Int64).alias("n_instances"),
        pl.lit(_INSTANCES, pl.Int64).alias("n_fingerprinted"),
        *(pl.lit(0, pl.Int64).alias(f"n_{name}") for name in ("conflicting_instances", "missing_slices")),
        pl.lit(0, pl.Int64).alias("n_duplicate_slices"),
        pl.lit(True).alias("is_complete"),
        pl.lit(None, pl.String).alias("geometry_gap"),
    )


def _cohort(archive: _Archive, rng: np.random.Generator) -> pl.DataFrame:
    """A case per study, with its first series as the index series."""
    n = len(archive.studies)
    first = np.searchsorted(archive.study_of_series, np.arange(n))
    splits = pl.Series(["train", "tune", "test"]).gather(rng.integers(0, 3, len(archive.patients)))
    days = pl.Series(rng.integers(0, 1000, n), dtype=pl.Int64).cast(pl.Duration("ms")) * 86_400_000
    made = pl.DataFrame(
        {
            "case_id": _pseudonyms(rng, n),
            "patient_id": archive.patients.gather(archive.patient_of_study),
            "study_instance_uid": archive.studies,
            "series_instance_uid": archive.series.gather(first),
            "split": splits.gather(archive.patient_of_study),
            "case_date": (pl.Series([date(2020, 1, 1)]).cast(pl.Datetime("ms")).new_from_index(0, n) + days).dt.date(),
            "device": _of(rng, "device", 300, n),
            "vendor": _of(rng, "vendor", 5, n),
            "model": _of(rng, "model", 40, n),
            "software_versions": _of(rng, "software", 60, n),
            "convolution_kernel": _of(rng, "kernel", 30, n),
            "slice_thickness_mm": rng.choice([1.0, 2.5, 5.0], n),
            "age_years": rng.normal(60, 12, n),
            "patient_sex": _of(rng, "sex", 2, n),
            "reference_finding": rng.random(n) < 0.3,
        }
    )
    absent = (pl.lit(None, dtype).alias(name) for name, dtype in COHORT.schema.items() if name not in made.columns)
    return made.with_columns(absent).with_columns(pl.lit("synthetic").alias("site"), pl.lit(True).alias("included"))


def _markers(archive: _Archive) -> pl.DataFrame:
    said = archive.series.alias("series_instance_uid").to_frame()
    return said.select(
        pl.lit("synthetic").alias("site"),
        "series_instance_uid",
        pl.lit(Marker.NOT_BURNED_IN.value).alias("marker"),
        pl.lit(_INSTANCES, pl.Int64).alias("n_objects"),
    )


def _demographics(archive: _Archive, rng: np.random.Generator) -> pl.DataFrame:
    n = len(archive.patients)
    return pl.DataFrame({"patient_id": archive.patients, "demographics_key": _pseudonyms(rng, n)}).select(
        pl.lit("synthetic").alias("site"), "patient_id", "demographics_key", pl.lit(1, pl.Int64).alias("n_objects")
    )


def _predictions(cohort: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    return cohort.select(
        "site",
        "case_id",
        pl.lit("finding").alias("finding"),
        pl.lit("model").alias("model"),
        pl.Series("score", rng.random(cohort.height)),
    )


def _instance_incidents(archive: _Archive, rng: np.random.Generator) -> pl.DataFrame:
    at = np.arange(0, len(archive.series) - _SERIES_PER_STUDY, _SERIES_PER_INCIDENT)
    studies = archive.study_of_series[at]
    both = pl.DataFrame({"one": archive.studies.gather(studies), "other": archive.studies.gather(studies + 1)})
    return pl.DataFrame(
        {
            "instance": _pseudonyms(rng, at.size).str.slice(0, 16),
            "series_instance_uid": archive.series.gather(at),
        }
    ).with_columns(
        pl.lit("synthetic").alias("site"),
        *(pl.lit(number, pl.Int64).alias(f"n_{name}") for name, number in _COUNTS.items()),
        both.select(pl.concat_list("one", "other").list.sort()).to_series().alias("study_instance_uids"),
    )


_COUNTS = {"series": 2, "contents": 1, "objects": 2, "patients": 1}


def _content_incidents(archive: _Archive) -> pl.DataFrame:
    at = np.arange(0, len(archive.series) - _SERIES_PER_STUDY, _SERIES_PER_INCIDENT)
    columns: dict[str, pl.Series] = {}
    for prefix, series in (("", at), ("other_", at + _SERIES_PER_STUDY)):
        study = archive.study_of_series[series]
        columns |= {
            f"{prefix}series_instance_uid": archive.series.gather(series),
            f"{prefix}study_instance_uid": archive.studies.gather(study),
            f"{prefix}patient_id": archive.patients.gather(archive.patient_of_study[study]),
        }
    return pl.DataFrame(columns).with_columns(
        pl.lit("synthetic").alias("site"), pl.lit(_INSTANCES, pl.Int64).alias("n_fingerprints")
    )
