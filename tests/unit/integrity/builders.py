"""Sets as the checks see them: a sound one in small text tables, and a random one with as many patients as wanted."""

import numpy as np
import polars as pl

from multisite.integrity import CHECKS
from multisite.integrity.check import CheckFrames, Claims, Outcome
from multisite.schemas.series import INSTANCE_INCIDENTS, SERIES
from tests.lib.tables import table

__all__ = [
    "BY_ID",
    "CASES",
    "INSTANCES",
    "SOUND_SERIES",
    "frames",
    "outcome",
    "random_scores",
    "random_set",
    "series_rows",
]

_OF_STUDY = ("frame_of_reference_uid", "accession_number")

BY_ID = {check.id: check for check in CHECKS}

CASES = """
case_id | patient_id | study_instance_uid | series_instance_uid | split | case_date
c1      | p1         | s1                 | e1                  | train | 2024-01-01
c2      | p2         | s2                 | e2                  | train | 2024-03-01
c3      | p3         | s3                 | e3                  | test  | 2024-04-01
c4      | p4         | s4                 | e4                  | test  | 2024-05-01
"""

INSTANCES = """
sop_instance_uid | series_instance_uid | study_instance_uid | patient_id | content_fingerprint
i1               | e1                  | s1                 | p1         | f1
i2               | e2                  | s2                 | p2         | f2
i3               | e3                  | s3                 | p3         | f3
"""

SOUND_SERIES = """
series_instance_uid | n_missing_slices | n_duplicate_slices | is_complete | geometry_gap | inconsistent_attributes
e1                  | 0                | 0                  | true        | -            | -
e2                  | 0                | 0                  | true        | -            | rows
e3                  | -                | -                  | -           | one slice    | view_position,manufacturer
"""


def series_rows(text: str = SOUND_SERIES) -> pl.DataFrame:
    """Rows of SERIES of ten instances each; the varying attributes are parted by commas."""
    rows = table(text, n_missing_slices=pl.Int64(), n_duplicate_slices=pl.Int64(), is_complete=pl.Boolean())
    rows = rows.with_columns(
        pl.lit("north").alias("site"),
        pl.lit(10, pl.Int64).alias("n_instances"),
        pl.lit(10, pl.Int64).alias("n_objects"),
        pl.lit(0, pl.Int64).alias("n_conflicting_instances"),
        pl.col("inconsistent_attributes").fill_null("").str.split(",").list.filter(pl.element() != ""),
    )
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in SERIES.schema.items() if name not in rows.columns]
    return SERIES.conform(rows.with_columns(absent))


def frames(
    cases: str = CASES,
    instances: str = INSTANCES,
    *,
    included: pl.DataFrame | None = None,
    images: pl.DataFrame | None = None,
    claims: Claims | None = None,
    fitted: str | None = None,
    predictions: pl.DataFrame | None = None,
) -> CheckFrames:
    """What checks look at, from text tables; ``included`` and ``images`` stand in for ``cases`` and ``instances``.

    Every case is of the site north and of its split's own device; every study has its frame of reference and order.
    """
    of_study = (pl.format(f"{name}-{{}}", "study_instance_uid").alias(name) for name in _OF_STUDY)
    made = table(cases, case_date=pl.Date()).with_columns(
        pl.lit("north").alias("site"), pl.format("scanner-{}", "split").alias("device")
    )
    return CheckFrames(
        included=made if included is None else included,
        instances=table(instances).with_columns(of_study) if images is None else images,
        series=series_rows(),
        instance_incidents=INSTANCE_INCIDENTS.empty(),
        fitted=None if fitted is None else table(fitted),
        predictions=predictions,
        claims=claims or Claims(),
        seed=20,
    )


def outcome(check: str, looked_at: CheckFrames) -> Outcome:
    """What the check called ``check`` says."""
    return BY_ID[check].run(looked_at)


def random_set(seed: int, *, patients: int = 400, prevalence: float = 0.3) -> pl.DataFrame:
    """Included cases whose label depends on nothing; every fifth patient has two, of the same split and label."""
    rng = np.random.default_rng(seed)
    owner = np.sort(np.concatenate([np.arange(patients), np.arange(0, patients, 5)]))
    label = rng.random(patients) < prevalence
    n = owner.size

    def of(levels: list[str]) -> pl.Series:
        return pl.Series([levels[i] for i in rng.integers(0, len(levels), n)])

    return pl.DataFrame(
        {
            "case_id": [f"c{i}" for i in range(n)],
            "patient_id": [f"p{i}" for i in owner],
            "split": np.array(["train", "tune", "test"])[owner % 3],
            "table_row": pl.Series(np.arange(n), dtype=pl.UInt32),
            "reference_nodule": label[owner],
            "device": of(["d1", "d2", "d3", "d4"]),
            "model": of(["m1", "m2"]),
            "station_name": of(["t1", "t2", "t3"]),
            "software_versions": of(["v1", "v2"]),
            "protocol_name": of([f"n{i}" for i in range(40)]),
            "convolution_kernel": of(["B31f", "B70f"]),
            "view_position": pl.Series([None] * n, dtype=pl.String),
            "slice_thickness_mm": rng.choice([1.0, 2.5, 5.0], n),
            "age_years": rng.normal(60, 12, n),
            "clinical_ward": of(["emergency", "inpatient", "outpatient"]),
        }
    )


def random_scores(included: pl.DataFrame, seed: int, *, shift: pl.Expr | None = None) -> pl.DataFrame:
    """A score of one model for every case: it follows the label and, on its logit, ``shift``."""
    # Not the stream of draws from which the set was made.
    noise = pl.Series(np.random.default_rng([seed, 1]).normal(0, 1, included.height))
    evidence = 2.0 * pl.col("reference_nodule").cast(pl.Float64) - 1.0 + noise
    logit = evidence if shift is None else evidence + shift
    return included.select(
        "case_id",
        pl.lit("nodule").alias("finding"),
        pl.lit("ai").alias("model"),
        (1.0 / (1.0 + (-logit).exp())).alias("score"),
    )
