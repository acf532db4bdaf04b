"""Baselines are adopted once, by a person but for the first, and what was adopted stays what it was."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from multisite.audit import Event
from multisite.errors import LedgerBrokenError, MachineError, UsageError
from multisite.runners import kept_baselines
from multisite.runners.baselines import (
    adopt,
    adopt_first,
    adopted_baselines,
    adoption_of,
    adoptions_digest,
    adoptions_of,
    candidate_name,
)
from multisite.runners.kept_baselines import BASELINE_ARTEFACTS
from multisite.runners.looks import ledger_of
from multisite.schemas import AdoptedBaseline, StageInputs
from multisite.schemas.drift import DRIFT_REFERENCE
from multisite.storage.artefacts import WHOLE, ArtefactStore
from multisite.storage.location import StoreLocation
from multisite.storage.manifest import Manifest
from multisite.storage.opening import open_store
from multisite.vocabulary import Zone

SITE = "north"


@pytest.fixture
def store(tmp_path: Path) -> ArtefactStore:
    return ArtefactStore(open_store(StoreLocation("workspace", str(tmp_path))), study="chest", zone=Zone.SITE)


def make(store: ArtefactStore, *ages: float) -> None:
    """What the baseline stage leaves: a reference row per age, and nothing else."""
    rows = {
        "site": [SITE] * len(ages),
        "study_instance_uid": [f"s{n}" for n in range(len(ages))],
        "patient_id": [f"p{n}" for n in range(len(ages))],
        "month": ["2026-01"] * len(ages),
        "number_age_years": list(ages),
    }
    reference = pl.DataFrame(rows, schema={**DRIFT_REFERENCE.schema, "number_age_years": pl.Float64()})
    for artefact in BASELINE_ARTEFACTS:
        frame = reference if artefact is DRIFT_REFERENCE else artefact.empty()
        parts = store.write_table(artefact, SITE, WHOLE, frame)
        manifest = Manifest(
            artefact.name, artefact.version, artefact.zone.value, SITE, "drift_baseline", 1, "1", "p", {}, parts
        )
        store.commit(artefact, manifest)


def clock() -> datetime:
    return datetime(2026, 5, 4, tzinfo=UTC)


def first(store: ArtefactStore) -> str | None:
    return adopt_first(store, SITE, clock=clock, run_id="run")


def replace(store: ArtefactStore, from_month: str = "2026-05", *, reason: str = "new scanner") -> bool:
    before = adoptions_of(store, SITE)
    adoption = adoption_of(store, SITE, reason=reason, approver="Dr Lee", from_month=from_month)
    return adopt(store, SITE, adoption, before=before, clock=clock, run_id="run")


def ages(baseline: AdoptedBaseline) -> list[float]:
    return baseline.frames["drift_reference"]["number_age_years"].to_list()


def test_the_first_baseline_is_adopted_by_itself_from_the_beginning_and_only_once(store: ArtefactStore) -> None:
    make(store, 40.0)
    name = first(store)
    assert name == candidate_name(store, SITE)
    assert first(store) is None
    [adoption] = adoptions_of(store, SITE)
    assert (adoption.name, adoption.from_month) == (name, "")
    assert adoption.approver == "nobody: the first is adopted by itself"


def test_without_a_baseline_or_without_a_study_in_it_nothing_is_adopted(store: ArtefactStore, tmp_path: Path) -> None:
    assert first(store) is None
    make(store)
    assert candidate_name(store, SITE) is None
    assert first(store) is None
    assert not list(tmp_path.rglob("_ledger"))


def test_what_the_cohort_makes_later_leaves_what_was_adopted(store: ArtefactStore) -> None:
    make(store, 40.0)
    name = first(store)
    make(store, 40.0, 80.0)
    assert candidate_name(store, SITE) != name
    assert first(store) is None
    [baseline] = adopted_baselines(store, SITE)
    assert (baseline.name, ages(baseline)) == (name, [40.0])


def test_another_baseline_is_adopted_with_who_and_why_and_both_are_kept(store: ArtefactStore) -> None:
    make(store, 40.0)
    name, before = first(store), adoptions_digest(store, SITE)
    make(store, 40.0, 80.0)
    assert replace(store)
    old, new = adopted_baselines(store, SITE)
    assert (ages(old), ages(new), new.from_month) == ([40.0], [40.0, 80.0], "2026-05")
    assert adoptions_digest(store, SITE) != before
    entry = ledger_of(store, SITE).chain().links[-1].entry
    assert entry is not None
    assert entry.event == Event.BASELINE.value
    assert dict(entry.content) == {
        "baseline": new.name,
        "from_month": "2026-05",
        "reason": "new scanner",
        "approver": "Dr Lee",
        "previous": name,
    }


def test_an_earlier_baseline_can_be_taken_up_again_and_its_tables_are_not_written_anew(
    store: ArtefactStore, tmp_path: Path
) -> None:
    make(store, 40.0)
    name = first(store)
    kept = next(tmp_path.rglob(f"_baselines/{name}/drift_reference.parquet"))
    written = kept.stat().st_mtime_ns
    make(store, 80.0)
    assert replace(store, "2026-05")
    make(store, 40.0)
    assert replace(store, "2026-07")
    assert [adoption.name == name for adoption in adoptions_of(store, SITE)] == [True, False, True]
    assert kept.stat().st_mtime_ns == written


@pytest.mark.parametrize(
    ("reason", "approver", "from_month", "fact"),
    [
        (" ", "Dr Lee", "2026-06", "with a reason and an approver"),
        ("new scanner", "", "2026-06", "with a reason and an approver"),
        ("new scanner", "Dr Lee", "2026-05", "already adopted from 2026-05 on"),
        ("new scanner", "Dr Lee", "2026-04", "already adopted from 2026-05 on"),
    ],
)
def test_an_adoption_that_says_too_little_or_reaches_behind_the_last_is_refused(
    store: ArtefactStore, reason: str, approver: str, from_month: str, fact: str
) -> None:
    make(store, 40.0)
    first(store)
    make(store, 50.0)
    replace(store)
    make(store, 60.0)
    with pytest.raises(UsageError, match=fact):
        adoption_of(store, SITE, reason=reason, approver=approver, from_month=from_month)
    assert len(adoptions_of(store, SITE)) == 2


def test_there_is_nothing_to_adopt_before_one_is_made_or_when_the_same_is_made(store: ArtefactStore) -> None:
    with pytest.raises(UsageError, match="no baseline to adopt"):
        replace(store)
    make(store, 40.0)
    first(store)
    with pytest.raises(UsageError, match="is the one that the cohort makes now"):
        replace(store)


def test_of_many_runs_at_once_one_adopts(store: ArtefactStore) -> None:
    make(store, 40.0)
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(lambda _: first(store), range(8)))
    assert sum(name is not None for name in names) == 1
    assert len(adoptions_of(store, SITE)) == 1
    make(store, 50.0)
    before = adoptions_of(store, SITE)
    adoption = adoption_of(store, SITE, reason="r", approver="a", from_month="2026-05")
    with ThreadPoolExecutor(8) as pool:
        noted = list(
            pool.map(
                lambda _: adopt(store, SITE, adoption, before=before, clock=clock, run_id="run"),
                range(8),
            )
        )
    assert sum(noted) == 1
    assert len(adoptions_of(store, SITE)) == 2


def test_a_baseline_that_was_made_anew_meanwhile_is_not_adopted(store: ArtefactStore) -> None:
    make(store, 40.0)
    first(store)
    make(store, 50.0)
    adoption = adoption_of(store, SITE, reason="r", approver="a", from_month="2026-05")
    make(store, 60.0)
    with pytest.raises(MachineError, match="made anew while it was to be adopted"):
        adopt(store, SITE, adoption, before=adoptions_of(store, SITE), clock=clock, run_id="run")
    assert len(adoptions_of(store, SITE)) == 1


def test_a_run_that_died_while_it_kept_the_tables_is_made_good_by_the_next(
    store: ArtefactStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(store, 40.0)
    with monkeypatch.context() as patch:
        patch.setattr(kept_baselines, "canonical_json", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            first(store)
    assert len(list(tmp_path.rglob("_baselines/*/*.parquet"))) == len(BASELINE_ARTEFACTS)
    assert adoptions_of(store, SITE) == ()
    assert first(store) is not None
    assert len(adopted_baselines(store, SITE)) == 1


@pytest.mark.parametrize("file", ["drift_limits.parquet", "contents.json"])
@pytest.mark.parametrize("damage", [None, b"", b"{}", b"[1]"], ids=["missing", "empty", "{}", "[1]"])
def test_a_damaged_baseline_is_told_and_neither_read_nor_mended(
    store: ArtefactStore, tmp_path: Path, file: str, damage: bytes | None
) -> None:
    make(store, 40.0)
    name = first(store)
    path = next(tmp_path.rglob(f"_baselines/*/{file}"))
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    with pytest.raises(MachineError, match="not complete" if damage is None else "not what was adopted") as raised:
        adopted_baselines(store, SITE)
    assert f"site {SITE}, baseline {name}" in raised.value.place
    assert "from a backup" in raised.value.remedy


def test_tables_that_were_exchanged_together_with_their_digests_do_not_fit_the_name(
    store: ArtefactStore, tmp_path: Path
) -> None:
    make(store, 40.0)
    first(store)
    make(store, 50.0)
    replace(store)
    old, new = (next(tmp_path.rglob(f"_baselines/{adoption.name}")) for adoption in adoptions_of(store, SITE))
    for file in old.iterdir():
        file.write_bytes((new / file.name).read_bytes())
    with pytest.raises(MachineError, match="not what was adopted"):
        adopted_baselines(store, SITE)


def test_with_a_broken_ledger_nobody_can_say_what_is_adopted(store: ArtefactStore, tmp_path: Path) -> None:
    make(store, 40.0)
    first(store)
    next(tmp_path.rglob("_ledger/000001.json")).write_bytes(b"{}")
    with pytest.raises(LedgerBrokenError):
        adopted_baselines(store, SITE)


def test_the_first_month_of_a_later_baseline_is_held_against_both_and_every_other_month_against_one() -> None:
    baselines = tuple(
        AdoptedBaseline(name, month, {}) for name, month in (("a", ""), ("b", "2026-03"), ("c", "2026-05"))
    )
    inputs = StageInputs(site=SITE, baselines=baselines)
    months = ("2025-12", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06")
    held = {month: "".join(one.name for one in inputs.baselines_of(month)) for month in months}
    assert held == {
        "2025-12": "a",
        "2026-02": "a",
        "2026-03": "ab",
        "2026-04": "b",
        "2026-05": "bc",
        "2026-06": "c",
    }
