"""What a user sees when the set-up is wrong: a fact, a place, what to do, an exit code, and never a row of data."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from multisite.demo import StagedDemo
from multisite.study import load_sites
from tests.lib.command import Finished, multisite


class Copy:
    """The staged configuration and tables, to be broken; the images stay where they are."""

    def __init__(self, staged: StagedDemo, folder: Path) -> None:
        self.workspace = folder / "workspace"
        self.sites = folder / "sites"
        self.study = folder / "study.yaml"
        self.sites.mkdir()
        data = staged.sites_folder.parents[1] / "data"
        shutil.copy(staged.study_file, self.study)
        for site in staged.sites_folder.glob("*.yaml"):
            text = site.read_text(encoding="utf-8").replace("../../data/", f"{data}/")
            (self.sites / site.name).write_text(text, encoding="utf-8")
        self.site = sorted(self.sites.glob("*.yaml"))[0]

    def edit(self, path: Path, old: str, new: str) -> None:
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def own_table(self, name: str, text: str) -> None:
        """Give the first site a table of its own."""
        lines = self.site.read_text(encoding="utf-8").splitlines()
        at = next(i for i, line in enumerate(lines) if line.strip() == f"{name}:")
        at = next(i for i in range(at, len(lines)) if lines[i].strip().startswith("path:"))
        path = self.sites / f"{name}-{self.site.stem}.csv"
        path.write_text(text, encoding="utf-8")
        lines[at] = f"    path: {path}"
        self.site.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def store_url(self, url: str) -> None:
        """Point the first site's first store elsewhere."""
        lines = self.site.read_text(encoding="utf-8").splitlines()
        at = next(i for i, line in enumerate(lines) if line.strip().startswith("url:"))
        indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
        lines[at] = f"{indent}url: {url}"
        self.site.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def run(self, verb: str) -> Finished:
        return multisite(verb, self.study, "--sites", self.site, "--workspace", self.workspace)

    def check(self) -> Finished:
        return multisite("check-config", self.study, "--sites", self.sites)

    def artefact(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(sorted(self.workspace.glob(f"*/*/{name}/part-*.parquet")))


@pytest.fixture
def copy(hospitals: StagedDemo, tmp_path: Path) -> Copy:
    return Copy(hospitals, tmp_path)


def assert_told(finished: Finished, code: int, *words: str) -> None:
    assert finished.exit_code == code, finished.err + finished.out
    told = " ".join((finished.err + finished.out).split())
    for word in words:
        assert word in told
    assert "Traceback" not in told


def test_a_sound_configuration_is_called_sound(copy: Copy) -> None:
    finished = copy.check()
    assert finished.exit_code == 0, finished.out
    assert "✓ sound" in finished.out
    assert "✗" not in finished.out


def test_unknown_keys_of_the_study_and_of_the_sites_are_told_together(copy: Copy) -> None:
    copy.edit(copy.study, "title:", "subtitle: x\ntitle:")
    copy.edit(copy.site, "title:", "colour: x\ntitle:")
    assert_told(copy.check(), 10, "subtitle: unknown key", "colour: unknown key", "study.yaml:", f"{copy.site.name}:")


def test_a_check_that_does_not_exist_cannot_block(copy: Copy) -> None:
    copy.edit(copy.study, "blocking: []", "blocking: [patient_overlapp]")
    assert_told(copy.check(), 10, "no check is called `patient_overlapp`")


def test_a_table_without_a_mapped_column_is_told_by_name(copy: Copy) -> None:
    copy.own_table("predictions", "case_id,finding,model\nx,nodule,chest_ai\n")
    assert_told(copy.check(), 12, "`predictions`", "`score`")
    copy.run("extract")
    assert_told(copy.run("cohort"), 12, "`score`", "do now:")


def test_a_store_that_is_not_there_is_told_before_anything_runs(copy: Copy) -> None:
    copy.store_url(str(copy.sites / "nowhere"))
    assert_told(copy.check(), 11, "store `")
    site = load_sites([copy.site])[0]
    place = f"at: site {site.site}, store `{site.stores[0].name}`"
    assert_told(copy.run("extract"), 11, place, "do now:")
    assert not list(copy.workspace.rglob("*.parquet"))


def test_an_s3_server_that_does_not_answer_is_told(copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_ACCESS", "access")
    monkeypatch.setenv("TEST_SECRET", "canary-secret")
    keys = "{access_key_env: TEST_ACCESS, secret_key_env: TEST_SECRET}"
    # Port 9 (discard) is closed on every machine that this runs on.
    copy.store_url(f'"s3://bucket"\n    endpoint: "http://127.0.0.1:9"\n    region: us-east-1\n    credentials: {keys}')
    finished = copy.run("extract")
    assert_told(finished, 11, "store `")
    assert "canary-secret" not in finished.err + finished.out


def test_a_missing_pseudonym_key_is_told_by_the_name_of_its_variable(
    copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = next(line for line in copy.site.read_text().splitlines() if line.startswith("pseudonym_key_env"))
    name = line.split()[1]
    monkeypatch.delenv(name)
    assert_told(copy.check(), 10, name)
    assert_told(copy.run("extract"), 10, name, "do now:")


def test_a_pseudonym_key_that_is_too_short_is_refused_and_not_quoted(
    copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = next(line for line in copy.site.read_text().splitlines() if line.startswith("pseudonym_key_env"))
    monkeypatch.setenv(line.split()[1], "canary-key")
    finished = copy.run("extract")
    assert_told(
        finished, 10, "at least 16", f"at: site {load_sites([copy.site])[0].site}, the variable {line.split()[1]}"
    )
    assert "canary-key" not in finished.err + finished.out


def test_a_pseudonym_key_that_is_too_short_is_told_once_by_check_config(
    copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = next(line for line in copy.site.read_text().splitlines() if line.startswith("pseudonym_key_env"))
    monkeypatch.setenv(line.split()[1], "short")
    finished = copy.check()
    assert_told(finished, 10, "pseudonym key", "at least 16", f"the variable {line.split()[1]}")
    assert finished.out.count("at least 16") == 1


def test_a_stratum_or_rule_on_a_column_that_nobody_gives_is_told_by_check_config(copy: Copy) -> None:
    copy.edit(copy.study, "column: clinical_setting", "column: clinical_ward")
    copy.edit(copy.study, "column: body_part_examined", "column: clinical_weight")
    assert_told(copy.check(), 10, "`clinical_ward`", "`clinical_weight`")


def test_a_disjoint_column_that_nobody_gives_is_told_by_check_config(copy: Copy) -> None:
    copy.edit(copy.study, "disjoint: []", "disjoint: [device, clinical_room]")
    assert_told(copy.check(), 10, "`clinical_room`")
    copy.edit(copy.study, "disjoint: [device, clinical_room]", "disjoint: [room]")
    assert_told(copy.check(), 10, "a case has no column `room`")


def test_a_site_without_images_runs_to_the_end_with_every_case_counted_as_without_images(copy: Copy) -> None:
    empty = copy.sites / "empty"
    empty.mkdir()
    lines = copy.site.read_text(encoding="utf-8").splitlines()
    urls = [i for i, line in enumerate(lines) if line.strip().startswith("url:")]
    for at in urls:
        lines[at] = lines[at][: lines[at].index("url:")] + f"url: {empty}"
    copy.site.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for verb in ("extract", "adjudicate", "cohort", "check", "evaluate"):
        finished = copy.run(verb)
        assert finished.exit_code == 0, finished.err
    flow = copy.artefact("flow")
    assert flow.row(-1, named=True)["remaining_cases"] == 0
    assert flow.filter(pl.col("rule") == "no_images")["excluded_cases"].item() > 100


def test_a_site_of_one_class_has_undefined_estimates_with_their_reason(copy: Copy) -> None:
    copy.run("extract")
    data = copy.site.read_text(encoding="utf-8")
    path = next(line.split("path:")[1].strip() for line in data.splitlines() if "path:" in line and "readings" in line)
    readings = pl.read_csv(path, infer_schema=False)
    copy.own_table("readings", readings.with_columns(pl.lit("absent").alias("rating")).write_csv())
    for verb in ("adjudicate", "cohort", "evaluate"):
        finished = copy.run(verb)
        assert finished.exit_code == 0, finished.err
    estimates = copy.artefact("site_estimates").filter(pl.col("stratum") == "overall")
    rows = {row["metric"]: row for row in estimates.iter_rows(named=True)}
    for metric in ("auc", "sensitivity"):
        assert rows[metric]["estimate"] is None
        assert rows[metric]["status"] == "undefined"
        assert rows[metric]["reason"]
    assert rows["specificity"]["estimate"] is not None


def test_a_path_that_is_no_study_file_is_one_line_of_fact(tmp_path: Path) -> None:
    finished = multisite("run", tmp_path / "none.yaml", "--sites", tmp_path)
    assert_told(finished, 10, "cannot be read")
