from datetime import datetime

import polars as pl
import pytest

from multisite.provenance.series import combine_series
from multisite.provenance.series_parts import series_parts
from multisite.schemas.series import CONTENT_INCIDENTS, INSTANCE_INCIDENTS, NORMALISATION, SERIES
from multisite.schemas.series_parts import SERIES_PARTS
from tests.lib.header_rows import header_rows, pseudonym

_AXIAL = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]


def rolled_up(text: str, **constant: object) -> dict[str, object]:
    """The one series of a text table of headers."""
    rows = header_rows(text, **({"series_instance_uid": "e1"} | constant))
    parts = SERIES_PARTS.conform(series_parts(rows, site="north"))
    tables = combine_series(parts, site="north")
    INSTANCE_INCIDENTS.conform(tables.instance_incidents)
    CONTENT_INCIDENTS.conform(tables.content_incidents)
    NORMALISATION.conform(tables.normalisation)
    series = SERIES.conform(tables.series)
    assert series.height == 1
    return series.row(0, named=True)


def stack(positions: str, **constant: object) -> dict[str, object]:
    """A series of CT slices at the given heights."""
    rows = "\n".join(f"i{i} | 0 0 {z}" for i, z in enumerate(positions.split()))
    head = "sop_instance_uid | image_position_patient\n"
    return rolled_up(head + rows, **({"modality": "CT", "image_orientation_patient": _AXIAL} | constant))


def test_commonest_value_stands_for_a_series_and_a_tie_goes_to_the_smallest() -> None:
    found = rolled_up("""
        sop_instance_uid | convolution_kernel | kvp | rows
        i1               | B70s               | 120 | 512
        i2               | B30f               | 100 | 512
        i3               | B30f               | 120 | 256
        i4               | B70s               | 100 | -
    """)
    assert (found["convolution_kernel"], found["tube_voltage_kv"], found["rows"]) == ("B30f", 100, 512)


def test_columns_that_vary_are_named_and_missing_values_do_not_vary() -> None:
    found = rolled_up(
        """
        sop_instance_uid | convolution_kernel | kvp | manufacturer | view_position
        i1               | B70s               | 120 | SIEMENS      | -
        i2               | B30f               | 120 | SIEMENS      | PA
    """
    )
    assert found["inconsistent_attributes"] == ["convolution_kernel", "kernel_class"]
    assert found["n_inconsistent"] == 2


def test_two_spellings_of_one_vendor_are_one_vendor() -> None:
    found = rolled_up("""
        sop_instance_uid | manufacturer
        i1               | SIEMENS
        i2               | Siemens Healthineers
    """)
    assert found["inconsistent_attributes"] == ["manufacturer"]
    assert (found["vendor"], found["manufacturer"]) == ("Siemens Healthineers", "SIEMENS")


def test_a_series_under_two_patients_is_named() -> None:
    found = rolled_up("sop_instance_uid | patient_id\ni1 | p1\ni2 | p2\ni3 | p2")
    assert found["inconsistent_attributes"] == ["patient_id"]
    assert found["patient_id"] == pseudonym("p2")
    assert found["other_patient_ids"] == [pseudonym("p1")]


def test_a_series_of_one_patient_names_no_other() -> None:
    assert rolled_up("sop_instance_uid | patient_id\ni1 | p1\ni2 | -")["other_patient_ids"] == []


def test_objects_with_a_content_fingerprint_are_counted() -> None:
    found = rolled_up("sop_instance_uid | content_fingerprint\ni1 | f1\ni1 | f1\ni2 | -\ni3 | f3")
    assert (found["n_fingerprinted"], found["n_objects"]) == (3, 4)


