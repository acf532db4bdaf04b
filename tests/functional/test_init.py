"""`multisite init`, from its answers to a study that can be checked and locked."""

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from multisite.study import load_sites, load_study
from tests.lib.command import Finished, multisite
from tests.lib.extracting import KEY

ANSWERS = {
    "--title": 'Nodules: "chest" [CT] #1',
    "--task": "Point out nodules",
    "--population": "Adults",
    "--setting": "Any",
    "--human-role": "A radiologist reads all",
    "--finding": "Pulmonary nodule",
    "--model": "Chest AI",
    "--model-version": "1.10",
    "--modalities": "ct,dx",
    "--threshold": "0.25",
    "--site": "north-gate",
}


def init(folder: Path, *options: str, **changed: str | None) -> Finished:
    """``multisite init`` with all answers as options, but for those that are ``changed``, or None."""
    answers = ANSWERS | {f"--{name}": text for name, text in changed.items()}
    given = [word for option, text in answers.items() if text is not None for word in (option, text)]
    return multisite("init", folder, *given, *options)


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())


def test_a_study_is_written_from_options_and_the_commands_that_it_names_take_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "my study"
    done = init(folder)
    assert done.exit_code == 0, done.err
    study_file, site_file = folder / "study.yaml", folder / "sites" / "north-gate.yaml"
    study = load_study(study_file)
    assert (study.title, study.study) == (ANSWERS["--title"], "nodules_chest_ct_1")
    assert (study.findings[0].id, study.models[0].version) == ("pulmonary_nodule", "1.10")
    assert (study.cohort.modalities, study.performance.threshold) == (("CT", "DX"), 0.25)
    assert [site.site for site in load_sites([folder / "sites"])] == ["north-gate"]
    for line in (f"study file: {study_file}", f"site file: {site_file}", "  export MULTISITE_KEY_NORTH_GATE=…"):
        assert line in done.out.splitlines()
    for verb in ("check-config", "lock", "run"):
        assert f"  multisite {verb} '{study_file}'" in done.out
    assert "pulmonary_nodule" in done.out
    assert "!" not in done.out

    monkeypatch.setenv("MULTISITE_KEY_NORTH_GATE", KEY)
    checked = multisite("check-config", study_file)
    assert checked.exit_code == 0, checked.out
    assert "✓ sound, but empty" in checked.out
    assert "not declared; needed from `cohort` on" in checked.out
    locked = multisite("lock", study_file, "--by", "A. Example", "--workspace", tmp_path / "workspace")
    assert locked.exit_code == 0, locked.err
    assert "✓ planned" in locked.out


def test_a_missing_answer_without_a_terminal_is_named_by_its_option_and_nothing_is_written(tmp_path: Path) -> None:
    done = init(tmp_path / "new", population=None)
    assert done.exit_code == 2
    assert "at: --population" in done.err
    assert not (tmp_path / "new").exists()


def test_yes_asks_nothing_and_tells_what_is_still_to_be_written(tmp_path: Path) -> None:
    done = multisite("init", tmp_path, "--yes", "--finding", "Pulmonary nodule")
    assert done.exit_code == 0, done.err
    study = load_study(tmp_path / "study.yaml")
    assert study.study == "my_study"
    assert study.intended_use.population == "To be written: for which patients"
    (warning,) = [line for line in done.out.splitlines() if line.startswith("! ")]
    assert "title, task, population, setting, human role, model, model version, modalities." in warning


@pytest.mark.parametrize(
    ("option", "text"),
    [("study", "My Study"), ("site", "../x"), ("threshold", "2"), ("modalities", "C T"), ("title", " ")],
)
def test_an_answer_that_does_not_fit_is_refused_before_anything_is_written(
    tmp_path: Path, option: str, text: str
) -> None:
    done = init(tmp_path / "new", **{option: text})
    assert done.exit_code == 2
    assert f"at: --{option}" in done.err
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["study.yaml", "sites/north-gate.yaml"])
def test_a_file_that_exists_is_not_overwritten_and_nothing_else_is_written(tmp_path: Path, name: str) -> None:
    existing = tmp_path / name
    existing.parent.mkdir(exist_ok=True)
    existing.write_text("mine", encoding="utf-8")
    done = init(tmp_path)
    assert done.exit_code == 2
    assert f"at: {existing}" in done.err
    assert [path.read_text(encoding="utf-8") for path in tmp_path.rglob("*") if path.is_file()] == ["mine"]


def test_a_folder_that_is_a_file_is_a_fault_of_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    done = init(tmp_path / "file")
    assert done.exit_code == 2
    assert "the files cannot be written" in done.err


def test_on_a_terminal_what_no_option_answers_is_asked_again_until_it_fits(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    typed = ["", "Nodules: 'chest'", "", "Task", "People", "Role", "Nodule", "Chest AI", "2.0", "CT", "2"]
    os.write(ours, "".join(f"{line}\n" for line in [*typed, "0.3", "northgate"]).encode())
    code = "from multisite.cli.main import run; run()"
    done = subprocess.run(
        [sys.executable, "-c", code, "init", "there", "--setting", "Given"],
        stdin=theirs,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=60,
    )
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 0, done.stderr
    assert "Title of the study (as: " in done.stderr
    assert "[nodules_chest]" in done.stderr
    assert "Error: give a number from 0 to 1" in done.stderr
    held = yaml.safe_load((tmp_path / "there" / "study.yaml").read_text(encoding="utf-8"))
    assert (held["title"], held["study"]) == ("Nodules: 'chest'", "nodules_chest")
    assert held["performance"]["threshold"] == 0.3
    assert (tmp_path / "there" / "sites" / "northgate.yaml").is_file()
