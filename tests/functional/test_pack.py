"""From a lock to a pack that is checked, compared and anchored, as a user runs the commands; and what goes wrong."""

import hashlib
import json
import random
import re
import shutil
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

import polars as pl
import pytest

from multisite.demo import StagedDemo
from multisite.pack.reading import read_pack
from multisite.pack.verifying.verify import FAILS
from multisite.pack.verifying.verify import verify as verify_files
from multisite.storage.canonical import canonical_json
from tests.conftest import run_verb
from tests.lib.command import Finished, multisite
from tests.lib.small_pack import summed

pytestmark = pytest.mark.slow

BY = ("--by", "A. Example, statistician")


@pytest.fixture(scope="module")
def signing_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("keys") / "signing.pem"
    assert multisite("new-key", file).exit_code == 0
    return file


@pytest.fixture(scope="module")
def locked(hospitals: StagedDemo, tmp_path_factory: pytest.TempPathFactory, signing_key: Path) -> Path:
    """A workspace in which the protocol was locked and then everything was run; to be copied or read."""
    workspace = tmp_path_factory.mktemp("locked") / "workspace"
    assert run_verb("lock", hospitals, workspace, *BY, "--key", signing_key).exit_code == 0
    finished = run_verb("run", hospitals, workspace)
    assert finished.exit_code == 0, finished.err
    return workspace


@pytest.fixture(scope="module")
def pack(hospitals: StagedDemo, locked: Path, tmp_path_factory: pytest.TempPathFactory, signing_key: Path) -> Path:
    out = tmp_path_factory.mktemp("pack") / "pack"
    finished = run_verb("pack build", hospitals, locked, "--out", out, "--key", signing_key)
    assert finished.exit_code == 0, finished.err
    assert "Planned" in finished.out
    assert "CLAIM 2024" in finished.out
    return out


def verify(pack: Path, *more: object) -> Finished:
    return multisite("pack", "verify", pack, *more)


def test_a_pack_of_a_locked_study_is_verified_whole_from_its_folder_and_its_zip(pack: Path, signing_key: Path) -> None:
    for place in (pack, pack.with_suffix(".zip")):
        finished = verify(place, "--key", f"{signing_key}.pub", "--json")
        assert finished.exit_code == 0, finished.out
        steps = [row for line in finished.out.splitlines() if (row := json.loads(line)).get("table") == "Steps"]
        assert [row["step"] for row in steps][-1] == "intervals"
        assert {row["outcome"] for row in steps} == {"✓ ok"}


def test_the_verifier_in_the_pack_needs_python_alone(pack: Path) -> None:
    command = [sys.executable, "-I", "-S", "verify.py"]
    done = subprocess.run(command, cwd=pack, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout
    assert done.stdout.rstrip().endswith("verified: every step holds")


def test_a_changed_byte_of_any_file_fails_at_the_right_step(pack: Path) -> None:
    files, rng = read_pack(pack), random.Random(20)
    for name, content in files.items():
        place = rng.randrange(len(content))
        changed = content[:place] + bytes([content[place] ^ rng.randrange(1, 256)]) + content[place + 1 :]
        failed = next(step.number for step in verify_files({**files, name: changed}) if step.outcome == FAILS)
        right = {1, 2, 3} if name == "SHA256SUMS" else {3} if name in ("statement.dsse.json", "signer.pem") else {2}
        assert failed in right, name


def test_another_key_is_not_the_signer(pack: Path, tmp_path: Path) -> None:
    assert multisite("new-key", tmp_path / "other.pem").exit_code == 0
    finished = verify(pack, "--key", tmp_path / "other.pem.pub")
    assert finished.exit_code == 25
    assert "step 3 fails" in finished.err


def test_a_number_that_was_changed_and_hashed_again_fails_where_it_is_recomputed(pack: Path, tmp_path: Path) -> None:
    """Whoever makes a pack anew over a changed number, unsigned, is found by the tallies."""
    changed = Path(shutil.copytree(pack, tmp_path / "changed"))
    for name in ("statement.dsse.json", "signer.pem"):
        (changed / name).unlink()
    results = changed / "results" / "estimates.csv"
    lines = results.read_text().splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if line.startswith("all sites,") and ",overall,sensitivity," in line)
    cells = lines[at].split(",")
    place = lines[0].split(",").index("ci_low")
    cells[place] = str(float(cells[place]) - 0.01)
    lines[at] = ",".join(cells)
    results.write_text("".join(lines))
    sums = changed / "SHA256SUMS"
    paths = [line.split("  ")[1] for line in sums.read_text().splitlines()]
    digests = {path: hashlib.sha256((changed / path).read_bytes()).hexdigest() for path in paths}
    sums.write_text("".join(f"{digests[path]}  {path}\n" for path in paths))
    finished = verify(changed, "--allow-unsigned")
    assert finished.exit_code == 25
    assert "step 9 fails" in finished.err


