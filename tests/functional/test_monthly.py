"""Month after month: adopted baselines, verdicts, faults of one site, and what people note about cases and monitors."""

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest

from multisite.cli.terminal import Terminal
from multisite.cli.verdict_table import print_rows
from multisite.demo import StagedDemo
from tests.lib.command import Finished, multisite
from tests.lib.workspaces import contents

NORTH, HARBOUR = "northgate", "harbour"


@dataclass(frozen=True)
class Monthly:
    """A study file, two site files and a workspace, below ``folder``."""

    folder: Path

    @property
    def study(self) -> Path:
        return self.folder / "study.yaml"

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    def run(self, *words: str) -> Finished:
        verb = words[:2] if words[:1] == ("monitor",) and words[1:2] and not words[1].startswith("-") else words[:1]
        places = ("--sites", self.folder / "sites", "--workspace", self.workspace)
        return multisite(*verb, self.study, *places, *words[len(verb) :])

    def table(self, name: str, site: str = NORTH) -> pl.DataFrame:
        return pl.read_parquet(sorted(self.workspace.glob(f"*/{site}/{name}/part-*.parquet")))

    def ledger(self, site: str = NORTH) -> list[dict[str, Any]]:
        return [json.loads(path.read_bytes()) for path in sorted(self.workspace.glob(f"*/{site}/_ledger/*.json"))]

    def events(self, site: str = NORTH) -> list[str]:
        return [entry["event"] for entry in self.ledger(site)]

    def change_what_is_watched(self) -> None:
        """The baseline comes out different: in eight bins instead of ten."""
        text = self.study.read_text(encoding="utf-8")
        assert "bins: 10" in text
        self.study.write_text(text.replace("bins: 10", "bins: 8"), encoding="utf-8")


@pytest.fixture(scope="module")
def made(hospitals: StagedDemo, tmp_path_factory: pytest.TempPathFactory) -> Monthly:
    """Baselines made, and every month judged; to be copied."""
    monthly = Monthly(tmp_path_factory.mktemp("monthly"))
    text = hospitals.study_file.read_text(encoding="utf-8")
    assert "simulated_years: 100" in text
    monthly.study.write_text(text.replace("simulated_years: 100", "simulated_years: 20"), encoding="utf-8")
    (monthly.folder / "sites").mkdir()
    for file in hospitals.sites_folder.iterdir():
        # They name the data from where they lie.
        data = str(hospitals.sites_folder.parent.parent / "data")
        (monthly.folder / "sites" / file.name).write_text(
            file.read_text(encoding="utf-8").replace("../../data", data), encoding="utf-8"
        )
    for verb in ("extract", "adjudicate", "cohort", "baseline", "monitor"):
        finished = monthly.run(verb)
        assert finished.exit_code == 0, finished.err
    return monthly


@pytest.fixture
def monthly(made: Monthly, tmp_path: Path) -> Monthly:
    return Monthly(Path(shutil.copytree(made.folder, tmp_path / "monthly")))


