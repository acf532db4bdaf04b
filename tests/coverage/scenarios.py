"""All scenarios: a file per family of statistics."""

from tests.coverage.agreement import AGREEMENT_SCENARIOS
from tests.coverage.calibration import CALIBRATION_SCENARIOS
from tests.coverage.comparison import COMPARISON_SCENARIOS
from tests.coverage.discrimination import DISCRIMINATION_SCENARIOS
from tests.coverage.divergence import DIVERGENCE_SCENARIOS
from tests.coverage.imperfect_reference import IMPERFECT_REFERENCE_SCENARIOS
from tests.coverage.pooling import POOLING_SCENARIOS
from tests.coverage.proportions import PROPORTION_SCENARIOS
from tests.coverage.scenario import Scenario
from tests.coverage.standardisation import STANDARDISATION_SCENARIOS

__all__ = ["SCENARIOS"]

SCENARIOS: tuple[Scenario, ...] = (
    *PROPORTION_SCENARIOS,
    *IMPERFECT_REFERENCE_SCENARIOS,
    *DISCRIMINATION_SCENARIOS,
    *CALIBRATION_SCENARIOS,
    *COMPARISON_SCENARIOS,
    *DIVERGENCE_SCENARIOS,
    *AGREEMENT_SCENARIOS,
    *POOLING_SCENARIOS,
    *STANDARDISATION_SCENARIOS,
)
