"""A look is noted before a stage reads test labels, once per run and site, or the stage does not begin."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from multisite.cli.running import workspace_location
from multisite.errors import LedgerBrokenError, StoreError
from multisite.runners import LocalExecutor, Silent, drive, run_stages, work
from multisite.schemas import Artefact, Column, Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.cohort import COHORT, PREDICTIONS
from multisite.schemas.looks import LEDGER_ROWS
from multisite.storage.local_folder import LocalFolder
from multisite.study import Site, Store, Study
from multisite.study.loading import load_study
from multisite.vocabulary import Zone
from tests.unit.study.test_loading import STUDY

NUMBER = (Column("n", pl.Int64(), "Number"),)
FIRST, SECOND, BLIND, COUNTED = (Artefact(name, Zone.SITE, "A number.", NUMBER) for name in "abcd")
SITES = tuple(
    Site(site=name, title=name, stores=(Store(name="s", url="/nowhere"),), pseudonym_key_env="KEY")
    for name in ("north", "south")
)


@dataclass(frozen=True)
class Parameters:
    threshold: float


@dataclass
class Work:
    """What the stages did, and what the ledger of the north held when they did it."""

    folder: Path
    scores: dict[str, float] = field(default_factory=lambda: {"north": 0.1, "south": 0.1})
    ran: list[tuple[str, str, int]] = field(default_factory=list)
    columns: dict[str, list[str]] = field(default_factory=dict)
    fails: bool = False

    def cohort(self, inputs: StageInputs, parameters: object) -> StageOutputs:
        rows: dict[str, list[Any]] = {name: [None] for name in COHORT.schema.names()}
        rows |= {"site": [inputs.site], "case_id": ["1"], "included": [True]}
        cohort = pl.DataFrame(rows, schema=COHORT.schema).with_columns(reference_nodule=pl.lit(True))
        score = self.scores[inputs.site]
        row = {"site": inputs.site, "case_id": "1", "finding": "nodule", "model": "ai", "score": score}
        return StageOutputs(frames={"cohort": cohort, "predictions": pl.DataFrame([row], schema=PREDICTIONS.schema)})

    def number(self, name: str) -> Callable[[StageInputs, object], StageOutputs]:
        def run(inputs: StageInputs, parameters: object) -> StageOutputs:
            n_noted = len(list((self.folder / f"chest/{inputs.site}/_ledger").glob("*.json")))
            self.ran.append((name, inputs.site, n_noted))
            if "cohort" in inputs.frames:
                self.columns[name] = inputs.frame("cohort").columns
            if self.fails:
                raise KeyError("a fault of the stage")
            n = -1 if inputs.ledger is None else inputs.ledger.match_to_schema(LEDGER_ROWS).height
            return StageOutputs(frames={name: pl.DataFrame({"n": [n]})})

        return run


@pytest.fixture
def done(tmp_path: Path) -> Work:
    return Work(tmp_path)


@pytest.fixture
def stages(done: Work, monkeypatch: pytest.MonkeyPatch) -> tuple[Stage, ...]:
    def stage(name: str, run: object, writes: tuple[Artefact, ...], **more: Any) -> Stage:
        common: dict[str, Any] = {"verb": "check", "scope": Scope.SITE, "version": 1, "reads": ()} | more
        common.setdefault("parameters", lambda study, site: Parameters(study.performance.threshold))
        return Stage(name=name, title=name, run=run, writes=writes, **common)  # type: ignore[arg-type]  # a test's

    anew = {"always_runs": True, "parameters": lambda study, site: Parameters(0.0)}
    labels = {"reads": (COHORT, PREDICTIONS), "reads_test_labels": True}
    made = (
        stage("cohort", done.cohort, (COHORT, PREDICTIONS), **anew),
        stage("blind", done.number("c"), (BLIND,), reads=(COHORT,)),
        stage("first", done.number("a"), (FIRST,), **labels, parameters=lambda study, site: Parameters(0.0)),
        stage("second", done.number("b"), (SECOND,), **labels),
        stage("counted", done.number("d"), (COUNTED,), reads_ledger=True),
    )
    monkeypatch.setattr(drive, "STAGES", made)
    monkeypatch.setattr(work, "stage_named", {one.name: one for one in made}.__getitem__)
    return made


@pytest.fixture
def study(tmp_path: Path) -> Study:
    path = tmp_path / "study.yaml"
    path.write_text(STUDY, encoding="utf-8")
    return load_study(path)


def run(stages: tuple[Stage, ...], study: Study, done: Work, run_id: str) -> None:
    done.ran.clear()
    run_stages(
        stages,
        study=study,
        sites=SITES,
        workspace=workspace_location(str(done.folder)),
        executor=LocalExecutor(),
        observer=Silent(),
        stop=threading.Event(),
        run_id=run_id,
        clock=lambda: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    )


def entries(done: Work, site: str = "north") -> list[dict[str, Any]]:
    return [json.loads(path.read_bytes()) for path in sorted(done.folder.glob(f"chest/{site}/_ledger/*.json"))]


def with_threshold(study: Study, threshold: float) -> Study:
    return study.model_copy(update={"performance": study.performance.model_copy(update={"threshold": threshold})})


def test_one_run_is_one_look_at_each_site_noted_before_the_first_stage_that_reads(
    stages: tuple[Stage, ...], study: Study, done: Work
) -> None:
    run(stages, study, done, "one")
    noted = {(name, site): n for name, site, n in done.ran}
    assert noted["c", "north"] == 0
    assert noted["a", "north"] == noted["a", "south"] == noted["b", "north"] == 1
    [entry] = entries(done)
    assert (entry["run"], entry["time"], entry["site"]) == ("one", "2026-01-02T03:04:05+00:00", "north")
    assert entry["content"]["stages"] == ["first", "second"]
    assert len(entries(done, "south")) == 1


def test_a_run_that_has_nothing_to_do_is_no_look(stages: tuple[Stage, ...], study: Study, done: Work) -> None:
    run(stages, study, done, "one")
    run(stages, study, done, "two")
    assert done.ran == []
    assert len(entries(done)) == 1


def test_only_the_stages_from_the_first_that_has_work_are_named(
    stages: tuple[Stage, ...], study: Study, done: Work
) -> None:
    run(stages, study, done, "one")
    run(stages, with_threshold(study, 0.4), done, "two")
    first, second = entries(done)
    assert second["content"]["stages"] == ["second"]
    assert second["content"]["protocol"] != first["content"]["protocol"]
    assert second["content"]["evaluated"] == first["content"]["evaluated"]


def test_other_scores_at_one_site_are_a_look_there_and_nowhere_else(
    stages: tuple[Stage, ...], study: Study, done: Work
) -> None:
    run(stages, study, done, "one")
    done.scores["north"] = 0.2
    run(stages, study, done, "two")
    first, second = entries(done)
    assert second["content"]["protocol"] == first["content"]["protocol"]
    assert second["content"]["evaluated"] != first["content"]["evaluated"]
    assert len(entries(done, "south")) == 1


def test_a_stage_that_reads_the_ledger_runs_when_it_has_grown_and_sees_this_run(
    stages: tuple[Stage, ...], study: Study, done: Work
) -> None:
    run(stages, study, done, "one")
    run((stages[0], stages[4]), study, done, "two")
    assert done.ran == []
    run(stages, with_threshold(study, 0.4), done, "three")
    assert {site for name, site, _ in done.ran if name == "d"} == {"north", "south"}
    assert pl.read_parquet(done.folder / "chest/north/d/part-all.parquet")["n"].item() == 2


def test_a_look_counts_when_the_stage_fails_after_it_was_noted(
    stages: tuple[Stage, ...], study: Study, done: Work
) -> None:
    run(stages[:2], study, done, "zero")
    done.fails = True
    with pytest.raises(Exception, match="KeyError"):
        run(stages, study, done, "one")
    done.fails = False
    run(stages, study, done, "two")
    assert [entry["run"] for entry in entries(done)] == ["one", "two"]


def test_where_a_look_cannot_be_noted_no_stage_reads_labels(
    stages: tuple[Stage, ...], study: Study, done: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(store: LocalFolder, key: str, data: bytes) -> bool:
        raise StoreError("An object cannot be written (ENOSPC)", place="store `workspace`", remedy="Make room.")

    monkeypatch.setattr(LocalFolder, "create", full)
    with pytest.raises(StoreError, match="no label was read") as raised:
        run(stages, study, done, "one")
    assert raised.value.place == "site north, ledger; store `workspace`"
    assert raised.value.remedy == "Make room."
    assert {name for name, *_ in done.ran} == {"c"}


def test_a_broken_ledger_stops_what_reads_labels_and_nothing_else(
    stages: tuple[Stage, ...], study: Study, done: Work
) -> None:
    run(stages, study, done, "one")
    path = done.folder / "chest/north/_ledger/000001.json"
    path.write_bytes(path.read_bytes().replace(b'"one"', b'"two"') + b" ")
    with pytest.raises(LedgerBrokenError, match="broken at entry 1"):
        run(stages, with_threshold(study, 0.4), done, "two")
    assert {name for name, *_ in done.ran} == {"c"}
    run((stages[0], stages[4]), study, done, "three")
    assert [name for name, *_ in done.ran] == ["d"]


def test_a_stage_that_does_not_say_that_it_reads_labels_is_handed_none(
    stages: tuple[Stage, ...], study: Study, done: Work
) -> None:
    run(stages, study, done, "one")
    assert "reference_nodule" in done.columns["a"]
    assert "reference_nodule" not in done.columns["c"]
    assert "case_id" in done.columns["c"]
