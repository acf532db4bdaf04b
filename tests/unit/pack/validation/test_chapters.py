"""What the chapters say: planned and post hoc, climbed and not, answered and missing."""

import polars as pl
import pytest

from multisite.checklists.answers import AnswerStatus
from multisite.checklists.catalogue import Evidence as Kind
from multisite.pack.figures.figure import MissingPanel, Panel
from multisite.pack.standing import study_standing
from multisite.pack.validation.claims import answered
from multisite.pack.validation.evidence_kinds import kinds_of_evidence
from multisite.pack.validation.figures_register import register_table
from multisite.pack.validation.first_page import first_page
from multisite.pack.validation.ladder import RungStatus, ladder_of_verification
from multisite.pack.validation.plan_table import plan_table
from multisite.pack.validation.planning import Planning, planning_of
from multisite.pack.validation.planning_notes import planning_note
from multisite.pack.validation.ribbon import ribbon_figure
from multisite.pack.validation.risk_table import risks_tables
from multisite.pack.validation.roc import roc_figure
from multisite.schemas.calibration_strata import CALIBRATION_BY_LEVEL
from multisite.schemas.drift_verdicts import DRIFT_VERDICTS
from multisite.schemas.looks import LOOKS
from multisite.schemas.performance import SCORE_TALLY_GRID
from multisite.schemas.standings import DEVIATIONS, STANDINGS
from multisite.study import PlannedEndpoint
from multisite.vocabulary import Standing
from tests.lib.pack_sources import chain, pack_sources, planned_study
from tests.lib.report_frames import FINDING, MODEL

SOURCES = pack_sources()
EVIDENCE, FACTS = SOURCES.evidence, SOURCES.facts
PLANNED = Standing.PLANNED


def of(metric: str, stratum: str = "overall", standing: Standing = PLANNED) -> Planning:
    return planning_of(FACTS.endpoints, standing, metric=metric, finding=FINDING, model=MODEL, stratum=stratum)


def test_a_result_is_planned_by_the_endpoint_that_covers_it_and_post_hoc_without_one() -> None:
    assert of("auc") is Planning.PRIMARY
    assert of("sensitivity") is Planning.SECONDARY
    assert of("sensitivity", "sex") is Planning.SECONDARY
    assert of("sensitivity", "vendor") is Planning.POST_HOC
    assert of("auc", "sex") is Planning.POST_HOC


def test_nothing_is_planned_under_a_protocol_that_was_not_locked_in_time() -> None:
    assert of("auc", standing=Standing.EXPLORATORY) is Planning.EXPLORATORY


def test_an_endpoint_of_one_model_does_not_cover_another() -> None:
    other = (PlannedEndpoint(id="a", metric="auc", role="primary", model="other"),)
    found = planning_of(other, PLANNED, metric="auc", finding=FINDING, model=MODEL, stratum="overall")
    assert found is Planning.POST_HOC


@pytest.mark.parametrize(
    ("slug", "note"),
    [
        ("headline", "Planned: AUC (primary) and sensitivity (secondary); all else is post hoc."),
        ("forest-strata-x", "Planned: sensitivity by Sex (secondary); all else is post hoc."),
        ("benefit-x", "Post hoc."),
        ("flow-figure", ""),
    ],
)
def test_every_exhibit_of_results_says_what_of_it_was_planned(slug: str, note: str) -> None:
    assert planning_note(slug, EVIDENCE, FACTS, PLANNED) == note
    exploratory = planning_note(slug, EVIDENCE, FACTS, Standing.EXPLORATORY)
    assert exploratory == ("Exploratory." if note else "")


def test_the_plan_has_a_row_for_every_endpoint_and_every_level_of_its_stratum() -> None:
    rows = [row for group in plan_table(EVIDENCE, FACTS, PLANNED).groups for row in group.rows]
    names = [row.cells[0].text.strip() for row in rows]
    assert names[:2] == ["ranking", "misses"]
    assert names.count("by_sex") == len(next(EVIDENCE.levels(s) for s in EVIDENCE.parameters.strata if s.id == "sex"))


