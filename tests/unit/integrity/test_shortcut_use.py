"""Whether scores go with site and acquisition, given the label: what is found, what is not, and what is left open."""

import numpy as np
import polars as pl
import pytest

from multisite.integrity import SHORTCUT_STAGE, SHORTCUT_USE_STAGE
from multisite.integrity.shortcuts.agreement import agreement_table
from multisite.integrity.shortcuts.header_scores import ATTRIBUTES
from multisite.integrity.shortcuts.levels import LEVEL_COLUMNS
from multisite.integrity.shortcuts.patients import patients_per_score
from multisite.integrity.shortcuts.shift import score_shift_table
from multisite.integrity.shortcuts.site_told import site_told_table
from multisite.integrity.shortcuts.stage import ShortcutParameters
from multisite.schemas import StageInputs
from multisite.schemas.cohort import COHORT
from multisite.schemas.shortcut_use import (
    HEADER_AGREEMENT,
    HEADER_AGREEMENT_MOMENTS,
    SCORE_SHIFT,
    SHORTCUT_PATIENTS,
    SITE_TOLD,
)
from multisite.schemas.shortcuts import SHORTCUT_TALLY
from multisite.stats import auc
from multisite.stats.score_counts import ScoreCounts
from multisite.tallies import ProportionMoments, ScoreTally
from multisite.vocabulary import ALL_SITES

pytestmark = pytest.mark.slow

PARAMETERS = ShortcutParameters(
    findings=("nodule",), score_grid_steps=1000, threshold=0.5, minimum_patients=10, ci_level=0.95, seed=20
)
READ = (SHORTCUT_TALLY, SHORTCUT_PATIENTS, HEADER_AGREEMENT_MOMENTS)
WRITTEN = (SITE_TOLD, SCORE_SHIFT, HEADER_AGREEMENT)


