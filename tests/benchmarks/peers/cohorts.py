"""Simulated cohorts, clean or with one fault each, as tables and DICOM files of a site."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
from scipy.special import logit

from multisite.demo import faults_in_images as images
from multisite.demo.batches import CaseRow, SiteBatch, SiteTraits, cohort_batches
from multisite.demo.objects import study_objects
from multisite.demo.plan import FINDING, THRESHOLD, DemoPlan
from multisite.demo.scores import SEPARATION, scores_of
from multisite.demo.studies import ImagingStudy
from multisite.demo.tables import case_frame, prediction_frame
from multisite.vocabulary import Split

__all__ = ["CLEAN_TWIN", "COHORTS", "Cohort", "write_cohort"]

CLEAN_TWIN = "clean-0-1"
"""The cohort without a fault that every faulty one was made from."""

_LABEL, _FLAG = f"reference_{FINDING}", "clinical_flag"
_PATIENTS, _SIDE = 400, 32
_FEW = 5

Plant = Callable[[SiteBatch, DemoPlan], None]
Spoil = Callable[[pl.DataFrame, np.random.Generator], pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Cohort:
    """A cohort of 400 patients of the demo's hospital number ``hospital``, and the fault that it is given.

    ``plant`` changes studies and cases before they are written, ``spoil`` the table of cases; the first ``gaps`` CT
    studies lose their third slice.
    """

    id: str
    fault: str
    hospital: int = 0
    seed: int = 1
    plant: Plant | None = None
    spoil: Spoil | None = None
    gaps: int = 0


def _study_in_both_splits(batch: SiteBatch, plan: DemoPlan) -> None:
    for row in batch.take(_FEW):
        again = replace(row, case_id=f"{row.case_id}-B", split=Split.TRAIN.value)
        batch.rows[again.case_id] = again


def _test_before_train(batch: SiteBatch, plan: DemoPlan) -> None:
    start, _ = plan.window(Split.TRAIN.value)
    for i, row in enumerate(batch.take(_FEW)):
        _change(batch, row, replace(row.study, day=start + timedelta(days=20 + i)))


def _split_in_headers(batch: SiteBatch, plan: DemoPlan) -> None:
    for row in list(batch.rows.values()):
        if row.split == Split.TEST.value:
            _change(batch, row, replace(row.study, software=f"{row.study.software} R2"))


def _label_with_scanner(batch: SiteBatch, plan: DemoPlan) -> None:
    rng = np.random.default_rng(plan.seed)
    for row in list(batch.rows.values()):
        chance = 0.85 if row.study.scanner_number == 0 else 0.12
        batch.rows[row.case_id] = replace(row, reference=bool(rng.random() < chance))


def _other_content(batch: SiteBatch, plan: DemoPlan) -> None:
    for row in batch.take(_FEW):
        other = replace(row.study, content=f"{row.study.content}/other", second=row.study.second + 600, copy=2)
        batch.further_studies.append(other)


def _demo_fault(plant: Callable[[SiteBatch, int, DemoPlan], None]) -> Plant:
    return lambda batch, plan: plant(batch, _FEW, plan)


def _label_in_column(wrong: float) -> Spoil:
    def spoil(cases: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
        is_wrong = pl.Series(rng.random(cases.height) < wrong)
        return cases.with_columns((pl.col(_LABEL) ^ is_wrong).alias(_FLAG))

    return spoil


def _label_in_order(cases: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    return cases.sort(_LABEL, descending=True, maintain_order=True)


def _labels_wrong(cases: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    return cases.with_columns(pl.col(_LABEL) ^ pl.Series(rng.random(cases.height) < 0.05))


COHORTS = (
    *(
        Cohort(f"clean-{hospital}-{seed}", "nothing", hospital=hospital, seed=seed)
        for hospital in range(4)
        for seed in (1, 2)
    ),
    Cohort("patient-both", "5 patients in train and test", plant=_demo_fault(images.patients_in_two_splits)),
    Cohort("study-both", "5 studies in train and test", plant=_study_in_both_splits),
    Cohort("resent-same-uids", "5 studies again, other PatientID, same UIDs", plant=_demo_fault(images.same_instances)),
    Cohort("resent-new-uids", "5 studies again, other PatientID, new UIDs", plant=_demo_fault(images.same_content)),
    Cohort("other-content", "5 studies: same UIDs, other content", plant=_other_content),
    Cohort("slices-missing", "5 CT studies lack a slice", gaps=_FEW),
    Cohort("test-before-train", "5 test cases dated before train ends", plant=_test_before_train),
    Cohort("label-column", "a column equals the label", spoil=_label_in_column(0.0)),
    Cohort("label-nearly", "a column equals the label in 95 %", spoil=_label_in_column(0.05)),
    Cohort("label-order", "the table is sorted by label", spoil=_label_in_order),
    Cohort("label-scanner", "85 % positive on one scanner, 12 % on others", plant=_label_with_scanner),
    Cohort("split-headers", "test has other software than train", plant=_split_in_headers),
    Cohort("labels-wrong", "5 % of the labels are wrong", spoil=_labels_wrong),
)
"""The clean cohorts first."""


def write_cohort(cohort: Cohort, folder: Path) -> None:
    """Write ``dicom/``, ``cases.csv`` and ``predictions.csv`` below ``folder``."""
    plan = DemoPlan(patients_per_site=_PATIENTS, months=0, seed=cohort.seed, pixels_per_side=_SIDE)
    (batch,) = cohort_batches(plan, cohort.hospital, SiteTraits())
    _draw_scores(batch, np.random.default_rng([cohort.seed, cohort.hospital, 1]))
    if cohort.plant is not None:
        cohort.plant(batch, plan)
    _write_images(batch, folder / "dicom", gaps=cohort.gaps)
    rng = np.random.default_rng([cohort.seed, cohort.hospital])
    cases = case_frame(batch)
    truth = {row.case_id: row.reference for row in batch.rows.values()}
    cases = cases.with_columns(pl.col("case_id").replace_strict(truth, return_dtype=pl.Boolean).alias(_LABEL))
    cases = cases.with_columns(pl.Series(_FLAG, rng.random(cases.height) < 0.4))
    if cohort.spoil is not None:
        cases = cohort.spoil(cases, rng)
    cases.write_csv(folder / "cases.csv")
    prediction_frame(batch).write_csv(folder / "predictions.csv")


def _draw_scores(batch: SiteBatch, rng: np.random.Generator) -> None:
    """Scores that depend on the label alone; the demo's own are worse on one vendor, which is one of its faults."""
    for case in batch.scores:
        evidence = rng.normal(SEPARATION / 2 if batch.rows[case].reference else -SEPARATION / 2)
        batch.scores[case] = float(scores_of(np.array([logit(THRESHOLD) + SEPARATION * evidence]))[0])


def _write_images(batch: SiteBatch, folder: Path, *, gaps: int) -> None:
    store = replace(batch.hospital.stores[0], layout="nested")
    studies = [*batch.studies.values(), *batch.further_studies]
    lacking = {study.number for study in [s for s in studies if s.n_images > 3][:gaps]}
    for study in studies:
        for stored in study_objects(batch.hospital, store, study, _SIDE):
            if study.number in lacking and stored.key.endswith("IM0003.dcm"):
                continue
            path = folder / stored.key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(stored.content)


def _change(batch: SiteBatch, row: CaseRow, study: ImagingStudy) -> None:
    batch.studies[study.number] = study
    batch.rows[row.case_id] = replace(row, study=study)
