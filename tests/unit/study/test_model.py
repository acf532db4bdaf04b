from pathlib import Path

import pytest

from multisite.errors import ConfigError
from multisite.study import Study, load_study
from tests.unit.study.test_loading import STUDY, write

ORDINAL = "scores: ordinal, categories: [0, 1, 2, 3], positive_from: 2"


def load(folder: Path, model: str, performance: str = "") -> Study:
    start = STUDY.index("models:")
    end = STUDY.index("\n", start)
    models = f"models: [{{id: birads, title: BI-RADS, version: '1', {model}}}]"
    text = (STUDY[:start] + models + STUDY[end:]).replace("performance: {", f"performance: {{{performance}")
    return load_study(write(folder, "study.yaml", text))


def test_scores_are_probabilities_unless_the_study_file_says_so(tmp_path: Path) -> None:
    study = load_study(write(tmp_path, "study.yaml", STUDY))
    assert study.not_probabilities == study.category_scores == ()
    assert load(tmp_path, "scores: score").not_probabilities == ("birads",)


def test_categories_lie_evenly_from_0_to_1_and_the_threshold_is_one_of_them(tmp_path: Path) -> None:
    study = load(tmp_path, ORDINAL)
    assert study.category_scores == (("birads", ((0, 0.0), (1, 0.33), (2, 0.67), (3, 1.0))),)
    assert {threshold for _, _, threshold in study.own_thresholds} == {0.67}
    assert study.threshold_of(study.findings[0].id, "birads") == 0.67


@pytest.mark.parametrize(
    ("model", "performance", "told"),
    [
        ("scores: ordinal", "", "go with `scores: ordinal`"),
        ("categories: [1, 2], positive_from: 2", "", "go with `scores: ordinal`"),
        ("scores: ordinal, categories: [2, 1], positive_from: 2", "", "must be rising numbers"),
        ("scores: ordinal, categories: [1, 2], positive_from: 3", "", "must be one of `categories`"),
        (
            ORDINAL,
            "operating_points: [{finding: nodule, model: birads, threshold: 0.5}], ",
            "takes no `threshold`: the model has `positive_from`",
        ),
        (
            "scores: score",
            "operating_points: [{finding: nodule, rule: {by: net_benefit, act_from: 0.2}}], ",
            "needs a model whose scores are probabilities",
        ),
    ],
)
def test_what_categories_cannot_bear_is_refused(tmp_path: Path, model: str, performance: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, model, performance)
    assert told in caught.value.fact
