"""DICOM JSON → the bytes of a file: the same rows, and nothing made up."""

import json
import struct
import warnings
from pathlib import Path
from typing import Any

import pydicom
import pydicom.data
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.filebase import DicomBytesIO

from multisite.dicom import Pseudonymiser, RawHeader, decode_headers, read_header
from multisite.dicom.dicom_json import instances_of, part10_of, uid_in
from tests.unit.dicom.expected import KEY

FILES = Path(pydicom.data.__file__).parent / "test_files"
UNCOMPRESSED = "1.2.840.10008.1.2.1"


def an_instance(**elements: Any) -> dict[str, Any]:
    """A CT instance; further elements by tag with a leading ``x``."""
    made = {"00080016": ["UI", "1.2.840.10008.5.1.4.1.1.2"], "00080018": ["UI", "1.2.3"], "00080060": ["CS", "CT"]}
    base = {tag: {"vr": vr, "Value": [value]} for tag, (vr, value) in made.items()}
    return base | {tag[1:]: element for tag, element in elements.items()}


def row(instance: dict[str, Any]) -> dict[str, Any]:
    (read,) = instances_of(json.dumps([instance]))
    data = part10_of(read)
    header = read_header(data, object_size=len(data))
    assert isinstance(header, RawHeader)
    return decode_headers([header], Pseudonymiser(KEY)).to_dicts()[0]


def reread(instance: dict[str, Any]) -> pydicom.FileDataset:
    (read,) = instances_of(json.dumps([instance]))
    return pydicom.dcmread(DicomBytesIO(part10_of(read)), force=True)


# Against pydicom


def _shipped() -> list[tuple[str, pydicom.Dataset]]:
    """The shipped objects that pydicom can turn into JSON, without their pixels."""
    found = []
    for path in sorted(path for path in FILES.rglob("*") if path.is_file() and path.stat().st_size < 200_000):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                dataset = pydicom.dcmread(path, stop_before_pixels=True)
                dataset.to_json_dict()
            except Exception:  # pydicom itself cannot make JSON of some of its files, with errors of no common class
                continue
            if "SOPInstanceUID" in dataset:
                found.append((str(path.relative_to(FILES)), dataset))
    return found


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_elements_are_those_that_pydicom_makes_of_the_same_json() -> None:
    compared = 0
    for name, dataset in _shipped():
        as_json = dataset.to_json_dict()
        theirs = pydicom.Dataset.from_json(as_json)
        theirs.remove_private_tags()
        theirs.SpecificCharacterSet = "ISO_IR 192"
        ours = reread(as_json)
        ours.remove_private_tags()
        ours.SpecificCharacterSet = "ISO_IR 192"
        for element in theirs:
            if element.tag != 0x52009230:
                assert ours[element.tag].VR == element.VR, (name, element.keyword)
                assert _same(ours[element.tag].value, element.value), (name, element.keyword)
                compared += 1
        assert ours.keys() == theirs.keys(), name
    assert compared > 4000


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, pydicom.Sequence):
        return len(one) == len(other) and all(
            a.keys() == b.keys() and all(_same(element.value, b[element.tag].value) for element in a)
            for a, b in zip(one, other, strict=True)
        )
    return bool(one == other or str(one) == str(other) or (not one and not other))


# Nothing is made up


def test_the_file_meta_holds_what_the_json_says_and_no_more() -> None:
    meta = reread(an_instance()).file_meta
    assert {element.keyword for element in meta} == {
        "FileMetaInformationGroupLength", "FileMetaInformationVersion", "MediaStorageSOPClassUID",
        "MediaStorageSOPInstanceUID",
    }  # fmt: skip
    assert row(an_instance())["transfer_syntax_uid"] is None


@pytest.mark.parametrize(
    ("stated", "kept"),
    [
        (["1.2.840.10008.1.2.4.90"], "1.2.840.10008.1.2.4.90"),
        ([UNCOMPRESSED], UNCOMPRESSED),
        ([UNCOMPRESSED, "1.2.840.10008.1.2.4.90"], None),
        (["1.2.840.10008.1.2"], None),
        (["1.2.840.10008.1.2.2"], None),
        (["1.2.840.10008.1.2.1.99"], None),
        (["1.2.840.10008.1.2.4.205"], None),
        (["9.9.9"], None),
        ([None], None),
        ([], None),
    ],
)
@pytest.mark.parametrize("tag", ["00083002", "00020010"])
def test_the_transfer_syntax_is_kept_where_the_bytes_are_correct_under_it(
    tag: str, stated: list[str | None], kept: str | None
) -> None:
    made = row(an_instance() | {tag: {"vr": "UI", "Value": stated}})
    assert made["transfer_syntax_uid"] == kept
    assert made["modality"] == "CT"


