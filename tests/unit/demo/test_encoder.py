import io

import pydicom
import pytest
from pydicom.datadict import dictionary_VR, tag_for_keyword

from multisite.demo.attributes import ATTRIBUTES
from multisite.demo.encoder import element, sequence_of, series_template, unsigned
from multisite.demo.uids import UID_LENGTH, uid


@pytest.mark.parametrize("keyword", sorted(ATTRIBUTES))
def test_tag_and_representation_are_those_of_the_dictionary(keyword: str) -> None:
    tag, vr = ATTRIBUTES[keyword]
    assert tag == tag_for_keyword(keyword)
    assert vr in dictionary_VR(tag).split(" or ")


@pytest.mark.parametrize(
    ("keyword", "value", "encoded"),
    [
        ("Modality", b"CT", b"\x08\x00\x60\x00CS\x02\x00CT"),
        ("PatientSex", b"F", b"\x10\x00\x40\x00CS\x02\x00F "),
        ("SOPClassUID", b"1.2", b"\x08\x00\x16\x00UI\x04\x001.2\x00"),
        ("PatientBirthDate", b"", b"\x10\x00\x30\x00DA\x00\x00"),
        ("PixelData", b"\x01\x02", b"\xe0\x7f\x10\x00OW\x00\x00\x02\x00\x00\x00\x01\x02"),
    ],
)
def test_an_element_is_encoded_as_the_standard_says(keyword: str, value: bytes, encoded: bytes) -> None:
    assert element(keyword, value) == encoded


def test_a_template_with_gaps_gives_elements_in_the_order_of_their_tags() -> None:
    constant = {
        "PixelData": b"\0\0",
        "Rows": unsigned(1),
        "PatientID": b"DEMO",
        "SOPClassUID": b"1.2.840.10008.5.1.4.1.1.2",
        "DeidentificationMethodCodeSequence": sequence_of([{"CodeMeaning": b"odd", "CodeValue": b"113100"}]),
    }
    template = series_template(constant, ["SOPInstanceUID", "InstanceNumber"])
    content = template.instance({"SOPInstanceUID": uid("one"), "InstanceNumber": b"7"})
    dataset = pydicom.dcmread(io.BytesIO(content))
    tags = [item.tag for item in dataset]
    assert tags == sorted(tags)
    assert dataset.SOPInstanceUID == dataset.file_meta.MediaStorageSOPInstanceUID == uid("one").decode()
    assert dataset.InstanceNumber == 7
    assert dataset.DeidentificationMethodCodeSequence[0].CodeValue == "113100"


def test_the_file_meta_group_states_its_length() -> None:
    template = series_template({"SOPClassUID": b"1.2.840.10008.5.1.4.1.1.2"}, ["SOPInstanceUID"])
    content = template.instance({"SOPInstanceUID": uid("one")})
    meta = pydicom.dcmread(io.BytesIO(content)).file_meta
    end = 144 + meta.FileMetaInformationGroupLength
    assert content[end : end + 4] == b"\x08\x00\x16\x00"


def test_uids_have_one_length_and_differ_by_name() -> None:
    made = {uid(f"name {i}") for i in range(1000)}
    assert len(made) == 1000
    assert {len(name) for name in made} == {UID_LENGTH}
    assert all(pydicom.uid.UID(name.decode()).is_valid for name in made)
    assert uid("name 1") == uid("name 1")
