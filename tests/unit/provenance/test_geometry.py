import polars as pl
import pytest

from multisite.provenance.geometry import directions, orientation_text, plane, position_um
from multisite.provenance.stacks import measure_stacks

_AXIAL = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
_CORONAL = [1.0, 0.0, 0.0, 0.0, 0.0, -1.0]
_SAGITTAL = [0.0, 1.0, 0.0, 0.0, 0.0, -1.0]
_TILTED = [1.0, 0.0, 0.0, 0.0, 0.8, -0.6]
_OBLIQUE = [0.7071068, -0.7071068, 0.0, 0.0, 0.0, -1.0]


def located(orientation: list[float] | None, position: list[float] | None) -> tuple[str | None, int | None]:
    frame = pl.DataFrame(
        {"image_orientation_patient": [orientation], "image_position_patient": [position]},
        schema={"image_orientation_patient": pl.List(pl.Float64), "image_position_patient": pl.List(pl.Float64)},
    )
    row = frame.select(orientation_text().alias("text"), position_um().alias("position")).row(0)
    return row[0], row[1]


def measured(*positions_mm: float) -> dict[str, object]:
    points = pl.DataFrame(
        {"series": [1] * len(positions_mm), "position_um": [round(position * 1000) for position in positions_mm]},
        schema={"series": pl.UInt32, "position_um": pl.Int32},
    )
    return measure_stacks(points).drop("series").row(0, named=True)


@pytest.mark.parametrize(
    ("orientation", "wanted"),
    [
        (_AXIAL, "axial"),
        (_CORONAL, "coronal"),
        (_SAGITTAL, "sagittal"),
        (_TILTED, "oblique"),
        (_OBLIQUE, "oblique"),
        ([1.0, 0.0, 0.0, 0.0, 0.81, -0.5864], "axial"),
    ],
)
def test_plane_is_that_of_the_component_above_0_8(orientation: list[float], wanted: str) -> None:
    text, _ = located(orientation, None)
    assert plane(directions(pl.Series([text]))) == [wanted]


@pytest.mark.parametrize(
    ("orientation", "position", "wanted_um"),
    [
        (_AXIAL, [-100.0, 50.0, 12.5], 12_500),
        (_CORONAL, [-100.0, 50.0, 12.5], 50_000),
        (_SAGITTAL, [-100.0, 50.0, 12.5], 100_000),
        # The normal is (0, 0.6, 0.8): 0.6 · 50 + 0.8 · 12.5 = 40.
        (_TILTED, [-100.0, 50.0, 12.5], 40_000),
        ([1.004, 0.0, 0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 12.5], 12_500),
    ],
)
def test_position_is_the_projection_on_the_normal(
    orientation: list[float], position: list[float], wanted_um: int
) -> None:
    assert located(orientation, position)[1] == wanted_um


@pytest.mark.parametrize(
    ("orientation", "position"),
    [
        (None, [0.0, 0.0, 1.0]),
        (_AXIAL, None),
        (_AXIAL, [0.0, 1.0]),
        (_AXIAL[:3], [0.0, 0.0, 1.0]),
        ([0.0] * 6, [0.0, 0.0, 1.0]),
        ([1.0, 0.0, 0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0]),
        ([2.0, 0.0, 0.0, 0.0, 0.5, 0.0], [0.0, 0.0, 1.0]),
        (_AXIAL, [0.0, 0.0, 1e9]),
    ],
)
def test_position_is_undefined_without_a_place_or_a_sound_orientation(
    orientation: list[float] | None, position: list[float] | None
) -> None:
    assert located(orientation, position)[1] is None


def test_an_even_stack_has_its_spacing_and_lacks_nothing() -> None:
    assert measured(3.0, 0.0, 1.5, 4.5) == {
        "n_slices": 4,
        "n_stacks": 1,
        "slice_spacing_mm": 1.5,
        "n_missing_slices": 0,
        "n_duplicate_slices": 0,
        "spacing_is_even": True,
    }


@pytest.mark.parametrize(
    ("positions_mm", "n_missing", "n_duplicate", "is_even"),
    [
        ((0, 1, 2, 4, 5), 1, 0, False),
        ((0, 1, 2, 6, 7), 3, 0, False),
        ((0, 1, 2, 3.4, 4.4), 0, 0, False),
        ((0, 1, 2, 3.09, 4.09), 0, 0, True),
        ((0, 1, 1, 2, 3), 0, 1, True),
        ((0, 1, 1.005, 2, 3), 0, 1, True),
        ((0, 1, 1, 1, 2, 4, 5), 1, 2, False),
    ],
)
def test_gaps_and_duplicates_are_counted_against_the_median(
    positions_mm: tuple[float, ...], n_missing: int, n_duplicate: int, is_even: bool
) -> None:
    found = measured(*positions_mm)
    assert (found["n_missing_slices"], found["n_duplicate_slices"]) == (n_missing, n_duplicate)
    assert (found["n_stacks"], found["spacing_is_even"]) == (1, is_even)


def test_of_two_distances_the_larger_may_be_a_gap() -> None:
    found = measured(0.0, 1.0, 3.0)
    assert (found["slice_spacing_mm"], found["n_missing_slices"]) == (1.0, 1)


def test_every_position_held_twice_is_two_stacks_and_no_duplicate() -> None:
    found = measured(0, 0, 1, 1, 2, 2)
    assert (found["n_stacks"], found["n_slices"], found["n_duplicate_slices"], found["n_missing_slices"]) == (
        2,
        3,
        0,
        0,
    )


def test_a_position_that_lacks_one_of_two_stacks_misses_a_slice() -> None:
    found = measured(0, 0, 1, 1, 2, 3, 3)
    assert (found["n_stacks"], found["n_missing_slices"], found["n_duplicate_slices"]) == (2, 1, 0)


def test_a_gap_misses_a_slice_of_every_stack() -> None:
    assert measured(0, 0, 1, 1, 3, 3, 4, 4)["n_missing_slices"] == 2


def test_one_position_has_no_spacing() -> None:
    found = measured(5, 5, 5)
    assert (found["n_slices"], found["n_stacks"]) == (1, 3)
    assert (found["slice_spacing_mm"], found["n_missing_slices"], found["spacing_is_even"]) == (None, None, None)


def test_series_are_measured_apart() -> None:
    points = pl.DataFrame({"series": [1, 2, 1, 2], "position_um": [0, 9_000, 1_000, 7_000]})
    assert measure_stacks(points).sort("series")["slice_spacing_mm"].to_list() == [1.0, 2.0]
