import polars as pl

from multisite.provenance.normalisation import log_normalisation, with_normalised
from multisite.schemas.series import NORMALISATION
from tests.lib.tables import table

_SERIES = table("""
series_instance_uid | patient_id | manufacturer | manufacturer_model_name | convolution_kernel | body_part_examined
e1                  | p1         | SIEMENS      | Sensation 64            | B30f\\3            | CHEST
e2                  | p1         | SIEMENS      | SOMATOM Sensation 64    | B30f\\3            | THORAX PA
e3                  | p2         | Foo Medical  | X1                      | B30f\\3            | ZZZ
e4                  | p2         | Foo Medical  | X1                      | -                  | ZZZ
e5                  | -          | -            | -                       | SOFT               | -
""").with_columns(pl.Series("age_source", ["patient_age", "dates", "none", "none", None]))


def log(column: str) -> list[tuple[object, ...]]:
    found = NORMALISATION.conform(log_normalisation(_SERIES, site="north"))
    names = ["raw_value", "vendor", "normalised_value", "rule", "n_series", "n_patients"]
    return found.filter(pl.col("column") == column).select(names).rows()


def test_unmapped_values_come_first_and_the_frequent_ones_on_top() -> None:
    found = log_normalisation(_SERIES, site="north")
    unmapped = found["rule"] == "unmapped"
    assert unmapped.to_list() == sorted(unmapped.to_list(), reverse=True)
    assert found["n_series"].filter(unmapped).is_sorted(descending=True)
    assert found["n_series"].filter(~unmapped).is_sorted(descending=True)


def test_each_raw_value_is_logged_with_its_rule_and_counts() -> None:
    assert log("vendor") == [
        ("Foo Medical", "", None, "unmapped", 2, 1),
        ("SIEMENS", "", "Siemens Healthineers", "exact alias", 2, 1),
    ]
    assert log("body_region") == [
        ("ZZZ", "", None, "unmapped", 2, 1),
        ("CHEST", "", "chest", "exact alias", 1, 1),
        ("THORAX PA", "", "chest", "prefix", 1, 1),
    ]
    assert sorted(log("model")) == [
        ("SOMATOM Sensation 64", "", "somatom sensation 64", "spelling", 1, 1),
        ("Sensation 64", "", "somatom sensation 64", "exact alias", 1, 1),
        ("X1", "", "x1", "spelling", 2, 1),
    ]


def test_a_kernel_is_logged_in_the_terms_of_each_vendor() -> None:
    assert log("kernel_class") == [
        ("B30f\\3", "Foo Medical", None, "unmapped", 1, 1),
        ("SOFT", "", None, "unmapped", 1, 0),
        ("B30f\\3", "Siemens Healthineers", "smooth", "prefix", 2, 1),
    ]


def test_ages_are_logged_by_what_they_were_taken_from() -> None:
    assert sorted(log("age_years"))[::-1] == [
        ("patient_age", "", None, "derived", 1, 1),
        ("none", "", None, "unmapped", 2, 1),
        ("dates", "", None, "derived", 1, 1),
    ]


def test_a_series_that_holds_two_values_is_counted_with_both() -> None:
    both = pl.concat([_SERIES[:1], _SERIES[:1].with_columns(pl.lit("HEAD").alias("body_part_examined"))])
    found = log_normalisation(both, site="north").filter(pl.col("column") == "body_region")
    assert found["n_series"].to_list() == [1, 1]


def test_normalised_columns_stand_in_every_row_in_its_order() -> None:
    found = with_normalised(_SERIES)
    assert found["series_instance_uid"].to_list() == _SERIES["series_instance_uid"].to_list()
    assert found["vendor"].to_list() == ["Siemens Healthineers"] * 2 + ["Foo Medical"] * 2 + [None]
    assert found["kernel_class"].to_list() == ["smooth", "smooth", "unknown", None, "unknown"]
    assert found["body_region"].to_list() == ["chest", "chest", None, None, None]
