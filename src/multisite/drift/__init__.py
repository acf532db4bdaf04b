"""Whether routine use has moved away from what was validated: a baseline per site, and each later month against it.

Belongs here: which columns are watched, the reference rows, registered bins, counts per month, and the one adapter to
Evidently, which is the only home of Evidently and of pandas; neither is loaded before a page is drawn. Does not belong:
the validated set itself (``cohort``), or how well the model does (``performance``). The pipeline may import it.

Evidently's verdict is a picture, not an alarm: its limits ignore how many studies a month has, so that small months
alarm without cause and large ones stay silent over what matters. Nothing here turns it into an action.
"""

from multisite.drift.baseline import DRIFT_BASELINE_STAGE
from multisite.drift.deployment import DEPLOYMENT_STAGE
from multisite.drift.labels.stage import DRIFT_PERFORMANCE_STAGE
from multisite.drift.monitors import MONITORABLE_CATEGORIES, MONITORABLE_NUMBERS, Monitors, monitors_of
from multisite.drift.months.stage import DRIFT_COUNTS_STAGE
from multisite.drift.picture.stage import BASELINE_PICTURE_STAGE, DRIFT_COMPARISON_STAGE
from multisite.drift.rule.stage import DRIFT_VERDICTS_STAGE

__all__ = [
    "BASELINE_PICTURE_STAGE",
    "DEPLOYMENT_STAGE",
    "DRIFT_BASELINE_STAGE",
    "DRIFT_COMPARISON_STAGE",
    "DRIFT_COUNTS_STAGE",
    "DRIFT_PERFORMANCE_STAGE",
    "DRIFT_VERDICTS_STAGE",
    "MONITORABLE_CATEGORIES",
    "MONITORABLE_NUMBERS",
    "Monitors",
    "monitors_of",
]
