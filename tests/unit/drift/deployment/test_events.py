from datetime import date

import polars as pl

from multisite.drift.deployment.events import events_in_headers, events_told, joined_events
from multisite.drift.deployment.new_values import events_of_new_values
from multisite.schemas.drift_feed import DEPLOYMENT_DEVICES, DRIFT_EVENTS
from tests.lib.tables import table
from tests.unit.drift.builders import complete

DEVICES = """
month   | device | software_versions | vendor | model_name | modality | n_studies | first_date | last_date
2026-01 | d1     | 5.2               | Alpha  | One        | CT       | 20        | 2026-01-02 | 2026-01-30
2026-02 | d1     | 5.2               | Alpha  | One        | CT       | 9         | 2026-02-01 | 2026-02-11
2026-02 | d1     | 5.3               | Alpha  | One        | CT       | 9         | 2026-02-12 | 2026-02-27
2026-03 | d1     | 5.3               | Alpha  | One        | CT       | 20        | 2026-03-01 | 2026-03-30
"""


def devices(text: str) -> pl.DataFrame:
    types = {"n_studies": pl.Int64(), "first_date": pl.Date(), "last_date": pl.Date()}
    frame = table(text, **types).with_columns(pl.lit("north").alias("site"), pl.col("software_versions").fill_null(""))
    return DEPLOYMENT_DEVICES.conform(frame.select(DEPLOYMENT_DEVICES.schema.names()))


def found(text: str) -> list[tuple[date, str, str]]:
    events = DRIFT_EVENTS.conform(events_in_headers(devices(text), rare=5, site="north"))
    return events.select("date", "kind", "title").rows()


def test_a_new_version_on_a_known_device_is_an_event_of_the_day_of_its_first_study() -> None:
    assert found(DEVICES) == [(date(2026, 2, 12), "software version", "software 5.2 → 5.3 on Alpha One")]


def test_an_event_names_the_columns_that_it_changes_by_itself_and_the_device() -> None:
    (event,) = events_in_headers(devices(DEVICES), rare=5, site="north").rows(named=True)
    assert event["monitors"] == ["software_versions"]
    assert (event["device"], event["n_studies"], event["month"]) == ("d1", 9, "2026-02")


def test_going_back_to_an_earlier_version_is_an_event() -> None:
    back = DEVICES + "2026-04 | d1 | 5.2 | Alpha | One | CT | 20 | 2026-04-03 | 2026-04-30\n"
    assert found(back)[-1] == (date(2026, 4, 3), "software version", "software 5.3 → 5.2 on Alpha One")


def test_two_versions_side_by_side_are_an_event_once_and_not_every_month() -> None:
    both = DEVICES + "".join(
        f"2026-0{month} | d1 | {version} | Alpha | One | CT | 9 | 2026-0{month}-0{day} | 2026-0{month}-28\n"
        for month in (4, 5, 6)
        for day, version in ((1, "5.2"), (2, "5.3"))
    )
    assert len(found(both)) == 2


def test_months_without_a_known_version_are_passed_over() -> None:
    gap = DEVICES.replace("2026-03 | d1     | 5.3", "2026-03 | d1     | -")
    later = gap + "2026-04 | d1 | 5.3 | Alpha | One | CT | 20 | 2026-04-01 | 2026-04-30\n"
    assert len(found(later)) == 1


def test_a_device_that_appears_after_the_first_month_is_new_and_those_of_the_first_are_not() -> None:
    more = DEVICES + "2026-03 | d2 | 1 | Beta | Two | CT | 6 | 2026-03-09 | 2026-03-30\n"
    assert found(more)[-1] == (date(2026, 3, 9), "new device", "new device Beta Two")


def test_what_few_studies_show_is_told_without_the_words_of_their_headers() -> None:
    few = """
    month   | device | software_versions | vendor | model_name  | modality | n_studies | first_date | last_date
    2026-01 | d1     | 5.2               | Alpha  | One         | CT       | 20        | 2026-01-02 | 2026-01-30
    2026-02 | d1     | Dr Who            | Alpha  | One         | CT       | 4         | 2026-02-12 | 2026-02-27
    2026-02 | d2     | 1                 | -      | Dr Who's CT | CT       | 4         | 2026-02-13 | 2026-02-27
    """
    assert [title for _, _, title in found(few)] == ["new software on a device", "new device"]


def test_two_devices_with_the_same_change_on_one_day_are_one_event_of_no_device() -> None:
    both = devices(DEVICES + DEVICES.split("\n", 2)[2].replace("d1", "d2"))
    (event,) = events_in_headers(both, rare=5, site="north").rows(named=True)
    assert (event["device"], event["n_studies"]) == (None, 18)


