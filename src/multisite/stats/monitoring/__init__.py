"""Monitoring: what a month shows against a reference, by how much more than chance, and the evidence over months."""

from multisite.stats.monitoring.cell_change import CellChange, cell_statistics, largest_cell_change
from multisite.stats.monitoring.detectable import detectable_location_change, detectable_share_change
from multisite.stats.monitoring.evidence import DriftEvidence, cells_evidence, location_evidence
from multisite.stats.monitoring.limits import null_limits, p_value_from_limits
from multisite.stats.monitoring.location_change import LocationChange, location_change, rank_scores
from multisite.stats.monitoring.mix import mix_and_within
from multisite.stats.monitoring.share_prediction import share_p_value, usual_share_range
from multisite.stats.monitoring.volume import (
    VolumePrediction,
    silence_p_value,
    volume_evidence,
    volume_p_value,
    volume_prediction,
)

__all__ = [
    "CellChange",
    "DriftEvidence",
    "LocationChange",
    "VolumePrediction",
    "cell_statistics",
    "cells_evidence",
    "detectable_location_change",
    "detectable_share_change",
    "largest_cell_change",
    "location_change",
    "location_evidence",
    "mix_and_within",
    "null_limits",
    "p_value_from_limits",
    "rank_scores",
    "share_p_value",
    "silence_p_value",
    "usual_share_range",
    "volume_evidence",
    "volume_p_value",
    "volume_prediction",
]
