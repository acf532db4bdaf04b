"""Slices: groups of cases that a few columns describe, searched for those in which errors are commoner than elsewhere.

A search only points: what it finds looks worse than it is, because it was chosen among many. Confirm on other patients.
"""

from multisite.stats.slices.beam_search import beam_search
from multisite.stats.slices.chosen import LEAST_Z, chosen_slices, is_within
from multisite.stats.slices.coded_cases import CodedCases, Slice, slice_members
from multisite.stats.slices.halves import patient_halves
from multisite.stats.slices.slice_sums import SliceSums, slice_sums
from multisite.stats.slices.tree_search import tree_search

__all__ = [
    "LEAST_Z",
    "CodedCases",
    "Slice",
    "SliceSums",
    "beam_search",
    "chosen_slices",
    "is_within",
    "patient_halves",
    "slice_members",
    "slice_sums",
    "tree_search",
]