def test_the_order_of_the_devices_does_not_matter() -> None:
    some = devices(DEVICES + "2026-03 | d2 | 1 | Beta | Two | CT | 6 | 2026-03-09 | 2026-03-30\n")
    one, other = (events_in_headers(frame, rare=5, site="north") for frame in (some, some.reverse()))
    assert one.equals(other)


TOLD = table(
    """
date       | kind             | title       | planned | window_end | monitors
2026-02-01 | Software version | Update      | true    | 2026-03-01 | -
2026-02-02 | protocol         | Low dose    | true    | 2026-03-01 | tube_voltage_kv kernel_class
2026-02-03 | roof leak        | Wet scanner | -       | 2026-03-01 | -
-          | protocol         | Some day    | -       | -          | -
""",
    date=pl.Date(),
    planned=pl.Boolean(),
    window_end=pl.Date(),
)


def test_events_of_the_table_have_a_window_where_planned_and_change_what_is_said_or_what_their_kind_does() -> None:
    events = DRIFT_EVENTS.conform(events_told(TOLD, site="north"))
    assert events.select("kind", "is_planned", "window_end", "monitors").rows() == [
        ("software version", True, date(2026, 3, 1), ["software_versions"]),
        ("protocol", True, date(2026, 3, 1), ["kernel_class", "tube_voltage_kv"]),
        ("other", False, None, []),
    ]
    assert set(events["source"]) == {"site table"}


def test_a_site_without_the_table_has_no_events_told() -> None:
    assert events_told(None, site="north").is_empty()


def test_of_an_event_found_and_told_what_the_site_says_stands() -> None:
    headers = events_in_headers(devices(DEVICES), rare=5, site="north")
    told = headers.with_columns(pl.lit("site table").alias("source"), pl.lit(True).alias("is_planned"))
    joined = DRIFT_EVENTS.conform(joined_events([headers, told]))
    assert joined["is_planned"].to_list() == [True]


def studies(month: str, vendors: list[str | None], *, first: bool = True) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "month": month,
            "study_date": [date.fromisoformat(f"{month}-{day + 1:02d}") for day in range(len(vendors))],
            "is_first": first,
            "category_vendor": vendors,
        },
        schema_overrides={"category_vendor": pl.String},
    )


REFERENCE = pl.DataFrame({"category_vendor": ["Alpha", "Alpha", "Rare", None]})
NO_EVENTS = complete(pl.DataFrame({"site": []}, schema={"site": pl.String}), DRIFT_EVENTS.schema)


def new_values(*months: pl.DataFrame, headers: pl.DataFrame = NO_EVENTS, reference: pl.DataFrame | None = REFERENCE):
    events = events_of_new_values(
        pl.concat(months), reference_of=lambda month: reference, headers=headers, rare=5, site="north"
    )
    return DRIFT_EVENTS.conform(events).select("date", "title", "n_studies").rows()


def test_a_value_that_the_baseline_never_had_is_an_event_once_enough_studies_of_a_month_have_it() -> None:
    january, february = studies("2026-01", ["New"] * 4), studies("2026-02", ["Alpha", *["New"] * 5])
    march = studies("2026-03", ["New"] * 9)
    assert new_values(january, february, march) == [(date(2026, 2, 2), "new value of vendor: New", 5)]


def test_a_rare_value_of_the_baseline_is_no_new_one_and_no_value_is_none() -> None:
    assert new_values(studies("2026-01", ["Rare"] * 9), studies("2026-02", [None] * 9)) == []


def test_further_studies_of_a_patient_in_the_month_do_not_count() -> None:
    assert new_values(studies("2026-01", ["New"] * 9, first=False)) == []


def test_without_a_baseline_or_a_value_in_it_nothing_is_new() -> None:
    month = studies("2026-01", ["New"] * 9)
    assert new_values(month, reference=None) == []
    assert new_values(month, reference=REFERENCE.with_columns(pl.lit(None, pl.String).alias("category_vendor"))) == []


def test_a_value_that_a_new_device_of_the_month_brings_is_told_by_that_event_alone() -> None:
    headers = events_in_headers(
        devices(DEVICES + "2026-03 | d2 | 1 | New | Two | CT | 6 | 2026-03-09 | 2026-03-30\n"), rare=5, site="north"
    )
    months = studies("2026-03", ["New"] * 9), studies("2026-04", ["New"] * 9)
    assert new_values(*months, headers=headers) == []
