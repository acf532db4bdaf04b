"""Every check but those of plugins: a file per family, put together in the order of the scorecard."""

from multisite.integrity.check import Check
from multisite.integrity.checks.across_groups import ACROSS_GROUPS_CHECKS
from multisite.integrity.checks.disjointness import DISJOINTNESS_CHECKS
from multisite.integrity.checks.duplicates import DUPLICATE_CHECKS
from multisite.integrity.checks.equipment_from_score import EQUIPMENT_FROM_SCORE_CHECKS
from multisite.integrity.checks.identifiers import IDENTIFIER_CHECKS
from multisite.integrity.checks.identity import IDENTITY_CHECKS
from multisite.integrity.checks.label_association import LABEL_ASSOCIATION_CHECKS
from multisite.integrity.checks.label_from_headers import LABEL_FROM_HEADERS_CHECKS
from multisite.integrity.checks.labels import LABEL_CHECKS
from multisite.integrity.checks.linked_patients import LINKED_PATIENT_CHECKS
from multisite.integrity.checks.markers import MARKER_CHECKS
from multisite.integrity.checks.overlap import OVERLAP_CHECKS
from multisite.integrity.checks.pixel_duplicates import PIXEL_DUPLICATE_CHECKS
from multisite.integrity.checks.pixel_text import PIXEL_TEXT_CHECKS
from multisite.integrity.checks.preprocessing import PREPROCESSING_CHECKS
from multisite.integrity.checks.repeats import REPEAT_CHECKS
from multisite.integrity.checks.series import SERIES_CHECKS
from multisite.integrity.checks.split_from_headers import SPLIT_FROM_HEADERS_CHECKS
from multisite.integrity.checks.timing import TIMING_CHECKS

__all__ = ["CHECKS"]

CHECKS: tuple[Check, ...] = (
    *OVERLAP_CHECKS,
    *ACROSS_GROUPS_CHECKS,
    *LINKED_PATIENT_CHECKS,
    *DISJOINTNESS_CHECKS,
    *DUPLICATE_CHECKS,
    *REPEAT_CHECKS,
    *PIXEL_DUPLICATE_CHECKS,
    *IDENTITY_CHECKS,
    *TIMING_CHECKS,
    *PREPROCESSING_CHECKS,
    *LABEL_CHECKS,
    *LABEL_ASSOCIATION_CHECKS,
    *LABEL_FROM_HEADERS_CHECKS,
    *EQUIPMENT_FROM_SCORE_CHECKS,
    *SPLIT_FROM_HEADERS_CHECKS,
    *SERIES_CHECKS,
    *IDENTIFIER_CHECKS,
    *MARKER_CHECKS,
    *PIXEL_TEXT_CHECKS,
)
"""In the order of the scorecard."""
