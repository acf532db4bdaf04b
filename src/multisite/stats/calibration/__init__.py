"""Calibration: whether scores are the probabilities that they look like."""

from multisite.stats.calibration.binning import Binning, ClosedSide, Quantiles, equal_mass_cell, equal_width_cell
from multisite.stats.calibration.brier import brier
from multisite.stats.calibration.brier_decomposition import BrierDecomposition, Debiasing, brier_decomposition
from multisite.stats.calibration.calibration_error import (
    CalibrationError,
    SquaredCalibrationError,
    expected_calibration_error,
    squared_calibration_error,
)
from multisite.stats.calibration.calibration_line import CalibrationLine, ExtremeScores, calibration_line
from multisite.stats.calibration.clustered_cases import ClusteredScoreEstimate
from multisite.stats.calibration.clustered_line import clustered_calibration_line, clustered_observed_expected
from multisite.stats.calibration.corp import CorpReliability, corp_reliability
from multisite.stats.calibration.fit_tests import CalibrationTest, HosmerLemeshow, hosmer_lemeshow, spiegelhalter_z
from multisite.stats.calibration.integrated_calibration_index import (
    clustered_integrated_calibration_index,
    integrated_calibration_index,
)
from multisite.stats.calibration.line_test import calibration_line_test
from multisite.stats.calibration.logistic_fit import Line
from multisite.stats.calibration.observed_expected import observed_expected
from multisite.stats.calibration.perfect_calibration import PerfectCalibration, perfect_calibration
from multisite.stats.calibration.prevalence_shift import PrevalenceShift, prevalence_shift
from multisite.stats.calibration.recalibration import (
    Recalibration,
    RecalibrationMethod,
    brier_fall_of_counts,
    fit_recalibration,
    recalibrated_counts,
)
from multisite.stats.calibration.reliability import Reliability, reliability
from multisite.stats.calibration.scaled_brier import scaled_brier
from multisite.stats.calibration.smoothed_error import (
    BootstrapInterval,
    IntegratedCalibration,
    SmoothedError,
    Smoother,
)
from multisite.stats.calibration.top_label import CalibrationTarget

__all__ = [
    "Binning",
    "BootstrapInterval",
    "BrierDecomposition",
    "CalibrationError",
    "CalibrationLine",
    "CalibrationTarget",
    "CalibrationTest",
    "ClosedSide",
    "ClusteredScoreEstimate",
    "CorpReliability",
    "Debiasing",
    "ExtremeScores",
    "HosmerLemeshow",
    "IntegratedCalibration",
    "Line",
    "PerfectCalibration",
    "PrevalenceShift",
    "Quantiles",
    "Recalibration",
    "RecalibrationMethod",
    "Reliability",
    "SmoothedError",
    "Smoother",
    "SquaredCalibrationError",
    "brier",
    "brier_decomposition",
    "brier_fall_of_counts",
    "calibration_line",
    "calibration_line_test",
    "clustered_calibration_line",
    "clustered_integrated_calibration_index",
    "clustered_observed_expected",
    "corp_reliability",
    "equal_mass_cell",
    "equal_width_cell",
    "expected_calibration_error",
    "fit_recalibration",
    "hosmer_lemeshow",
    "integrated_calibration_index",
    "observed_expected",
    "perfect_calibration",
    "prevalence_shift",
    "recalibrated_counts",
    "reliability",
    "scaled_brier",
    "spiegelhalter_z",
    "squared_calibration_error",
]
