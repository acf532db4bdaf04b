"""From readings to the reference standard: which readings count, what decides a case, and how far readers agree.

Belongs here: cleaning of readings, the declared rules, the lineage of every label, counts and agreement of readers.
Does not belong: which cases are validated (``cohort``), or anything that has seen a score of the index test.
"""

from multisite.reference.agreement_stage import AGREEMENT_ACROSS_SITES_STAGE, AGREEMENT_BY_STRATUM_STAGE
from multisite.reference.stage import REFERENCE_STAGE

__all__ = ["AGREEMENT_ACROSS_SITES_STAGE", "AGREEMENT_BY_STRATUM_STAGE", "REFERENCE_STAGE"]
