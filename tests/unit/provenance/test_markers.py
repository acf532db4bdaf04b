"""Markers per series and demographics keys per patient, whatever the cut into shards."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from multisite.errors import SchemaError
from multisite.provenance.markers import combine_demographics, combine_markers, demographics_parts, marker_parts
from multisite.schemas.markers import DEMOGRAPHICS, DEMOGRAPHICS_PARTS, MARKER_PARTS, MARKERS
from tests.lib.header_rows import header_rows, pseudonym

_HEADERS = """
sop_instance_uid | series_instance_uid | patient_id | demographics_key | burned_in_annotation | conversion_type
i1               | e1                  | p1         | k1               | YES                  | -
i2               | e1                  | p1         | k1               | NO                   | -
i3               | e2                  | p2         | k1               | -                    | WSD
i4               | e2                  | p2         | -                | -                    | -
i5               | -                   | p3         | k3               | YES                  | -
"""


def markers(*shards: pl.DataFrame) -> pl.DataFrame:
    parts = [MARKER_PARTS.conform(marker_parts(shard, site="north")) for shard in shards]
    return MARKERS.conform(combine_markers(pl.concat([MARKER_PARTS.empty(), *parts]), site="north"))


def demographics(*shards: pl.DataFrame) -> pl.DataFrame:
    parts = [DEMOGRAPHICS_PARTS.conform(demographics_parts(shard, site="north")) for shard in shards]
    return DEMOGRAPHICS.conform(combine_demographics(pl.concat([DEMOGRAPHICS_PARTS.empty(), *parts]), site="north"))


def headers(**constant: object) -> pl.DataFrame:
    return header_rows(_HEADERS, **({"overlay_data_present": False} | constant))


def counted(found: pl.DataFrame) -> dict[tuple[str, str], int]:
    """Objects by series, as the text table names it, and marker."""
    names = {pseudonym(name): name for name in ("e1", "e2")}
    return {(names[series], marker): n for series, marker, n in found.drop("site").rows()}


def test_objects_are_counted_per_series_and_marker() -> None:
    assert counted(markers(headers())) == {
        ("e1", "burned-in annotation"): 1,
        ("e1", "no burned-in annotation"): 1,
        ("e2", "secondary capture"): 1,
    }


def test_patients_have_each_key_once() -> None:
    found = demographics(headers()).select(pl.exclude("site", "patient_id"), pl.col("patient_id")).rows()
    people = [("k1", 2, pseudonym("p1")), ("k1", 1, pseudonym("p2")), ("k3", 1, pseudonym("p3"))]
    assert sorted(found) == sorted(people)


@pytest.mark.parametrize("cut", range(6))
def test_the_parts_add_up_however_the_headers_are_cut(cut: int) -> None:
    rows = headers(identity_traces=["PatientID in object key"], overlay_data_present=True)
    assert_frame_equal(markers(rows[cut:], rows[:cut]), markers(rows))
    assert_frame_equal(demographics(rows[cut:], rows[:cut]), demographics(rows))


def test_traces_are_markers() -> None:
    found = counted(markers(headers(identity_traces=["PatientID in object key", "PatientName left"])))
    assert found["e1", "PatientID in object key"] == found["e1", "PatientName left"] == 2


def test_a_marker_that_is_in_no_list_is_refused() -> None:
    with pytest.raises(SchemaError, match="must be a code of a closed list: 2 rows are not"):
        markers(headers(identity_traces=["Brandt^Ida"]))


@pytest.mark.parametrize(
    "claim", [{"patient_identity_removed": "YES"}, {"deidentification_method": ["x"]}, {"codes": ["113100"]}]
)
def test_a_header_that_says_in_any_way_that_it_was_deidentified_is_marked(claim: dict[str, object]) -> None:
    constant = {"deidentification_method_codes" if name == "codes" else name: value for name, value in claim.items()}
    found = counted(markers(headers(**constant, private_creators=["ACME 1"])))
    assert found["e1", "says that it was de-identified"] == found["e1", "private elements left"] == 2
    assert found["e1", "says that its dates were removed or changed"] == 2


def test_named_options_keep_dates_and_private_elements() -> None:
    codes = ["113100", "113106", "113111"]
    found = counted(markers(headers(deidentification_method_codes=codes, private_creators=["ACME 1"])))
    assert ("e1", "says that it was de-identified") in found
    assert not {marker for _, marker in found} & {
        "private elements left",
        "says that its dates were removed or changed",
    }


@pytest.mark.parametrize(
    ("uid", "is_one"),
    [
        ("1.2.840.10008.5.1.4.1.1.7", True),
        ("1.2.840.10008.5.1.4.1.1.7.4", True),
        ("1.2.840.10008.5.1.4.1.1.77.1.1", False),
        ("1.2.840.10008.5.1.4.1.1.2", False),
    ],
)
def test_secondary_captures_are_known_by_their_class(uid: str, is_one: bool) -> None:
    assert (("e1", "secondary capture") in counted(markers(headers(sop_class_uid=uid)))) is is_one


@pytest.mark.parametrize(("present", "marker"), [(True, "overlay"), (None, "overlay not looked for")])
def test_an_overlay_that_was_not_looked_for_is_not_absent(present: bool | None, marker: str) -> None:
    assert counted(markers(headers(overlay_data_present=present)))["e1", marker] == 2
