"""AUC, calibration line, O:E and Brier score of one segment, with intervals that count patients."""

from dataclasses import dataclass

import numpy as np

from multisite.stats.calibration.calibration_line import CalibrationLine
from multisite.stats.calibration.clustered_cases import ClusteredScoreEstimate
from multisite.stats.calibration.clustered_line import line_between_patients, ratio_between_patients, sandwich
from multisite.stats.calibration.patient_interval import PatientInterval
from multisite.stats.clusters.patient_products import PatientProducts
from multisite.stats.clusters.score_influence import ScoreInfluence
from multisite.stats.discrimination.clustered_auc import AreaSums, ClusteredAuc, clustered_auc_of_sums
from multisite.stats.estimate import FloatArray, ScoreEstimate

__all__ = ["ClusteredScores", "clustered_scores"]

_BRIER = "linearised by patient, t"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ClusteredScores:
    """The same estimates as for independent cases; intervals and standard errors are between patients."""

    auc: ClusteredAuc
    line: CalibrationLine
    observed_expected: ClusteredScoreEstimate
    brier: ClusteredScoreEstimate


def clustered_scores(
    *,
    auc: ScoreEstimate,
    line: CalibrationLine,
    observed_expected: ScoreEstimate,
    brier: ScoreEstimate,
    influence: ScoreInfluence,
    patients: PatientProducts,
    level: float = 0.95,
) -> ClusteredScores:
    """The intervals of four statistics from one matrix of sums over K patients.

    The area has Obuchowski's variance as in :func:`clustered_auc`, the line the sandwich by patient of
    :func:`clustered_calibration_line`, O:E the linearised ratio of :func:`clustered_observed_expected`. The Brier score
    is mean ± t·SE, cut to [0, 1], with SE² = K/(K − 1) Σₖ (Σ(e − B)/n)² over the cases of each patient and Student's
    quantile on K − 1 degrees of freedom; with a patient per case it is that of :func:`brier` but for the quantile.

    Parameters
    ----------
    auc, line, observed_expected, brier
        Estimates that take the cases as independent.
    influence, patients
        Of the same cases, by :func:`score_influence` and :func:`patient_products`.
    level
        Confidence level in (0, 1).

    Undefined cases
    ---------------
    As for the four functions named. One patient, or no variance between patients: the estimate stands without an
    interval, status ``insufficient``.

    References
    ----------
    Obuchowski NA. Biometrics 1997;53:567-578. doi:10.2307/2533958
    Liang KY, Zeger SL. Biometrika 1986;73:13-22. doi:10.1093/biomet/73.1.13
    """
    k = patients.n_patients
    between = patients.products * (k / max(k - 1, 1))
    products = patients.products
    shift = None
    if influence.information_in_the_large is not None:
        shift = sandwich(np.array([[influence.information_in_the_large]]), between[4:5, 4:5])
    return ClusteredScores(
        auc=clustered_auc_of_sums(
            auc,
            AreaSums(
                squares_positive=float(products[0, 0]),
                squares_negative=float(products[1, 1]),
                products=float(products[0, 1]),
                n_patients=k,
                n_patients_positive=patients.n_patients_positive,
                n_patients_negative=patients.n_patients_negative,
            ),
            level=level,
        ),
        line=line_between_patients(
            line, joint=_joint(influence.information, between), shift=shift, n_patients=k, level=level
        ),
        observed_expected=ratio_between_patients(
            observed_expected,
            variance=float(between[5, 5]) if observed_expected.estimate else None,
            n_patients=k,
            level=level,
        ),
        brier=PatientInterval(k, level).with_variance(
            brier, None if brier.estimate is None else float(between[6, 6]), _BRIER, bounds=(0.0, 1.0)
        ),
    )


def _joint(information: FloatArray | None, between: FloatArray) -> FloatArray | None:
    return None if information is None else sandwich(information, between[2:4, 2:4])
