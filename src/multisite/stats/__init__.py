"""Estimators: arrays and counts in, frozen results out.

Belongs here: one pure function per statistic, each with its interval, its undefined cases and its source.
Does not belong: frames, files, strata, or the choice of which statistic a study reports. NumPy and SciPy
(and, where they are right and fast, statsmodels and scikit-learn) are the only imports; every room from
``tallies`` upwards may import it.
"""

from multisite.stats.area_from_levels import AreaFromLevels, area_from_levels
from multisite.stats.association import Association, association, holm
from multisite.stats.auc import AucMethod, auc, auc_by_segment
from multisite.stats.binning import equal_width_cell
from multisite.stats.brier import brier
from multisite.stats.calibration_bins import (
    CalibrationError,
    PerfectCalibration,
    Reliability,
    expected_calibration_error,
    perfect_calibration,
    reliability,
)
from multisite.stats.calibration_line import CalibrationLine, calibration_line
from multisite.stats.cross_fitting import cross_fitted_encoding, cross_fitted_scores, patient_folds
from multisite.stats.detail_correlation import detail_correlations
from multisite.stats.difference import independent_difference
from multisite.stats.estimate import CountArray, Estimate, FloatArray, IntegerArray, ScoreEstimate
from multisite.stats.groups_told import GroupsTold, groups_told
from multisite.stats.label_order import BooleanArray, RankSum, Runs, rank_sum_test, runs_test
from multisite.stats.learnt_elsewhere import LevelCounts, learnt_elsewhere, level_shares
from multisite.stats.observed_expected import observed_expected
from multisite.stats.proportions import ClusterMoments, ProportionEstimate, clustered_proportion, proportion
from multisite.stats.quantile_levels import quantile_levels
from multisite.stats.removal import RemovalDifference, auc_without, proportion_without
from multisite.stats.score_by_level import ScoreByLevel, score_by_level
from multisite.stats.score_counts import ScoreCounts, SegmentedScoreCounts
from multisite.stats.score_shift import ScoreShift, score_shift
from multisite.stats.standardised_difference import (
    StandardisedDifference,
    standardised_difference,
    standardised_difference_to,
)
from multisite.stats.within_groups import auc_within_groups

__all__ = [
    "AreaFromLevels",
    "Association",
    "AucMethod",
    "BooleanArray",
    "CalibrationError",
    "CalibrationLine",
    "ClusterMoments",
    "CountArray",
    "Estimate",
    "FloatArray",
    "GroupsTold",
    "IntegerArray",
    "LevelCounts",
    "PerfectCalibration",
    "ProportionEstimate",
    "RankSum",
    "Reliability",
    "RemovalDifference",
    "Runs",
    "ScoreByLevel",
    "ScoreCounts",
    "ScoreEstimate",
    "ScoreShift",
    "SegmentedScoreCounts",
    "StandardisedDifference",
    "area_from_levels",
    "association",
    "auc",
    "auc_by_segment",
    "auc_within_groups",
    "auc_without",
    "brier",
    "calibration_line",
    "clustered_proportion",
    "cross_fitted_encoding",
    "cross_fitted_scores",
    "detail_correlations",
    "equal_width_cell",
    "expected_calibration_error",
    "groups_told",
    "holm",
    "independent_difference",
    "learnt_elsewhere",
    "level_shares",
    "observed_expected",
    "patient_folds",
    "perfect_calibration",
    "proportion",
    "proportion_without",
    "quantile_levels",
    "rank_sum_test",
    "reliability",
    "runs_test",
    "score_by_level",
    "score_shift",
    "standardised_difference",
    "standardised_difference_to",
]