@pytest.fixture
def mailed(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What would have been handed to the mail."""
    calls: list[dict[str, Any]] = []

    def send_month(**given: Any) -> int:
        calls.append(given)
        return 0

    sending = ModuleType("multisite.cli.sending")
    sending.send_month = send_month  # type: ignore[attr-defined]  # a module made here
    monkeypatch.setitem(sys.modules, sending.__name__, sending)
    return calls


def rows(finished: Finished, table: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in finished.out.splitlines()]
    return [row for row in found if row.get("table") == table]


def test_the_first_baseline_is_adopted_and_the_months_are_held_against_it(made: Monthly) -> None:
    for site in (NORTH, HARBOUR):
        [entry] = made.ledger(site)
        assert entry["event"] == "baseline adopted"
        verdicts = made.table("drift_verdicts", site)
        assert verdicts["month"].n_unique() == 2
        assert set(verdicts["baseline"]) == {entry["content"]["baseline"]}


def test_running_a_month_again_changes_no_byte_and_runs_no_stage(monthly: Monthly) -> None:
    before = contents(monthly.workspace)
    for verb in ("baseline", "monitor"):
        finished = monthly.run(verb, "--json")
        assert finished.exit_code == 0, finished.err
        assert {row["n_run"] for row in rows(finished, "Stages")} == {0}
    assert contents(monthly.workspace) == before


def test_a_month_is_asked_for_and_the_verdicts_end_with_it(monthly: Monthly) -> None:
    first, second = sorted(set(monthly.table("drift_verdicts")["month"]))
    finished = monthly.run("monitor", "--month", first, "--json")
    assert finished.exit_code == 0, finished.err
    assert {row["month"] for row in rows(finished, "Verdicts")} == {first}
    assert set(monthly.table("drift_verdicts")["month"]) == {first}
    [manifest] = monthly.workspace.glob(f"*/{NORTH}/drift_verdicts/manifest.json")
    assert json.loads(manifest.read_bytes())["inputs"]["calendar"] == first
    again = monthly.run("monitor", "--month", first, "--json")
    assert {row["n_run"] for row in rows(again, "Stages")} == {0}
    assert monthly.run("monitor").exit_code == 0
    assert set(monthly.table("drift_verdicts")["month"]) == {first, second}


@pytest.mark.parametrize("month", ["2026-13", "2026-5", "May", "2026-05-01"])
def test_a_month_that_is_none_is_refused(monthly: Monthly, month: str) -> None:
    finished = monthly.run("monitor", "--month", month)
    assert finished.exit_code == 2
    assert "YYYY-MM" in finished.err


def test_another_baseline_is_a_candidate_until_a_person_adopts_it_and_its_first_month_is_judged_by_both(
    monthly: Monthly,
) -> None:
    first, second = sorted(set(monthly.table("drift_verdicts")["month"]))
    monthly.change_what_is_watched()
    old = monthly.ledger()[0]["content"]["baseline"]
    finished = monthly.run("baseline")
    assert finished.exit_code == 0
    assert f"has changed at {HARBOUR}, {NORTH} since the baseline was adopted" in finished.out
    assert "has changed at" in monthly.run("monitor").out
    assert monthly.events() == ["baseline adopted"]
    assert set(monthly.table("drift_verdicts")["baseline"]) == {old}

    adopting = ("baseline", "--adopt", "--reason", "fewer bins", "--approver", "Dr Lee", "--from", second)
    finished = monthly.run(*adopting)
    assert finished.exit_code == 0, finished.err
    assert "has changed at" not in finished.out
    content = monthly.ledger()[1]["content"]
    assert (content["previous"], content["from_month"], content["approver"]) == (old, second, "Dr Lee")
    assert monthly.run("monitor").exit_code == 0
    verdicts = monthly.table("drift_verdicts").sort("month")
    assert verdicts["baseline"].to_list() == [old, content["baseline"]]
    assert verdicts["overlap_state"].is_null().to_list() == [True, False]
    counts = monthly.table("drift_counts")
    assert counts.filter(window=second)["baseline"].n_unique() == 2
    assert counts.filter(window=first)["baseline"].unique().to_list() == [old]

    again = monthly.run(*adopting)
    assert again.exit_code == 2
    assert "no site has a baseline that is not adopted yet" in again.err


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--adopt", "--reason", "r"), "with a reason and an approver"),
        (("--adopt", "--approver", "a"), "with a reason and an approver"),
        (("--adopt", "--reason", "r", "--approver", "a", "--from", "May"), "YYYY-MM"),
        (("--reason", "r", "--approver", "a"), "Add --adopt"),
        (("--adopt", "--reason", "r", "--approver", "a"), "no site has a baseline that is not adopted yet"),
    ],
)
def test_an_adoption_that_says_too_little_or_has_nothing_new_is_refused(
    monthly: Monthly, more: tuple[str, ...], told: str
) -> None:
    finished = monthly.run("baseline", *more)
    assert finished.exit_code == 2
    assert told in finished.err
    assert monthly.events() == monthly.events(HARBOUR) == ["baseline adopted"]


def break_the_table(monthly: Monthly) -> None:
    site = monthly.folder / "sites" / f"{NORTH}.yaml"
    text = site.read_text(encoding="utf-8")
    [table] = [line.split("path:")[1].strip() for line in text.splitlines() if "deployment.csv" in line]
    broken = monthly.folder / "deployment.csv"
    broken.write_text("patient,secret\nMiller,0.7\n", encoding="utf-8")
    site.write_text(text.replace(table, str(broken)), encoding="utf-8")


def break_the_key(monthly: Monthly) -> None:
    site = monthly.folder / "sites" / f"{NORTH}.yaml"
    lines = site.read_text(encoding="utf-8").splitlines()
    keyed = [line if not line.startswith("pseudonym_key_env") else "pseudonym_key_env: NOT_SET" for line in lines]
    site.write_text("\n".join(keyed), encoding="utf-8")


def break_the_ledger(monthly: Monthly) -> None:
    next(monthly.workspace.glob(f"*/{NORTH}/_ledger/000001.json")).write_bytes(b"{}")


def break_the_baseline(monthly: Monthly) -> None:
    # Otherwise nothing has to be read.
    shutil.rmtree(next(monthly.workspace.glob(f"*/{NORTH}/_receipts/drift_verdicts")))
    next(monthly.workspace.glob(f"*/{NORTH}/_baselines/*/drift_limits.parquet")).write_bytes(b"")


@pytest.mark.parametrize(
    ("spoil", "fact"),
    [
        (break_the_table, "the table lacks"),
        (break_the_key, "the environment variable NOT_SET is not set"),
        (break_the_ledger, "the ledger is broken at entry 1"),
        (break_the_baseline, "the adopted baseline is not what was adopted"),
    ],
)
def test_a_fault_at_one_site_is_grey_with_its_reason_and_the_others_are_judged(
    monthly: Monthly, mailed: list[dict[str, Any]], spoil: Callable[[Monthly], None], fact: str
) -> None:
    spoil(monthly)
    shutil.rmtree(next(monthly.workspace.glob(f"*/{HARBOUR}/_receipts/drift_verdicts")))
    finished = monthly.run("monitor", "--json", "--dry-run", str(monthly.folder / "mails"))
    assert finished.exit_code == 23, finished.err
    verdicts = {row["site"]: row for row in rows(finished, "Verdicts")}
    assert verdicts[NORTH]["state"] == "GREY"
    assert fact in verdicts[NORTH]["fault"]
    assert verdicts[HARBOUR]["month"] == monthly.table("drift_verdicts", HARBOUR)["month"].max()
    judged = next(row for row in rows(finished, "Stages") if row["stage"] == "drift_verdicts")
    assert judged["n_run"] == 1
    assert "Miller" not in finished.out + finished.err
    [mail] = mailed
    assert list(mail["faults"]) == [NORTH]
    assert fact in mail["faults"][NORTH]


def test_a_site_that_was_mended_is_judged_again(monthly: Monthly) -> None:
    before = contents(monthly.workspace)
    path = next(monthly.workspace.glob(f"*/{NORTH}/_ledger/000001.json"))
    entry = path.read_bytes()
    path.write_bytes(b"{}")
    assert monthly.run("monitor").exit_code == 23
    path.write_bytes(entry)
    assert monthly.run("monitor").exit_code == 0
    assert contents(monthly.workspace) == before


def test_the_mail_is_handed_the_month_and_where_the_sites_are(monthly: Monthly, mailed: list[dict[str, Any]]) -> None:
    month = monthly.table("drift_verdicts")["month"].min()
    assert monthly.run("monitor", "--month", month, "--send").exit_code == 0
    [mail] = mailed
    assert (mail["month"], mail["dry_run"], mail["is_drill"], mail["faults"]) == (month, None, False, {})
    assert mail["command"].startswith("multisite monitor ack ")
    assert mail["command"].endswith(f" --workspace {monthly.workspace}")
    assert sorted(site.site for site in mail["sites"]) == [HARBOUR, NORTH]


def test_a_mail_is_not_sent_and_written_to_a_folder_at_once(monthly: Monthly, mailed: list[dict[str, Any]]) -> None:
    finished = monthly.run("monitor", "--send", "--dry-run", str(monthly.folder / "mails"))
    assert finished.exit_code == 2
    assert mailed == []


def with_a_case(monthly: Monthly) -> str:
    """A case of the model at the first site, as if a month had opened it; the name of the model."""
    model = str(monthly.table("drift_verdicts")["model"][0])
    [path] = monthly.workspace.glob(f"*/{NORTH}/drift_cases/part-all.parquet")
    cases = pl.read_parquet(path)
    case = {
        "site": NORTH,
        "model": model,
        "case_number": 7,
        "cause": "output",
        "families": "output",
        "opened": "2024-01",
        "last": "2024-01",
        "worst": "AMBER-1",
        "acknowledged": None,
        "acknowledged_by": None,
        "closed": None,
    }
    pl.concat([cases, pl.DataFrame([case], schema=cases.schema)]).write_parquet(path)
    return model


def test_cases_are_acknowledged_and_closed_in_the_ledger(monthly: Monthly) -> None:
    model = with_a_case(monthly)
    case = ("--site", NORTH, "--case", "7", "--by", "Dr Lee")
    finished = monthly.run("monitor", "ack", *case, "--cause", "new kernel")
    assert finished.exit_code == 0, finished.err
    finished = monthly.run("monitor", "close", *case, "--reason", "kernel reverted", "--month", "2024-02")
    assert finished.exit_code == 0, finished.err
    _, acknowledged, closed = monthly.ledger()
    case = {"case_number": 7, "opened": "2024-01", "state": "AMBER-1"}
    assert acknowledged["content"] == {"model": model, **case, "by": "Dr Lee", "cause": "new kernel"}
    assert (closed["event"], closed["content"]["reason"]) == ("case closed", "kernel reverted")
    # It bears on the verdicts of this site, and of no other.
    judged = next(row for row in rows(monthly.run("monitor", "--json"), "Stages") if row["stage"] == "drift_verdicts")
    assert (judged["n_run"], judged["n_skipped"]) == (1, 1)


@pytest.mark.parametrize(
    "more",
    [
        ("--case", "8", "--by", "Dr Lee"),
        ("--case", "7", "--by", "  "),
        ("--case", "7", "--by", "Dr Lee", "--model", "another"),
        ("--case", "7", "--by", "Dr Lee", "--site", "nowhere"),
    ],
    ids=["no such case", "nobody", "no such model", "no such site"],
)
def test_what_cannot_be_acknowledged_leaves_the_ledger(monthly: Monthly, more: tuple[str, ...]) -> None:
    with_a_case(monthly)
    site = () if "--site" in more else ("--site", NORTH)
    assert monthly.run("monitor", "ack", *site, *more).exit_code == 2
    assert monthly.events() == ["baseline adopted"]


def in_days(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def test_a_muted_monitor_is_noted_with_its_day_and_still_printed(monthly: Monthly) -> None:
    until = in_days(30)
    muting = ("--monitor", "vendor", "--reason", "replaced", "--approver", "Dr Lee", "--until", until.replace("-", ""))
    finished = monthly.run("monitor", "mute", "--site", NORTH, *muting)
    assert finished.exit_code == 0, finished.err
    assert monthly.ledger()[1]["content"]["until"] == until
    assert monthly.run("monitor").exit_code == 0
    monitors = monthly.table("drift_monitors")
    muted = monitors.filter(monitor="vendor", axis="overall")
    assert muted.height > 0
    assert "signal" not in muted["status"].to_list()


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--until", in_days(-1)),
        ("--until", in_days(400)),
        ("--until", "never"),
        ("--reason", " "),
        ("--approver", ""),
        ("--monitor", "nothing"),
    ],
)
def test_a_mute_without_end_reason_approver_or_monitor_is_refused(monthly: Monthly, option: str, value: str) -> None:
    given = {"--monitor": "vendor", "--reason": "r", "--approver": "a", "--until": in_days(30), option: value}
    words = [word for pair in given.items() for word in pair]
    assert monthly.run("monitor", "mute", "--site", NORTH, *words).exit_code == 2
    assert monthly.events() == ["baseline adopted"]


def test_a_drill_turns_the_verdict_is_mailed_and_noted_and_changes_nothing_else(
    monthly: Monthly, mailed: list[dict[str, Any]]
) -> None:
    month = monthly.table("drift_verdicts")["month"].max()
    before = contents(monthly.workspace, without=["_ledger"])
    finished = monthly.run("monitor", "drill", "--month", month, "--send", "--json")
    assert finished.exit_code == 0, finished.err
    [mail] = mailed
    assert mail["is_drill"]
    score = {"month": month, "monitor": "score_nodule_chest_ai", "axis": "overall"}
    seen = set()
    for site in (NORTH, HARBOUR):
        drilled = mail["drilled"][site]
        assert set(drilled) == {"drift_monitors", "drift_verdicts", "drift_cases"}
        assert monthly.table("drift_monitors", site).filter(**score)["status"].item() == "in range"
        seen |= {site} if drilled["drift_monitors"].filter(**score)["status"].item() == "signal" else set()
        assert monthly.events(site)[-1] == "drill"
    assert NORTH in seen
    # With the twenty studies of such a month it may go unseen, which is worth knowing.
    assert ("gave no signal at harbour" in finished.out) == (HARBOUR not in seen)
    assert contents(monthly.workspace, without=["_ledger"]) == before
    # A drill bears on no verdict.
    assert {row["n_run"] for row in rows(monthly.run("monitor", "--json"), "Stages")} == {0}


def test_a_drill_that_is_only_written_to_a_folder_is_not_noted(monthly: Monthly, mailed: list[dict[str, Any]]) -> None:
    month = monthly.table("drift_verdicts")["month"].max()
    before = contents(monthly.workspace)
    finished = monthly.run("monitor", "drill", "--month", month, "--dry-run", str(monthly.folder / "mails"))
    assert finished.exit_code == 0, finished.err
    assert len(mailed) == 1
    assert contents(monthly.workspace) == before


def test_a_drill_of_a_month_before_all_is_refused(monthly: Monthly) -> None:
    assert monthly.run("monitor", "drill", "--month", "1999-01").exit_code == 2
    assert monthly.events() == ["baseline adopted"]


def test_a_verdict_in_brackets_is_printed_as_it_is_and_in_no_log(capsys: pytest.CaptureFixture[str]) -> None:
    row = {"site": "north", "month": "2026-01", "model": "ai", "state": "RED", "sentence": "Kernel [/b] rose to 7 %."}
    print_rows([row], Terminal())
    assert "Kernel [/b] rose to 7 %." in capsys.readouterr().out
    print_rows([row], Terminal(json_lines=True))
    logged = json.loads(capsys.readouterr().out)
    assert (logged["state"], logged["fault"]) == ("RED", "")
    assert "7 %" not in str(logged)
