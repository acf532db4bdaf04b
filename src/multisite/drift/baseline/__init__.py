"""A site's drift baseline: the validated studies, registered bins, their counts, and the limits for later months."""

from multisite.drift.baseline.stage import DRIFT_BASELINE_STAGE

__all__ = ["DRIFT_BASELINE_STAGE"]
