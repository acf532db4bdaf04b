"""What routine use is held against, from the evaluation of the validated cases."""

import numpy as np
import polars as pl
import pytest

from multisite.drift.labels.performance_row import Endpoint
from multisite.drift.labels.validated import Validated, ValidatedRate, rate_of, validated_of
from multisite.performance import PERFORMANCE_STAGE, EvaluationParameters
from multisite.schemas import StageInputs
from multisite.schemas.performance import PROPORTION_MOMENTS, SCORE_TALLY_GRID
from multisite.stats import ClusterMoments

RULES = EvaluationParameters(
    threshold=0.5, ci_level=0.95, reliability_bins=10, minimum_denominator=10, score_grid_steps=1000,
    null_replicates=20, seed=1,
)  # fmt: skip
ENDPOINT = Endpoint("nodule", "ai", 0.5, 0.1)


def evaluated(*, cases_per_patient: int) -> dict[str, pl.DataFrame]:
    """200 cases, half of them with the finding; of these 80 %, of the others 30 % score 0.7, the rest 0.2."""
    truth = np.repeat([True, False], 100)
    alert = np.concatenate([np.arange(100) < 80, np.arange(100) < 30])
    names = [f"c{number:03d}" for number in range(200)]
    cohort = pl.DataFrame(
        {
            "site": "north", "case_id": names, "patient_id": [f"p{n // cases_per_patient}" for n in range(200)],
            "split": "test", "included": True, "reference_nodule": truth,
        }
    )  # fmt: skip
    scores = pl.DataFrame(
        {"site": "north", "case_id": names, "finding": "nodule", "model": "ai", "score": np.where(alert, 0.7, 0.2)}
    )
    inputs = StageInputs(site="north", frames={"cohort": cohort, "predictions": scores})
    return dict(PERFORMANCE_STAGE.run(inputs, RULES).frames)


def known(*, cases_per_patient: int = 1, endpoint: Endpoint = ENDPOINT) -> Validated | None:
    frames = evaluated(cases_per_patient=cases_per_patient)
    made = validated_of(frames[SCORE_TALLY_GRID.name], frames[PROPORTION_MOMENTS.name], [endpoint])
    return made.get((endpoint.finding, endpoint.model))


def rate(measure: str, *, cases_per_patient: int) -> ValidatedRate:
    held = known(cases_per_patient=cases_per_patient)
    found = held.of(measure) if held else None
    assert found is not None
    return found


def test_the_validated_rates_come_with_intervals_over_patients() -> None:
    alone = rate("sensitivity", cases_per_patient=1)
    assert alone.estimate == pytest.approx(0.8)
    assert rate("specificity", cases_per_patient=1).estimate == pytest.approx(0.7)
    assert alone.design_effect == 1.0
    # Ten cases of a patient that are right or wrong together are worth about one.
    alike = rate("sensitivity", cases_per_patient=10)
    assert alike.estimate == pytest.approx(0.8)
    assert alike.design_effect > 5
    assert alike.low < alone.low


def test_another_threshold_or_finding_has_no_validated_rate() -> None:
    other = known(endpoint=Endpoint("nodule", "ai", 0.4, 0.1))
    assert other is not None
    assert (other.sensitivity, other.specificity) == (None, None)
    assert known(endpoint=Endpoint("effusion", "ai", 0.5, 0.1)) is None


def test_one_patient_alone_and_no_case_at_all_are_no_validated_rate() -> None:
    assert rate_of(ClusterMoments.from_clusters([3], [5])) is None
    assert rate_of(ClusterMoments.from_clusters([], [])) is None
