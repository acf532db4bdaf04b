"""Whether the site's table and its images speak of the same patients."""

import polars as pl

from multisite.integrity.check import Check, CheckFrames, Outcome, insufficient, judged
from multisite.vocabulary import Severity

__all__ = ["IDENTITY_CHECKS"]


def patient_of_images(frames: CheckFrames) -> Outcome:
    """Cases whose study's images all carry another patient than the table gives."""
    identity = ["study_instance_uid", "patient_id"]
    named = frames.series.select(identity)
    under_several = frames.series.filter(pl.col("other_patient_ids").list.len() > 0)
    also_named = under_several.select("study_instance_uid", patient_id="other_patient_ids").explode("patient_id")
    images = pl.concat([named, also_named]).drop_nulls().unique()
    known = frames.included.drop_nulls(identity).join(
        images.select("study_instance_uid").unique(), on="study_instance_uid", how="semi"
    )
    if known.is_empty():
        return insufficient("No case has both a patient in the table and a patient in its images.")
    wrong = known.join(images, on=identity, how="anti").sort("case_id")
    found = wrong.select(
        pl.lit("case").alias("entity"),
        pl.col("case_id").alias("pseudonym"),
        pl.lit("the images of its study carry another patient").alias("detail"),
    )
    verb = "has" if found.height == 1 else "have"
    return judged(
        found,
        known.height,
        failed=f"{found.height:,} of {known.height:,} cases {verb} images of another patient than the table says.",
        passed=f"The images of all {known.height:,} cases carry the patient that the table gives.",
    )


IDENTITY_CHECKS = (
    Check(
        id="patient_of_images",
        title="The table and the images name the same patient",
        family="identity",
        severity=Severity.CRITICAL,
        method="Pseudonym of PatientID in the images of the case's study against that of the table; included cases.",
        unit="cases",
        run=patient_of_images,
    ),
)
