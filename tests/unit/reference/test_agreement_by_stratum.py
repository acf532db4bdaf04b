"""Agreement by stratum of the included cases, and its mean over the sites."""

import polars as pl
import pytest

from multisite.reference.agreement import AgreementRules
from multisite.reference.agreement_by_stratum import agreement_across_sites, agreement_by_stratum
from multisite.reference.agreement_stage import AGREEMENT_ACROSS_SITES_STAGE, PoolingParameters, pool_agreement
from multisite.schemas import StageInputs
from multisite.schemas.agreement_by_stratum import AGREEMENT_ACROSS_SITES
from multisite.stats import observed_agreement, random_effects
from tests.unit.reference.builders import make, read_as, rule

# Six of eight cases agree; both contradictions are of the vendor B, and the last case is not included.
READ = read_as("yy", "nn", "nn", "yy", "nn", "yn", "ny", "yy", "ny")


def found(site: str = "north", *, minimum: int = 1) -> pl.DataFrame:
    cohort = pl.DataFrame(
        {
            "case_id": [f"c{number}" for number in range(1, 10)],
            "patient_id": [f"p{number}" for number in range(1, 10)],
            "included": [True] * 8 + [False],
            "stratum_vendor": ["A"] * 4 + ["B"] * 3 + [None, "B"],
        }
    )
    return agreement_by_stratum(make(READ)["readings"], cohort, rule(), AgreementRules(0.95, minimum), site=site)


def value(frame: pl.DataFrame, level: str, statistic: str = "observed_agreement") -> dict[str, object]:
    return frame.filter(level=level, statistic=statistic).row(0, named=True)


def test_each_level_has_the_agreement_of_its_included_cases() -> None:
    frame = found()
    assert {row: value(frame, row)["n_cases"] for row in ("overall", "A", "B", "unknown")} == {
        "overall": 8,
        "A": 4,
        "B": 3,
        "unknown": 1,
    }
    assert value(frame, "overall")["estimate"] == pytest.approx(6 / 8)
    assert value(frame, "A")["estimate"] == 1.0
    assert value(frame, "B")["estimate"] == pytest.approx(1 / 3)


def test_a_level_of_too_few_patients_keeps_its_row_without_a_number() -> None:
    row = value(found(minimum=4), "B")
    assert (row["estimate"], row["status"], row["reason"]) == (None, "insufficient", "fewer than 4 patients")


def test_sites_are_pooled_with_the_errors_of_their_intervals() -> None:
    frame = pl.concat([found("north"), found("south")])
    pooled = value(agreement_across_sites(frame, ci_level=0.95), "overall")
    own = observed_agreement([["a", "a"]] * 6 + [["a", "b"]] * 2)
    error = (own.ci_high - own.ci_low) / (2 * 1.959963984540054)
    expected = random_effects([0.75, 0.75], [error**2] * 2)
    assert pooled["estimate"] == pytest.approx(expected.estimate)
    assert pooled["ci_low"] == pytest.approx(max(0.0, expected.ci_low))
    assert (pooled["n_sites"], pooled["n_patients"], pooled["tau"]) == (2, 16, 0.0)


def test_of_one_site_its_own_interval_stands() -> None:
    frame = found()
    pooled = value(agreement_across_sites(frame, ci_level=0.95), "A")
    assert (pooled["ci_low"], pooled["n_sites"]) == (value(frame, "A")["ci_low"], 1)


def test_without_readings_nothing_is_pooled_and_the_frame_is_empty() -> None:
    frame = pool_agreement(StageInputs(site="all sites"), PoolingParameters(0.95)).frames[AGREEMENT_ACROSS_SITES.name]
    assert isinstance(frame, pl.DataFrame)
    assert frame.is_empty()
    assert AGREEMENT_ACROSS_SITES_STAGE.is_asked_for is None
