"""Mergeable counts over strata: made from frames once, added exactly, and the source of every estimate.

Belongs here: counts that add over disjoint cases, and the way from a frame of cases to them. Does not
belong: what is estimated from them (``stats``), which of them a study reports (``performance``), or leaving
a site (the gate). Every room above may import it.
"""

from multisite.tallies.category_scores import NOT_PROBABILITIES, CategoryScores, placed_scores
from multisite.tallies.cross_moments import LevelAndRest, level_and_rest, tally_cross_moments
from multisite.tallies.measure_tally import MEASURE_KEYS, MeasureGrid, MeasureTally, tally_measures
from multisite.tallies.patient_cases import patients_as_cases, with_patients
from multisite.tallies.proportion_moments import (
    PROPORTION_METRICS,
    ProportionMoments,
    combine_proportion_moments,
    tally_proportions,
)
from multisite.tallies.score_tally import ScoreTally, combine_score_tallies
from multisite.tallies.scored_cases import numbered_patients, scored_cases, strata_columns
from multisite.tallies.segment_patients import SegmentCases, SegmentPatients
from multisite.tallies.segments import KEYS
from multisite.tallies.shortage import shortage
from multisite.tallies.tally_scores import tally_scores
from multisite.tallies.thresholds import (
    Thresholds,
    cases_by_threshold,
    cross_moments_at_thresholds,
    tally_at_thresholds,
)

__all__ = [
    "KEYS",
    "MEASURE_KEYS",
    "NOT_PROBABILITIES",
    "PROPORTION_METRICS",
    "CategoryScores",
    "LevelAndRest",
    "MeasureGrid",
    "MeasureTally",
    "ProportionMoments",
    "ScoreTally",
    "SegmentCases",
    "SegmentPatients",
    "Thresholds",
    "cases_by_threshold",
    "combine_proportion_moments",
    "combine_score_tallies",
    "cross_moments_at_thresholds",
    "level_and_rest",
    "numbered_patients",
    "patients_as_cases",
    "placed_scores",
    "scored_cases",
    "shortage",
    "strata_columns",
    "tally_at_thresholds",
    "tally_cross_moments",
    "tally_measures",
    "tally_proportions",
    "tally_scores",
    "with_patients",
]