def test_normalised_values_stand_beside_the_raw_ones() -> None:
    found = rolled_up(
        "sop_instance_uid\ni1",
        manufacturer="GE MEDICAL SYSTEMS",
        manufacturer_model_name="GE LightSpeed VCT",
        convolution_kernel=["STANDARD"],
        body_part_examined="LUNG",
    )
    assert (found["vendor"], found["model"]) == ("GE HealthCare", "lightspeed vct")
    assert (found["kernel_class"], found["body_region"]) == ("medium", "chest")
    assert (found["convolution_kernel"], found["body_part_examined"]) == ("STANDARD", "LUNG")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "age", "source"),
    [
        ("i1 | 40 | patient_age\ni2 | 40 | patient_age", 40, "patient_age"),
        ("i1 | 40 | dates\ni2 | 40 | dates\ni3 | 41 | patient_age", 40, "dates"),
        ("i1 | 40 | dates\ni2 | 40 | patient_age", 40, "dates"),
        ("i1 | - | none\ni2 | - | none", None, "none"),
        ("i1 | - | none\ni2 | - | none\ni3 | 40 | dates", 40, "dates"),
    ],
)
def test_age_source_is_that_of_the_age_that_stands_for_the_series(rows: str, age: float | None, source: str) -> None:
    found = rolled_up("sop_instance_uid | age_years | age_source\n" + rows)
    assert (found["age_years"], found["age_source"]) == (age, source)


@pytest.mark.parametrize(
    ("types", "kind"),
    [
        (["ORIGINAL PRIMARY AXIAL"], "original"),
        (["DERIVED SECONDARY"], "derived"),
        (["ORIGINAL PRIMARY", "DERIVED SECONDARY"], "mixed"),
        (["MIXED PRIMARY"], "mixed"),
        (["-"], None),
    ],
)
def test_image_kind_tells_original_from_derived(types: list[str], kind: str | None) -> None:
    rows = "\n".join(f"i{i} | {text}" for i, text in enumerate(types))
    assert rolled_up("sop_instance_uid | image_type\n" + rows)["image_kind"] == kind


def test_acquisition_span_runs_from_the_first_start_to_the_last() -> None:
    found = rolled_up("""
        sop_instance_uid | acquisition_datetime | acquisition_date | acquisition_time
        i1               | 2024-03-01 10:00:05  | -                | -
        i2               | -                    | 2024-03-01       | 10:00:07
        i3               | -                    | 2024-03-01       | -
    """)
    assert found["first_acquisition_at"] == datetime(2024, 3, 1, 10, 0, 5)
    assert found["last_acquisition_at"] == datetime(2024, 3, 1, 10, 0, 7)
    assert found["acquisition_span_s"] == 2.0


def test_midnight_sharp_is_no_time_of_acquisition() -> None:
    found = rolled_up("""
        sop_instance_uid | acquisition_datetime | acquisition_date | acquisition_time
        i1               | 2024-03-01 00:00:00  | -                | -
        i2               | -                    | 2024-03-01       | 00:00:00
    """)
    assert (found["first_acquisition_at"], found["acquisition_span_s"]) == (None, None)


def test_a_copy_with_the_same_content_is_resent_and_one_with_another_conflicts() -> None:
    found = rolled_up("""
        sop_instance_uid | dataset_digest
        i1               | a
        i1               | a
        i1               | a
        i2               | b
        i2               | c
        i2               | c
        i3               | d
    """)
    assert (found["n_objects"], found["n_instances"]) == (7, 3)
    assert (found["n_resent"], found["n_conflicting_instances"]) == (3, 1)


def test_a_copy_of_unknown_content_is_neither_resent_nor_in_conflict() -> None:
    found = rolled_up("sop_instance_uid | dataset_digest\ni1 | a\ni1 | -\ni1 | -")
    assert (found["n_objects"], found["n_instances"]) == (3, 1)
    assert (found["n_resent"], found["n_conflicting_instances"]) == (0, 0)


def test_a_whole_stack_is_complete() -> None:
    found = stack("0 2.5 5 7.5")
    assert (found["orientation"], found["n_slices"], found["slice_spacing_mm"]) == ("axial", 4, 2.5)
    assert (found["is_complete"], found["spacing_is_even"], found["geometry_gap"]) == (True, True, None)


@pytest.mark.parametrize("positions", ["0 2.5 5 10 12.5", "0 2.5 5 5 7.5"])
def test_a_gap_or_a_duplicate_leaves_a_stack_incomplete(positions: str) -> None:
    assert stack(positions)["is_complete"] is False


