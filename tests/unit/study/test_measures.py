from pathlib import Path

import pytest

from multisite.errors import ConfigError
from multisite.study import Study, load_study
from tests.unit.study.test_loading import STUDY, write

DICE = "id: dice, title: Dice, kind: quality, better: higher, bounds: [0, 1]"
VOLUME = "id: volume, title: Volume, kind: paired, unit: ml"


def load(folder: Path, *measures: str) -> Study:
    listed = ", ".join(f"{{{measure}}}" for measure in measures)
    return load_study(write(folder, "study.yaml", f"{STUDY}\nmeasures: [{listed}]\n"))


def test_left_out_nothing_is_measured(tmp_path: Path) -> None:
    assert load_study(write(tmp_path, "study.yaml", STUDY)).measures == ()


def test_a_measure_is_of_every_model_unless_it_names_some(tmp_path: Path) -> None:
    dice, volume = load(tmp_path, f"{DICE}, case_limit: 0.7, margin: 0.8", f"{VOLUME}, margin: 5").measures
    assert (dice.case_limit, dice.margin, dice.bounds) == (0.7, 0.8, (0, 1))
    assert volume.of_models(["one", "two"]) == ("one", "two")
    assert volume.model_copy(update={"models": ("two",)}).of_models(["one", "two"]) == ("two",)


@pytest.mark.parametrize(
    ("measure", "told"),
    [
        ("id: dice, title: Dice, kind: quality", "needs `better` and `bounds`"),
        (f"{VOLUME}, better: higher", "`better` is not of a paired measure"),
        (f"{VOLUME}, bounds: [5, 5]", "the first of `bounds` must be below the second"),
        (f"{VOLUME}, bounds: [0, 5], top_coded: true", "`top_coded` is for measures of quality"),
        (f"{VOLUME}, margin: 0", "are differences, above 0"),
        (f"{DICE}, margin: 80", "must lie within `bounds`"),
        (f"{DICE}, models: [nobody]", "must name models by their ids"),
        (f"{DICE}}}, {{{DICE}", "have the same id"),
    ],
)
def test_a_measure_that_cannot_be_is_refused(tmp_path: Path, measure: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, measure)
    assert told in caught.value.fact
