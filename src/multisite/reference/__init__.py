"""From readings to the reference standard: which readings count, what decides a case, and how far readers agree.

Belongs here: cleaning of readings, the declared rules, the lineage of every label, counts and agreement of readers.
Does not belong: which cases are validated (``cohort``), or anything that has seen a score of the index test.
"""

from multisite.reference.stage import REFERENCE_STAGE

__all__ = ["REFERENCE_STAGE"]