def test_a_copy_of_an_instance_is_no_duplicate_slice() -> None:
    found = rolled_up(
        """
        sop_instance_uid | dataset_digest | image_position_patient
        i1               | a              | 0 0 1
        i1               | a              | 0 0 1
        i2               | b              | 0 0 2
        i2               | c              | 0 0 9
        i3               | d              | 0 0 3
        """,
        modality="CT",
        image_orientation_patient=_AXIAL,
    )
    assert (found["n_slices"], found["n_duplicate_slices"], found["is_complete"]) == (3, 0, True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reason", "n_slices", "constant"),
    [
        ("not a cross-sectional modality", None, {"modality": "MG"}),
        ("not a cross-sectional modality", None, {"modality": None}),
        ("multi-frame", None, {"number_of_frames": 40}),
        ("no positions", None, {"image_orientation_patient": None}),
    ],
)
def test_completeness_is_undefined_with_a_reason(
    reason: str, n_slices: int | None, constant: dict[str, object]
) -> None:
    found = stack("0 1 2", **constant)
    assert (found["geometry_gap"], found["is_complete"], found["n_slices"]) == (reason, None, n_slices)


def test_one_slice_has_a_plane_and_no_completeness() -> None:
    found = stack("7.5")
    assert (found["geometry_gap"], found["is_complete"]) == ("one slice", None)
    assert (found["orientation"], found["n_slices"], found["slice_spacing_mm"]) == ("axial", 1, None)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("last_row", "reason"),
    [
        ("f1 | 1 0 0 0 1 0            | 0 0 3", None),
        ("f1 | 1 0 0 0 0.99995 0.0001 | 0 0 3", None),
        ("f1 | 1 0 0 0 0.99995 0.01   | 0 0 3", "several orientations"),
        ("f1 | 1 0 0 0 0 -1           | 0 0 3", "several orientations"),
        ("f2 | 1 0 0 0 1 0            | 0 0 3", "several frames of reference"),
        ("f1 | 1 0 0 0 1 0            | -    ", "some positions missing"),
    ],
)
def test_slices_that_cannot_be_compared_leave_completeness_open(last_row: str, reason: str | None) -> None:
    found = rolled_up(
        f"""
        sop_instance_uid | frame_of_reference_uid | image_orientation_patient | image_position_patient
        i1               | f1                     | 1 0 0 0 1 0               | 0 0 1
        i2               | f1                     | 1 0 0 0 1 0               | 0 0 2
        i3               | {last_row}
        """,
        modality="MR",
    )
    assert (found["geometry_gap"], found["is_complete"]) == (reason, True if reason is None else None)


def test_no_header_gives_no_series() -> None:
    parts = series_parts(header_rows("sop_instance_uid | series_instance_uid\ni1 | -"), site="north")
    tables = combine_series(SERIES_PARTS.conform(parts), site="north")
    assert SERIES.conform(tables.series).is_empty()
    assert INSTANCE_INCIDENTS.conform(tables.instance_incidents).is_empty()
    assert CONTENT_INCIDENTS.conform(tables.content_incidents).is_empty()
    assert NORMALISATION.conform(tables.normalisation).is_empty()


@pytest.mark.slow
@pytest.mark.parametrize("at_once", [1, 2, 3, 4, 5])
def test_series_combined_some_at_a_time_are_those_combined_at_once(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = header_rows("""
        sop_instance_uid | series_instance_uid | dataset_digest | kvp | content_fingerprint
        i1               | e1                  | a              | 100 | f1
        i1               | e2                  | b              | 120 | f1
        i2               | e2                  | c              | 120 | f2
        i3               | e3                  | d              | -   | f2
        i3               | e3                  | d              | 100 | f2
        i4               | e4                  | e              | 80  | f1
    """)
    parts = pl.concat([series_parts(headers[start : start + 2], site="north") for start in (4, 0, 2)])
    whole = combine_series(parts, site="north")
    monkeypatch.setattr("multisite.provenance.series._SERIES_AT_ONCE", at_once)
    some = combine_series(parts, site="north")
    assert some.series.equals(whole.series)
    assert some.series.height == 4
    assert some.instance_incidents.equals(whole.instance_incidents)
    assert some.instance_incidents.height == 1
    assert some.content_incidents.equals(whole.content_incidents)
    assert some.content_incidents.height == 3
