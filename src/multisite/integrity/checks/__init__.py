"""Every check but those of plugins: a file per family, put together in the order of the scorecard."""

from multisite.integrity.check import Check
from multisite.integrity.checks.disjointness import DISJOINTNESS_CHECKS
from multisite.integrity.checks.duplicates import DUPLICATE_CHECKS
from multisite.integrity.checks.identity import IDENTITY_CHECKS
from multisite.integrity.checks.label_association import LABEL_ASSOCIATION_CHECKS
from multisite.integrity.checks.labels import LABEL_CHECKS
from multisite.integrity.checks.overlap import OVERLAP_CHECKS
from multisite.integrity.checks.pixel_duplicates import PIXEL_DUPLICATE_CHECKS
from multisite.integrity.checks.pixel_text import PIXEL_TEXT_CHECKS
from multisite.integrity.checks.preprocessing import PREPROCESSING_CHECKS
from multisite.integrity.checks.series import SERIES_CHECKS
from multisite.integrity.checks.timing import TIMING_CHECKS

__all__ = ["CHECKS"]

CHECKS: tuple[Check, ...] = (
    *OVERLAP_CHECKS,
    *DISJOINTNESS_CHECKS,
    *DUPLICATE_CHECKS,
    *PIXEL_DUPLICATE_CHECKS,
    *IDENTITY_CHECKS,
    *TIMING_CHECKS,
    *PREPROCESSING_CHECKS,
    *LABEL_CHECKS,
    *LABEL_ASSOCIATION_CHECKS,
    *SERIES_CHECKS,
    *PIXEL_TEXT_CHECKS,
)
"""In the order of the scorecard."""
