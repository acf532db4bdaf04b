"""Whether a check finds what it is there for is known of every check: a fault is planted for each."""

from multisite.integrity import CHECKS
from tests.power.faults import planted_checks

GAPS: dict[str, str] = {}
"""Checks for which no fault is planted, and why that is so for now."""


def test_a_fault_is_planted_for_every_check_but_the_named_gaps() -> None:
    gaps = {check.id for check in CHECKS} - planted_checks()
    assert gaps == set(GAPS), "plant a fault in tests/power/faults.py, or name the gap with its reason"
