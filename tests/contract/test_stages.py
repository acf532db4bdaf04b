"""What must hold between stages, artefacts and zones, whatever the stages compute."""

import polars as pl
import pytest

from multisite.pipeline import STAGES, VERBS, stage_named
from multisite.schemas import Artefact, Scope, Stage
from multisite.schemas.catalogue import ARTEFACTS
from multisite.vocabulary import Zone

TABLES = [artefact for artefact in ARTEFACTS.values() if isinstance(artefact, Artefact)]


def test_a_stage_reads_only_what_stages_before_it_write() -> None:
    written: set[str] = set()
    for stage in STAGES:
        needed = {artefact.name for artefact in (*stage.reads, *stage.optional_reads)}
        assert needed <= written, f"{stage.name} reads {sorted(needed - written)} too early"
        written |= {artefact.name for artefact in stage.writes}


def test_every_artefact_is_written_by_exactly_one_stage() -> None:
    written = [artefact.name for stage in STAGES for artefact in stage.writes]
    assert sorted(written) == sorted(ARTEFACTS)


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_a_stage_of_the_whole_study_sees_no_row(stage: Stage) -> None:
    if stage.scope is Scope.STUDY:
        assert all(artefact.zone is not Zone.SITE for artefact in (*stage.reads, *stage.optional_reads))
        assert all(artefact.zone is Zone.CENTRAL for artefact in stage.writes)
    else:
        assert all(artefact.zone is not Zone.CENTRAL for artefact in stage.writes)


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_a_partitioned_stage_takes_its_parts_from_one_of_its_inputs(stage: Stage) -> None:
    partitioned = stage.scope in (Scope.SHARD, Scope.MONTH)
    assert partitioned == (stage.partition_of is not None)
    if stage.partition_of is not None:
        assert stage.partition_of in stage.reads
        # Either its writer cuts it, or its writer is itself run part by part.
        makers = [maker for maker in STAGES if stage.partition_of in maker.writes]
        cut = stage.partition_of.partitioned_by is not None
        assert cut or all(maker.partition_of is not None for maker in makers)


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_a_projection_names_columns_that_exist(stage: Stage) -> None:
    for name, columns in stage.projection.items():
        artefact = ARTEFACTS[name]
        assert isinstance(artefact, Artefact)
        assert set(columns) <= set(artefact.schema.names())


def test_stage_names_are_unique_and_found() -> None:
    assert len({stage.name for stage in STAGES}) == len(STAGES)
    assert all(stage_named(stage.name) is stage for stage in STAGES)


def test_the_verbs_are_those_of_the_jobs_and_commands() -> None:
    assert set(VERBS) == {"extract", "adjudicate", "cohort", "check", "evaluate", "baseline", "monitor", "report"}


def holds_labels(stage: Stage) -> bool:
    """Whether what the stage reads has labels, in an artefact or in the site's own table of cases."""
    read = (*stage.reads, *stage.optional_reads)
    in_artefacts = any(
        isinstance(a, Artefact) and any(declared.is_label for declared in (*a.columns, *a.families)) for a in read
    )
    return in_artefacts or any("reference_" in table.open_prefixes for table in (*stage.tables, *stage.optional_tables))


def test_whether_a_stage_looks_at_test_labels_is_said_of_every_stage_that_could() -> None:
    # A new name here is a decision: docs/decisions/0019-test-set-looks.md says what a look is.
    looking = {
        "integrity",
        "consequences",
        "shortcuts",
        "performance",
        "level_moments",
        "model_pairs",
        "measures",
        "failure_modes",
        "recalibration_gain",
        "truth_sensitivity",
        "agreement_by_stratum",
    }
    not_looking = {"reference", "cohort", "drift_baseline", "pixels", "threshold_choice"}
    not_looking |= {"recalibration_fit", "standings"}
    assert {stage.name for stage in STAGES if holds_labels(stage)} == looking | not_looking
    assert {stage.name for stage in STAGES if stage.reads_test_labels} == looking
    # Handed labels without a look: it puts them into the set, and holds them against nothing.
    assert {stage.name for stage in STAGES if stage.copies_labels} == {"cohort"}
    # Handed the labels of tuning cases, those of test cases taken out.
    assert {stage.name for stage in STAGES if stage.reads_tuning_labels} == {"threshold_choice", "recalibration_fit"}


def test_looks_are_of_sites_and_are_counted_when_all_stages_have_looked() -> None:
    assert all(stage.scope is not Scope.STUDY for stage in STAGES if stage.reads_test_labels or stage.reads_ledger)
    last = max(place for place, stage in enumerate(STAGES) if stage.reads_test_labels)
    assert min(place for place, stage in enumerate(STAGES) if stage.reads_ledger) > last


def test_a_fault_at_one_site_ends_the_monthly_verdict_of_that_site_alone() -> None:
    # One stage that does not say so would end the run for all sites.
    assert {stage.name for stage in STAGES if stage.verb == "monitor"} == {
        stage.name for stage in STAGES if stage.isolates_sites
    }
    assert all(stage.scope is not Scope.STUDY for stage in STAGES if stage.isolates_sites)


@pytest.mark.parametrize("artefact", TABLES, ids=lambda artefact: artefact.name)
def test_an_artefact_is_described_column_by_column(artefact: Artefact) -> None:
    assert all(column.description for column in artefact.columns)
    assert set(artefact.key) <= set(artefact.schema.names())
    if artefact.partitioned_by is not None:
        assert artefact.partitioned_by in artefact.schema.names()


@pytest.mark.parametrize("artefact", TABLES, ids=lambda artefact: artefact.name)
def test_what_may_leave_a_site_holds_no_identifier_and_no_pseudonym(artefact: Artefact) -> None:
    if artefact.zone is Zone.SITE:
        return
    assert {column.privacy.value for column in artefact.columns} == {"safe"}


@pytest.mark.parametrize("artefact", TABLES, ids=lambda artefact: artefact.name)
def test_the_columns_of_an_empty_artefact_have_their_declared_types(artefact: Artefact) -> None:
    assert artefact.empty().schema == pl.Schema({column.name: column.dtype for column in artefact.columns})
