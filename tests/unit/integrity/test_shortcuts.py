"""Scores made without the image, and the ladder on which they stand beside the model."""

import numpy as np
import polars as pl
import pytest

from multisite.integrity import LADDER_STAGE, SHORTCUT_STAGE
from multisite.integrity.shortcuts.header_scores import ATTRIBUTES, HEADERS_ALONE, header_scores
from multisite.integrity.shortcuts.stage import ShortcutParameters
from multisite.schemas import StageInputs
from multisite.schemas.cohort import COHORT, COMPOSITION
from multisite.schemas.shortcut_use import HEADER_AGREEMENT_MOMENTS, SHORTCUT_PATIENTS
from multisite.schemas.shortcuts import ATTRIBUTE_LABEL_COUNTS, SHORTCUT_LADDER, SHORTCUT_TALLY

PARAMETERS = ShortcutParameters(
    findings=("nodule",), score_grid_steps=1000, threshold=0.5, minimum_patients=10, ci_level=0.95, seed=20
)
AT_A_SITE = (SHORTCUT_TALLY, ATTRIBUTE_LABEL_COUNTS, SHORTCUT_PATIENTS, HEADER_AGREEMENT_MOMENTS)


def cohort(site: str, *, n: int = 240, share: float = 0.3, leak: float = 0.0, seed: int = 1) -> pl.DataFrame:
    """A site's test cases; a ``leak`` of 1 means that one vendor images the positives and another the rest."""
    rng = np.random.default_rng(seed)
    positive = np.arange(n) < round(share * n)
    told = rng.random(n) < leak
    vendor = np.where(np.where(told, positive, rng.random(n) < 0.5), "GE HealthCare", "Philips")
    made = {
        "site": [site] * n,
        "case_id": [f"{site}-{number:04}" for number in range(n)],
        "patient_id": [f"p{number // 2:04}" for number in range(n)],
        "split": ["test"] * n,
        "included": [True] * n,
        "reference_nodule": positive,
        "vendor": vendor,
        "modality": ["CT"] * n,
        "slice_thickness_mm": rng.choice([1.0, 2.0, 5.0], n),
    }
    frame = pl.DataFrame(made)
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in COHORT.schema.items() if name not in frame.columns]
    return frame.with_columns(absent)


def scores(cases: pl.DataFrame, *, seed: int = 2) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    shift = cases["reference_nodule"].cast(pl.Float64).to_numpy()
    score = 1 / (1 + np.exp(-(rng.normal(size=cases.height) + 2 * shift - 1)))
    return cases.select("site", "case_id", pl.lit("nodule").alias("finding"), pl.lit("ai").alias("model")).with_columns(
        pl.Series("score", score)
    )


