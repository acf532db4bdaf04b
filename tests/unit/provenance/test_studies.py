import polars as pl

from multisite.provenance.studies import index_studies
from multisite.schemas.series import SERIES, STUDIES
from tests.lib.tables import table

_SERIES = """
series_instance_uid | study_instance_uid | patient_id | modality | n_instances | vendor
e1                  | s1                 | p1         | CT       | 10          | few
e2                  | s1                 | p1         | CT       | 90          | many
e3                  | s1                 | p1         | SR       | 99          | other modality
e5                  | s2                 | p2         | CT       | 10          | larger id
e4                  | s2                 | p2         | CT       | 10          | smaller id
e6                  | s3                 | p3         | SR       | 10          | not wanted
e7                  | s3                 | p3         | -        | 90          | unknown
e8                  | -                  | p4         | CT       | 10          | no study
"""


def studies() -> pl.DataFrame:
    rows = table(_SERIES, n_instances=pl.Int64()).with_columns(
        pl.lit("north").alias("site"),
        pl.lit(1, pl.Int64).alias("n_objects"),
        pl.lit(0, pl.Int64).alias("n_inconsistent"),
    )
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in SERIES.schema.items() if name not in rows.columns]
    return STUDIES.conform(index_studies(rows.with_columns(absent), modalities=("CT",)))


def test_the_largest_series_of_a_wanted_modality_stands_for_its_study() -> None:
    chosen = dict(zip(studies()["study_instance_uid"], studies()["vendor"], strict=True))
    assert chosen == {"s1": "many", "s2": "smaller id", "s3": None}


def test_a_study_of_other_modalities_keeps_its_row_patient_and_number_of_series() -> None:
    row = studies().filter(pl.col("study_instance_uid") == "s3").row(0, named=True)
    assert (row["series_instance_uid"], row["patient_id"], row["n_series"]) == (None, "p3", 2)
