"""The interval of an estimate from its variance between patients."""

import math
from collections.abc import Callable

from scipy import special

from multisite.stats.calibration.clustered_cases import ClusteredScoreEstimate
from multisite.stats.estimate import ScoreEstimate, normal_quantile
from multisite.vocabulary import EstimateStatus

__all__ = ["PatientInterval"]


def _same(value: float) -> float:
    return value


class PatientInterval:
    """Turns an estimate for independent cases into one whose interval counts ``n_patients`` patients."""

    def __init__(self, n_patients: int, level: float) -> None:
        normal_quantile(level)
        self._n_patients, self._level = n_patients, level

    def with_variance(
        self,
        plain: ScoreEstimate,
        variance: float | None,
        method: str,
        *,
        scale: Callable[[float], float] = _same,
        back: Callable[[float], float] = _same,
        bounds: tuple[float, float] = (-math.inf, math.inf),
    ) -> ClusteredScoreEstimate:
        """Estimate ± t·√variance on ``scale``, then ``back`` and cut to ``bounds``; t has K − 1 degrees of freedom."""
        if plain.estimate is None or variance is None:
            return self.without_interval(plain, method, plain.reason)
        if self._n_patients < 2:
            return self.without_interval(plain, method, "one patient: there is no variance between patients")
        error = math.sqrt(max(0.0, variance))
        # Residuals that cancel within every patient leave a rounding error of their sum.
        if error <= 1e-12:
            return self.without_interval(plain, method, "no variance between patients, and no interval")
        t = float(special.stdtrit(self._n_patients - 1, 0.5 + self._level / 2.0))
        middle = scale(plain.estimate)
        return ClusteredScoreEstimate(
            estimate=plain.estimate,
            ci_low=max(bounds[0], back(middle - t * error)),
            ci_high=min(bounds[1], back(middle + t * error)),
            ci_level=self._level,
            ci_method=method,
            reason=plain.reason,
            standard_error=error,
            n_cases=plain.n_cases,
            n_positive=plain.n_positive,
            n_negative=plain.n_negative,
            n_patients=self._n_patients,
        )

    def without_interval(self, plain: ScoreEstimate, method: str, reason: str | None) -> ClusteredScoreEstimate:
        """The estimate alone, or that it is undefined, with the reason."""
        defined = plain.estimate is not None
        return ClusteredScoreEstimate(
            estimate=plain.estimate,
            ci_low=None,
            ci_high=None,
            ci_level=self._level,
            ci_method=method,
            status=EstimateStatus.INSUFFICIENT if defined else EstimateStatus.UNDEFINED,
            reason=reason,
            n_cases=plain.n_cases,
            n_positive=plain.n_positive,
            n_negative=plain.n_negative,
            n_patients=self._n_patients,
        )