def made_at(cases: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """What the stage writes at a site, by artefact."""
    inputs = StageInputs(site="north", frames={"cohort": cases, "predictions": scores(cases)})
    frames = SHORTCUT_STAGE.run(inputs, PARAMETERS).frames
    return {artefact.name: artefact.conform(frames[artefact.name]) for artefact in AT_A_SITE}


def tally(cases: pl.DataFrame) -> pl.DataFrame:
    return made_at(cases)[SHORTCUT_TALLY.name]


def climb(*sites: pl.DataFrame) -> pl.DataFrame:
    composition = pl.concat(
        pl.DataFrame(
            [(site["site"][0], "test", "nodule", "overall", "overall", 0, site["patient_id"].n_unique(), 0, 0, 0, 0)],
            schema=COMPOSITION.schema,
            orient="row",
        )
        for site in sites
    )
    made = [made_at(site) for site in sites]
    frames = {a.name: pl.concat([here[a.name] for here in made]) for a in AT_A_SITE} | {"composition": composition}
    outputs = LADDER_STAGE.run(StageInputs(site="all sites", frames=frames), PARAMETERS)
    return SHORTCUT_LADDER.conform(outputs.frames[SHORTCUT_LADDER.name])


def rung(rows: pl.DataFrame, source: str, scope: str) -> dict[str, float]:
    return rows.filter(source=source, scope=scope).row(0, named=True)


@pytest.mark.slow
def test_a_scanner_that_images_the_sick_is_found_in_the_headers_and_named() -> None:
    rows = climb(cohort("north", leak=0.7))
    assert rung(rows, "headers", "pooled")["ci_low"] > 0.65
    assert rung(rows, "vendor", "pooled")["ci_low"] > 0.65
    assert rung(rows, "slice_thickness_mm", "pooled")["ci_low"] < 0.5


@pytest.mark.slow
def test_headers_that_know_nothing_are_at_chance() -> None:
    rows = climb(cohort("north"), cohort("south", seed=7))
    found = rung(rows, "headers", "within sites")
    assert found["ci_low"] < 0.5 < found["ci_high"] + 0.02


@pytest.mark.slow
def test_prevalence_that_differs_between_sites_is_told_by_the_site_and_not_within_it() -> None:
    rows = climb(cohort("north", share=0.6), cohort("south", share=0.25, seed=5))
    assert rung(rows, "site", "pooled")["ci_low"] > 0.6
    assert rung(rows, "headers", "pooled")["estimate"] > rung(rows, "headers", "within sites")["estimate"] + 0.1


@pytest.mark.slow
def test_one_site_has_one_auc_pooled_and_within() -> None:
    rows = climb(cohort("north"))
    pooled, within = rung(rows, "ai", "pooled"), rung(rows, "ai", "within sites")
    assert pooled["estimate"] == pytest.approx(within["estimate"])
    assert (pooled["n_cases"], pooled["n_patients"]) == (240, 120)


@pytest.mark.slow
def test_the_site_alone_has_the_area_of_its_counts() -> None:
    rows = climb(cohort("north", share=0.5), cohort("south", share=0.25, seed=3))
    # Positives 120 and 60, negatives 120 and 180: (120·180 + ½(120·120 + 60·180)) / (180·300).
    expected = (120 * 180 + 0.5 * (120 * 120 + 60 * 180)) / (180 * 300)
    assert rung(rows, "site", "pooled")["estimate"] == pytest.approx(expected)


def test_with_too_few_patients_nothing_is_made_of_headers_and_the_model_still_stands() -> None:
    few = cohort("north", n=60)
    assert header_scores(few, finding="nodule", seed=20) is None
    rows = climb(few)
    assert set(rows["kind"]) == {"model", "site", "attribute"}
    # What a site makes of its own headers needs patients; what other sites know of an attribute needs another site.
    alone = rows.filter(kind="attribute")
    assert set(alone["scope"]) == {"learnt at other sites"}
    assert set(alone["reason"]) == {"no other site has cases with and without the finding"}


def test_a_site_without_a_test_case_has_an_empty_tally_and_no_rung() -> None:
    nobody = cohort("north").clear()
    assert tally(nobody).is_empty()
    frames = made_at(nobody) | {"composition": COMPOSITION.empty()}
    outputs = LADDER_STAGE.run(StageInputs(site="all sites", frames=frames), PARAMETERS)
    assert outputs.frames[SHORTCUT_LADDER.name].is_empty()


def test_cases_of_one_label_alone_make_rungs_without_a_number() -> None:
    rows = climb(cohort("north", share=0.0))
    assert set(rows["status"]) == {"undefined"}


def test_an_attribute_that_never_varies_says_nothing_and_neither_age_nor_date_is_looked_at() -> None:
    made = header_scores(cohort("north"), finding="nodule", seed=20)
    assert made is not None
    assert set(made["model"]) == {HEADERS_ALONE, "(vendor)", "(slice_thickness_mm)"}
    assert not {"age_years", "patient_sex", "study_date"} & set(ATTRIBUTES)


@pytest.mark.slow
def test_the_order_of_the_rows_makes_no_difference() -> None:
    cases = cohort("north", leak=0.4)
    shuffled = cases.sample(fraction=1.0, shuffle=True, seed=4)
    assert tally(cases).equals(tally(shuffled.sort("case_id")))
    made = header_scores(shuffled, finding="nodule", seed=20)
    assert made is not None
    assert made.equals(header_scores(cases, finding="nodule", seed=20))
