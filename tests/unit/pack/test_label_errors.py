"""What the page says of labels that err: where they come from, what the check found, and results side by side."""

from dataclasses import replace
from functools import lru_cache

import polars as pl
import pytest

from multisite.pack import REPORT_STAGE, report_parameters
from multisite.pack.evidence import Evidence
from multisite.pack.method import limits
from multisite.pack.parameters import ReferenceText, ReportParameters
from multisite.pack.reference_chapter import reference_chapter
from multisite.pack.sentences.label_errors import (
    check_sentence,
    corrected_rows,
    label_caution,
    labeller_sentence,
    perfect_sentence,
)
from multisite.pack.tables.label_errors import corrected_table
from multisite.schemas import StageInputs
from multisite.schemas.label_errors import CORRECTED_ESTIMATES
from multisite.schemas.report import REPORT
from multisite.study import Study
from tests.lib.report_frames import FINDING, SITES, corrected_frame, report_inputs, study

pytestmark = pytest.mark.slow

SECTION = {
    "source": "report text",
    "labeller": "reader-of-reports 2.1",
    "sensitivity": {"positives_checked": 200, "found": 188},
    "specificity": {"negatives_checked": 400, "found": 392},
    "checked_at": ["amstel", "borealis"],
}


def declared(**changes: object) -> Study:
    section = SECTION | changes
    return Study.model_validate(study().model_dump(mode="json") | {"label_errors": {FINDING: section}})


@lru_cache(maxsize=1)
def inputs() -> StageInputs:
    bare = report_inputs()
    return replace(bare, frames={**bare.frames, CORRECTED_ESTIMATES.name: corrected_frame(declared())})


def evidence(*changes: pl.Expr, **section: object) -> Evidence:
    found = Evidence.from_inputs(inputs(), report_parameters(declared(**section), None))
    frame = found.frame(CORRECTED_ESTIMATES).with_columns(changes)
    return replace(found, frames={**found.frames, CORRECTED_ESTIMATES.name: frame})


def test_the_labeller_is_named_with_what_the_check_found() -> None:
    assert labeller_sentence(evidence().parameters.labellers[0]) == (
        "The labels come from report text, by reader-of-reports 2.1. Checked against readers, they found 188 of 200 "
        "cases with the finding (94\N{NARROW NO-BREAK SPACE}%), and called 392 of 400 cases without it negative "
        "(98\N{NARROW NO-BREAK SPACE}%)."
    )


@pytest.mark.parametrize(
    ("checked_at", "said"),
    [
        ([], "Where the checked cases come from is not said"),
        (["amstel", "borealis"], "that labels err as often at cordoba and danube is taken for granted"),
        (list(SITES), "put together; labels are taken to err as often at each"),
    ],
)
def test_sites_without_a_check_are_named(checked_at: list[str], said: str) -> None:
    found = evidence(checked_at=checked_at)
    assert said in check_sentence(found, found.parameters.labellers[0])


def test_a_model_without_error_is_shown_to_look_worse_than_it_is() -> None:
    said = perfect_sentence(evidence(), evidence().endpoints[0])
    assert said.startswith("Against such labels even a model without any error would show an AUC of 0.9")
    nothing = evidence(pl.lit(None, pl.Float64).alias("of_perfect_model"))
    assert perfect_sentence(nothing, evidence().endpoints[0]) == ""


def test_the_chapter_has_sentences_and_the_results_side_by_side_for_all_sites_and_each() -> None:
    chapter = reference_chapter(evidence(), evidence().parameters.findings[0])
    assert len(chapter.sentences) == 4
    (table,) = chapter.tables
    assert [group.heading for group in table.groups] == ["All sites", *SITES]
    assert [row.cells[0].text for row in table.groups[0].rows] == ["AUC", "Sensitivity", "Specificity", "Prevalence"]
    row = corrected_rows(evidence(), evidence().endpoints[0])["sensitivity"]
    labelled, corrected, bounds = (cell.text.strip() for cell in table.groups[0].rows[1].cells[1:4])
    assert float(labelled) == pytest.approx(row["as_labelled"], abs=0.006)
    assert float(corrected) == pytest.approx(row["estimate"], abs=0.006)
    assert bounds.startswith(f"{row['bound_low']:.2f} to ")
    assert table.groups[0].rows[3].cells[3].note == "no assumption to do without"


