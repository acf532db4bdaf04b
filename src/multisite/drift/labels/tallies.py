"""Labels, scores and audits of routine use as tallies: what every estimate of performance in use is a function of."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict

import numpy as np
import polars as pl
from scipy import special

from multisite.schemas.drift_performance import DRIFT_AUDIT, DRIFT_LABEL_COUNTS, DRIFT_SCORE_COUNTS
from multisite.stats import CalibrationLine, FloatArray, audit_sums
from multisite.vocabulary import OVERALL

__all__ = ["calibrated", "count_labels", "count_scores", "sum_audits"]

_SOFTWARE = "software_versions"
_EPSILON = 1e-6
_ALL = ""
_OF_ALL = ("u", "v", "uu", "uv", "vv")


def count_labels(studies: pl.DataFrame) -> pl.DataFrame:
    """DRIFT_LABEL_COUNTS of DEPLOYMENT_LABELS, over all studies and by software version."""
    dated = studies.with_columns(_months("known_in").sub(_months("month")).alias("delay"))
    parts = []
    for axis, level in ((OVERALL, pl.lit(OVERALL)), (_SOFTWARE, pl.col(_SOFTWARE))):
        grouped = dated.with_columns(pl.lit(axis).alias("axis"), level.alias("level"))
        keys = [name for name in DRIFT_LABEL_COUNTS.schema.names() if name != "n_studies"]
        parts.append(grouped.group_by(keys).agg(pl.len().alias("n_studies")))
    counted = pl.concat(parts)
    return counted.select(pl.col(name).cast(dtype) for name, dtype in DRIFT_LABEL_COUNTS.schema.items()).sort(
        DRIFT_LABEL_COUNTS.key
    )


def count_scores(studies: pl.DataFrame, *, steps: int) -> pl.DataFrame:
    """DRIFT_SCORE_COUNTS: scores on the grid of k / ``steps``. One at or above the threshold stays so where the
    threshold lies on the grid."""
    on_grid = ((pl.col("score") * steps + 1e-9).floor() / steps).alias("score")
    counted = (
        studies.with_columns(on_grid)
        .group_by("site", "month", "finding", "model", "score")
        .agg(pl.len().alias("n_studies"))
    )
    return counted.select(pl.col(name).cast(dtype) for name, dtype in DRIFT_SCORE_COUNTS.schema.items()).sort(
        DRIFT_SCORE_COUNTS.key
    )


def sum_audits(studies: pl.DataFrame, lines: Mapping[tuple[str, str], CalibrationLine]) -> pl.DataFrame:
    """DRIFT_AUDIT of the months that have a random audit; without a calibration line predictions are of no use.

    One row of sums over all studies of a month, and one per month in which labels of its audit were known, so that
    what was known at any time can be added up.
    """
    rows: list[dict[str, object]] = []
    groups = studies.group_by("site", "month", "finding", "model", maintain_order=True)
    for (site, month, finding, model), group in groups:
        line = lines.get((str(finding), str(model)))
        drawn = group.filter(pl.col("audit_probability").is_not_null())
        if line is None or drawn.is_empty():
            continue
        labelled = drawn.filter(pl.col("reference_positive").is_not_null())
        parts = [(_ALL, group, False), *((str(known), part, True) for (known,), part in labelled.group_by("known_in"))]
        for known_in, part, is_audit in parts:
            for measure, sums in _sums(part, line, is_audit=is_audit):
                counts = {"n_studies": 0} if is_audit else {"n_drawn": drawn.height}
                rows.append(
                    {"site": site, "month": month, "known_in": known_in, "finding": finding, "model": model,
                     "measure": measure, "n_drawn": 0, **sums, **counts}
                )  # fmt: skip
    return pl.DataFrame(rows, schema=DRIFT_AUDIT.schema).sort(DRIFT_AUDIT.key)


def _sums(part: pl.DataFrame, line: CalibrationLine, *, is_audit: bool) -> Iterator[tuple[str, dict[str, float]]]:
    """By measure: of studies the sums of what is predicted, of the audited among them those of the corrections."""
    p = calibrated(part["score"].to_numpy(), line)
    called = part["is_alert"].to_numpy().astype(np.float64)
    nothing = np.full(p.size, np.nan)
    truth = part["reference_positive"].cast(pl.Float64).to_numpy() if is_audit else nothing
    chance = part["audit_probability"].to_numpy() if is_audit else nothing
    found = {
        "sensitivity": audit_sums(p, called, truth, chance),
        "specificity": audit_sums(1 - p, 1 - called, 1 - truth, chance),
    }
    for measure, sums in found.items():
        yield measure, asdict(sums) | (dict.fromkeys(_OF_ALL, 0.0) if is_audit else {})


def calibrated(scores: FloatArray, line: CalibrationLine) -> FloatArray:
    """Probabilities of the finding: the validated line of ``scores`` on the logit, or the scores where it has none."""
    a, b = line.intercept.estimate, line.slope.estimate
    if a is None or b is None:
        return scores
    return np.asarray(special.expit(a + b * special.logit(np.clip(scores, _EPSILON, 1 - _EPSILON))), dtype=np.float64)


def _months(column: str) -> pl.Expr:
    parts = pl.col(column).str.split("-")
    return parts.list.get(0).cast(pl.Int64) * 12 + parts.list.get(1).cast(pl.Int64)
