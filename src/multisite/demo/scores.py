"""Truth and scores of a model that is calibrated by construction, and the ways in which the demo spoils it.

For a case with prior probability π the latent evidence is z ~ N(±d/2, 1), plus for a case with the finding, and the
score is p = logistic(logit π + d·z). Then P(finding | p) = p exactly, the AUC is Φ(d/√2), and a smaller d weakens the
discrimination while the scores stay calibrated.

Draws are stratified: within a group of cases the share of the finding is π, and z takes the evenly spaced quantiles of
its distribution in an order that carries the patients' effect. A small cohort therefore shows what was planted and
little else, whatever the seed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtri

from multisite.demo.plan import THRESHOLD

__all__ = [
    "SEPARATION",
    "SOFTWARE_SHIFT",
    "STRETCH",
    "WEAK_SEPARATION",
    "Evidence",
    "draw_evidence",
    "even_ranks",
    "scores_of",
]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

SEPARATION = 2.2
"""d on most equipment: AUC 0.94, sensitivity about 0.86 at a threshold that equals the prevalence."""

WEAK_SEPARATION = 1.17
"""d on the weak vendor's equipment: sensitivity about 15 points lower, scores still calibrated."""

STRETCH = 1.8
"""Factor on the logit about the threshold at the miscalibrated site: calibration slope 1/1.8, same sensitivity."""

SOFTWARE_SHIFT = 2.0
"""Added to the logit by the software change."""

_PATIENT_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Evidence:
    """Per case, shape (n_cases,): whether the finding is there, and the logit of the calibrated score."""

    truth: Booleans
    logits: Floats


def even_ranks(values: Floats, rng: np.random.Generator) -> Floats:
    """Evenly spaced numbers in (0, 1) in the order of ``values``: one in each of n cells of equal width."""
    ranks = np.empty(values.size)
    ranks[np.argsort(values, kind="stable")] = np.arange(values.size)
    return (ranks + rng.uniform(0.001, 0.999, values.size)) / max(values.size, 1)


def draw_evidence(
    rng: np.random.Generator, *, patient: Integers, prior: Floats, weak: Booleans, group: Integers
) -> Evidence:
    """Truth and evidence of cases whose patients are numbered by ``patient``; cases of one patient resemble each other.

    Parameters
    ----------
    patient, prior, weak, group
        Shape (n_cases,): number of the patient from 0, π, whether the equipment is the weak vendor's, and the group
        within which draws are stratified; π and ``weak`` are constant within a group.
    """
    n = patient.size
    effects = rng.standard_normal((2, int(patient.max(initial=-1)) + 1))
    noise = rng.standard_normal((2, n))
    mixed = _PATIENT_SHARE * effects[:, patient] + np.sqrt(1 - _PATIENT_SHARE**2) * noise
    truth = np.zeros(n, dtype=bool)
    latent = np.zeros(n)
    separation = np.where(weak, WEAK_SEPARATION, SEPARATION)
    for number in np.unique(group):
        members = np.flatnonzero(group == number)
        with_finding = int(prior[members[0]] * members.size + rng.random())
        truth[members[np.argsort(-mixed[0, members], kind="stable")[:with_finding]]] = True
        for present in (False, True):
            cases = members[truth[members] == present]
            sign = 0.5 if present else -0.5
            latent[cases] = ndtri(even_ranks(mixed[1, cases], rng)) + sign * separation[cases]
    return Evidence(truth, logit(prior) + separation * latent)


def scores_of(logits: Floats, *, stretch: float = 1.0, shift: Floats | float = 0.0) -> Floats:
    """Scores in (0, 1), six decimals: ``stretch`` is about the operating threshold, ``shift`` is added to the logit."""
    middle = logit(THRESHOLD)
    scores = np.asarray(expit(middle + stretch * (logits - middle) + shift), dtype=np.float64)
    return scores.clip(1e-6, 1 - 1e-6).round(6)
