import warnings
from collections import Counter
from itertools import pairwise

import pydicom
import pytest
from pydicom import config

from tests.unit.demo.small_demo import PLAN, SmallDemo

SITES = ("northgate", "harbour", "lakeside", "millfield")
EVERY = 7
"""One object in so many is read whole by pydicom."""


def sound_objects(demo: SmallDemo, site: str) -> list[pydicom.Dataset]:
    paths = [p for p in demo.objects(site) if not {"transfer", "export0"} & set(p.parts)]
    return [pydicom.dcmread(path) for path in paths[::EVERY]]


@pytest.fixture(scope="module")
def datasets(small_demo: SmallDemo) -> dict[str, list[pydicom.Dataset]]:
    return {site: sound_objects(small_demo, site) for site in SITES}


@pytest.mark.slow
@pytest.mark.parametrize("site", SITES)
def test_every_value_is_valid_for_pydicom_at_its_strictest(
    datasets: dict[str, list[pydicom.Dataset]], site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config.settings, "reading_validation_mode", config.RAISE)
    assert len(datasets[site]) > 40
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for dataset in datasets[site]:
            values = [item.value for item in dataset.iterall()]
            assert len(values) > 40
            assert dataset.pixel_array.shape == (PLAN.pixels_per_side, PLAN.pixels_per_side)
            assert int(dataset.pixel_array.max()) < 2**dataset.BitsStored


@pytest.mark.parametrize("site", SITES)
def test_file_meta_is_complete_and_agrees_with_the_dataset(
    datasets: dict[str, list[pydicom.Dataset]], site: str
) -> None:
    for dataset in datasets[site]:
        meta = dataset.file_meta
        pydicom.dataset.validate_file_meta(meta, enforce_standard=True)
        assert meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID
        assert meta.MediaStorageSOPClassUID == dataset.SOPClassUID
        assert meta.TransferSyntaxUID == pydicom.uid.ExplicitVRLittleEndian


@pytest.mark.parametrize("site", SITES)
def test_every_person_and_number_says_that_it_is_synthetic(
    datasets: dict[str, list[pydicom.Dataset]], site: str
) -> None:
    for dataset in datasets[site]:
        assert str(dataset.PatientName).startswith(("Synthetic^", "Synthétique^", "Συνθετικός^"))
        assert dataset.PatientID.startswith("DEMO-")
        assert not dataset.ReferringPhysicianName
        assert dataset.get("InstitutionName", "(fictional)").endswith("(fictional)")
        for keyword in ("AccessionNumber", "StationName", "DeviceSerialNumber"):
            assert str(dataset.get(keyword) or "DEMO").startswith("DEMO")
        for keyword in ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"):
            assert dataset[keyword].value.startswith("2.25.")


def test_names_are_written_in_the_site_s_character_set(small_demo: SmallDemo) -> None:
    surnames = {
        site: {str(dataset.PatientName).split("^")[0] for dataset in sound_objects(small_demo, site)} for site in SITES
    }
    assert surnames["northgate"] == {"Synthetic", "Synthétique"}
    assert surnames["harbour"] == {"Synthetic", "Συνθετικός"}


def test_sites_differ_in_modalities_and_spell_vendors_in_several_ways(
    datasets: dict[str, list[pydicom.Dataset]],
) -> None:
    ct = {site: sum(d.Modality == "CT" for d in found) / len(found) for site, found in datasets.items()}
    assert ct["northgate"] > ct["millfield"] + 0.2
    assert {d.Modality for found in datasets.values() for d in found} >= {"CT", "CR", "DX", "OT"}
    spellings = {d.Manufacturer for found in datasets.values() for d in found}
    assert sum("philips" in spelling.casefold() for spelling in spellings) >= 3
    assert {"TOSHIBA", "CANON_MEC"} <= spellings


def test_the_deidentified_site_has_lost_what_the_profile_removes(
    datasets: dict[str, list[pydicom.Dataset]],
) -> None:
    for dataset in datasets["lakeside"]:
        assert dataset.PatientIdentityRemoved == "YES"
        assert dataset.PatientName == "Synthetic^Deidentified"
        assert not dataset.PatientBirthDate
        assert "DeviceSerialNumber" not in dataset
        assert "InstitutionName" not in dataset
        assert {code.CodeValue for code in dataset.DeidentificationMethodCodeSequence} >= {"113100", "113108"}


def test_ages_are_present_empty_and_absent(datasets: dict[str, list[pydicom.Dataset]]) -> None:
    states = Counter(
        "absent" if "PatientAge" not in d else "present" if d.PatientAge else "empty"
        for found in datasets.values()
        for d in found
    )
    assert states["present"] > 10 * states["absent"] > 0
    assert states["empty"] > 0


def test_slices_of_a_series_lie_one_thickness_apart(small_demo: SmallDemo) -> None:
    folder = next(p.parent for p in small_demo.objects("northgate") if p.name == "IM0004.dcm")
    slices = sorted((pydicom.dcmread(p) for p in folder.iterdir()), key=lambda d: d.InstanceNumber)
    steps = {round(b.ImagePositionPatient[2] - a.ImagePositionPatient[2], 3) for a, b in pairwise(slices)}
    assert 4 <= len(slices) <= 8
    assert steps == {float(slices[0].SliceThickness)}
    assert len({d.AcquisitionTime for d in slices}) == len(slices)


def test_one_site_nests_its_folders_and_one_has_two_stores(small_demo: SmallDemo) -> None:
    # Two studies are planted in folders that are called by their patients.
    nested = small_demo.out / "data" / "northgate" / "images" / "pacs"
    assert {len(p.relative_to(nested).parts) for p in nested.rglob("IM*.dcm")} == {3, 4}
    stores = {
        p.relative_to(small_demo.out / "data" / "millfield" / "images").parts[0]
        for p in small_demo.objects("millfield")
    }
    assert stores == {"ct", "radiography"}
