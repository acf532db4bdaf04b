"""Two seeds of the simulated verdicts, and proof that it would notice verdicts that are wrong."""

from collections.abc import Callable, Sequence

import pytest

from multisite.performance.verdicts import margins
from multisite.vocabulary import MarginVerdict
from tests.power import __main__ as command
from tests.power.scored_studies import FINDINGS, WEAK
from tests.power.summary import Share
from tests.power.verdicts import SETTINGS, Failure, Setting, VerdictTrial, judge_seed, summarise_verdicts

CLEAN = Setting("clean", 160, 0.0, 0.10, 0.85)
GAPPED = Setting("a gap that cannot be missed", 160, 0.6, 0.03, 0.0)
NODULE, SEX = Failure("nodule", "sensitivity", *WEAK), Failure("nodule", "auc", "sex", "F")


def trials(number: int, *, failed: int = 0) -> list[VerdictTrial]:
    """Of clean studies, of which some fail; the gap is found in all, and in some the AUC of a sex fails beside it."""
    fails = [frozenset({NODULE}) if i < failed else frozenset() for i in range(number)]
    found = [frozenset({NODULE, SEX}) if i < failed else frozenset({NODULE}) for i in range(number)]
    return [VerdictTrial(i, (clean, gapped)) for i, (clean, gapped) in enumerate(zip(fails, found, strict=True))]


def test_a_clean_study_does_not_fail_and_one_with_a_large_gap_does() -> None:
    clean = summarise_verdicts([judge_seed(1, settings=(CLEAN,))], (CLEAN,))
    assert clean.any_false == (Share(0, 1),)
    assert not clean.fails_too_often
    gapped = summarise_verdicts([judge_seed(2, settings=(GAPPED,))], (GAPPED,))
    assert gapped.any_false == (Share(0, 1),)
    assert gapped.found == (dict.fromkeys(FINDINGS, Share(1, 1)),)


def test_verdicts_that_always_fail_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    judged = margins.Judged(MarginVerdict.FAILS, 1e-9)
    monkeypatch.setattr("multisite.performance.verdicts.verdict_rows.judge", lambda *given: judged)
    trial = judge_seed(1, settings=(CLEAN,))
    summary = summarise_verdicts([trial], (CLEAN,))
    assert set(summary.false[0].values()) == {Share(1, 1)}
    assert summary.fails_too_often


def test_a_failure_of_the_planted_level_is_false_in_clean_studies_only() -> None:
    summary = summarise_verdicts(trials(40, failed=6), (CLEAN, GAPPED))
    assert summary.false[0]["nodule", "sensitivity"] == Share(6, 40)
    assert summary.false[1]["nodule", "sensitivity"] == Share(0, 40)
    assert summary.false[1]["nodule", "auc"] == summary.any_false[1] == Share(6, 40)
    assert summary.found[1] == {"nodule": Share(40, 40), "effusion": Share(0, 40)}
    assert any("6 of 40" in line and "15.0%" in line for line in summary.lines())


@pytest.mark.parametrize(("failed", "code"), [(0, 0), (2, 0), (8, 1)])
def test_the_exit_code_says_whether_clean_studies_fail_more_often_than_they_may(
    monkeypatch: pytest.MonkeyPatch, failed: int, code: int
) -> None:
    def instead(seeds: Sequence[int], of: Callable[[int], VerdictTrial], **options: object) -> list[VerdictTrial]:
        of_setting = [
            [trial.failures[bool(setting.gap)] for setting in SETTINGS] for trial in trials(40, failed=failed)
        ]
        return [VerdictTrial(seed, tuple(failures)) for seed, failures in zip(seeds, of_setting, strict=True)]

    monkeypatch.setattr(command, "try_seeds", instead)
    assert command.main(["--verdicts", "--seeds", "40"]) == code
