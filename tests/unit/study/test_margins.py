from pathlib import Path

import pytest

from multisite.errors import ConfigError
from multisite.study import Study, load_study
from multisite.vocabulary import StratumRole
from tests.unit.study.test_loading import STUDY, write


def text(*, margins: str = "[]", intersections: str = "[]", role: str = "exploratory") -> str:
    study = STUDY.replace("  strata:", f"  intersections: {intersections}\n  site_role: {role}\n  strata:")
    return study.replace("performance: {", f"performance: {{margins: {margins}, ")


def load(folder: Path, **changes: str) -> Study:
    return load_study(write(folder, "study.yaml", text(**changes)))


def fault(folder: Path, **changes: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(folder, **changes)
    return caught.value.fact


def test_left_out_nothing_is_judged_and_every_stratum_is_exploratory(tmp_path: Path) -> None:
    plain = load_study(write(tmp_path, "study.yaml", STUDY))
    assert plain.performance.margins == ()
    assert plain.cohort.intersections == ()
    assert {stratum.role for stratum in plain.cohort.strata} == {plain.cohort.site_role} == {StratumRole.EXPLORATORY}


def test_a_margin_bounds_the_metric_or_the_gap_or_both(tmp_path: Path) -> None:
    both = "{metric: auc, at_least: 0.8, of: both, gap_at_most: 0.05}"
    margins = f"[{both}, {{metric: calibration_slope, at_least: 0.8, at_most: 1.2}}]"
    first, second = load(tmp_path, margins=margins, role="primary").performance.margins
    assert (first.at_least, first.of, first.gap_at_most) == (0.8, "both", 0.05)
    assert (second.at_least, second.at_most, second.of) == (0.8, 1.2, None)


@pytest.mark.parametrize(
    ("margins", "told"),
    [
        ("[{metric: auc}]", "give `at_least`, `at_most` or `gap_at_most`"),
        ("[{metric: auc, at_least: 0.8, at_most: 0.7}]", "`at_least` must be below `at_most`"),
        ("[{metric: auc, gap_at_most: 0.1, of: levels}]", "`of` goes with"),
        ("[{metric: calibration_slope, gap_at_most: 0.1}]", "more is better"),
        ("[{metric: auc, at_least: 80}]", "must lie in"),
        ("[{metric: auc, at_least: 0.8, finding: nothing}]", "must name findings and models"),
        ("[{metric: auc, at_least: 0.8}, {metric: auc, at_least: 0.7}]", "say the same of one finding"),
    ],
)
def test_a_margin_that_says_nothing_or_contradicts_another_is_refused(tmp_path: Path, margins: str, told: str) -> None:
    assert told in fault(tmp_path, margins=margins)


def test_a_gap_and_a_bound_of_one_metric_may_stand_apart(tmp_path: Path) -> None:
    margins = "[{metric: auc, at_least: 0.8}, {metric: auc, gap_at_most: 0.1}]"
    assert len(load(tmp_path, margins=margins).performance.margins) == 2


@pytest.mark.parametrize(
    ("intersections", "told"),
    [
        ("[{of: [age, age]}]", "names a stratum twice"),
        ("[{of: [age, nothing]}]", "must name strata"),
    ],
)
def test_a_crossing_of_what_is_not_there_is_refused(tmp_path: Path, intersections: str, told: str) -> None:
    assert told in fault(tmp_path, intersections=intersections)


def test_a_stratum_may_not_take_the_name_of_an_axis_that_is_always_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no stratum may be called `site`"):
        load_study(
            write(
                tmp_path, "study.yaml", STUDY.replace("- id: age\n", "- id: site\n").replace("{id: age,", "{id: site,")
            )
        )
