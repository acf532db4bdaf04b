"""Recalibrations fitted on the tuning cases of a site, as rows that may leave it, and back from these."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import polars as pl

from multisite.schemas.calibration_strata import RECALIBRATION_FITS, RECALIBRATION_METHODS
from multisite.stats import Recalibration, RecalibrationMethod, ScoreCounts, equal_width_cell, fit_recalibration
from multisite.tallies import NOT_PROBABILITIES
from multisite.vocabulary import EstimateStatus, Split

__all__ = ["LEAST_ISOTONIC", "RecalibrationParameters", "Tuned", "fits_at_site", "fits_of_counts", "fits_of_rows"]

LEAST_ISOTONIC = 200
"""Patients with a positive, and with a negative, tuning case below which no curve without a shape is fitted."""

_METHODS = cast("tuple[RecalibrationMethod, ...]", RECALIBRATION_METHODS)


@dataclass(frozen=True, slots=True)
class RecalibrationParameters:
    """Level of the intervals, least number of patients with a case of either class, and steps of the score grid.

    ``not_probabilities`` are the models that cannot be recalibrated, for their scores claim no probability.
    """

    ci_level: float
    minimum_denominator: int
    score_grid_steps: int
    not_probabilities: tuple[str, ...] = ()

    def shortage(self, with_positive: int, with_negative: int, *, split: str, least: int = 0) -> str | None:
        """Why there are too few patients; ``None`` where there are not."""
        needed = max(least, self.minimum_denominator)
        kind = "tuning" if split == Split.TUNE else split
        for n_patients, unit in ((with_positive, "positive"), (with_negative, "negative")):
            if n_patients < needed:
                return f"fewer than {needed} patients with a {unit} {kind} case"
        return None


@dataclass(frozen=True, slots=True)
class Tuned:
    """A recalibration, and the patients behind it."""

    recalibration: Recalibration
    n_patients: int


def fits_at_site(
    cases: pl.DataFrame, parameters: RecalibrationParameters, *, site: str, endpoints: Sequence[tuple[str, str]]
) -> pl.DataFrame:
    """Rows of RECALIBRATION_FITS: every method, for every finding and model of ``endpoints``.

    Only cases of the split ``tune`` are looked at. The coefficients are those of the scores themselves; the knots of
    the isotonic curve lie on the grid, for a score may tell whose it is.
    """
    rows: list[dict[str, Any]] = []
    for finding, model in endpoints:
        own = cases.filter(split=Split.TUNE.value, finding=finding, model=model)
        positive, score = own["reference"].to_numpy(), own["score"].to_numpy()
        exact = ScoreCounts.from_cases(positive, score)
        gridded = (equal_width_cell(score, parameters.score_grid_steps) + 0.5) / parameters.score_grid_steps
        patients = own.group_by("reference").agg(pl.col("patient_id").n_unique())
        with_class = dict(patients.rows())
        fits = fits_of_counts(
            exact,
            ScoreCounts.from_cases(positive, gridded),
            patients=(with_class.get(True, 0), with_class.get(False, 0)),
            probabilities=model not in parameters.not_probabilities,
            parameters=parameters,
        )
        names = {"site": site, "finding": finding, "model": model, "n_patients": own["patient_id"].n_unique()}
        rows += [names | row for fit in fits for row in _rows(fit)]
    return pl.DataFrame(rows, schema=RECALIBRATION_FITS.schema)


def fits_of_counts(
    counts: ScoreCounts,
    gridded: ScoreCounts,
    *,
    patients: tuple[int, int],
    probabilities: bool,
    parameters: RecalibrationParameters,
) -> list[Recalibration]:
    """Every method on the counts of tuning cases.

    With too few ``patients`` of either class, insufficient; of scores that are no ``probabilities``, undefined.
    """
    found = []
    for method in _METHODS:
        isotonic = method == "isotonic"
        fit = fit_recalibration(gridded if isotonic else counts, method=method)
        least = LEAST_ISOTONIC if isotonic else 0
        short = parameters.shortage(*patients, split=Split.TUNE.value, least=least)
        if not probabilities:
            fit = _without(fit, EstimateStatus.UNDEFINED, NOT_PROBABILITIES)
        elif short is not None and fit.status is EstimateStatus.OK:
            fit = _without(fit, EstimateStatus.INSUFFICIENT, short)
        found.append(fit)
    return found


def fits_of_rows(rows: pl.DataFrame) -> dict[tuple[str, str, str], Tuned]:
    """Finding, model and method to what RECALIBRATION_FITS of one site says of them."""
    found = {}
    for key, knots in rows.sort("knot").group_by("finding", "model", "method", maintain_order=True):
        finding, model, method = (str(name) for name in key)
        first = knots.row(0, named=True)
        held = knots.drop_nulls("score")
        fit = Recalibration(
            method=cast("RecalibrationMethod", method),
            intercept=first["intercept"],
            slope=first["slope"],
            score=held["score"].to_numpy(),
            value=held["value"].to_numpy(),
            n_positive=first["n_positive"],
            n_negative=first["n_negative"],
            status=EstimateStatus(first["status"]),
            reason=first["reason"],
        )
        found[finding, model, method] = Tuned(fit, first["n_patients"])
    return found


def _without(fit: Recalibration, status: EstimateStatus, reason: str) -> Recalibration:
    """The same without what was fitted."""
    nothing = np.empty(0)
    return replace(fit, intercept=None, slope=None, score=nothing, value=nothing, status=status, reason=reason)


def _rows(fit: Recalibration) -> Iterator[dict[str, Any]]:
    knots: Sequence[tuple[float | None, float | None]] = [*zip(fit.score.tolist(), fit.value.tolist(), strict=True)]
    for number, (score, value) in enumerate(knots or [(None, None)]):
        yield {
            "method": fit.method,
            "knot": number,
            "intercept": fit.intercept,
            "slope": fit.slope,
            "score": score,
            "value": value,
            "n_positive": fit.n_positive,
            "n_negative": fit.n_negative,
            "status": fit.status.value,
            "reason": fit.reason,
        }
