"""The distances between scores and a smoothed curve, with bootstrap and null, whatever is resampled."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from multisite.stats.calibration.binning import equal_mass_cell
from multisite.stats.calibration.smoothing import LocalRegression, Surface, local_regression
from multisite.stats.estimate import CountArray, FloatArray, ScoreEstimate, normal_quantile
from multisite.stats.score_counts import ScoreCounts
from multisite.vocabulary import EstimateStatus

__all__ = [
    "BootstrapInterval",
    "IntegratedCalibration",
    "ScoreRows",
    "SmoothedError",
    "SmoothedErrorOptions",
    "Smoother",
    "integrated_calibration",
]

Smoother: TypeAlias = Literal["loess", "lowess"]
BootstrapInterval: TypeAlias = Literal["basic", "percentile"]

_USUAL: dict[Smoother, tuple[float, int, Surface]] = {
    "loess": (0.75, 2, "interpolate"),
    "lowess": (2 / 3, 1, "direct"),
}
_MOST_ROWS: dict[Surface, int] = {"interpolate": 16_384, "direct": 1_024}
_MOST_POINTS_AGAIN = 100
_NO_SPREAD = 1e-12
_NAMES = ("ici", "e50", "e90", "emax", "eci")
_HIGHEST = (1.0, 1.0, 1.0, 1.0, 100.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmoothedError(ScoreEstimate):
    """A distance between scores and curve, beside its mean and 95th percentile under perfect calibration."""

    null_mean: float | None = None
    null_95: float | None = None
    n_patients: int | None = None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class IntegratedCalibration:
    """Mean, median, 90th percentile and maximum over cases of the distance between score and curve.

    ``eci`` is the estimated calibration index of Van Hoorde et al., 100 times the mean of the squared distance.
    ``score`` and ``smoothed`` are the curve, shape ``(n_scores,)``; it may leave [0, 1] at its ends, and is not cut.
    """

    ici: SmoothedError
    e50: SmoothedError
    e90: SmoothedError
    emax: SmoothedError
    eci: SmoothedError
    score: FloatArray
    smoothed: FloatArray
    smoother: Smoother
    span: float
    degree: int
    surface: Surface


@dataclass(frozen=True, slots=True, eq=False)
class ScoreRows:
    """Distinct scores that hold a case, few enough for a matrix."""

    score: FloatArray
    positive: CountArray
    total: CountArray

    @classmethod
    def of(cls, counts: ScoreCounts, most_rows: int) -> tuple["ScoreRows", CountArray]:
        """The rows, and the row of each distinct score (without meaning where that holds no case)."""
        total = counts.n_positive + counts.n_negative
        held = total > 0
        row = np.maximum(np.cumsum(held) - 1, 0)
        if int(held.sum()) > most_rows:
            _, row = np.unique(equal_mass_cell(total, most_rows), return_inverse=True)
        size = int(row.max()) + 1 if held.any() else 0
        if not size:
            return cls(np.empty(0), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)), row
        cases = np.bincount(row, weights=total, minlength=size)
        score = (
            counts.score[held] if size == int(held.sum()) else np.bincount(row, weights=total * counts.score) / cases
        )
        positive = np.bincount(row, weights=counts.n_positive, minlength=size)
        return cls(score, positive.astype(np.int64), cases.astype(np.int64)), row

    def held(self) -> "ScoreRows":
        """The rows that hold a case."""
        kept = self.total > 0
        return ScoreRows(self.score[kept], self.positive[kept], self.total[kept])


@dataclass(frozen=True, slots=True)
class SmoothedErrorOptions:
    """How to smooth and how to resample.

    Raises
    ------
    ValueError
        If a name is unknown, or a number lies outside its range.
    """

    smoother: Smoother
    span: float | None
    surface: Surface | None
    n_replicates: int
    interval: BootstrapInterval
    level: float

    def __post_init__(self) -> None:
        normal_quantile(self.level)
        if self.smoother not in _USUAL:
            raise ValueError("`smoother` must be `loess` or `lowess`.")
        if self.interval not in ("basic", "percentile"):
            raise ValueError("`interval` must be `basic` or `percentile`.")
        if self.surface not in (None, "interpolate", "direct"):
            raise ValueError("`surface` must be `interpolate` or `direct`.")
        if self.span is not None and not 0.0 < self.span <= 1.0:
            raise ValueError("`span` must lie above 0 and at or below 1.")
        if self.n_replicates < 1:
            raise ValueError("`n_replicates` must be 1 or more.")

    @property
    def reach(self) -> float:
        """Share of the cases in reach."""
        return _USUAL[self.smoother][0] if self.span is None else self.span

    @property
    def degree(self) -> int:
        """Degree of the local polynomial."""
        return _USUAL[self.smoother][1]

    @property
    def fitted_at(self) -> Surface:
        """Where fits are made."""
        return self.surface or _USUAL[self.smoother][2]

    @property
    def most_rows(self) -> int:
        """Above so many distinct scores they are merged."""
        return _MOST_ROWS[self.fitted_at]

    @property
    def curve_named(self) -> str:
        """The smoother in words."""
        form = f"{self.smoother} of degree {self.degree} over {self.reach:.3g} of the cases, no iterations"
        return f"{form}, {'interpolated' if self.fitted_at == 'interpolate' else 'direct'}"

    def curve(self, rows: ScoreRows, most_points: int) -> LocalRegression:
        """The smoother of ``rows``."""
        return local_regression(
            rows.score,
            rows.total,
            span=self.reach,
            degree=self.degree,
            surface=self.fitted_at,
            most_points=most_points,
        )


def integrated_calibration(
    rows: ScoreRows,
    asked: SmoothedErrorOptions,
    rng: np.random.Generator | None,
    resampled: Callable[[ScoreRows, np.random.Generator], Iterator[ScoreRows]],
    *,
    n_patients: int | None,
) -> IntegratedCalibration:
    """The distances of ``rows``; ``resampled`` gives the bootstrap samples, of cases or of patients."""
    n, positives = int(rows.total.sum()), int(rows.positive.sum())
    smoothed, values, null, again = np.empty(0), None, None, None
    if n:
        smooth = asked.curve(rows, asked.most_rows)
        smoothed = smooth.fitted(rows.positive)
        values = _distances(smoothed, rows)
    obstacle = _obstacle(n, positives, n_patients)
    if n and rng is not None:
        drawn = (rng.binomial(rows.total, rows.score) for _ in range(asked.n_replicates))
        null = np.array([_distances(smooth.fitted(positive), rows) for positive in drawn])
        if obstacle is None:
            again = np.array([_fitted_anew(sample.held(), asked) for sample in resampled(rows, rng)])
    unit = "cases" if n_patients is None else "patients"
    method = f"{asked.interval} bootstrap of {unit}" if rng is not None else "none"

    def measure(column: int) -> SmoothedError:
        estimate = None if values is None else float(values[column])
        low, high, lack = None, None, obstacle
        if again is not None and np.ptp(again[:, column]) < _NO_SPREAD:
            lack = "every replicate has the same value, and there is no interval"
        elif again is not None and estimate is not None:
            low, high = _interval(estimate, again[:, column], asked, highest=_HIGHEST[column])
            # No bootstrap sample of a calibrated model has an error of zero; only the null can tell.
            if null is not None and estimate <= float(np.quantile(null[:, column], 0.5 + asked.level / 2.0)):
                low = 0.0
        thin = EstimateStatus.UNDEFINED if estimate is None else EstimateStatus.INSUFFICIENT
        lacks = estimate is None or (rng is not None and low is None)
        return SmoothedError(
            estimate=estimate,
            ci_low=low,
            ci_high=high,
            ci_level=asked.level if rng is not None else None,
            ci_method=f"{method}; {asked.curve_named}",
            n_cases=n,
            status=thin if lacks else EstimateStatus.OK,
            reason=lack if lacks else None,
            n_positive=positives,
            n_negative=n - positives,
            null_mean=None if null is None else float(null[:, column].mean()),
            null_95=None if null is None else float(np.quantile(null[:, column], 0.95)),
            n_patients=n_patients,
        )

    ici, e50, e90, emax, eci = (measure(column) for column in range(len(_NAMES)))
    return IntegratedCalibration(
        ici=ici,
        e50=e50,
        e90=e90,
        emax=emax,
        eci=eci,
        score=rows.score,
        smoothed=smoothed,
        smoother=asked.smoother,
        span=asked.reach,
        degree=asked.degree,
        surface=asked.fitted_at,
    )


def _obstacle(n: int, positives: int, n_patients: int | None) -> str | None:
    if n == 0:
        return "no case"
    if n == 1:
        return "one case, and no interval"
    if positives in (0, n):
        return f"no {'negative' if positives else 'positive'} case, and no interval"
    return "one patient, and no interval" if n_patients == 1 else None


def _fitted_anew(rows: ScoreRows, asked: SmoothedErrorOptions) -> FloatArray:
    smooth = asked.curve(rows, _MOST_POINTS_AGAIN)
    return _distances(smooth.fitted(rows.positive), rows)


def _distances(smoothed: FloatArray, rows: ScoreRows) -> FloatArray:
    gap = np.abs(smoothed - rows.score)
    order = np.argsort(gap, kind="stable")
    upto = np.cumsum(rows.total[order])
    n = int(upto[-1])
    found = [float((gap * rows.total).sum()) / n]
    for share in (0.5, 0.9):
        # Linear between the order statistics of the cases around rank (n − 1) · share, counted from 0.
        rank = (n - 1) * share
        below = int(rank)
        lower = gap[order[np.searchsorted(upto, below, side="right")]]
        upper = gap[order[np.searchsorted(upto, min(below + 1, n - 1), side="right")]]
        found.append(float(lower + (rank - below) * (upper - lower)))
    return np.array([*found, float(gap.max()), 100.0 * float((gap * gap * rows.total).sum()) / n])


def _interval(
    estimate: float, again: FloatArray, asked: SmoothedErrorOptions, *, highest: float
) -> tuple[float, float]:
    tail = (1.0 - asked.level) / 2.0
    low, high = (float(end) for end in np.quantile(again, [tail, 1.0 - tail]))
    if asked.interval == "basic":
        low, high = 2.0 * estimate - high, 2.0 * estimate - low
    # Where noise outweighs the distance, resampling may lie on one side of the estimate altogether.
    return max(0.0, min(low, estimate)), max(min(high, max(highest, estimate)), estimate)
