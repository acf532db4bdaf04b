"""Vendors and kernels."""

import polars as pl
import pytest

from multisite.dicom import KERNEL_CLASSES, kernel_class, normalise_vendor


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
