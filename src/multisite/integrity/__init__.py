"""Whether the validated set can be trusted: one file per family of checks, each check a function frames → outcome.

Belongs here: checks that look at the cohort and at where its images came from. Does not belong: making the cohort, or
deciding what a failure means for the claim (the report says it, the protocol declares which checks block).
"""

from multisite.integrity.checks import CHECKS
from multisite.integrity.consequences import CONSEQUENCE_STAGE
from multisite.integrity.pixels import PIXELS_STAGE
from multisite.integrity.shortcuts import LADDER_STAGE, SHORTCUT_STAGE, SHORTCUT_USE_STAGE
from multisite.integrity.stage import INTEGRITY_STAGE

__all__ = [
    "CHECKS",
    "CONSEQUENCE_STAGE",
    "INTEGRITY_STAGE",
    "LADDER_STAGE",
    "PIXELS_STAGE",
    "SHORTCUT_STAGE",
    "SHORTCUT_USE_STAGE",
]
