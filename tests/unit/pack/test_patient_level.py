"""Patients beside cases in the summary of findings."""

import polars as pl

from multisite.pack import report_parameters
from multisite.pack.evidence import Evidence
from multisite.pack.tables.headline import headline_table
from multisite.schemas.cohort import COHORT_IDENTITY
from multisite.schemas.performance import ESTIMATES
from tests.lib.report_frames import FINDING, MODEL, study


def _row(metric: str, stratum: str, site: str, estimate: float) -> dict[str, object]:
    return {
        "site": site,
        "finding": FINDING,
        "model": MODEL,
        "split": "test",
        "stratum": stratum,
        "level": "overall",
        "metric": metric,
        "estimate": estimate,
        "ci_low": estimate - 0.05,
        "ci_high": estimate + 0.05,
        "n_patients": 80,
        "n_cases": 80 if stratum == "patients" else 120,
        "n_positive": 30,
        "n_negative": 50,
        "status": "ok",
    }


def evidence(*strata: str) -> Evidence:
    rows = [
        _row(metric, stratum, site, 0.8 if stratum == "overall" else 0.7)
        for metric in ("auc", "sensitivity", "specificity")
        for stratum in strata
        for site in ("amstel", "all sites")
    ]
    frames = {
        ESTIMATES.name: pl.DataFrame(rows, schema=ESTIMATES.schema),
        COHORT_IDENTITY.name: pl.DataFrame({"site": ["amstel"]}),
    }
    return Evidence(report_parameters(study(), None), frames, {})


def test_patients_have_rows_of_their_own_below_those_of_cases() -> None:
    (group,) = headline_table(evidence("overall", "patients")).groups
    cells = [[cell.text.strip() for cell in row.cells] for row in group.rows]
    assert [row[0] for row in cells] == [
        *("AUC", "Sensitivity", "Specificity"),
        *(f"{name}, of patients" for name in ("AUC", "Sensitivity", "Specificity")),
    ]
    assert [row[2] for row in cells] == ["120"] * 3 + ["80"] * 3
    assert cells[3][1].startswith("0.70")


def test_without_them_the_table_is_of_cases_only() -> None:
    (group,) = headline_table(evidence("overall")).groups
    assert len(group.rows) == 3
