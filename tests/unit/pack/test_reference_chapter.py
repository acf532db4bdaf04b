"""What the page says of the reference standard: how it was made, what it can show at most, and what hangs on it."""

from dataclasses import replace
from functools import lru_cache

import polars as pl
import pytest

from multisite.pack import report_parameters
from multisite.pack.evidence import Evidence
from multisite.pack.exhibits.tornado import tornado_figure
from multisite.pack.figures.figure import MissingPanel, Panel
from multisite.pack.marks import CONCERN
from multisite.pack.parameters import ReferenceText
from multisite.pack.reference_chapter import reference_chapter
from multisite.pack.sentences.reader_bias import reader_bias_sentence, reader_bias_statement, reader_bias_title
from multisite.pack.sentences.reference import (
    UNKNOWN_READING,
    benchmark_title,
    ceiling_sentence,
    independence_sentence,
    readers_sentence,
    tornado_rows,
    tornado_title,
)
from multisite.pack.tables.reader_bias import reader_bias_table
from multisite.pack.tables.reference import agreement_by_stratum_table, benchmark_table, reading_table
from multisite.schemas.agreement_by_stratum import AGREEMENT_ACROSS_SITES
from multisite.schemas.reader_bias import READER_BIAS
from multisite.schemas.reference import AGREEMENT, READING_COUNTS
from multisite.schemas.truth_sensitivity import READER_BENCHMARK, TRUTH_TORNADO
from multisite.study import Study
from tests.lib.reference_frames import READ_SITES, reading_frames
from tests.lib.report_frames import FINDING, report_inputs, study

pytestmark = pytest.mark.slow

ARTEFACTS = (AGREEMENT, AGREEMENT_ACROSS_SITES, READING_COUNTS, READER_BIAS, READER_BENCHMARK, TRUTH_TORNADO)
RATINGS = {"positive": ["yes"], "negative": ["no"]}


@lru_cache(maxsize=1)
def bare() -> Evidence:
    return Evidence.from_inputs(report_inputs(), report_parameters(study(), None))


def evidence(**frames: pl.DataFrame) -> Evidence:
    """With readings, and a frame of the test's own where one is given."""
    made = {artefact.name: artefact.conform(reading_frames()[artefact.name]) for artefact in ARTEFACTS}
    parameters = replace(
        bare().parameters, references=(ReferenceText(FINDING, "the majority of 3 readers or more", 2),)
    )
    return Evidence(parameters, {**bare().frames, **made, **frames}, bare().lineage)


def test_labels_from_tables_are_said_to_be_of_unknown_reading_and_nothing_else() -> None:
    chapter = reference_chapter(bare(), bare().parameters.findings[0])
    assert chapter.sentences == (UNKNOWN_READING,)
    assert (*chapter.tables, *chapter.more, *chapter.tornados, *chapter.benchmarks) == ()


def test_a_chapter_says_rule_readers_independence_ceiling_and_bias_in_this_order() -> None:
    chapter = reference_chapter(evidence(), bare().parameters.findings[0])
    rule, readers, independence, ceiling, bias = chapter.sentences
    assert rule.endswith("by the majority of 3 readers or more (version 2 of the rule).")
    assert readers.startswith("8 readers made 1,153 readings of 320 cases")
    assert "the others: 14 tie, 15 too few readings" in readers
    assert "of the decided cases were decided by who saw the model's output" in independence
    assert ceiling.startswith("Two readers of the same cases agree in ")
    assert "the readers' benchmark, and no ceiling" in ceiling
    told = evidence().frame(AGREEMENT).filter(first="perfect model", statistic="expected_agreement")["estimate"]
    assert 0.85 < told.min() < told.max() < 1.0
    assert f"{told.min():.2f}"[2:] == f"{told.max():.2f}"[2:] == "97"
    assert "the declared labels in 97\N{NARROW NO-BREAK SPACE}% of the decided cases (sensitivity " in ceiling
    assert "at 2 sites). That is the ceiling of the claim if readers err independently of each other" in ceiling
    assert bias.startswith("Of eight readers, ")
    assert [table.slug for table in chapter.tables][2] == f"reader-bias-{FINDING}"
    assert (len(chapter.tornados), len(chapter.benchmarks)) == (1, 1)


def test_the_rules_of_a_study_file_are_put_in_words() -> None:
    def words(rule: dict[str, object]) -> str:
        section = {"version": 1, "ratings": RATINGS, "rule": rule, "ambiguous": "exclude", "non_diagnostic": "exclude"}
        declared = Study.model_validate(study().model_dump(mode="json") | {"reference": {FINDING: section}})
        return report_parameters(declared, None).references[0].rule

    assert words({"by": "majority", "of": 3}) == "the majority of 3 readers or more"
    assert words({"by": "panel"}) == "a consensus panel"
    two = {"by": "two_plus_one"}
    assert words({"by": "independent", "sources": ["pathology"], "otherwise": two}) == (
        "the first of 1 independent sources that settles it, else by two readers, and a third where they differ"
    )
    assert "has a probability of 0.9 or more" in words({"by": "latent_class", "of": 3, "at_least": 0.9})


