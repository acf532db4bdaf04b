"""Vendors, models, kernels and body parts."""

import polars as pl
import pytest

from multisite.dicom import (
    KERNEL_CLASSES,
    body_part_rule,
    kernel_class,
    kernel_rule,
    normalise_body_part,
    normalise_model,
    normalise_vendor,
    vendor_rule,
)
from multisite.dicom.aliases import read_rows


@pytest.mark.parametrize(
    ("manufacturer", "vendor"),
    [
        ("SIEMENS", "Siemens Healthineers"),
        ("Siemens Healthineers AG", "Siemens Healthineers"),
        ("GE MEDICAL SYSTEMS", "GE HealthCare"),
        ('"GE_Medical Systems"', "GE HealthCare"),
        ("G.E. Medical Systems", "GE HealthCare"),
        ("GE Medical Systems / Advantage Workstation", "software only"),
        ("Philips Medical Systems, Inc.", "Philips"),
        ("TOSHIBA_MEC", "Canon"),
        ("FUJI PHOTO FILM Co., ltd.", "Fujifilm"),
        ("Hologic, Inc.", "Hologic"),
        ("SHIMADZU/SIEMENS", "Siemens Healthineers"),
        ("Gemini Imaging", "Gemini Imaging"),
        ("Mergenthaler", "Mergenthaler"),
        (None, None),
    ],
)
def test_vendor_is_known_by_the_beginning_of_its_name(manufacturer: str | None, vendor: str | None) -> None:
    frame = pl.DataFrame({"manufacturer": [manufacturer]}, schema={"manufacturer": pl.String})
    assert frame.select(normalise_vendor(pl.col("manufacturer"))).item() == vendor


@pytest.mark.parametrize(
    ("vendor", "kernel", "wanted"),
    [
        ("Siemens Healthineers", "B30f", "smooth"),
        ("Siemens Healthineers", "Br40d", "medium"),
        ("Siemens Healthineers", "B70s", "very_sharp"),
        ("Siemens Healthineers", "B05s", "unknown"),
        ("Siemens Healthineers", "LUNG", "unknown"),
        ("GE HealthCare", "STANDARD", "medium"),
        ("GE HealthCare", " lung ", "sharp"),
        ("GE HealthCare", "BONEPLUS", "very_sharp"),
        ("GE HealthCare", "HD LUNG", "very_sharp"),
        ("Philips", "B", "smooth"),
        ("Philips", "YA", "very_sharp"),
        ("Canon", "FC08", "medium"),
        ("Canon", "FC52", "very_sharp"),
        ("United Imaging", "B_SOFT_C", "medium"),
        ("Gemini Imaging", "B30f", "unknown"),
        (None, "B30f", "unknown"),
        ("Philips", None, None),
    ],
)
def test_kernel_means_what_its_vendor_means(vendor: str | None, kernel: str | None, wanted: str | None) -> None:
    frame = pl.DataFrame({"vendor": [vendor], "kernel": [kernel]}, schema={"vendor": pl.String, "kernel": pl.String})
    found = frame.select(kernel_class(pl.col("kernel"), pl.col("vendor"))).item()
    assert found == wanted
    assert found is None or found in KERNEL_CLASSES


@pytest.mark.parametrize(
    ("model", "wanted"),
    [
        ("SOMATOM Definition AS+", "somatom definition as+"),
        ("Definition AS+", "somatom definition as+"),
        ("Siemens Somatom_Definition  AS", "somatom definition as"),
        ("GE LightSpeed VCT", "lightspeed vct"),
        ("LightSpeed16", "lightspeed 16"),
        ("Avanto", "magnetom avanto"),
        ("Avanto_fit", "magnetom avanto fit"),
        ("Philips", "philips"),
        ("Gemini TF 64", "gemini tf 64"),
        (None, None),
    ],
)
def test_model_keeps_its_name_and_its_generation(model: str | None, wanted: str | None) -> None:
    frame = pl.DataFrame({"model": [model]}, schema={"model": pl.String})
    assert frame.select(normalise_model(pl.col("model"))).item() == wanted


@pytest.mark.parametrize(
    ("body_part", "region", "rule"),
    [
        ("CHEST", "chest", "exact alias"),
        ("Chest PA", "chest", "prefix"),
        ("CHEST_TO_PELVIS", "chest to pelvis", "exact alias"),
        ("CHESTABDPELVIS", "chest to pelvis", "exact alias"),
        ("CHEST ABDOMEN", "chest and abdomen", "exact alias"),
        ("CHEST LIVER", None, "unmapped"),
        ("HEADNECK", "head and neck", "exact alias"),
        ("CHESTNUT", None, "unmapped"),
        ("L-SPINE", "spine", "exact alias"),
        ("BREAST, LEFT", "breast", "prefix"),
        ("WHOLEBODY", "whole body", "exact alias"),
        ("Schädel", "head", "exact alias"),
        (None, None, None),
    ],
)
def test_body_part_is_put_into_a_region(body_part: str | None, region: str | None, rule: str | None) -> None:
    frame = pl.DataFrame({"part": [body_part]}, schema={"part": pl.String})
    found = frame.select(
        normalise_body_part(pl.col("part")).alias("region"), body_part_rule(pl.col("part")).alias("rule")
    )
    assert found.row(0) == (region, rule)


@pytest.mark.parametrize(
    ("manufacturer", "rule"),
    [("SIEMENS", "exact alias"), ("Siemens AG", "prefix"), ("Gemini Imaging", "unmapped"), (None, None)],
)
def test_vendor_is_known_by_a_rule(manufacturer: str | None, rule: str | None) -> None:
    frame = pl.DataFrame({"manufacturer": [manufacturer]}, schema={"manufacturer": pl.String})
    assert frame.select(vendor_rule(pl.col("manufacturer"))).item() == rule


@pytest.mark.parametrize(
    ("vendor", "kernel", "rule"),
    [
        ("Siemens Healthineers", "B30f", "prefix"),
        ("GE HealthCare", "lung", "exact alias"),
        ("GE HealthCare", "HD LUNG", "prefix"),
        ("GE HealthCare", "B30f", "unmapped"),
        (None, "B30f", "unmapped"),
        ("Philips", None, None),
    ],
)
def test_kernel_is_known_by_a_rule(vendor: str | None, kernel: str | None, rule: str | None) -> None:
    frame = pl.DataFrame({"vendor": [vendor], "kernel": [kernel]}, schema={"vendor": pl.String, "kernel": pl.String})
    assert frame.select(kernel_rule(pl.col("kernel"), pl.col("vendor"))).item() == rule


@pytest.mark.parametrize("table", ["vendors.csv", "models.csv", "body_parts.csv"])
def test_no_alias_is_listed_twice_or_can_never_match(table: str) -> None:
    aliases = [row["alias"] for row in read_rows(table)]
    assert len(set(aliases)) == len(aliases)
    words = r"^[\p{Ll}\p{N}+.]+( [\p{L}\p{N}+.]+)*$"
    assert pl.Series(aliases).str.contains(words).all()
