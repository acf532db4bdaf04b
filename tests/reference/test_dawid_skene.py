"""Latent classes: the anaesthetists of Dawid and Skene, and the likelihood maximised in another way.

Dawid AP, Skene AM, J R Stat Soc C 1979;28:20-28 (table 1: five anaesthetists, the first three times; tables 2 and 3).
"""

import numpy as np
import pytest
from scipy import optimize, special

from multisite.stats import dawid_skene
from multisite.vocabulary import EstimateStatus

OBSERVERS = [1, 1, 1, 2, 3, 4, 5]

ANAESTHETISTS = """
1111111 3334334 1122122 2223121 2223222 2223322 1222111 3333433 2222223 2322223 4444444 2223343 1111111 2223212
1211111 1112111 1111111 1111111 2222221 2221322 2222222 2222221 2223222 2212222 1111111 1111111 2322222 1111111
1111111 1121121 1111111 3333233 1111111 2222222 2223232 4334343 2212232 2323233 3333432 1111111 1111111 1212111
2322222 1211111 2222222
"""


def _anaesthetists() -> np.ndarray:
    return np.array([[int(digit) for digit in case] for case in ANAESTHETISTS.split()])


def test_the_anaesthetists_come_out_as_published() -> None:
    found = dawid_skene(_anaesthetists(), raters=OBSERVERS, smoothing=0.0, judge_identification=False)

    assert found.converged
    assert found.n_cases == 45
    assert found.n_ratings == 315
    assert found.prevalence.round(2).tolist() == [0.40, 0.42, 0.11, 0.07]
    # 45 patients do not determine 63 parameters, 42 of them inside their bounds.
    assert dawid_skene(_anaesthetists(), raters=OBSERVERS).status is EstimateStatus.UNDEFINED


def test_no_other_parameters_are_likelier_than_those_of_expectation_and_maximisation() -> None:
    rng = np.random.default_rng(5)
    truth = rng.random(150) < 0.3
    right = rng.random((150, 4)) < np.where(truth[:, None], [0.9, 0.8, 0.7, 0.6], [0.95, 0.9, 0.85, 0.8])
    ratings = np.where(right, truth[:, None], ~truth[:, None]).astype(float)
    ratings[rng.random(ratings.shape) < 0.2] = np.nan
    said, given = np.nan_to_num(ratings), ~np.isnan(ratings)

    def minus_log_likelihood(logits: np.ndarray) -> float:
        share, yes_if_so, yes_if_not = special.expit(logits[0]), special.expit(logits[1:5]), special.expit(logits[5:])
        of = [
            (given * (special.xlogy(said, p) + special.xlogy(1 - said, 1 - p))).sum(axis=1)
            for p in (yes_if_so, yes_if_not)
        ]
        return -float(np.logaddexp(np.log(share) + of[0], np.log1p(-share) + of[1]).sum())

    start = np.concatenate([[-0.5], np.full(4, 1.0), np.full(4, -1.0)])
    best = optimize.minimize(minus_log_likelihood, start, method="BFGS", options={"gtol": 1e-7})
    found = dawid_skene(ratings, smoothing=0.0)

    assert found.log_likelihood == pytest.approx(-best.fun, abs=1e-6)
    assert found.prevalence[1] == pytest.approx(special.expit(best.x[0]), abs=1e-4)
    sensitivities = [found.accuracy(rater, 1.0) for rater in range(4)]
    assert sensitivities == pytest.approx(special.expit(best.x[1:5]).tolist(), abs=1e-4)