def test_the_tornado_is_ordered_by_its_effect_behind_the_declared_truth() -> None:
    rows = tornado_rows(evidence(), bare().endpoints[0])
    assert rows[0]["variant"] == "declared"
    changes = [abs(row["auc"]["change"]) for row in rows[1:]]
    assert changes == sorted(changes, reverse=True)
    values = [row["auc"]["estimate"] for row in rows]
    title = tornado_title(evidence(), bare().endpoints[0])
    assert f"between {min(values):.3f} and {max(values):.3f}" in title
    figure = tornado_figure(evidence(), bare().endpoints[0])
    assert [type(panel) for panel in figure.panels] == [Panel] * 3
    assert all("Unanimous readers only" in panel.svg for panel in figure.panels if isinstance(panel, Panel))
    assert "undecided for every finding are not in the cohort, and take part in no row" in figure.method
    # Of eight readers six are drawn; the table has all.
    assert len(figure.data.groups[0].rows) == len(rows) == 13


def test_a_truth_that_leaves_everything_as_it_is_has_no_row() -> None:
    frame = reading_frames()[TRUTH_TORNADO.name]
    declared = frame.filter(variant="declared")
    same = declared.with_columns(pl.lit("independent decisions only").alias("variant"))
    others = frame.filter(pl.col("variant") != "independent decisions only")
    rows = tornado_rows(evidence(truth_tornado=pl.concat([others, same])), bare().endpoints[0])
    assert "independent decisions only" not in {row["variant"] for row in rows}


def test_a_result_that_does_not_move_is_said_to_stay() -> None:
    frame = reading_frames()[TRUTH_TORNADO.name].with_columns(estimate=pl.lit(0.9), change=pl.lit(0.0))
    title = tornado_title(evidence(truth_tornado=frame), bare().endpoints[0])
    assert title == "Under 12 other truths the AUC stays at 0.900"


def test_truths_that_could_not_be_estimated_at_the_same_sites_are_counted_in_the_title() -> None:
    frame = reading_frames()[TRUTH_TORNADO.name]
    without = pl.col("variant") == "latent class"
    changed = frame.with_columns(
        estimate=pl.when(without).then(None).otherwise("estimate"),
        n_sites=pl.when(variant="majority").then(1).otherwise("n_sites"),
    )
    title = tornado_title(evidence(truth_tornado=changed), bare().endpoints[0])
    assert title.startswith("Under 10 of 12 other truths the AUC moves between ")
    assert title.endswith("; 2 could not be estimated at the same sites")


def test_readers_stand_by_their_site_with_the_difference_to_the_model() -> None:
    table = benchmark_table(evidence(), bare().endpoints[0])
    assert [group.heading for group in table.groups] == list(READ_SITES)
    assert [row.cells[0].text for row in table.groups[0].rows] == [f"reader\N{NO-BREAK SPACE}{n}" for n in range(1, 5)]
    assert table.title.startswith("Of 8 readers, the model agrees with the truth of others more often than ")


def biased(verdict: str, *, failing: int = 0) -> Evidence:
    """READER_BIAS of eight readers with one verdict, but for so many that fail."""
    frame = reading_frames()[READER_BIAS.name].sort("site", "reader", "error").with_row_index("place")
    verdicts = pl.when(pl.col("place") < failing).then(pl.lit("fail")).otherwise(pl.lit(verdict)).alias("verdict")
    numbers = {"of_reader": 0.3, "of_others": 0.05, "difference": 0.25, "ci_low": 0.2, "ci_high": 0.3}
    known = frame.with_columns(verdicts, **{name: pl.lit(value) for name, value in numbers.items()})
    return evidence(reader_bias=READER_BIAS.conform(known.drop("place")))


def test_a_reader_who_reads_differently_is_named_on_the_first_page_with_both_shares() -> None:
    finding = bare().parameters.findings[0]
    found = reader_bias_statement(biased("pass", failing=1), finding)
    assert found is not None
    assert (found.mark, found.anchor) == (CONCERN, "reference")
    said = (
        "Of eight readers, one calls wrong more often than the others of the same cases, by more than 5 points. "
        "Reader 1 of amstel calls 30 % of the negatives positive, the others 5 % of the same. "
        "Labels that such a reader had a part in may lean the same way."
    )
    assert found.text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ") == said


def test_of_many_failures_three_are_named() -> None:
    said = reader_bias_sentence(biased("pass", failing=5), bare().parameters.findings[0])
    assert said.count("of the same.") == 3
    assert said.endswith(" Two more such rows are in the table.")


