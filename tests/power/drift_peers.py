"""What others would say of the same months: Evidently's defaults, and a chart of mean ± 3 standard deviations.

Evidently itself is slow, so its default methods are done again here, on columns as arrays; the tests compare each with
the library's. Both see what the project's rule sees: the first study of each patient in a month, on the same columns.
"""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from tests.power.drift_site import FINDINGS, THRESHOLDS, Studies

__all__ = ["LABEL_MONTHS", "Columns", "ThreeSigma", "columns_of", "drifted_by_evidently", "evidently_default"]

Floats = npt.NDArray[np.float64]
Values = npt.NDArray[np.float64] | npt.NDArray[np.int64]
Columns = Mapping[str, Values]

_LARGE, _DISTANCE, _LEVEL = 1000, 0.1, 0.05
_CHUNKS = 10
LABEL_MONTHS = 3
"""After how many months a label is known."""

_FEW_VALUES = 5
"""Of numbers with so many distinct values or fewer, Evidently takes each value for a category."""


def columns_of(studies: Studies, *, months: int) -> tuple[Columns, list[Columns]]:
    """Columns of the validated studies, and of each month: numbers with NaN, positions of categories with -1.

    Beside what is watched of the images stand score and alert of each finding, and, of studies with the finding,
    whether the model found it (``number_found_<finding>``), which is known ``LABEL_MONTHS`` later.
    """
    held: dict[str, Values] = {f"number_{name}": values for name, values in studies.numbers.items()}
    held |= {f"category_{name}": codes for name, codes in studies.categories.items()}
    for finding in FINDINGS:
        score = special.expit(studies.latent[finding])
        score[(studies.outcome > 0) | studies.unscored] = np.nan
        known, alert = np.isfinite(score), score >= THRESHOLDS[finding]
        held[f"number_score_{finding}_ai"] = score
        held[f"category_alert_{finding}_ai"] = np.where(known, alert, -1).astype(np.int64)
        held[f"number_found_{finding}"] = np.where(known & studies.positive[finding], alert.astype(np.float64), np.nan)
    # Months follow one another in the arrays, so that a month is a slice.
    ends = np.searchsorted(studies.month, np.arange(months + 1))
    cut = [{name: values[start:end] for name, values in held.items()} for start, end in pairwise(ends)]
    return {name: values[: ends[0]] for name, values in held.items()}, cut


def evidently_default(reference: Values, month: Values) -> tuple[float, bool]:
    """Evidently's statistic (0.7, defaults) of a column and whether it calls that drift; missing values are dropped.

    NaN and no drift where a side has no value: there the library stops.
    """
    is_number = reference.dtype.kind == "f"
    before, now = _known(reference), _known(month)
    if before.size == 0 or now.size == 0:
        return float("nan"), False
    values = np.unique(np.concatenate([before, now]))
    if is_number and values.size > _FEW_VALUES:
        if before.size <= _LARGE:
            p = float(stats.ks_2samp(before, now).pvalue)
            return p, p <= _LEVEL
        distance = float(stats.wasserstein_distance(before, now) / max(float(np.std(before)), 0.001))
        return distance, distance >= _DISTANCE
    x, y = (_counts(side, values) for side in (before, now))
    if before.size > _LARGE:
        distance = _jensen_shannon(x / x.sum(), y / y.sum())
        return distance, distance >= _DISTANCE
    if values.size > 2:
        with np.errstate(divide="ignore", invalid="ignore"):
            p = float(stats.chi2.sf(np.sum((y - x * y.sum() / x.sum()) ** 2 / (x * y.sum() / x.sum())), x.size - 1))
        return p, p < _LEVEL
    p = _two_shares(x, y) if values.size > 1 else 1.0
    return p, p < _LEVEL


def drifted_by_evidently(reference: Columns, month: Columns) -> dict[str, bool]:
    """Which columns have drifted, by Evidently's defaults."""
    return {name: evidently_default(held, month[name])[1] for name, held in reference.items()}


class ThreeSigma:
    """A chart of each column: mean of ten chunks of the reference in order of time, ± 3 of their standard deviations.

    What is charted is the mean of a number, the Jensen-Shannon distance of a category's shares from the whole
    reference, and, for both, the share without a value.
    """

    def __init__(self, reference: Columns) -> None:
        self._values = {name: np.unique(_known(held)) for name, held in reference.items()}
        self._shares = {
            name: _counts(_known(held), self._values[name]) / max(1, _known(held).size)
            for name, held in reference.items()
        }
        chunks: dict[str, list[tuple[float, float]]] = {
            name: [self._charted(name, chunk) for chunk in np.array_split(held, _CHUNKS)]
            for name, held in reference.items()
        }
        self._limits = {}
        for name, found in chunks.items():
            charted = np.array(found)
            self._limits[name] = (charted.mean(axis=0), 3 * charted.std(axis=0))

    def alarms(self, month: Columns) -> dict[str, bool]:
        """Which columns are beyond their limits, by ``<column>``, and ``missing <column>`` for the share without."""
        found = {}
        for name, (mean, width) in self._limits.items():
            beyond = np.abs(np.array(self._charted(name, month[name])) - mean) > width
            found[name], found[f"missing {name}"] = bool(beyond[0]), bool(beyond[1])
        return found

    def _charted(self, name: str, held: Values) -> tuple[float, float]:
        known = _known(held)
        if held.size == 0:
            return float("nan"), float("nan")
        missing = 1 - known.size / held.size
        if known.size == 0:
            return float("nan"), missing
        if held.dtype.kind == "f":
            return float(np.mean(known.astype(np.float64))), missing
        values = np.unique(np.concatenate([self._values[name], known]))
        usual = np.zeros(values.size)
        usual[np.searchsorted(values, self._values[name])] = self._shares[name]
        return _jensen_shannon(usual, _counts(known, values) / known.size), missing


def _known(values: Values) -> Values:
    return values[np.isfinite(values)] if values.dtype.kind == "f" else values[values >= 0]


def _counts(held: Values, values: Values) -> Floats:
    return np.bincount(np.searchsorted(values, held), minlength=values.size).astype(np.float64)


def _jensen_shannon(p: Floats, q: Floats) -> float:
    middle = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.where(p > 0, p * np.log(p / middle), 0.0).sum()
        right = np.where(q > 0, q * np.log(q / middle), 0.0).sum()
    return float(np.sqrt(max(0.0, (left + right) / 2)))


def _two_shares(x: Floats, y: Floats) -> float:
    n, m = x.sum(), y.sum()
    p = (x[1] + y[1]) / (n + m)
    z = (x[1] / n - y[1] / m) / np.sqrt(p * (1 - p) * (1 / n + 1 / m))
    return float(2 * stats.norm.sf(abs(z)))
