import polars as pl

from multisite.dicom.ages import age_sources


def test_an_age_is_stated_or_made_from_dates_or_missing() -> None:
    stated = pl.Series([40.0, None, None])
    age = pl.Series([40.0, 41.0, None])
    assert age_sources(stated, age).to_list() == ["patient_age", "dates", "none"]