def test_where_no_reader_fails_the_first_page_is_silent_and_the_chapter_says_what_is_open() -> None:
    finding = bare().parameters.findings[0]
    assert reader_bias_statement(biased("pass"), finding) is None
    assert reader_bias_title(biased("pass"), finding).startswith("Of eight readers, none is shown to call wrong more")
    assert reader_bias_sentence(biased("insufficient evidence"), finding).endswith(
        "; in 16 of 16 comparisons the evidence is insufficient."
    )


def test_readers_beside_the_others_have_their_verdict_in_words_and_withheld_ones_their_reason() -> None:
    finding = bare().parameters.findings[0]
    table = reader_bias_table(biased("pass", failing=1), finding)
    assert [group.heading for group in table.groups] == list(READ_SITES)
    share, difference = table.groups[0].rows[0].cells[1:3]
    assert (share.text.strip()[:2], share.note[:6]) == ("30", "others")
    assert (difference.text.strip(), difference.note) == ("0.25", "▲ fail")
    withheld = reading_frames()[READER_BIAS.name].with_columns(
        difference=pl.lit(None, pl.Float64), verdict=pl.lit("insufficient evidence"), reason=pl.lit("too few")
    )
    share, difference = reader_bias_table(evidence(reader_bias=withheld), finding).groups[0].rows[0].cells[1:3]
    assert (share.text, share.note, difference.note) == ("—", "too few", "◇ insufficient evidence")


def test_a_row_whose_truth_leans_on_another_reader_shows_its_numbers_and_says_so() -> None:
    held = biased("insufficient evidence").frame(READER_BIAS).with_columns(reason=pl.lit("the truth leans"))
    finding = bare().parameters.findings[0]
    difference = reader_bias_table(evidence(reader_bias=held), finding).groups[0].rows[0].cells[2]
    assert difference.text != "—"
    assert difference.note == "◇ insufficient evidence: the truth leans"


def test_without_readings_of_test_cases_figure_and_table_say_so() -> None:
    empty = evidence(**{artefact.name: artefact.empty() for artefact in ARTEFACTS})
    endpoint, finding = bare().endpoints[0], bare().parameters.findings[0]
    assert all(isinstance(panel, MissingPanel) for panel in tornado_figure(empty, endpoint).panels)
    assert tornado_title(empty, endpoint) == "What hangs on the reference standard could not be estimated"
    assert benchmark_title(empty, endpoint) == "No reader could be compared with the model"
    assert benchmark_table(empty, endpoint).groups[0].rows[0].cells[0].text == "none"
    assert independence_sentence(empty, finding).startswith("No case was decided")
    ceiling = ceiling_sentence(empty, finding)
    assert ceiling.startswith("How far readers agree is not known: too few patients were read twice. What a model that")
    assert "cannot be told" in ceiling
    assert reader_bias_sentence(empty, finding).startswith("No two readers share a case")
    assert reader_bias_table(empty, finding).groups[0].rows[0].cells[0].text == "none"
    assert readers_sentence(empty, finding).startswith("0 readers made 0 readings of 0 cases")


def test_no_decided_case_that_depends_on_the_output_is_said_so_and_what_is_not_known_too() -> None:
    counts = reading_frames()[READING_COUNTS.name].with_columns(
        pl.when(pl.col("level").str.starts_with("decided by"))
        .then(0)
        .when(pl.col("level") == "not said whether blinded")
        .then(10)
        .otherwise("n")
        .cast(pl.Int64)
        .alias("n")
    )
    changed = evidence(reading_counts=counts)
    finding = bare().parameters.findings[0]
    told = independence_sentence(changed, finding)
    assert told.startswith("No decided case is known to depend on the model's output.")
    assert "it is not said whether readers saw the output" in told
    cells = reading_table(changed, finding).groups[0].rows[0].cells
    assert (cells[0].text, cells[5].text, cells[5].note) == ("amstel", "0", "not said of 10")
    assert (cells[1].text, cells[1].note) == ("4", "3 board certified, 1 trainee")


def test_agreement_by_stratum_stands_in_the_order_of_the_levels_behind_that_of_all_cases() -> None:
    table = agreement_by_stratum_table(evidence(), bare().parameters.findings[0])
    found = [(group.heading, [row.cells[0].text for row in group.rows]) for group in table.groups]
    assert found == [("", ["All included cases"]), ("Sex", ["F", "M", "unknown"])]
    assert [row.cells[4].text for group in table.groups for row in group.rows] == ["2"] * 4
    empty = evidence(agreement_across_sites=AGREEMENT_ACROSS_SITES.empty())
    assert agreement_by_stratum_table(empty, bare().parameters.findings[0]).groups[0].rows[0].cells[0].text == "none"
