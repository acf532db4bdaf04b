from pathlib import Path

import pytest

from multisite.errors import ConfigError
from multisite.study import ColumnSplit, PatientSplit, SiteSplit, Study, TableSplit, TimeSplit, load_study
from multisite.vocabulary import Split
from tests.unit.study.test_loading import STUDY, write


def load(folder: Path, split: str) -> Study:
    return load_study(write(folder, "study.yaml", STUDY.replace("  strata:", f"  split: {split}\n  strata:")))


def fault(folder: Path, split: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(folder, split)
    return caught.value.fact


def test_left_out_the_split_is_that_of_the_table(tmp_path: Path) -> None:
    left_out = load_study(write(tmp_path, "study.yaml", STUDY))
    assert left_out.cohort.split == TableSplit()
    assert load(tmp_path, "{by: table}") == left_out


def test_each_kind_loads(tmp_path: Path) -> None:
    kinds = {
        "{by: patient, shares: {train: 0.6, tune: 0.2, test: 0.2}, seed: 7, stratify: [age, nodule]}": PatientSplit,
        "{by: time, test_from: 2024-01-01, straddling: keep}": TimeSplit,
        "{by: site, sites: {train: [north, south], test: [west]}}": SiteSplit,
        "{by: column, column: device, levels: {test: [a]}, otherwise: train, straddling: keep}": ColumnSplit,
        "{by: column, column: device, shares: {train: 0.5, test: 0.5}, seed: 7, straddling: keep}": ColumnSplit,
    }
    for text, kind in kinds.items():
        assert isinstance(load(tmp_path, text).cohort.split, kind)


def test_a_site_is_found_in_the_list_that_names_it(tmp_path: Path) -> None:
    split = load(tmp_path, "{by: site, sites: {train: [north, south], test: [west]}}").cohort.split
    assert isinstance(split, SiteSplit)
    assert (split.split_of("south"), split.split_of("west"), split.split_of("east")) == (Split.TRAIN, Split.TEST, None)


@pytest.mark.parametrize(
    ("split", "message"),
    [
        ("{shares: {train: 0.5, test: 0.5}}", "cohort.split: required key `by` is missing"),
        ("{by: patient, shares: {train: 0.6, test: 0.3}, seed: 1}", "must add up to 1"),
        ("{by: patient, shares: {train: 0.999999999}, seed: 1}", "at least two splits"),
        ("{by: patient, shares: {train: 0, test: 0.5, tune: 0.5}, seed: 1}", "greater than 0"),
        ("{by: patient, shares: {train: 0.5, holdout: 0.5}, seed: 1}", "'train', 'tune' or 'test'"),
        ("{by: patient, shares: {train: 0.5, test: 0.5}, seed: 1, stratify: [sex]}", "must name strata or findings"),
        ("{by: patient, shares: {train: 0.5, test: 0.5}, seed: 1, stratify: [age, age]}", "names an axis twice"),
        ("{by: time, test_from: 2024-01-01}", "cohort.split.straddling: required key is missing"),
        ("{by: time, tune_from: 2024-01-01, straddling: keep}", "cohort.split.test_from: required key is missing"),
        ("{by: time, tune_from: 2024-01-01, test_from: 2024-01-01, straddling: keep}", "must lie before"),
        ("{by: site, sites: {train: [north], test: [north]}}", "a site is named twice"),
        ("{by: site, sites: {train: [north], test: []}}", "cohort.split.sites.test"),
        ("{by: site, sites: {}}", "cohort.split.sites"),
        ("{by: column, column: device, straddling: keep}", "give either `levels`"),
        ("{by: column, column: device, levels: {test: [a]}, straddling: keep}", "give either `levels`"),
        (
            "{by: column, column: device, levels: {test: [a]}, otherwise: train, seed: 1, straddling: keep}",
            "give either `levels`",
        ),
        (
            "{by: column, column: device, levels: {test: [a], tune: [a]}, otherwise: train, straddling: keep}",
            "a level is named twice",
        ),
        (
            "{by: column, column: device, levels: {}, otherwise: train, straddling: keep}",
            "`levels` must name at least one level",
        ),
        ("{by: column, column: device, levels: {test: [a]}, otherwise: train}", "straddling: required key is missing"),
    ],
)
def test_a_split_that_cannot_be_made_is_refused(split: str, message: str, tmp_path: Path) -> None:
    assert message in fault(tmp_path, split)


def test_an_axis_whose_id_is_that_of_a_stratum_and_of_a_finding_is_refused(tmp_path: Path) -> None:
    text = STUDY.replace("id: age,", "id: nodule,").replace(
        "  strata:", "  split: {by: patient, shares: {train: 0.5, test: 0.5}, seed: 1, stratify: [nodule]}\n  strata:"
    )
    with pytest.raises(ConfigError, match="by an id that only one has"):
        load_study(write(tmp_path, "study.yaml", text))


def test_what_a_missing_value_of_a_stratum_means_has_to_be_said(tmp_path: Path) -> None:
    text = STUDY.replace("when_missing: level, ", "")
    with pytest.raises(ConfigError, match=r"cohort.strata\[0\].when_missing: required key is missing"):
        load_study(write(tmp_path, "study.yaml", text))