def test_values_that_are_elsewhere_are_absent_and_pixels_are_known_to_be_there() -> None:
    bulk = {"BulkDataURI": "https://elsewhere/1"}
    made = row(
        an_instance(
            x7FE00010={"vr": "OW", **bulk},
            x00180050={"vr": "DS", **bulk},
            x00282000={"vr": "OB", **bulk},
            x00400275={"vr": "SQ", **bulk},
            x00181030={"vr": "UN", **bulk},
        )
    )
    assert (made["pixel_data_present"], made["icc_profile_present"]) == (True, True)
    assert (made["slice_thickness"], made["protocol_name"]) == (None, None)
    assert not {"SliceThickness", "ProtocolName"} & {*made["empty_attributes"], *made["invalid_attributes"]}
    assert row(an_instance())["pixel_data_present"] is False


@pytest.mark.parametrize(("element", "kind"), [({}, "empty_attributes"), ({"Value": []}, "empty_attributes")])
def test_absent_empty_and_invalid_stay_apart(element: dict[str, Any], kind: str) -> None:
    made = row(an_instance(x00180050={"vr": "DS", **element}, x00280010={"vr": "US", **element}))
    assert {"SliceThickness", "Rows"} <= set(made[kind])
    assert "KVP" not in {*made["empty_attributes"], *made["invalid_attributes"]}


@pytest.mark.parametrize(
    ("tag", "vr", "value", "keyword"),
    [
        ("00180050", "DS", "thick", "SliceThickness"),
        ("00280010", "US", "many", "Rows"),
        ("00280010", "US", 70000, "Rows"),
        ("00280010", "US", -1, "Rows"),
        ("00280010", "US", 1.5, "Rows"),
        ("00280010", "US", None, "Rows"),
        ("00080020", "DA", "20241399", "StudyDate"),
    ],
)
def test_a_value_that_is_not_valid_stays_so(tag: str, vr: str, value: object, keyword: str) -> None:
    made = row(an_instance() | {tag: {"vr": vr, "Value": [value]}})
    assert keyword in made["invalid_attributes"]
    assert made["modality"] == "CT"


def test_digits_are_carried_over_as_they_are_written() -> None:
    (instance,) = instances_of('[{"00280030": {"vr": "DS", "Value": [0.10, 1e-3]}, "00180088": {"vr": "DS"}}]')
    assert b"0.10\\1e-3" in part10_of(instance)


@pytest.mark.parametrize(("vr", "form"), [("US", "H"), ("SS", "h"), ("UL", "L"), ("SL", "l"), ("UV", "Q"), ("SV", "q")])
def test_binary_integers_have_their_width_and_sign(vr: str, form: str) -> None:
    (instance,) = instances_of(json.dumps([{"00091010": {"vr": vr, "Value": [3, 4.0]}}]))
    assert struct.pack(f"<2{form}", 3, 4) in part10_of(instance)


def test_binary_values_in_line_are_kept() -> None:
    dataset = reread({"00091010": {"vr": "OB", "InlineBinary": "AQID"}, "00091011": {"vr": "OB", "InlineBinary": "?"}})
    assert dataset[0x00091010].value == b"\1\2\3\0"
    assert dataset[0x00091011].value


# Text


@pytest.mark.parametrize("declared", [None, "ISO_IR 100", "ISO 2022 IR 87"])
def test_text_is_that_of_the_json_whatever_character_set_it_once_had(declared: str | None) -> None:
    item = {"00080104": {"vr": "LO", "Value": ["Schädel"]}, "00080005": {"vr": "CS", "Value": ["ISO_IR 101"]}}
    instance = an_instance(
        x00080070={"vr": "LO", "Value": ["Müller", None, "東芝"]}, x00400260={"vr": "SQ", "Value": [item]}
    )
    if declared:
        instance["00080005"] = {"vr": "CS", "Value": [declared]}
    dataset = reread(instance)
    assert list(dataset.Manufacturer) == ["Müller", "", "東芝"]
    assert dataset.PerformedProtocolCodeSequence[0].CodeMeaning == "Schädel"
    assert "SpecificCharacterSet" not in dataset.PerformedProtocolCodeSequence[0]
    assert dataset.SpecificCharacterSet == "ISO_IR 192"


def test_the_character_set_stays_as_stated_where_all_text_is_ascii() -> None:
    charset = {"vr": "CS", "Value": ["ISO_IR 100"]}
    assert row(an_instance(x00080005=charset))["specific_character_set"] == ["ISO_IR 100"]
    assert row(an_instance())["specific_character_set"] is None


def test_names_have_their_groups_of_components() -> None:
    groups = {"Alphabetic": "Yamada^Tarou", "Phonetic": "やまだ^たろう"}
    dataset = reread(an_instance(x00100010={"vr": "PN", "Value": [groups, {"Alphabetic": "A"}, "B", None]}))
    assert [str(name) for name in dataset.PatientName] == ["Yamada^Tarou==やまだ^たろう", "A", "B", ""]


def test_text_too_long_for_its_vr_keeps_its_place() -> None:
    dataset = reread(an_instance(x00080070={"vr": "LO", "Value": ["x" * 70_000]}, x00180050={"vr": "DS", "Value": [2]}))
    assert (len(dataset[0x00080070].value), dataset.SliceThickness) == (70_000, 2)


# Shape


