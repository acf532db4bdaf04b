"""Labels, scores and audits of routine use as tallies: what every estimate of performance in use is a function of."""

from collections.abc import Mapping
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
    """DRIFT_AUDIT of the months that have a random audit; without a calibration line predictions are of no use."""
    rows: list[dict[str, object]] = []
    groups = studies.group_by("site", "month", "finding", "model", maintain_order=True)
    for (site, month, finding, model), group in groups:
        line = lines.get((str(finding), str(model)))
        drawn = pl.col("audit_probability").is_not_null() & pl.col("reference_positive").is_not_null()
        audited = group.filter(drawn)
        if line is None or audited.is_empty():
            continue
        p = calibrated(group["score"].to_numpy(), line)
        called = group["is_alert"].to_numpy().astype(np.float64)
        truth = np.where(
            group.select(drawn).to_series().to_numpy(),
            group["reference_positive"].cast(pl.Float64).fill_null(0.0).to_numpy(),
            np.nan,
        )
        chance = group["audit_probability"].fill_null(float("nan")).to_numpy()
        for measure, of in (("sensitivity", (p, called, truth)), ("specificity", (1 - p, 1 - called, 1 - truth))):
            sums = asdict(audit_sums(*of, np.where(np.isnan(truth), np.nan, chance)))
            rows.append(
                {"site": site, "month": month, "known_in": audited["known_in"].max(), "finding": finding,
                 "model": model, "measure": measure, **sums}
            )  # fmt: skip
    return pl.DataFrame(rows, schema=DRIFT_AUDIT.schema).sort(DRIFT_AUDIT.key)


def calibrated(scores: FloatArray, line: CalibrationLine) -> FloatArray:
    """Probabilities of the finding: the validated line of ``scores`` on the logit, or the scores where it has none."""
    a, b = line.intercept.estimate, line.slope.estimate
    if a is None or b is None:
        return scores
    return np.asarray(special.expit(a + b * special.logit(np.clip(scores, _EPSILON, 1 - _EPSILON))), dtype=np.float64)


def _months(column: str) -> pl.Expr:
    parts = pl.col(column).str.split("-")
    return parts.list.get(0).cast(pl.Int64) * 12 + parts.list.get(1).cast(pl.Int64)
