from datetime import date

import pytest

from multisite.demo import DemoPlan
from multisite.errors import UsageError


@pytest.mark.parametrize(
    ("name", "value"), [("patients_per_site", 99), ("sites", 0), ("months", -1), ("seed", -1), ("pixels_per_side", 1)]
)
def test_a_number_out_of_range_is_refused_by_name(name: str, value: int) -> None:
    with pytest.raises(UsageError, match=f"`{name}` must lie between"):
        DemoPlan(**{name: value})


def test_every_number_out_of_range_is_named_at_once() -> None:
    with pytest.raises(UsageError, match=r"`patients_per_site`.*`months`"):
        DemoPlan(patients_per_site=1, months=99)


def test_training_is_over_before_testing_and_testing_before_routine_use() -> None:
    plan = DemoPlan()
    train, tune, test = (plan.window(split) for split in ("train", "tune", "test"))
    assert train[0] < train[1] <= tune[0] < tune[1] <= test[0] < test[1] <= plan.month_start(1)


def test_months_go_on_into_the_next_year() -> None:
    assert DemoPlan().month_start(12) == date(2024, 12, 1)
    assert DemoPlan().month_start(13) == date(2025, 1, 1)


@pytest.mark.parametrize(("months", "change"), [(0, None), (1, None), (2, 2), (4, 4), (9, 4)])
def test_the_software_changes_in_the_fourth_month_or_the_last_and_never_in_the_first(
    months: int, change: int | None
) -> None:
    assert DemoPlan(months=months).change_month == change
