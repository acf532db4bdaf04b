from dataclasses import replace
from typing import Literal

import polars as pl
import pytest

from multisite.cohort.stage import CohortParameters
from multisite.cohort.strata import CrossingParameters, StratumParameters
from multisite.errors import SchemaError
from multisite.schemas import StageOutputs
from tests.unit.cohort.builders import CASES, PARAMETERS, build, excluded


def vendor(when_missing: Literal["level", "exclude", "fail"], *, adults: bool = False) -> CohortParameters:
    stratum = StratumParameters("vendor", "vendor", None, None, when_missing)
    eligibility = PARAMETERS.eligibility if adults else ()
    return replace(PARAMETERS, strata=(stratum,), eligibility=eligibility)


def rules(outputs: StageOutputs) -> list[str]:
    return outputs.frames["flow"]["rule"].to_list()


def test_a_missing_value_may_be_a_level() -> None:
    outputs = build(parameters=vendor("level"))
    assert excluded(outputs) == {}
    assert outputs.frames["cohort"]["stratum_vendor"].to_list() == ["Siemens", "GE", "unknown"]
    assert "missing_vendor" not in rules(outputs)


def test_a_missing_value_may_exclude_the_case_by_a_rule_after_the_eligibility_rules() -> None:
    outputs = build(parameters=vendor("exclude"))
    assert excluded(outputs) == {"c3": "missing_vendor"}
    assert rules(build(parameters=vendor("exclude", adults=True)))[-2:] == ["adult", "missing_vendor"]


def test_a_missing_value_may_stop_the_run_with_the_number_of_cases() -> None:
    with pytest.raises(SchemaError, match="`vendor` is missing in 1 cases") as caught:
        build(parameters=vendor("fail"))
    assert caught.value.place == "cohort.strata `vendor`"


def test_a_missing_value_of_a_case_that_is_excluded_anyway_stops_nothing() -> None:
    assert excluded(build(parameters=vendor("fail", adults=True))) == {"c3": "adult"}


def test_a_text_that_reads_unknown_is_not_missing() -> None:
    stratum = StratumParameters("setting", "clinical_setting", None, None, "exclude")
    outputs = build(cases=CASES.replace("street", "unknown"), parameters=replace(vendor("level"), strata=(stratum,)))
    assert excluded(outputs) == {}


def test_a_value_that_is_not_among_the_declared_levels_is_not_missing() -> None:
    stratum = StratumParameters("setting", "clinical_setting", None, ("ward",), "exclude")
    assert excluded(build(parameters=replace(vendor("level"), strata=(stratum,)))) == {}


@pytest.mark.parametrize("bands", [(40.0,), None])
def test_a_number_that_is_none_is_missing(bands: tuple[float, ...] | None) -> None:
    stratum = StratumParameters("dose", "clinical_dose", bands, None, "level")
    cases = CASES.replace("clinical_setting", "clinical_setting | clinical_dose")
    cases = cases.replace("ward", "ward | nan").replace("clinic\n", "clinic | 50\n").replace("street", "street | -")
    parameters = replace(vendor("level"), strata=(stratum,))
    cohort = build(cases=cases, parameters=parameters, clinical_dose=pl.Float64()).frames["cohort"]
    assert cohort["stratum_dose"].to_list() == ["unknown", "≥40" if bands else "50.0", "unknown"]


CROSSED = replace(
    PARAMETERS,
    strata=(
        StratumParameters("vendor", "vendor", None, ("GE", "Siemens"), "level"),
        StratumParameters("age", "age_years", (60.0,), None, "level"),
    ),
    eligibility=(),
    crossings=(CrossingParameters("vendor_x_age", ("vendor", "age")),),
)


def test_strata_are_crossed_only_where_that_is_declared_and_only_into_levels_that_hold_a_case() -> None:
    cohort = build(parameters=CROSSED).frames["cohort"]
    parts = [cohort[f"stratum_{name}"].to_list() for name in ("vendor", "age")]
    assert cohort["stratum_vendor_x_age"].to_list() == [f"{a} × {b}" for a, b in zip(*parts, strict=True)]
    assert any("unknown × " in level for level in cohort["stratum_vendor_x_age"])
    assert "stratum_vendor_x_age" not in build(parameters=replace(CROSSED, crossings=())).frames["cohort"].columns


def test_crossed_levels_are_counted_in_the_order_of_their_axes() -> None:
    composition = build(parameters=CROSSED).frames["composition"].filter(stratum="vendor_x_age").sort("level_order")
    levels = list(dict.fromkeys(composition["level"]))
    vendors = ["GE", "Siemens", "other", "unknown"]
    assert levels == sorted(levels, key=lambda level: (vendors.index(level.split(" × ")[0]), level.endswith("≥60")))
