"""Dependence: whether a label, a score or a split goes with how and where a case was acquired."""

from multisite.stats.dependence.area_from_levels import AreaFromLevels, area_from_levels
from multisite.stats.dependence.association import Association, association
from multisite.stats.dependence.cross_fitting import cross_fitted_encoding, cross_fitted_scores, patient_folds
from multisite.stats.dependence.detail_correlation import detail_correlations
from multisite.stats.dependence.groups_told import GroupsTold, groups_told
from multisite.stats.dependence.label_order import RankSum, Runs, rank_sum_test, runs_test
from multisite.stats.dependence.learnt_elsewhere import LevelCounts, learnt_elsewhere, level_shares
from multisite.stats.dependence.quantile_levels import quantile_levels
from multisite.stats.dependence.score_by_level import ScoreByLevel, score_by_level
from multisite.stats.dependence.score_shift import ScoreShift, score_shift

__all__ = [
    "AreaFromLevels",
    "Association",
    "GroupsTold",
    "LevelCounts",
    "RankSum",
    "Runs",
    "ScoreByLevel",
    "ScoreShift",
    "area_from_levels",
    "association",
    "cross_fitted_encoding",
    "cross_fitted_scores",
    "detail_correlations",
    "groups_told",
    "learnt_elsewhere",
    "level_shares",
    "patient_folds",
    "quantile_levels",
    "rank_sum_test",
    "runs_test",
    "score_by_level",
    "score_shift",
]