def test_elements_are_in_order_and_misplaced_groups_are_left_out() -> None:
    element, charset = {"vr": "LO", "Value": ["x"]}, {"vr": "CS", "Value": ["ISO_IR 100"]}
    misplaced = dict.fromkeys(("00000002", "00020016", "FFFEE000", "FFFFEEEE"), element)
    instance = an_instance(x00200010=element) | {"00080005": charset} | misplaced
    tags = [int(element.tag) for element in reread(instance)]
    assert tags == sorted(tags)
    assert tags == [0x00080005, 0x00080016, 0x00080018, 0x00080060, 0x00200010]


def test_of_the_frames_the_first_is_kept() -> None:
    frames = [{"00209157": {"vr": "UL", "Value": [n]}} for n in range(3)]
    bulk = {"vr": "OW", "BulkDataURI": "x"}
    instance = an_instance(x52009230={"vr": "SQ", "Value": frames}, x7FE00010=bulk)
    assert [item.DimensionIndexValues for item in reread(instance).PerFrameFunctionalGroupsSequence] == [0]
    assert row(instance)["per_frame_functional_groups_sequence_present"] is True


@pytest.mark.parametrize(("stated", "taken"), [(None, "LO"), ("XX", "LO"), ("LO", "LO"), ("SH", "SH")])
def test_a_vr_that_is_none_is_that_of_the_dictionary(stated: str | None, taken: str) -> None:
    element = {"Value": ["ACME"]} | ({"vr": stated} if stated else {})
    vr = reread(an_instance(x00080070=element))["Manufacturer"].VR
    assert vr == taken


@pytest.mark.parametrize(
    "element",
    ["text", ["list"], None, {"vr": "LO", "Value": "no list"}, {"vr": "LO", "Value": [True]},
     {"vr": "SQ", "Value": ["no item"]}, {"vr": "LO", "Value": [["nested"]]}],
)  # fmt: skip
def test_what_is_not_of_the_model_is_refused(element: object) -> None:
    with pytest.raises(ValueError, match=r"element|value|item"):
        part10_of(an_instance(x00080070=element))


@pytest.mark.parametrize("tag", ["0008", "0008007G", "000800700", ""])
def test_a_tag_that_is_none_is_refused(tag: str) -> None:
    with pytest.raises(ValueError, match=r"tag|invalid literal"):
        part10_of({tag: {"vr": "LO"}})


def test_endless_nesting_is_refused() -> None:
    element: dict[str, Any] = {"vr": "LO", "Value": ["x"]}
    for _ in range(40):
        element = {"vr": "SQ", "Value": [{"00400260": element}]}
    with pytest.raises(ValueError, match="nested too deeply"):
        part10_of({"00400260": element})
    with pytest.raises(ValueError, match="nested too deeply"):
        list(instances_of("[" + '{"a":[' * 200_000))


@pytest.mark.parametrize(
    "text", ["", " ", "{}", "[", "[{}", "[{},]", "[1]", "[{} {}]", "nothing", '[{"a": }]', "[null]"]
)
def test_an_answer_that_is_no_array_of_objects_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the library's own messages are as good as ours
        list(instances_of(text))


def test_instances_are_given_one_after_the_other() -> None:
    assert list(instances_of(" [ ] \n")) == []
    found = instances_of('\n[\n{"a": 1.50},\t{"b": NaN} , {"c": [')
    assert [next(found), next(found)] == [{"a": "1.50"}, {"b": "NaN"}]
    with pytest.raises(ValueError):  # noqa: PT011  # as above
        next(found)


@pytest.mark.parametrize("element", [None, {}, {"Value": []}, {"Value": [None]}, {"Value": "1"}, {"Value": [" \0"]}])
def test_a_uid_that_is_not_there_is_none(element: object) -> None:
    assert uid_in({"0020000D": element}, "0020000D") is None
    assert uid_in({"0020000D": {"Value": [" 1.2\0"]}}, "0020000D") == "1.2"


_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.dictionaries(st.text(), st.text(), max_size=2)
)
_TAGS = st.sampled_from(
    ["00080005", "00080018", "00100010", "00180050", "00280010", "00400260", "52009230", "7FE00010"]
)
_VRS = st.sampled_from(["CS", "LO", "PN", "DS", "IS", "US", "FD", "AT", "SQ", "OW", "UN", "UI", "zz"])
_ELEMENTS = st.fixed_dictionaries(
    {"vr": _VRS}, optional={"Value": st.lists(_VALUES, max_size=3), "InlineBinary": _VALUES, "BulkDataURI": st.text()}
)


@given(st.dictionaries(_TAGS, _ELEMENTS))
def test_any_json_is_refused_with_a_value_error_or_gives_bytes_that_can_be_read(instance: dict[str, Any]) -> None:
    try:
        (parsed,) = instances_of(json.dumps([instance]))
        data = part10_of(parsed)
    except ValueError:
        return
    assert data[128:132] == b"DICM"
    header = read_header(data, object_size=len(data))
    if isinstance(header, RawHeader):
        assert decode_headers([header], Pseudonymiser(KEY)).height == 1
