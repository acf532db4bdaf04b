"""Calibration: whether scores are the probabilities that they look like."""

from multisite.stats.calibration.binning import equal_width_cell
from multisite.stats.calibration.brier import brier
from multisite.stats.calibration.calibration_bins import (
    CalibrationError,
    PerfectCalibration,
    Reliability,
    expected_calibration_error,
    perfect_calibration,
    reliability,
)
from multisite.stats.calibration.calibration_line import CalibrationLine, calibration_line
from multisite.stats.calibration.logistic_fit import Line
from multisite.stats.calibration.observed_expected import observed_expected

__all__ = [
    "CalibrationError",
    "CalibrationLine",
    "Line",
    "PerfectCalibration",
    "Reliability",
    "brier",
    "calibration_line",
    "equal_width_cell",
    "expected_calibration_error",
    "observed_expected",
    "perfect_calibration",
    "reliability",
]
