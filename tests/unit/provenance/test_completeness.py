import polars as pl

from multisite.dicom import ATTRIBUTES
from multisite.provenance.completeness import attribute_counts, combine_attribute_counts
from multisite.schemas.completeness import ATTRIBUTE_COMPLETENESS, ATTRIBUTE_COUNTS
from tests.lib.header_rows import header_rows

_STATES = ("n_present", "n_absent", "n_empty", "n_invalid", "n_removed", "n_unseen")
_HEADERS = """
sop_instance_uid | manufacturer | modality | kvp | age_years | age_source  | empty_attributes | invalid_attributes
i1               | SIEMENS      | CT       | 120 | 40        | patient_age | SliceThickness   | -
i2               | SIEMENS AG   | CT       | -   | 40        | dates       | -                | KVP
i3               | GE           | CT       | -   | -         | none        | KVP PatientID    | -
i4               | Foo          | CT       | 120 | -         | none        | -                | -
i5               | -            | -        | 120 | -         | none        | -                | -
i6               | Foo          | ZZ^NAME  | 120 | -         | none        | -                | -
"""
_REMOVED = [["PatientID"], ["PatientID"], ["PatientID"], [], [], []]


def headers(**constant: object) -> pl.DataFrame:
    rows = header_rows(_HEADERS, **constant)
    lists = pl.col("empty_attributes", "invalid_attributes").fill_null(pl.lit([], pl.List(pl.String)))
    return rows.with_columns(lists, pl.Series("removed_attributes", _REMOVED))


def completeness(*shards: pl.DataFrame) -> pl.DataFrame:
    counts = [ATTRIBUTE_COUNTS.conform(attribute_counts(shard, site="north")) for shard in shards]
    return ATTRIBUTE_COMPLETENESS.conform(combine_attribute_counts(pl.concat(counts), site="north"))


def states(found: pl.DataFrame, vendor: str, attribute: str) -> dict[str, int]:
    row = found.filter((pl.col("vendor") == vendor) & (pl.col("attribute") == attribute)).row(0, named=True)
    return {name: row[name] for name in _STATES if row[name]}


def test_each_kind_of_nothing_is_counted_apart() -> None:
    found = completeness(headers())
    assert states(found, "Siemens Healthineers", "KVP") == {"n_present": 1, "n_invalid": 1}
    assert states(found, "Siemens Healthineers", "SliceThickness") == {"n_empty": 1, "n_absent": 1}
    assert states(found, "Siemens Healthineers", "PatientID") == {"n_removed": 2}
    assert states(found, "GE HealthCare", "KVP") == {"n_empty": 1}


def test_an_attribute_listed_twice_is_counted_once_as_removed() -> None:
    assert states(completeness(headers()), "GE HealthCare", "PatientID") == {"n_removed": 1}


def test_a_list_says_nothing_about_an_attribute_with_a_value() -> None:
    found = completeness(headers().with_columns(pl.lit(["KVP"]).alias("unseen_attributes")))
    assert states(found, "Siemens Healthineers", "KVP") == {"n_present": 1, "n_invalid": 1}
    assert states(found, "GE HealthCare", "KVP") == {"n_empty": 1}
    assert states(found, "unknown", "KVP") == {"n_present": 1}


def test_an_age_from_dates_is_no_patient_age() -> None:
    assert states(completeness(headers()), "Siemens Healthineers", "PatientAge") == {"n_present": 1, "n_absent": 1}


def test_a_presence_that_was_not_looked_for_is_unseen() -> None:
    seen = completeness(headers(pixel_data_present=None))
    assert states(seen, "GE HealthCare", "PixelData") == {"n_unseen": 1}
    assert states(completeness(headers(pixel_data_present=True)), "GE HealthCare", "PixelData") == {"n_present": 1}
    assert states(completeness(headers(pixel_data_present=False)), "GE HealthCare", "PixelData") == {"n_absent": 1}


def test_free_text_does_not_stand_for_a_vendor_or_a_modality() -> None:
    kinds = completeness(headers()).select("vendor", "modality").unique().rows()
    assert sorted(kinds) == [
        ("GE HealthCare", "CT"),
        ("Siemens Healthineers", "CT"),
        ("other", "CT"),
        ("other", "other"),
        ("unknown", "unknown"),
    ]


def test_states_add_up_to_the_instances_for_every_attribute_of_every_kind() -> None:
    found = completeness(headers())
    assert (found.select(pl.sum_horizontal(_STATES)).to_series() == found["n_instances"]).all()
    assert found.height == 5 * sum(attribute.column is not None for attribute in ATTRIBUTES)


def test_shards_add_up_to_the_whole() -> None:
    rows = headers()
    parts = completeness(rows[4:], rows[:0], rows[:1], rows[1:4])
    assert parts.equals(completeness(rows))
