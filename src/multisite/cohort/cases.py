"""The site's cases, each with the images that belong to it and the faults that exclude it."""

import polars as pl

from multisite.cohort.rules import Rule
from multisite.schemas.series import ACQUISITION
from multisite.vocabulary import Split

__all__ = ["NO_PREDICTION", "built_in_rules", "join_images", "one_row_per_case", "score_faults", "with_reference"]

NO_PREDICTION = Rule(
    "no_prediction",
    "A test case without any score",
    (pl.col("split") == Split.TEST.value) & pl.col("n_scored").is_null(),
)


def one_row_per_case(cases: pl.DataFrame) -> pl.DataFrame:
    """``cases`` without repeated ids (the first row stands for them) and without rows that have no id.

    Adds ``n_rows``: how many rows of the table had the id.
    """
    known = cases.filter(pl.col("case_id").is_not_null())
    counted = known.with_columns(pl.len().over("case_id").cast(pl.Int64).alias("n_rows"))
    return counted.unique("case_id", keep="first", maintain_order=True)


def with_reference(cases: pl.DataFrame, reference: pl.DataFrame, findings: tuple[str, ...]) -> pl.DataFrame:
    """``cases`` with the decisions of REFERENCE as ``reference_<finding>``; a column of that name is not used.

    A case without a decision has none, as one whose column is empty.
    """
    for finding in findings:
        column = f"reference_{finding}"
        decided = reference.filter(pl.col("finding") == finding).select("case_id", pl.col("decision").alias(column))
        cases = cases.drop(column, strict=False).join(decided, on="case_id", how="left", maintain_order="left")
    return cases


def join_images(cases: pl.DataFrame, studies: pl.DataFrame) -> pl.DataFrame:
    """``cases`` with the acquisition of their study's index series; ``case_date`` falls back to the StudyDate."""
    images = studies.select(
        "study_instance_uid", "series_instance_uid", *(c.name for c in ACQUISITION), pl.lit(True).alias("has_images")
    )
    joined = cases.join(images, on="study_instance_uid", how="left", maintain_order="left")
    return joined.with_columns(
        pl.col("has_images").fill_null(False), pl.coalesce("case_date", "study_date").alias("case_date")
    ).drop("study_date")


def score_faults(predictions: pl.DataFrame, pairs: list[tuple[str, str]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Sound predictions, and per case what is wrong with its predictions.

    ``pairs`` are the declared (finding, model) pairs; rows of other findings or models are not looked at.
    The second frame has one row per case: ``n_scored``, ``score_nan``, ``score_outside``, ``score_repeated``.
    """
    declared = pl.DataFrame(pairs, schema={"finding": pl.String, "model": pl.String}, orient="row")
    relevant = predictions.join(declared, on=["finding", "model"], how="semi", maintain_order="left")
    judged = relevant.with_columns(
        (pl.col("score").is_null() | pl.col("score").is_nan()).alias("score_nan"),
        (~pl.col("score").is_between(0, 1) & pl.col("score").is_not_nan()).fill_null(False).alias("score_outside"),
        (pl.len().over("case_id", "finding", "model") > 1).alias("score_repeated"),
    )
    faults = judged.group_by("case_id").agg(
        pl.len().cast(pl.Int64).alias("n_scored"),
        pl.col("score_nan").any(),
        pl.col("score_outside").any(),
        pl.col("score_repeated").any(),
    )
    sound = judged.filter(~pl.col("score_nan") & ~pl.col("score_outside") & ~pl.col("score_repeated"))
    return sound.select("case_id", "finding", "model", "score"), faults


def built_in_rules(
    reference_columns: list[str], modalities: tuple[str, ...], *, split_in_table: bool = True
) -> list[Rule]:
    """Faults of the site's tables, in the order in which they exclude.

    Where the split is not in the table but made later, the two rules that look at it are left out.
    """
    no_reference = pl.all_horizontal(pl.col(name).is_null() for name in reference_columns)
    splits = [split.value for split in Split]
    unknown_split = Rule(
        "unknown_split",
        "The split is none of train, tune and test",
        ~pl.col("split").is_in(splits).fill_null(False),
    )
    return [
        Rule("duplicate_case_id", "The case id stands in more than one row of the table", pl.col("n_rows") > 1),
        Rule("no_patient", "The case has no patient", pl.col("patient_id").is_null()),
        *([unknown_split] if split_in_table else []),
        Rule("no_images", "No image of the case's study is in the stores", ~pl.col("has_images")),
        Rule(
            "no_eligible_modality",
            f"The study has images, but none of modality {', '.join(modalities)}",
            pl.col("has_images") & pl.col("series_instance_uid").is_null(),
        ),
        Rule("no_reference", "No finding has a reference standard", no_reference),
        *([NO_PREDICTION] if split_in_table else []),
        Rule("score_not_a_number", "A score is missing or not a number", pl.col("score_nan")),
        Rule(
            "score_out_of_range", "A score lies outside 0 to 1, or is no category of its model", pl.col("score_outside")
        ),
        Rule("duplicate_prediction", "A finding and model has more than one score", pl.col("score_repeated")),
    ]
