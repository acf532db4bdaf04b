"""Sets as the checks see them: a sound one in small text tables, and a random one with as many patients as wanted."""

from functools import cache

import numpy as np
import polars as pl

from multisite.dicom import HEADER_COLUMNS
from multisite.integrity import CHECKS
from multisite.integrity.check import CheckFrames, Claims, Outcome
from multisite.provenance.series import SeriesTables, combine_series
from multisite.provenance.series_parts import series_parts
from multisite.schemas.markers import DEMOGRAPHICS, MARKERS
from multisite.schemas.pixels import PIXELS
from multisite.schemas.series import SERIES
from tests.lib.header_rows import pseudonym
from tests.lib.tables import table

__all__ = [
    "BY_ID",
    "CASES",
    "INSTANCES",
    "PIXEL_ROWS",
    "SOUND_SERIES",
    "frames",
    "outcome",
    "pixel_rows",
    "random_scores",
    "random_set",
    "rolled_up",
    "series_rows",
]

PIXEL_ROWS = """
sop_instance_uid | series_instance_uid | study_instance_uid | status | look | pixel_digest | is_flat | letters_in_row
i1               | e1                  | s1                 | read   | 1    | -            | false   | 0
i2               | e2                  | s2                 | read   | 2    | -            | false   | 3
i3               | e3                  | s3                 | read   | 3    | -            | false   | 0
"""

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

_DIGESTS = ("sop_instance_uid", "content_fingerprint", "dataset_digest")

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


@cache
def rolled_up(instances: str = INSTANCES) -> SeriesTables:
    """What the series stage makes of a text table of instances; names stay as they are, and digests become some.

    Every study has its own frame of reference and accession number, unless the table has them.
    """
    named = table(instances)
    of_study = [pl.format(f"{name}-{{}}", "study_instance_uid").alias(name) for name in _OF_STUDY if name not in named]
    rows = named.with_columns(of_study)
    if "dataset_digest" not in rows.columns:
        rows = rows.with_columns(pl.col("sop_instance_uid").alias("dataset_digest"))
    known = [name for name in _DIGESTS if name in rows.columns]
    rows = rows.with_columns(pl.col(name).map_elements(pseudonym, return_dtype=pl.String) for name in known)
    absent = [
        pl.lit(None, column.dtype).alias(column.name) for column in HEADER_COLUMNS if column.name not in rows.columns
    ]
    return combine_series(series_parts(rows.with_columns(absent), site="north"), site="north")


def pixel_rows(text: str = PIXEL_ROWS) -> pl.DataFrame:
    """Rows of PIXELS; ``look`` is a number that stands for hash, thumbnail and, where none is given, digest."""
    rows = table(text, look=pl.Int64(), letters_in_row=pl.Int64(), is_flat=pl.Boolean())
    bytes_of = [None if look is None else np.random.default_rng(look).bytes(1024 + 32) for look in rows["look"]]
    rows = rows.with_columns(
        pl.lit("north").alias("site"),
        pl.lit("archive").alias("store"),
        pl.col("sop_instance_uid").alias("object_key"),
        pl.coalesce("pixel_digest", pl.format("d{}", "look")).alias("pixel_digest"),
        pl.Series("thumbnail", [made and made[:1024] for made in bytes_of], dtype=pl.Binary).bin.encode("base64"),
        pl.Series("perceptual_hash", [made and made[1024:].hex() for made in bytes_of], dtype=pl.String),
    )
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in PIXELS.schema.items() if name not in rows.columns]
    return PIXELS.conform(rows.with_columns(absent).drop("look"))


def frames(
    cases: str = CASES,
    instances: str = INSTANCES,
    *,
    included: pl.DataFrame | None = None,
    claims: Claims | None = None,
    fitted: str | None = None,
    predictions: pl.DataFrame | None = None,
    pixels: str | None = PIXEL_ROWS,
) -> CheckFrames:
    """What checks look at, from text tables; ``included`` stands in for ``cases``.

    Every case is of the site north and of its split's own device.
    """
    found = rolled_up(instances)
    made = table(cases, case_date=pl.Date()).with_columns(
        pl.lit("north").alias("site"), pl.format("scanner-{}", "split").alias("device")
    )
    return CheckFrames(
        included=made if included is None else included,
        series=found.series,
        instance_incidents=found.instance_incidents,
        content_incidents=found.content_incidents,
        markers=_markers(found.series),
        demographics=_demographics(),
        pixels=None if pixels is None else pixel_rows(pixels),
        fitted=None if fitted is None else table(fitted),
        predictions=predictions,
        claims=claims or Claims(),
        seed=20,
    )


def _markers(series: pl.DataFrame) -> pl.DataFrame:
    """Every series says that it was de-identified, and that nothing is burned in."""
    said = ["says that it was de-identified", "says that its dates were removed or changed", "no burned-in annotation"]
    every = series.select(pl.lit("north").alias("site"), "series_instance_uid", "n_objects")
    return MARKERS.conform(every.join(pl.DataFrame({"marker": said}), how="cross"))


def _demographics() -> pl.DataFrame:
    """The patients of ``CASES``, each of a name and birth date of their own."""
    known = pl.DataFrame({"patient_id": ["p1", "p2", "p3", "p4"], "demographics_key": ["k1", "k2", "k3", "k4"]})
    return DEMOGRAPHICS.conform(
        known.with_columns(pl.lit("north").alias("site"), pl.lit(9, pl.Int64).alias("n_objects"))
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