def site(
    name: str,
    *,
    n: int = 400,
    raised: float = 0.0,
    of_kernel: float = 0.0,
    of_vendor: float = 0.0,
    leak: float = 0.0,
    per_patient: int = 1,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Cases and scores of a site, raised (in logits) everywhere, where the kernel is sharp, or where the vendor is GE.

    A ``leak`` of 1 means that GE images the positives and Philips the rest.
    """
    rng = np.random.default_rng(sum(name.encode()))
    positive = rng.random(n) < 0.35
    sharp = rng.random(n) < 0.4
    ge = np.where(rng.random(n) < leak, positive, rng.random(n) < 0.5)
    logit = rng.normal(size=n) + 2 * positive - 1 + raised + of_kernel * sharp + of_vendor * ge
    made = {
        "site": [name] * n,
        "case_id": [f"{name}-{i:04}" for i in range(n)],
        "patient_id": [f"p{i // per_patient:04}" for i in range(n)],
        "split": ["test"] * n,
        "included": [True] * n,
        "reference_nodule": positive,
        "kernel_class": np.where(sharp, "sharp", "smooth"),
        "vendor": np.where(ge, "GE HealthCare", "Philips"),
        "device": np.where(ge, f"{name}-digest-1", f"{name}-digest-2"),
    }
    frame = pl.DataFrame(made)
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in COHORT.schema.items() if name not in frame.columns]
    scores = frame.select("site", "case_id", finding=pl.lit("nodule"), model=pl.lit("ai")).with_columns(
        pl.Series("score", 1 / (1 + np.exp(-logit)))
    )
    return frame.with_columns(absent), scores


def tallied(*sites: tuple[pl.DataFrame, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    made = []
    for cases, scores in sites:
        inputs = StageInputs(site="here", frames={"cohort": cases, "predictions": scores})
        frames = SHORTCUT_STAGE.run(inputs, PARAMETERS).frames
        made.append({artefact.name: artefact.conform(frames[artefact.name]) for artefact in READ})
    return {artefact.name: pl.concat([here[artefact.name] for here in made]) for artefact in READ}


def use(*sites: tuple[pl.DataFrame, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    outputs = SHORTCUT_USE_STAGE.run(StageInputs(site=ALL_SITES, frames=tallied(*sites)), PARAMETERS)
    return {artefact.name: artefact.conform(outputs.frames[artefact.name]) for artefact in WRITTEN}


@pytest.fixture(scope="module")
def plain() -> dict[str, pl.DataFrame]:
    """Three sites whose scores depend on nothing but the label."""
    return use(site("north"), site("south"), site("west"))


@pytest.fixture(scope="module")
def planted() -> dict[str, pl.DataFrame]:
    """One site scores higher, sharp kernels score higher everywhere, and GE's images of south alone."""
    return use(
        site("north", raised=1.2, of_kernel=0.9),
        site("south", of_kernel=0.9, of_vendor=1.5),
        site("west", of_kernel=0.9),
    )


def test_where_scores_depend_on_the_label_alone_nothing_is_notable(plain: dict[str, pl.DataFrame]) -> None:
    assert not plain["score_shift"]["notable"].any()
    assert plain["score_shift"].filter(pl.col("p_adjusted") < 0.01).is_empty()
    assert set(plain["site_told"]["p_value"] > 0.01) == {True}


def test_a_site_whose_scores_are_raised_is_told_in_both_labels(planted: dict[str, pl.DataFrame]) -> None:
    rows = planted["site_told"].filter(site="north")
    assert set(rows["reference"]) == {True, False}
    assert rows["ci_low"].min() > 0.55
    assert set(planted["site_told"]["p_value"]) == {1 / 2000}


def test_a_kernel_that_raises_the_scores_of_negatives_is_notable_at_each_site_and_over_them(
    planted: dict[str, pl.DataFrame],
) -> None:
    rows = planted["score_shift"].filter(attribute="kernel_class", level="sharp")
    assert set(rows["site"]) == {"north", "south", "west", ALL_SITES}
    over = rows.filter(site=ALL_SITES).row(0, named=True)
    assert over["notable"]
    assert (over["n_sites"], over["estimate"] > 0.65, over["mean_difference"] > 0.1) == (3, True, True)
    smooth = planted["score_shift"].filter(attribute="kernel_class", level="smooth", site=ALL_SITES)
    assert smooth["estimate"].item() == pytest.approx(1 - over["estimate"])


def test_a_vendor_that_raises_scores_at_one_site_is_named_with_the_site(planted: dict[str, pl.DataFrame]) -> None:
    notable = planted["score_shift"].filter("notable", attribute="vendor")
    assert set(notable.filter(pl.col("site") != ALL_SITES)["site"]) == {"south"}


def test_devices_are_numbered_and_compared_inside_their_site_only(planted: dict[str, pl.DataFrame]) -> None:
    devices = planted["score_shift"].filter(attribute="device")
    assert set(devices["level"]) == {"device 1", "device 2"}
    assert ALL_SITES not in set(devices["site"])


def test_all_tested_rows_are_counted_and_adjusted_together(planted: dict[str, pl.DataFrame]) -> None:
    rows = planted["score_shift"]
    judged, tested = rows.filter(status="ok"), rows.filter(pl.col("p_value").is_not_null())
    assert set(rows["n_comparisons"]) == {judged.height}
    assert 0 < tested.height < judged.height
    assert ((tested["estimate"] - 0.5).abs() > 0.1 - 1e-9).all()
    assert (tested["p_adjusted"] >= tested["p_value"]).all()


def test_a_patient_counts_once_with_the_label_of_the_first_case() -> None:
    cases, scores = site("north", per_patient=4)
    counted = tallied((cases, scores))["shortcut_patients"].filter(attribute="overall")
    first = cases.sort("case_id").unique("patient_id", keep="first")
    expected = first.group_by("reference_nodule").agg(pl.len())
    found = counted.group_by("reference").agg(pl.col("n_patients").sum())
    assert sorted(found.rows()) == sorted(expected.rows())
    assert set(tallied((cases, scores))["shortcut_patients"].filter("reference")["attribute"]) == {"overall"}


def test_the_order_of_the_rows_makes_no_difference() -> None:
    cases, scores = site("north", per_patient=3)
    shuffled = cases.sample(fraction=1.0, shuffle=True, seed=3), scores.sample(fraction=1.0, shuffle=True, seed=4)
    before, after = tallied((cases, scores)), tallied(shuffled)
    assert all(before[name].equals(after[name]) for name in before)


def test_a_level_of_few_patients_has_a_row_with_the_reason_and_is_not_tested() -> None:
    rows = score_shift_table(
        patient_rows(("north", "sharp", [0.2] * 9), ("north", "smooth", [0.1, 0.3] * 20)), seed=1, **RULES
    )
    assert set(rows["status"]) == {"insufficient"}
    assert set(rows["reason"]) == {"fewer than 10 patients", "fewer than 10 patients in the other levels"}
    assert rows["p_value"].null_count() == rows.height
    assert set(rows["n_comparisons"]) == {0}


def test_over_sites_stand_those_with_enough_patients_only_and_never_the_rare_values_together() -> None:
    some = [round(0.01 * i, 3) for i in range(20)]
    rows = score_shift_table(
        patient_rows(
            *((name, level, some) for name in ("north", "south") for level in ("sharp", "other")),
            ("west", "sharp", some[:4]),
            ("west", "other", some),
        ),
        seed=1,
        **RULES,
    )
    over = rows.filter(site=ALL_SITES)
    assert over.select("level", "n_sites", "n_patients").rows() == [("sharp", 2, 40)]


def test_one_site_is_told_from_nobody() -> None:
    rows = use(site("north"))["site_told"]
    assert set(rows["status"]) == {"undefined"}
    assert set(rows["reason"]) == {"no patient at the other sites"}
    assert rows["p_value"].null_count() == rows.height


def test_the_area_of_a_site_is_that_of_its_patients_against_all_others() -> None:
    north, south = [0.1, 0.2, 0.3, 0.6] * 4, [0.2, 0.4, 0.5] * 4
    rows = patient_rows(("north", "overall", north), ("south", "overall", south), attribute="overall")
    found = SITE_TOLD.conform(site_told_table(rows, seed=1, **RULES)).filter(site="north", reference=False)
    expected = auc(ScoreCounts.from_cases([True] * 16 + [False] * 12, [*north, *south]))
    assert found["estimate"].item() == pytest.approx(expected.estimate)
    assert found.select("n_patients", "n_patients_others").row(0) == (16, 12)


def test_a_model_that_follows_the_headers_does_worse_where_they_point_away() -> None:
    told = [site(name, of_vendor=2.5, leak=0.5) for name in ("north", "south", "west")]
    rows = use(*told)["header_agreement"].filter(site=ALL_SITES)
    assert rows["metric"].to_list() == ["auc", "sensitivity", "specificity"]
    assert (rows["ci_low"] > 0.1).all()
    assert (rows["agreeing"] - rows["disagreeing"] - rows["difference"]).abs().max() < 1e-12


def test_a_model_that_looks_at_the_image_does_as_well_where_they_point_away() -> None:
    honest = [site(name, leak=0.5) for name in ("north", "south", "west")]
    rows = use(*honest)["header_agreement"].filter(site=ALL_SITES)
    assert ((rows["ci_low"] < 0) & (rows["ci_high"] > 0)).all()


def test_headers_that_know_nothing_make_parts_that_are_alike(plain: dict[str, pl.DataFrame]) -> None:
    rows = plain["header_agreement"].filter(site=ALL_SITES)
    assert set(rows["status"]) == {"ok"}
    assert rows["difference"].abs().max() < 0.12


def test_parts_of_few_patients_are_withheld_with_the_reason() -> None:
    rows = use(site("north", leak=1.0))["header_agreement"].filter(site="north")
    assert set(rows["reason"]) == {"fewer than 10 patients of a label in a part"}
    assert rows["difference"].null_count() == 3
    assert rows["disagreeing"].null_count() == 3
    assert rows["agreeing"].null_count() == 0


def test_without_scores_from_headers_there_is_no_row_of_agreement() -> None:
    few = use(site("north", n=40), site("south", n=40))
    assert few["header_agreement"].is_empty()
    assert not few["site_told"].is_empty()
    nobody = agreement_table(
        ScoreTally.empty(), ProportionMoments.from_frame(HEADER_AGREEMENT_MOMENTS.empty()), **RULES
    )
    assert nobody.is_empty()


def test_a_study_without_a_test_case_has_empty_tables() -> None:
    cases, scores = site("north")
    assert all(frame.is_empty() for frame in use((cases.clear(), scores)).values())


def test_the_scanner_model_and_the_index_test_are_told_apart() -> None:
    cases, scores = site("north")
    models = cases.with_columns(
        model=pl.when(pl.col("vendor") == "Philips").then(pl.lit("iCT")).otherwise(pl.lit("Rev"))
    )
    rows = use((models, scores))["score_shift"].filter(attribute="model")
    assert set(rows["level"]) == {"iCT", "Rev"}
    assert set(rows["model"]) == {"ai"}


def test_without_a_shift_at_most_one_run_in_a_hundred_is_notable() -> None:
    rng = np.random.default_rng(6)
    notable = 0
    for _ in range(120):
        made = scored_at_random(rng)
        notable += int(score_shift_table(made, seed=1, **RULES)["notable"].any())
    assert notable <= 4


RULES = {"minimum_patients": 10, "ci_level": 0.95}


def patient_rows(*levels: tuple[str, str, list[float]], attribute: str = "kernel_class") -> pl.DataFrame:
    """Rows of SHORTCUT_PATIENTS without the finding: site, level, and the score of each patient."""
    rows = [(name, "nodule", "ai", False, attribute, level, score, 1) for name, level, of in levels for score in of]
    frame = pl.DataFrame(rows, schema=SHORTCUT_PATIENTS.schema, orient="row")
    return frame.group_by(SHORTCUT_PATIENTS.key).agg(pl.col("n_patients").sum()).sort(SHORTCUT_PATIENTS.key)


def scored_at_random(rng: np.random.Generator) -> pl.DataFrame:
    """Rows of SHORTCUT_PATIENTS of three sites, two attributes of four levels each, and scores of chance."""
    parts = []
    for name in ("north", "south", "west"):
        n = 120
        frame = pl.DataFrame(
            {
                "site": [name] * n,
                "case_id": [f"c{i}" for i in range(n)],
                "patient_id": [f"p{i}" for i in range(n)],
                "finding": ["nodule"] * n,
                "model": ["ai"] * n,
                "split": ["test"] * n,
                "reference": [False] * n,
                "score": rng.beta(1, 3, n),
                "stratum_vendor": rng.choice(["a", "b", "c", "d"], n, p=[0.4, 0.3, 0.2, 0.1]),
                "stratum_kernel_class": rng.choice(["e", "f", "g", "h"], n),
            }
        )
        parts.append(patients_per_score(frame, columns=["stratum_vendor", "stratum_kernel_class"], steps=1000))
    return pl.concat(parts)


def test_every_attribute_has_a_column_of_levels() -> None:
    assert [name.removeprefix("stratum_") for name in LEVEL_COLUMNS] == list(ATTRIBUTES)