def test_a_pack_of_the_same_workspace_is_the_same_but_for_its_time_and_the_study_s_ledger(
    hospitals: StagedDemo, locked: Path, pack: Path, tmp_path: Path, signing_key: Path
) -> None:
    out = tmp_path / "again"
    assert run_verb("pack build", hospitals, locked, "--out", out, "--key", signing_key).exit_code == 0
    differing = {
        str(path.relative_to(out))
        for path in out.rglob("*")
        if path.is_file() and path.read_bytes() != (pack / path.relative_to(out)).read_bytes()
    }
    assert differing == {
        "SHA256SUMS",
        "index.html",
        "ledger/_study.json",
        "pack.json",
        "ro-crate-metadata.json",
        "statement.dsse.json",
    }
    finished = multisite("pack", "diff", pack, out)
    assert finished.exit_code == 0
    assert "Results over all sites" not in finished.out
    assert "built" in finished.out


def test_what_a_pack_anchors_is_found_cut_when_the_ledger_lost_its_end(
    hospitals: StagedDemo, locked: Path, pack: Path, tmp_path: Path
) -> None:
    workspace = Path(shutil.copytree(locked, tmp_path / "workspace"))
    whole = run_verb("audit verify", hospitals, workspace, "--anchor", pack)
    assert whole.exit_code == 0, whole.err
    assert "✓ anchored" in whole.out
    entries = sorted(next(workspace.glob("*/northgate/_ledger")).glob("*.json"))
    entries[-1].unlink()
    cut = run_verb("audit verify", hospitals, workspace, "--anchor", pack)
    assert cut.exit_code == 22
    assert "✗ cut" in cut.out
    # Without what others hold, a shorter ledger is a whole one.
    assert run_verb("audit verify", hospitals, workspace).exit_code == 0


def test_a_protocol_that_was_changed_after_the_lock_makes_everything_exploratory(
    hospitals: StagedDemo, locked: Path, tmp_path: Path
) -> None:
    workspace = Path(shutil.copytree(locked, tmp_path / "workspace"))
    study, sites = tmp_path / "study.yaml", hospitals.sites_folder
    text = hospitals.study_file.read_text()
    study.write_text(text.replace('objective: "Does the score rank examinations?"', "objective: Other"))
    assert study.read_text() != text
    finished = multisite("run", study, "--sites", sites, "--workspace", workspace)
    assert finished.exit_code == 0, finished.err
    refused = multisite("lock", study, "--sites", sites, "--workspace", workspace, *BY)
    assert refused.exit_code == 2
    assert "another protocol is locked already" in refused.err
    made = multisite("pack", "build", study, "--sites", sites, "--workspace", workspace, "--out", tmp_path / "pack")
    assert made.exit_code == 0, made.err
    assert "Exploratory" in made.out
    assert "is not the one that was locked" in made.out
    amended = multisite(
        "lock", study, "--sites", sites, "--workspace", workspace, *BY, "--amends", "the objective was unclear"
    )
    assert amended.exit_code == 0
    assert "▲ exploratory" in amended.out
    deviations = json.loads((tmp_path / "pack" / "pack.json").read_text())["deviations"]
    assert deviations == 0
    stale = multisite("pack", "build", study, "--sites", sites, "--workspace", workspace, "--out", tmp_path / "stale")
    assert stale.exit_code == 13
    assert "the ledger has entries that `standings` does not know" in stale.err
    multisite("report", study, "--sites", sites, "--workspace", workspace)
    multisite("pack", "build", study, "--sites", sites, "--workspace", workspace, "--out", tmp_path / "pack")
    page = (tmp_path / "pack" / "index.html").read_text()
    assert "the locked protocol was replaced; changed: analysis_plan.endpoints.0.objective" in page
    assert "the objective was unclear" in page


