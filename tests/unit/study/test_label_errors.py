from pathlib import Path

import pytest

from multisite.errors import ConfigError
from multisite.study import Study, load_study
from tests.unit.study.test_loading import STUDY, write

GOOD = (
    "{source: report text, labeller: reader 2.1, sensitivity: {positives_checked: 200, found: 188}, "
    "specificity: {negatives_checked: 400, found: 392}}"
)


def load(folder: Path, section: str) -> Study:
    return load_study(write(folder, "study.yaml", f"{STUDY}\nlabel_errors: {section}\n"))


def test_left_out_no_label_is_known_to_err(tmp_path: Path) -> None:
    assert load_study(write(tmp_path, "study.yaml", STUDY)).label_errors == {}


def test_a_check_is_told_in_counts(tmp_path: Path) -> None:
    finding = load_study(write(tmp_path, "study.yaml", STUDY)).findings[0].id
    declared = load(tmp_path, f"{{{finding}: {GOOD}}}").label_errors[finding]
    assert (declared.sensitivity.found, declared.specificity.negatives_checked) == (188, 400)
    assert declared.checked_at == ()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("found: 188", "found: 201", "must not exceed `positives_checked`"),
        ("found: 392", "found: 401", "must not exceed `negatives_checked`"),
        ("positives_checked: 200", "positives_checked: 0", "greater than or equal to 1"),
        ("found: 392", "found: 20", "no more than chance"),
        ("source", "checked_at: [a, a], source", "names a site twice"),
    ],
)
def test_a_check_that_cannot_be_is_refused(tmp_path: Path, old: str, new: str, told: str) -> None:
    finding = load_study(write(tmp_path, "study.yaml", STUDY)).findings[0].id
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, f"{{{finding}: {GOOD.replace(old, new, 1)}}}")
    assert told in caught.value.fact


def test_only_findings_have_labels(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, f"{{nothing: {GOOD}}}")
    assert "`label_errors` must name findings" in caught.value.fact


def test_labels_made_from_readings_are_not_those_of_a_labeller(tmp_path: Path) -> None:
    finding = load_study(write(tmp_path, "study.yaml", STUDY)).findings[0].id
    made = "{version: 1, ratings: {positive: [y], negative: [n]}, rule: {by: panel}, "
    made += "ambiguous: fail, non_diagnostic: fail}"
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, f"{{{finding}: {GOOD}}}\nreference: {{{finding}: {made}}}")
    assert "is for labels of the tables of cases" in caught.value.fact
