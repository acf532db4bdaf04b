from pathlib import Path

import pytest

from multisite.errors import ConfigError
from multisite.study import load_site, load_sites, load_study

STUDY = """
study: chest
title: Chest study
intended_use: {task: detect, population: adults, setting: emergency, human_role: second reader}
findings: [{id: nodule, title: Nodule}]
models: [{id: ai, title: AI, version: "1"}]
cohort:
  modalities: [CT]
  eligibility:
    - {id: adult, column: age_years, operator: ">=", value: 18, when_missing: exclude, reason: Adults only}
  strata:
    - {id: age, title: Age, column: age_years, when_missing: level, bands: [40, 60], unit: years}
performance: {threshold: 0.5, seed: 1}
drift: {population: {numbers: [age_years]}, scores: false, alert_rate: false}
"""

SITE = """
site: north
title: North Hospital
stores: [{name: archive, url: images}]
pseudonym_key_env: KEY_NORTH
tables:
  cases: {path: cases.csv, columns: {case_id: accession}}
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text.lstrip(), encoding="utf-8")
    return path


def faults_of(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_study(path)
    return caught.value.fact


def test_a_sound_study_loads_frozen(tmp_path: Path) -> None:
    study = load_study(write(tmp_path, "study.yaml", STUDY))
    assert study.cohort.strata[0].bands == (40, 60)
    with pytest.raises(ValueError, match="frozen"):
        study.title = "other"  # type: ignore[misc]  # the point of the test


def test_every_fault_is_told_at_once_with_file_line_and_path(tmp_path: Path) -> None:
    text = STUDY.replace("title: Chest study", "titel: Chest study").replace("threshold: 0.5", "threshold: 5")
    text = text.replace("bands: [40, 60]", "bands: [60, 40]")
    path = write(tmp_path, "study.yaml", text)
    facts = faults_of(path).splitlines()
    assert f"{path}:2: titel: unknown key" in facts
    assert any(fact.startswith(f"{path}:1: title: required key is missing") for fact in facts)
    assert any(fact.startswith(f"{path}:12: performance.threshold:") for fact in facts)
    assert any(fact.startswith(f"{path}:11: cohort.strata[0]: `bands` must be rising") for fact in facts)


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "study.yaml", STUDY + "title: Again\n")
    assert "title: the key stands twice" in faults_of(path)


def test_broken_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, "study.yaml", "study: [\n")
    assert f"{path}:2: not valid YAML" in faults_of(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    assert "cannot be read (FileNotFoundError)" in faults_of(tmp_path / "none.yaml")


def test_two_findings_with_one_id_are_refused(tmp_path: Path) -> None:
    text = STUDY.replace("findings: [{id: nodule, title: Nodule}]", "findings: [{id: n, title: A}, {id: n, title: B}]")
    assert "two entries of `findings` have the same id" in faults_of(write(tmp_path, "s.yaml", text))


def test_an_operator_that_needs_a_list_refuses_a_single_value(tmp_path: Path) -> None:
    text = STUDY.replace('operator: ">=", value: 18', "operator: in, value: 18")
    assert "`value` must be a list" in faults_of(write(tmp_path, "s.yaml", text))


def test_a_fault_in_a_kind_of_split_is_told_with_the_keys_of_the_file(tmp_path: Path) -> None:
    split = "  split:\n    by: patient\n    shares: {train: 0.5, test: 0.6}\n"
    path = write(tmp_path, "study.yaml", STUDY.replace("  strata:", f"{split}  strata:"))
    facts = faults_of(path).splitlines()
    assert f"{path}:12: cohort.split.shares: the shares must add up to 1" in facts
    assert f"{path}:11: cohort.split.seed: required key is missing" in facts


def test_paths_in_a_site_file_are_relative_to_the_file(tmp_path: Path) -> None:
    site = load_site(write(tmp_path, "north.yaml", SITE))
    assert site.stores[0].url == str((tmp_path / "images").resolve())
    assert site.tables["cases"].path == str((tmp_path / "cases.csv").resolve())


def test_a_url_in_a_site_file_is_left_alone(tmp_path: Path) -> None:
    text = SITE.replace("url: images", 'url: "s3://bucket/p", credentials: {profile: site}')
    assert load_site(write(tmp_path, "north.yaml", text)).stores[0].url == "s3://bucket/p"


def test_credentials_name_exactly_one_source(tmp_path: Path) -> None:
    text = SITE.replace("url: images", 'url: "s3://b", credentials: {profile: site, anonymous: true}')
    with pytest.raises(ConfigError, match="exactly one of"):
        load_site(write(tmp_path, "north.yaml", text))


def test_an_unknown_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown table labels"):
        load_site(write(tmp_path, "north.yaml", SITE.replace("cases:", "labels:")))


def test_sites_come_from_files_and_folders_and_in_order(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", SITE.replace("site: north", "site: south"))
    write(tmp_path, "b.yaml", SITE)
    assert [site.site for site in load_sites([tmp_path])] == ["north", "south"]


def test_one_site_in_two_files_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", SITE)
    write(tmp_path, "b.yaml", SITE)
    with pytest.raises(ConfigError, match="site `north` is named by two files"):
        load_sites([tmp_path])


def test_the_faults_of_all_site_files_are_told_together(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", SITE.replace("title: North Hospital\n", ""))
    write(tmp_path, "b.yaml", SITE + "extra: 1\n")
    with pytest.raises(ConfigError) as caught:
        load_sites([tmp_path])
    assert "title: required key is missing" in caught.value.fact
    assert "extra: unknown key" in caught.value.fact


def test_a_folder_without_site_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no site file"):
        load_sites([tmp_path])