def test_a_pack_before_the_run_says_what_has_not_been_made(hospitals: StagedDemo, tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    assert run_verb("lock", hospitals, workspace, *BY).exit_code == 0
    finished = run_verb("pack build", hospitals, workspace, "--out", tmp_path / "pack")
    assert finished.exit_code == 13
    assert "has not been made" in finished.err
    assert not (tmp_path / "pack").exists()


def test_a_folder_with_something_else_in_it_is_left_alone(hospitals: StagedDemo, locked: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("do not lose")
    finished = run_verb("pack build", hospitals, locked, "--out", tmp_path / "mine")
    assert finished.exit_code == 2
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "do not lose"


def test_a_broken_ledger_stops_the_pack(hospitals: StagedDemo, locked: Path, tmp_path: Path) -> None:
    workspace = Path(shutil.copytree(locked, tmp_path / "workspace"))
    first = next(workspace.glob("*/northgate/_ledger/000001.json"))
    first.write_bytes(first.read_bytes().replace(b"statistician", b"statistikers"))
    run_verb("report", hospitals, workspace)
    finished = run_verb("pack build", hospitals, workspace, "--out", tmp_path / "pack")
    assert finished.exit_code == 22


def test_keys_are_never_overwritten_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    file = tmp_path / "a" / "key.pem"
    assert multisite("new-key", file).exit_code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_bytes()
    assert multisite("new-key", file).exit_code == 2
    assert file.read_bytes() == before
    assert b"PRIVATE" not in Path(f"{file}.pub").read_bytes()


def test_a_key_that_is_none_is_refused(hospitals: StagedDemo, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("nothing")
    finished = run_verb("lock", hospitals, tmp_path / "workspace", *BY, "--key", tmp_path / "key.pem")
    assert finished.exit_code == 10
    assert "no Ed25519 key" in finished.err
    assert run_verb("lock", hospitals, tmp_path / "workspace", "--by", " ").exit_code == 2


def test_a_deviation_is_noted_where_it_happened(hospitals: StagedDemo, tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    run_verb("lock", hospitals, workspace, *BY)
    said = ("--what", "two readers in May", "--why", "one was ill", *BY)
    finished = run_verb("deviation", hospitals, workspace, *said, "--site", "northgate")
    assert finished.exit_code == 0
    assert len(list(workspace.glob("*/northgate/_ledger/*.json"))) == 2
    assert len(list(workspace.glob("*/harbour/_ledger/*.json"))) == 1
    assert run_verb("deviation", hospitals, workspace, *said, "--site", "nowhere").exit_code == 2


def test_a_mail_that_somebody_kept_anchors_the_ledger_and_finds_one_that_was_written_anew(
    hospitals: StagedDemo, locked: Path, tmp_path: Path
) -> None:
    """As the monthly mails end: head and count of the site's ledger."""
    entries = sorted(next(locked.glob("*/northgate/_ledger")).glob("*.json"))
    head = hashlib.sha256(entries[-1].read_bytes()).hexdigest()
    mail = EmailMessage()
    mail["Subject"] = "[GREEN] a month"
    mail.set_content(f"All is well.\n\nLedger {head}\n· {len(entries)} entries. Keep this mail: it proves them.\n")
    (tmp_path / "mails").mkdir()
    (tmp_path / "mails" / "month.eml").write_bytes(mail.as_bytes())
    held = run_verb("audit verify", hospitals, locked, "--anchor", tmp_path / "mails", "--json")
    assert held.exit_code == 0, held.err
    rows = [row for line in held.out.splitlines() if (row := json.loads(line)).get("ledger") == "northgate"]
    assert [(row["state"], row["held by"]) for row in rows] == [("✓ anchored", "month.eml")]
    other = run_verb("audit verify", hospitals, locked, "--anchor", f"northgate:{len(entries)}:{'0a' * 32}")
    assert other.exit_code == 22
    assert "✗ rewritten" in other.out
    lost = run_verb("audit verify", hospitals, locked, "--anchor", tmp_path / "nothing")
    assert lost.exit_code == 2


def test_a_set_that_was_built_anew_after_the_results_stops_the_pack(
    hospitals: StagedDemo, locked: Path, tmp_path: Path
) -> None:
    workspace = Path(shutil.copytree(locked, tmp_path / "workspace"))
    sites = Path(shutil.copytree(hospitals.sites_folder, tmp_path / "sites"))
    site = sites / "northgate.yaml"
    tables = re.search(r"path: (.*)/cases.csv", site.read_text())
    assert tables is not None
    folder = (hospitals.sites_folder / tables[1]).resolve()
    site.write_text(re.sub(r"(path: |url: )\.\./", rf"\g<1>{hospitals.sites_folder}/../", site.read_text()))
    for other in sites.glob("*.yaml"):
        if other != site:
            other.write_text(re.sub(r"(path: |url: )\.\./", rf"\g<1>{hospitals.sites_folder}/../", other.read_text()))
    lines = (folder / "cases.csv").read_text().splitlines(keepends=True)
    (tmp_path / "fewer.csv").write_text("".join(lines[:-20]))
    site.write_text(re.sub(r"path: \S*/cases.csv", f"path: {tmp_path}/fewer.csv", site.read_text()))
    of = (hospitals.study_file, "--sites", sites, "--workspace", workspace)
    assert multisite("cohort", *of).exit_code == 0
    finished = multisite("pack", "build", *of, "--out", tmp_path / "pack")
    assert finished.exit_code == 13, finished.out
    assert "was made from an earlier `cohort`" in finished.err


def test_a_site_that_is_left_out_after_the_lock_stops_the_pack_and_then_makes_it_exploratory(
    hospitals: StagedDemo, locked: Path, tmp_path: Path
) -> None:
    workspace = Path(shutil.copytree(locked, tmp_path / "workspace"))
    one = hospitals.sites_folder / "northgate.yaml"
    of = (hospitals.study_file, "--sites", one, "--workspace", workspace)
    finished = multisite("pack", "build", *of, "--out", tmp_path / "pack")
    assert finished.exit_code == 13
    assert "over other sites than are named now" in finished.err
    assert multisite("run", *of).exit_code == 0
    made = multisite("pack", "build", *of, "--out", tmp_path / "pack")
    assert made.exit_code == 0, made.err
    assert "Exploratory" in made.out
    assert "a site of the locked study is not part of this pack (harbour)" in made.out
    assert verify(tmp_path / "pack", "--allow-unsigned").exit_code == 0


def test_claims_that_no_pack_can_show_are_refused_before_the_lock(hospitals: StagedDemo, tmp_path: Path) -> None:
    study = tmp_path / "study.yaml"
    study.write_text(hospitals.study_file.read_text().replace("title: Demo chest model", "title: A certified model"))
    finished = multisite("lock", study, "--sites", hospitals.sites_folder, "--workspace", tmp_path / "w", *BY)
    assert finished.exit_code == 10
    assert "`models.0.title` says “certified”" in finished.err
    assert not (tmp_path / "w").exists()


def test_an_anchor_that_fits_no_ledger_is_told_and_not_passed_over(
    hospitals: StagedDemo, locked: Path, pack: Path, tmp_path: Path
) -> None:
    typo = run_verb("audit verify", hospitals, locked, "--anchor", f"harbor:3:{'0a' * 32}")
    assert typo.exit_code == 2
    assert "harbor" in typo.err
    cut = tmp_path / "cut.zip"
    cut.write_bytes(pack.with_suffix(".zip").read_bytes()[:-200])
    unread = run_verb("audit verify", hospitals, locked, "--anchor", cut)
    assert unread.exit_code == 2
    assert "cut.zip" in unread.err


def test_notes_of_a_reviewer_in_an_old_pack_and_a_stranger_s_zip_are_left_alone(
    hospitals: StagedDemo, locked: Path, pack: Path, tmp_path: Path
) -> None:
    mine = Path(shutil.copytree(pack, tmp_path / "mine"))
    (mine / "my notes.txt").write_text("look again")
    assert run_verb("pack build", hospitals, locked, "--out", mine).exit_code == 2
    assert (mine / "my notes.txt").read_text() == "look again"
    (tmp_path / "study.zip").write_bytes(b"not yours")
    assert run_verb("pack build", hospitals, locked, "--out", tmp_path / "study").exit_code == 2
    assert (tmp_path / "study.zip").read_bytes() == b"not yours"


def test_marks_and_blanks_that_were_changed_and_hashed_again_fail_their_steps(pack: Path) -> None:
    files = {name: text for name, text in read_pack(pack).items() if name not in ("statement.dsse.json", "signer.pem")}
    table = pl.read_csv(files["results/estimates.csv"], infer_schema=False)
    pooled = (pl.col("site") == "all sites") & (pl.col("stratum") == "overall") & (pl.col("metric") == "brier")
    assert table.filter(pooled)["status"].to_list() == ["ok"]
    blank = {name: None for name in ("estimate", "ci_low", "ci_high")} | {"status": "insufficient"}
    spoilt = {
        6: table.with_columns(planning=pl.lit("planned, primary")),
        8: table.with_columns(pl.when(pooled).then(pl.lit(v)).otherwise(n).alias(n) for n, v in blank.items()),
    }
    for step, changed in spoilt.items():
        again = summed({**files, "results/estimates.csv": changed.write_csv().encode()})
        assert [s.number for s in verify_files(again, allow_unsigned=True) if s.outcome == FAILS] == [step]
    facts = json.loads(files["pack.json"]) | {"deviations": 7}
    again = summed({**files, "pack.json": canonical_json(facts)})
    assert [s.number for s in verify_files(again, allow_unsigned=True) if s.outcome == FAILS] == [6]
    assert [s.number for s in verify_files(summed(files), allow_unsigned=True) if s.outcome == FAILS] == []
