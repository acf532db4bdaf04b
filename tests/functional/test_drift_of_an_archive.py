"""Months of real provenance: collections of the Imaging Data Commons as sites, judged month by month.

Dates in the archive are moved, by days or years and often patient by patient, so that a change of scanners is spread
over some months; nothing is asked of scores, which are not there. The first three years are the baseline. What alarms
there are is printed with what they are put down to (``pytest -s``).
"""

from datetime import date

import polars as pl
import pytest

from multisite.drift.calendar import months_between
from multisite.drift.monitors import Monitors
from multisite.schemas.cohort import COHORT, PREDICTIONS
from multisite.schemas.series import STUDIES
from multisite.vocabulary import DriftState
from tests.benchmarks.bench_series_table import idc_index
from tests.power.drift_frames import MODEL, complete
from tests.power.drift_site import FINDINGS
from tests.power.drift_stages import SiteVerdicts, baseline_of, used_of, verdicts_of

MONITORS = Monitors(
    numbers=("age_years",),
    categories=("vendor", "manufacturer_model_name", "patient_sex"),
    models=(MODEL,),
    population=("age_years", "patient_sex"),
)
GREEN, GREY = DriftState.GREEN.value, DriftState.GREY.value


def collection(name: str, modality: str) -> pl.DataFrame:
    """One row per study with a series of the modality."""
    path = idc_index()
    if path is None:
        pytest.skip("idc-index-data is not installed")
    index = pl.scan_parquet(path).filter(pl.col("collection_id") == name, pl.col("Modality") == modality)
    return (
        index.select(
            study_instance_uid="StudyInstanceUID",
            series_instance_uid="SeriesInstanceUID",
            patient_id="PatientID",
            study_date=pl.col("StudyDate").cast(pl.String).str.to_date(strict=False),
            vendor="Manufacturer",
            manufacturer_model_name="ManufacturerModelName",
            patient_sex="PatientSex",
            age_years=pl.col("PatientAge").str.extract(r"^(\d+)Y$").cast(pl.Float64),
        )
        .drop_nulls("study_date")
        .sort("study_instance_uid", "series_instance_uid")
        .unique("study_instance_uid", keep="first", maintain_order=True)
        .collect()
    )


def judged(studies: pl.DataFrame, *, until: date, title: str) -> SiteVerdicts:
    """Verdicts on the months after ``until`` against those up to it."""
    before, later = studies.filter(pl.col("study_date") <= until), studies.filter(pl.col("study_date") > until)
    cases = before.with_columns(
        case_id="study_instance_uid", case_date="study_date", split=pl.lit("test"), included=pl.lit(True)
    )
    scores = pl.DataFrame(schema=PREDICTIONS.schema)
    baseline = baseline_of(complete(cases, COHORT.schema), scores, monitors=MONITORS, replicates=2000, seed=1)
    table = later.select(
        "patient_id",
        "study_instance_uid",
        finding=pl.lit(FINDINGS[0]),
        model=pl.lit(MODEL),
        score=pl.lit(None, pl.Float64),
    )
    used = used_of(complete(later, STUDIES.schema), table, monitors=MONITORS)
    days = later["study_date"].dt.strftime("%Y-%m")
    found = verdicts_of(used, baseline, months_between(str(days.min()), str(days.max())), monitors=MONITORS)
    for month, state, cause, sentence in found.verdicts.select("month", "state", "cause", "sentence").rows():
        print(title, month, state, "|", cause, "|", sentence)
    return found


@pytest.mark.slow
def test_a_hospital_that_replaced_its_scanner_is_amber_in_its_first_judged_month_with_the_scanner_named() -> None:
    found = judged(collection("fdg_pet_ct_lesions", "CT"), until=date(2001, 12, 31), title="fdg_pet_ct_lesions")
    told = found.verdicts.filter(pl.col("state") != GREY).sort("month")
    # Up to 2001 nearly all studies are from a SOMATOM Definition AS, from 2002 on all from a Biograph128.
    assert told["state"][0].startswith("AMBER")
    assert "Biograph128 rose from 5.8 % to 100.0 %" in told["sentence"][0]
    assert not told["state"].is_in([GREEN]).any()
    # A changed input alone is never red: the red months are gaps in what was put into the archive.
    red = told.filter(state=DriftState.RED.value)
    assert red.height > 0
    assert red["sentence"].str.starts_with("No study on").all()
    signals = found.monitors.filter(status="signal")["monitor"].unique()
    assert set(signals) <= {"manufacturer_model_name", "silence_ai", "volume_ai", "age_years", "patient_sex"}


@pytest.mark.slow
def test_a_trial_of_many_hospitals_is_quiet_for_a_year_and_a_half_until_its_hospitals_change() -> None:
    found = judged(collection("ispy2", "MR"), until=date(2000, 12, 31), title="ispy2")
    states = dict(found.verdicts.select("month", "state").rows())
    assert [states[month] for month in months_between("2001-01", "2002-07")] == [GREEN] * 19
    first = found.monitors.filter(status="signal", monitor="manufacturer_model_name").sort("month").row(0, named=True)
    assert (first["month"], first["cell"]) == ("2003-02", "SymphonyTim")
    # Then 22 months and more on end: the change lasts.
    assert all(states[month].startswith("AMBER") for month in months_between("2003-02", "2005-03"))
