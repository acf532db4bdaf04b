"""Accuracy against labels that are sometimes wrong: what it would be against the truth, and between which bounds."""

from multisite.stats.imperfect_reference.apparent import ApparentAccuracy, apparent_accuracy
from multisite.stats.imperfect_reference.area_bounds import auc_bounds
from multisite.stats.imperfect_reference.bounds import AccuracyBounds, Bounds, accuracy_bounds
from multisite.stats.imperfect_reference.corrected import (
    CorrectedAccuracy,
    corrected_accuracy,
    corrected_auc,
    corrected_prevalence,
)
from multisite.stats.imperfect_reference.labeller import LabelErrors, LabellerValidation

__all__ = [
    "AccuracyBounds",
    "ApparentAccuracy",
    "Bounds",
    "CorrectedAccuracy",
    "LabelErrors",
    "LabellerValidation",
    "accuracy_bounds",
    "apparent_accuracy",
    "auc_bounds",
    "corrected_accuracy",
    "corrected_auc",
    "corrected_prevalence",
]