def test_a_plan_without_endpoints_says_so() -> None:
    sources = pack_sources(planned_study(analysis_plan={}))
    table = plan_table(sources.evidence, sources.facts, PLANNED)
    assert table.groups[0].rows[0].cells[0].note == "the protocol plans no endpoint"


def test_items_are_answered_by_what_is_there_and_missing_else() -> None:
    kinds = kinds_of_evidence(EVIDENCE, FACTS)
    claim = answered("claim_2024", FACTS, kinds, sites=EVIDENCE.sites, standing=PLANNED)
    status = {one.answer.item.id: one.answer.status for one in claim.items}
    assert status["13"] is AnswerStatus.REPORTED
    assert status["40"] is AnswerStatus.PARTIAL
    assert status["44"] is AnswerStatus.MISSING
    assert kinds[Kind.ROBUSTNESS].lacking == "no image was degraded to see what scores do"
    assert claim.coverage.n_items == 44


def test_what_is_written_afterwards_is_post_hoc_and_what_is_locked_is_planned() -> None:
    stated = {"discussion": {"implications": "i", "limitations": "l"}, "background": "b"}
    sources = pack_sources(planned_study(reporting=stated))
    kinds = kinds_of_evidence(sources.evidence, sources.facts)
    claim = answered("claim_2024", sources.facts, kinds, sites=("a",), standing=PLANNED)
    planned = {one.answer.item.id: one.planned for one in claim.items}
    assert planned["41"] == "post hoc"
    assert planned["40"] == "planned and post hoc"
    assert planned["3"] == "planned"


def test_the_ladder_names_what_was_not_climbed() -> None:
    rungs = {rung.title: rung for rung in ladder_of_verification(EVIDENCE)}
    assert list(rungs) == [
        "Internal testing",
        "External testing",
        "Bias",
        "Calibration",
        "Robustness",
        "Clinical relevance",
    ]
    assert rungs["Robustness"].status is RungStatus.NOT_CLIMBED
    assert rungs["Bias"].status is RungStatus.CLIMBED
    assert rungs["Clinical relevance"].status is RungStatus.PARTLY
    bare = pack_sources(planned_study(), calibration_by_level=CALIBRATION_BY_LEVEL.empty()).evidence
    assert {r.title: r.status for r in ladder_of_verification(bare)}["Calibration"] is RungStatus.NOT_CLIMBED


def test_risks_of_the_authors_stand_first_and_the_program_judges_none() -> None:
    declared = planned_study(
        risks=[
            {"hazard": "H04", "severity": "serious", "acceptable": False},
            {"hazard": "own", "title": "t", "situation": "s", "harms": ["h"]},
        ]
    )
    sources = pack_sources(declared, drift_verdicts=DRIFT_VERDICTS.empty())
    judged, rest = risks_tables(sources.facts, kinds_of_evidence(sources.evidence, sources.facts))
    rows = [row.cells for row in judged.groups[0].rows]
    assert (len(rows), len(rest.groups[0].rows)) == (2, 35)
    assert [cells[0].note for cells in rows[:2]] == ["own", "H04"]
    assert rows[1][2].text == "serious"
    assert rows[1][5].note == "not acceptable, say the authors"
    assert "lacking: monitoring" in rows[1][6].note
    assert rows[0][2].note == "not judged by the authors"
    nobody, _ = risks_tables(FACTS, kinds_of_evidence(EVIDENCE, FACTS))
    assert nobody.groups[0].rows[0].cells[0].note == "the authors judge no hazard"


def test_the_first_page_tells_the_worst_that_is_confirmed_and_what_was_not_measured() -> None:
    page = first_page(EVIDENCE, FACTS, ladder_of_verification(EVIDENCE), study_standing(EVIDENCE))
    assert len(page.worst) <= 3
    assert any("Robustness" in one for one in page.not_shown)
    assert page.not_shown[-1].startswith("How radiologists do with the model")
    assert ("Protocol", FACTS.protocol_sha256) in page.identity
    assert any(digest == "no digest is declared" for _, digest in page.identity)