def test_a_number_beyond_one_is_written_with_its_reason() -> None:
    beyond = evidence(
        pl.lit(1.04).alias("estimate"), pl.lit(1.1).alias("ci_high"), pl.lit("above 1: why").alias("reason")
    )
    cell = corrected_table(beyond, beyond.endpoints[0]).groups[0].rows[1].cells[2]
    assert (cell.text.strip()[:3], cell.note) == ("1.0", "above 1: why")


def test_the_first_page_cautions_beside_the_headline() -> None:
    said = label_caution(evidence(), evidence().endpoints[0])
    assert said.startswith("These results are against labels that come from report text and are sometimes wrong.")
    assert "sensitivity 0." in said
    assert said.endswith("fail at the same cases, sampling error apart.")
    none = evidence(pl.lit(None, pl.Float64).alias("estimate"))
    assert label_caution(none, none.endpoints[0]).endswith("What they would be without these errors cannot be told.")


def test_the_caution_tells_why_a_corrected_value_is_beyond_one_without_an_interval_or_none() -> None:
    beyond = evidence(pl.lit(1.04).alias("estimate"), pl.lit("above 1: why").alias("reason"))
    assert label_caution(beyond, beyond.endpoints[0]).count("(above 1: why)") == 3
    bare = evidence(
        *(pl.lit(None, pl.Float64).alias(end) for end in ("ci_low", "ci_high")), pl.lit("r").alias("reason")
    )
    assert label_caution(bare, bare.endpoints[0]).count(" (r)") == 3
    one = pl.col("metric") == "sensitivity"
    lost = evidence(
        pl.when(one).then(None).otherwise("estimate").alias("estimate"),
        pl.when(one).then(pl.lit("no case")).otherwise("reason").alias("reason"),
    )
    assert "sensitivity not usable (no case)" in label_caution(lost, lost.endpoints[0])
    none = evidence(pl.lit(None, pl.Float64).alias("estimate"), pl.lit("no case").alias("reason"))
    assert label_caution(none, none.endpoints[0]).endswith("without these errors cannot be told (no case).")


def test_the_page_holds_caution_and_table_only_where_errors_are_declared() -> None:
    page = REPORT_STAGE.run(inputs(), report_parameters(declared(), None)).files[REPORT.name].decode()
    assert page.index('<p class="caution">') < page.index("What a reviewer must know")
    assert "as labelled, and corrected for errors of the labels" in page
    plain = Evidence.from_inputs(report_inputs(), report_parameters(study(), None))
    assert label_caution(plain, plain.endpoints[0]) == ""
    assert reference_chapter(plain, plain.parameters.findings[0]).tables == ()


def test_limits_say_what_is_taken_as_true() -> None:
    def of(parameters: ReportParameters) -> str:
        return " ".join(limits(parameters))

    plain = report_parameters(study(), None)
    assert "The reference standard is taken as true. Agreement between readers" in of(plain)
    labelled = of(report_parameters(declared(), None))
    assert "The labels are sometimes wrong, and results are against them as they are." in labelled
    assert "taken as true" not in labelled
    read = of(replace(plain, references=(ReferenceText(FINDING, "a panel", 1),)))
    assert "The reference standard is taken as true. How far its readers agree" in read
    assert "have not been looked at" not in read
    other = replace(plain.findings[0], id="mass", title="Mass")
    both = of(replace(report_parameters(declared(), None), findings=(*plain.findings, other)))
    assert "The labels of Lung nodule are sometimes wrong" in both
    assert "The reference standard of Mass is taken as true" in both
