"""Where every stage of a run isolates the sites, a fault at one of them is that site's alone."""

import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from multisite.cli.running import workspace_location
from multisite.errors import ConfigError, MultisiteError, StoreError
from multisite.runners import LocalExecutor, RunSummary, Silent, drive, run_stages, work
from multisite.schemas import Artefact, Column, Scope, Stage, StageInputs, StageOutputs
from multisite.study import Site, Store, Study
from multisite.study.loading import load_study
from multisite.vocabulary import Zone
from tests.unit.study.test_loading import STUDY

FIRST, SECOND = (Artefact(name, Zone.SITE, "A number.", (Column("n", pl.Int64(), "Number"),)) for name in "ab")
NAMES = ("north", "south", "west")
SITES = tuple(
    Site(site=name, title=name, stores=(Store(name="s", url="/nowhere"),), pseudonym_key_env="KEY") for name in NAMES
)


@dataclass(frozen=True)
class Parameters:
    pass


@dataclass
class Work:
    """Where the first stage fails, and how; and what ran."""

    faults: dict[str, Exception] = field(default_factory=dict)
    ran: list[tuple[str, str]] = field(default_factory=list)

    def first(self, inputs: StageInputs, parameters: object) -> StageOutputs:
        self.ran.append(("first", inputs.site))
        if inputs.site in self.faults:
            raise self.faults[inputs.site]
        return StageOutputs(frames={"a": pl.DataFrame({"n": [1]})})

    def second(self, inputs: StageInputs, parameters: object) -> StageOutputs:
        self.ran.append(("second", inputs.site))
        return StageOutputs(frames={"b": inputs.frame("a")})


@pytest.fixture
def done() -> Work:
    return Work()


@pytest.fixture
def stages(done: Work, monkeypatch: pytest.MonkeyPatch) -> tuple[Stage, ...]:
    common: dict[str, Any] = {
        "verb": "monitor",
        "scope": Scope.SITE,
        "version": 1,
        "parameters": lambda study, site: Parameters(),
        "isolates_sites": True,
    }
    made = (
        Stage("first", "First", reads=(), writes=(FIRST,), run=done.first, **common),
        Stage("second", "Second", reads=(FIRST,), writes=(SECOND,), run=done.second, **common),
    )
    monkeypatch.setattr(drive, "STAGES", made)
    monkeypatch.setattr(work, "stage_named", {one.name: one for one in made}.__getitem__)
    return made


@pytest.fixture
def study(tmp_path: Path) -> Study:
    path = tmp_path / "study.yaml"
    path.write_text(STUDY, encoding="utf-8")
    return load_study(path)


def run(stages: tuple[Stage, ...], study: Study, folder: Path) -> RunSummary:
    return run_stages(
        stages,
        study=study,
        sites=SITES,
        workspace=workspace_location(str(folder)),
        executor=LocalExecutor(),
        observer=Silent(),
        stop=threading.Event(),
        run_id="run",
        clock=lambda: datetime(2026, 1, 2, tzinfo=UTC),
    )


FAULTS = [
    ConfigError("a fault of the set-up", place="site file", remedy="Mend it."),
    StoreError("the archive does not answer", place="store", remedy="Wait."),
    OSError("disk of Miller"),
    ValueError("the value of Miller"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_the_others_go_on_and_the_site_s_later_stages_are_left_out(
    stages: tuple[Stage, ...], study: Study, done: Work, tmp_path: Path, fault: Exception
) -> None:
    done.faults["south"] = fault
    summary = run(stages, study, tmp_path)
    assert list(summary.faults) == ["south"]
    assert "Miller" not in str(summary.faults["south"])
    assert [site for name, site in done.ran if name == "second"] == ["north", "west"]
    assert [(stage.n_run, stage.n_rows) for stage in summary.stages] == [(2, 2), (2, 2)]
    assert not list(tmp_path.glob("chest/south/*/manifest.json"))


def test_a_site_that_was_mended_is_made_good_and_nothing_else_is_done_again(
    stages: tuple[Stage, ...], study: Study, done: Work, tmp_path: Path
) -> None:
    done.faults["south"] = ValueError()
    run(stages, study, tmp_path)
    done.faults.clear()
    done.ran.clear()
    assert run(stages, study, tmp_path).faults == {}
    assert done.ran == [("first", "south"), ("second", "south")]


def test_a_site_of_which_an_input_lacks_stands_alone(
    stages: tuple[Stage, ...], study: Study, done: Work, tmp_path: Path
) -> None:
    done.faults["south"] = ValueError()
    run(stages[:1], study, tmp_path)
    summary = run(stages[1:], study, tmp_path)
    assert "`a` has not been made" in summary.faults["south"].fact
    assert [site for name, site in done.ran if name == "second"] == ["north", "west"]


def test_every_site_may_fail(stages: tuple[Stage, ...], study: Study, done: Work, tmp_path: Path) -> None:
    done.faults |= dict.fromkeys(NAMES, ValueError())
    summary = run(stages, study, tmp_path)
    assert sorted(summary.faults) == sorted(NAMES)
    assert [stage.n_run for stage in summary.stages] == [0, 0]


def test_one_stage_that_does_not_isolate_ends_the_run_for_all(
    stages: tuple[Stage, ...], study: Study, done: Work, tmp_path: Path
) -> None:
    done.faults["south"] = FAULTS[0]
    with pytest.raises(MultisiteError, match="a fault of the set-up"):
        run((stages[0], replace(stages[1], isolates_sites=False)), study, tmp_path)
    assert not [name for name, _ in done.ran if name == "second"]
