"""How much two different categories agree: weights from 0 to 1."""

from collections.abc import Sequence
from numbers import Real
from typing import Any, Literal, TypeAlias

import numpy as np

from multisite.stats.estimate import FloatArray

__all__ = ["AgreementWeights", "agreement_weights", "require_order"]

AgreementWeights: TypeAlias = Literal["unweighted", "linear", "quadratic", "ordinal"] | FloatArray

_SCHEMES = ("unweighted", "linear", "quadratic", "ordinal")


def agreement_weights(weights: AgreementWeights, n_categories: int) -> tuple[str, FloatArray]:
    """The name and the matrix of agreement weights of q categories in their order, shape (q, q).

    With d = |i − j|: ``unweighted`` is 1 where d = 0, else 0; ``linear`` is 1 − d/(q − 1); ``quadratic``
    1 − d²/(q − 1)²; ``ordinal`` (Gwet) 1 − d(d + 1)/(q(q − 1)). Categories count by their place in the order, not by
    their value. A matrix of one's own must be symmetric, with 1 on the diagonal and all weights in [0, 1].

    Raises
    ------
    ValueError
        If the scheme is unknown or the matrix is not such a matrix.

    References
    ----------
    Cohen J. Psychol Bull 1968;70:213-220. doi:10.1037/h0026256
    Gwet KL. Handbook of Inter-Rater Reliability, 4th ed. 2014 (ordinal weights)
    """
    if isinstance(weights, str):
        if weights not in _SCHEMES:
            raise ValueError(f"`weights` must be one of {', '.join(_SCHEMES)}, or a matrix.")
        return weights, _scheme(weights, n_categories)
    matrix = np.asarray(weights)
    if matrix.shape != (n_categories, n_categories) or matrix.dtype.kind not in "iufb":
        raise ValueError("`weights` must be a square matrix with a row for each category.")
    matrix = matrix.astype(np.float64)
    if not ((matrix >= 0.0) & (matrix <= 1.0)).all():
        raise ValueError("`weights` must lie from 0 to 1.")
    if not (np.diag(matrix) == 1.0).all() or not np.allclose(matrix, matrix.T, rtol=0.0, atol=1e-12):
        raise ValueError("`weights` must be symmetric, with 1 on the diagonal.")
    return "given weights", matrix


def require_order(categories: Sequence[Any], weights: AgreementWeights) -> None:
    """Refuse to weigh by an order that nobody gave: that of numbers is plain, that of texts is the alphabet's.

    Raises
    ------
    ValueError
        If the weights depend on the order of categories that were found, and are not numbers.
    """
    if isinstance(weights, str) and weights == "unweighted":
        return
    if not all(isinstance(category, Real) for category in categories):
        raise ValueError("`categories` must be given, in their order, for `weights` of ratings that are no numbers.")


def _scheme(weights: str, q: int) -> FloatArray:
    place = np.arange(q, dtype=np.float64)
    distance = np.abs(place[:, None] - place[None, :])
    if weights == "unweighted" or q < 2:
        return np.eye(q)
    if weights == "linear":
        return 1.0 - distance / (q - 1)
    if weights == "quadratic":
        return 1.0 - distance**2 / (q - 1) ** 2
    return 1.0 - distance * (distance + 1.0) / (q * (q - 1))