def test_deviations_are_counted_on_the_first_page_and_in_the_standing() -> None:
    row = ("amstel", 3, "2026-05-09T12:00:00+00:00", "B", "w", "y", "p")
    noted = pl.DataFrame([row], schema=DEVIATIONS.schema, orient="row")
    evidence = pack_sources(deviations=noted).evidence
    standing = study_standing(evidence)
    assert standing.n_deviations == 1
    assert standing.sentence.endswith("One deviation is noted.")


def test_a_study_is_exploratory_as_soon_as_one_site_is() -> None:
    planned = EVIDENCE.frame(STANDINGS)
    mixed = planned.with_columns(
        standing=pl.when(pl.col("site") == "danube").then(pl.lit("exploratory")).otherwise("standing"),
        reason=pl.when(pl.col("site") == "danube").then(pl.lit("the protocol was not locked")),
    )
    standing = study_standing(pack_sources(standings=mixed).evidence)
    assert standing.kind is Standing.EXPLORATORY
    assert standing.sentence.startswith("No result here counts as planned: the protocol was not locked (danube).")
    gone = study_standing(pack_sources(standings=planned.filter(pl.col("site") != "danube")).evidence)
    assert "its ledger was not read (danube)" in gone.sentence


def test_the_register_links_what_is_there_and_says_why_the_rest_is_not() -> None:
    rows = [row.cells for row in register_table({"forest-sites-a-b", "ribbon"}).groups[0].rows]
    assert len(rows) == 28
    links = {cells[1].text: cells[2].link for cells in rows if cells[2].link}
    assert links["Forest of the sites with a range for a new one"] == "#forest-sites-a-b"
    assert all(cells[2].note for cells in rows if not cells[2].link)


def test_the_ribbon_says_whether_labels_were_read_before_a_lock() -> None:
    locked = {"north": chain("north", "p"), "south": chain("south", "p")}
    early = {**locked, "south": chain("south", "p", locked=False)}
    none = {"south": chain("south", "p", locked=False)}
    names = {"north": "north", "south": "south"}
    assert ribbon_figure(locked, names).title == "No ledger has a look at test labels before a lock"
    assert ribbon_figure(early, names).title == "At 1 of 2 ledgers labels were read before a lock"
    assert ribbon_figure(none, names).title == "No ledger has a lock of a protocol"
    assert ribbon_figure({"north": chain("north", "p", locked=False, looks=0)}, names).panels


def test_a_site_without_a_look_on_record_makes_the_study_exploratory() -> None:
    looks = EVIDENCE.frame(LOOKS).with_columns(
        n_runs=pl.when(pl.col("site") == "danube").then(0).otherwise("n_runs").cast(pl.Int64)
    )
    standing = study_standing(pack_sources(looks=looks).evidence)
    assert standing.kind is Standing.EXPLORATORY
    assert "no look at the test labels is on record (danube)" in standing.sentence


def test_a_locked_site_that_is_left_out_is_named() -> None:
    standing = study_standing(EVIDENCE, left_out=("eastbay",))
    assert "a site of the locked study is not part of this pack (eastbay)" in standing.sentence


def test_a_site_of_one_class_has_no_roc_curve_and_says_why() -> None:
    (endpoint, *_) = EVIDENCE.endpoints
    names = {"finding": endpoint.finding.id, "model": endpoint.model.id, "split": "test"}
    row = {"site": "amstel", **names, "stratum": "overall", "level": "overall", "score": 0.4995}
    one_class = pl.DataFrame([row | {"n_positive": 0, "n_negative": 7}], schema=SCORE_TALLY_GRID.schema)
    figure = roc_figure(EVIDENCE, endpoint, one_class)
    assert {type(panel) for panel in figure.panels} == {MissingPanel}
    both = pl.concat([one_class, one_class.with_columns(score=pl.lit(0.9005), n_positive=pl.lit(3, pl.Int64))])
    drawn = roc_figure(EVIDENCE, endpoint, both)
    assert isinstance(drawn.panels[0], Panel)
    assert "amstel,0.5," in drawn.data.csv
