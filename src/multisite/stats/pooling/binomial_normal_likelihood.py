"""The likelihood of a binomial law within sites and a normal one between them, by quadrature fitted to each site."""

import math

import numpy as np
from scipy import optimize, special

from multisite.stats.estimate import CountArray, FloatArray

__all__ = ["BinomialNormalLikelihood"]

_PEAK_STEPS = 100
_FARTHEST_MEAN = 40.0
_LARGEST_VARIANCE = 400.0
_NO_VARIANCE = 1e-9
_STARTS = (0.05, 1.0)

_FALL = 40.0
"""Nodes reach to where the logarithm of the integrand lies so far below its peak."""

_FARTHEST_NODE = math.sqrt(2.0 * _FALL)
"""The normal density alone falls so far within this distance."""


class BinomialNormalLikelihood:
    """ℓ(μ, τ²) = Σ ln ∫ Binomial(y; n, 1/(1 + exp(−μ − τu))) φ(u) du of ``events`` among ``cases``, n > 0.

    Written out here because statsmodels has no binomial mixed model by maximum likelihood.
    """

    def __init__(self, events: CountArray, cases: CountArray) -> None:
        self._y, self._n = events.astype(np.float64), cases.astype(np.float64)
        self._constant = float(
            (special.gammaln(self._n + 1) - special.gammaln(self._y + 1) - special.gammaln(self._n - self._y + 1)).sum()
        )
        self._logit = np.log((self._y + 0.5) / (self._n - self._y + 0.5))
        self._precision = 1.0 / (1.0 / (self._y + 0.5) + 1.0 / (self._n - self._y + 0.5))

    def value(self, mean: float, variance: float) -> float:
        """ℓ(μ, τ²)."""
        return self._with_slopes(mean, variance)[0]

    def maximum(self) -> tuple[float, float, float]:
        """μ̂, τ̂ and ℓ at its highest."""
        pooled = float(special.logit(self._y.sum() / self._n.sum()))
        best: tuple[float, float, float] | None = None
        for start in _STARTS:
            found = optimize.minimize(
                self._negative,
                np.array([pooled, start]),
                jac=True,
                method="L-BFGS-B",
                bounds=[(-_FARTHEST_MEAN, _FARTHEST_MEAN), (0.0, _LARGEST_VARIANCE)],
                options={"maxiter": 200, "ftol": 1e-14, "gtol": 1e-8},
            )
            if best is None or -float(found.fun) > best[2]:
                best = float(found.x[0]), float(found.x[1]), -float(found.fun)
        assert best is not None
        without = self.value(pooled, 0.0)
        if without >= best[2] - 1e-10:
            return pooled, 0.0, without
        return best[0], math.sqrt(best[1]), best[2]

    def profile(self, mean: float, start: float) -> tuple[float, float]:
        """The highest ℓ(μ, τ²) over τ² at this μ, and that τ²."""
        # A bracketed root takes half the time of a general minimiser, and the interval looks for some thirty of them.

        def slope(variance: float) -> float:
            return self._with_slopes(mean, variance)[2]

        if slope(0.0) <= 0.0:
            return self.value(mean, 0.0), 0.0
        high = min(max(2.0 * start, 0.05), _LARGEST_VARIANCE)
        while slope(high) > 0.0:
            if high >= _LARGEST_VARIANCE:
                return self.value(mean, high), high
            high = min(4.0 * high, _LARGEST_VARIANCE)
        # The likelihood is flat about its maximum, so that four digits of the place give eight of the height.
        variance = float(optimize.brentq(slope, 0.0, high, xtol=1e-6, rtol=1e-4))
        return self.value(mean, variance), variance

    def end(self, mean: float, highest: float, quantile: float, step: float) -> float | None:
        """The μ beyond μ̂ = ``mean``, towards ``step``, where √(2(ℓ̂ − profile)) is ``quantile``; None if nowhere."""
        variance = 0.1

        def missing(at: float) -> float:
            # The root of the fall is nearly linear in μ, which halves the search.
            nonlocal variance
            value, variance = self.profile(at, variance)
            return quantile - math.sqrt(max(0.0, 2.0 * (highest - value)))

        inside, outside = mean, mean + step * 0.5
        while missing(outside) > 0.0:
            inside, outside = outside, mean + 2.0 * (outside - mean)
            if abs(outside) > _FARTHEST_MEAN:
                return None
        return float(optimize.brentq(missing, inside, outside, xtol=1e-5, rtol=1e-8))

    def mean_proportion(self, mean: float, tau: float) -> float:
        """∫ 1/(1 + exp(−μ − τu)) φ(u) du."""
        u = np.linspace(-_FARTHEST_NODE, _FARTHEST_NODE, _n_nodes(2.0 * _FARTHEST_NODE, 1.0, tau))
        weights = np.exp(-0.5 * u * u)
        return float(weights @ special.expit(mean + tau * u)) / float(weights.sum())

    def _negative(self, at: FloatArray) -> tuple[float, FloatArray]:
        value, slope_mean, slope_variance = self._with_slopes(float(at[0]), float(at[1]))
        return -value, -np.array([slope_mean, slope_variance])

    def _with_slopes(self, mean: float, variance: float) -> tuple[float, float, float]:
        if variance < _NO_VARIANCE:
            p = special.expit(mean)
            value = float((self._y * mean - self._n * np.logaddexp(0.0, mean)).sum())
            residual = self._y - self._n * p
            # The derivative in τ² has this limit at 0, where that in τ vanishes.
            bend = float((residual * residual - self._n * p * (1.0 - p)).sum()) / 2.0
            return self._constant + value + variance * bend, float(residual.sum()), bend
        tau = math.sqrt(variance)
        u, step = self._nodes(mean, tau)
        logit = mean + tau * u
        height = self._log_integrand(u, mean, tau)
        top = height.max(axis=1)
        share = np.exp(height - top[:, np.newaxis])
        total = share.sum(axis=1)
        value = float((top + np.log(total) + np.log(step)).sum()) - 0.5 * self._y.size * math.log(2.0 * math.pi)
        residual = self._y[:, np.newaxis] - self._n[:, np.newaxis] * special.expit(logit)
        expected = (share * residual).sum(axis=1) / total
        tilted = (share * residual * u).sum(axis=1) / total
        return self._constant + value, float(expected.sum()), float(tilted.sum()) / (2.0 * tau)

    def _log_integrand(self, u: FloatArray, mean: float, tau: float) -> FloatArray:
        """At nodes of shape ``(n_sites, n_nodes)``, less what does not depend on them."""
        logit = mean + tau * u
        height: FloatArray = self._y[:, np.newaxis] * logit - self._n[:, np.newaxis] * np.logaddexp(0.0, logit)
        return height - 0.5 * u * u

    def _nodes(self, mean: float, tau: float) -> tuple[FloatArray, FloatArray]:
        """Nodes of the trapezoidal rule for each site, equally far apart, and how far.

        The integrand is smooth and dies off at both ends, where this rule converges exponentially; Gauss and Hermite's
        would need it to be nearly normal, and with a large τ it is a normal curve cut off by a step.
        """
        peak, width = self._peaks(mean, tau)
        below = self._log_integrand(peak[:, np.newaxis], mean, tau) - _FALL
        reach = np.tile(np.minimum(6.0 * width, _FARTHEST_NODE)[:, np.newaxis], 2)
        side = np.array([-1.0, 1.0])
        while True:
            short = self._log_integrand(peak[:, np.newaxis] + side * reach, mean, tau) > below
            if not (short & (reach < _FARTHEST_NODE)).any():
                break
            reach = np.where(short, np.minimum(1.5 * reach, _FARTHEST_NODE), reach)
        low, high = peak - reach[:, 0], peak + reach[:, 1]
        n_nodes = max(_n_nodes(float(span), float(narrow), tau) for span, narrow in zip(high - low, width, strict=True))
        return np.linspace(low, high, n_nodes, axis=1), (high - low) / (n_nodes - 1)

    def _peaks(self, mean: float, tau: float) -> tuple[FloatArray, FloatArray]:
        """Where each site's integrand is highest, and its width there. It is log-concave: there is one peak."""
        # The slope of its logarithm, τ(y − np) − u, changes its sign between these two.
        low, high = -tau * (self._n - self._y), tau * self._y
        u = (self._logit - mean) / tau * (tau * tau * self._precision / (1.0 + tau * tau * self._precision))
        u = np.clip(u, low, high)
        last = high - low
        for _ in range(_PEAK_STEPS):
            p = special.expit(mean + tau * u)
            slope, bend = tau * (self._y - self._n * p) - u, tau * tau * self._n * p * (1.0 - p) + 1.0
            low, high = np.where(slope > 0.0, u, low), np.where(slope > 0.0, high, u)
            newton = u + slope / bend
            # Newton's step, or half of the bracket where that would leave it or does not at least halve the last one:
            # at the step of a large τ, Newton's alone goes to and fro.
            good = (newton >= low) & (newton <= high) & (np.abs(newton - u) <= 0.5 * last)
            new = np.where(good, newton, 0.5 * (low + high))
            last = np.abs(new - u)
            u = new
            # The nodes need not lie about the peak to the last digit.
            if (last * np.sqrt(bend)).max() < 1e-2:
                break
        p = special.expit(mean + tau * u)
        return u, 1.0 / np.sqrt(tau * tau * self._n * p * (1.0 - p) + 1.0)


def _n_nodes(span: float, width: float, tau: float) -> int:
    """Nodes over ``span`` no farther apart than half of a peak's ``width``, and 0.45 of a unit of the logit.

    Where no case of many has an event the likelihood is exp(−n eᶻ) of the logit z, and bounded within π/2 of the real
    axis only: the error of the rule is then about exp(−π²/0.45), 3·10⁻¹⁰, of the integral.
    """
    return math.ceil(span / min(0.5 * width, 0.45 / max(tau, 1e-9))) + 1
