"""Some seeds of the simulation, and proof that it would notice a check that is wrong."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from multisite.integrity import CHECKS, stage
from multisite.integrity.check import CheckFrames, Outcome, nothing_found
from multisite.vocabulary import Verdict
from tests.power import __main__ as command
from tests.power.faults import FAULTS
from tests.power.summary import Share, Summary, summarise
from tests.power.trial import Sighting, Trial, try_seed


def always(verdict: Verdict, *, of: str) -> tuple[object, ...]:
    """All checks, but for one that gives the same answer whatever it is asked."""

    def run(frames: CheckFrames) -> Outcome:
        return Outcome(verdict, 1, 0, "Asked nothing.", nothing_found())

    return tuple(replace(check, run=run) if check.id == of else check for check in stage.CHECKS)


def trial(seed: int, *, found: bool = True, verdict: Verdict = Verdict.PASS) -> Trial:
    return Trial(
        seed,
        (Sighting("1 patient in two splits", "patient_overlap", "north", found),),
        (("patient_overlap", "north", Verdict.PASS), ("slice_gaps", "north", verdict)),
    )


def trials(number: int, *, missed: int = 0, failed: int = 0) -> list[Trial]:
    return [trial(i, found=i >= missed, verdict=Verdict.FAIL if i < failed else Verdict.PASS) for i in range(number)]


@pytest.mark.slow
def test_every_planted_fault_is_found_and_no_clean_cohort_fails() -> None:
    summary = summarise([try_seed(seed, patients_per_site=300) for seed in (1, 2)])
    assert summary.missed == []
    assert summary.failed_cohorts == Share(0, 2)
    assert {check for fault in FAULTS for check in fault.checks} <= {looked_for for _, looked_for, _ in summary.found}
    assert set(summary.judged) == {check.id for check in CHECKS}
    # No site of the demo says that dates were removed.
    assert {check for check, share in summary.judged.items() if not share.count} <= {"embedded_dates"}


@pytest.mark.slow
def test_a_check_that_always_passes_misses_and_one_that_always_fails_cries_wolf(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # One after another: each takes what the last has left.
    monkeypatch.setattr(stage, "CHECKS", always(Verdict.PASS, of="patient_overlap"))
    monkeypatch.setattr(stage, "CHECKS", always(Verdict.FAIL, of="study_overlap"))
    monkeypatch.setattr(stage, "CHECKS", always(Verdict.ERROR, of="slice_gaps"))
    summary = summarise([try_seed(1, patients_per_site=300)])
    # A failure without what was planted is no find, either.
    wrong = {"patient_overlap", "study_overlap", "slice_gaps"}
    assert {looked_for for _, looked_for, _ in summary.missed} == wrong
    assert {check for check, share in summary.false_failures.items() if share.count} == {"study_overlap", "slice_gaps"}
    assert summary.cries_wolf


def test_a_fault_may_be_missed_in_one_of_a_hundred_cohorts() -> None:
    assert summarise(trials(200, missed=2)).missed == []
    assert summarise(trials(200, missed=3)).missed == [("1 patient in two splits", "patient_overlap", "north")]


def test_one_of_twenty_clean_cohorts_may_fail() -> None:
    assert not summarise(trials(200, failed=10)).cries_wolf
    assert summarise(trials(200, failed=11)).cries_wolf


def test_a_check_without_a_planted_fault_is_told() -> None:
    summary = summarise(trials(3))
    assert "patient_overlap" not in summary.unplanted
    assert len(summary.unplanted) == len(CHECKS) - 1
    assert any(line.startswith("no fault planted for: study_overlap, ") for line in summary.lines())


def test_both_tables_are_printed_with_their_intervals() -> None:
    lines = list(summarise(trials(200, missed=3, failed=4)).lines())
    assert any("197 of 200  98.5%  95.7% to 99.5%" in line for line in lines)
    assert any(line.startswith("all checks together") and "4 of 200" in line for line in lines)
    assert lines[-2:] == [
        "found too seldom (below 99%): 1 of 1",
        "clean cohorts that fail: few enough (at most 5%)",
    ]


@pytest.mark.parametrize(("missed", "failed", "code"), [(0, 0, 0), (1, 0, 1), (0, 1, 1)])
def test_the_exit_code_says_whether_both_aims_are_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missed: int, failed: int, code: int
) -> None:
    def instead(seeds: Sequence[int], of: object, **options: object) -> list[Trial]:
        return trials(len(seeds), missed=missed, failed=failed)

    monkeypatch.setattr(command, "try_seeds", instead)
    kept = tmp_path / "power.json"
    assert command.main(["--seeds", "10", "--json", str(kept)]) == code
    counts = json.loads(kept.read_text(encoding="utf-8"))
    assert counts["found"][0]["count"] == 10 - missed
    assert counts["failed_cohorts"] == {"count": failed, "of": 10}


def test_a_summary_of_no_trial_claims_nothing() -> None:
    assert summarise([]) == Summary({}, {}, {}, Share(0, 0))
    assert Share(0, 0).words == ("0 of 0", "—", "—")
