"""Values inside sequences: the same by scanner and pydicom, in every encoding, and read no further than needed."""

import warnings
from dataclasses import replace
from io import BytesIO
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from multisite.dicom import NeedMore, Pseudonymiser, RawHeader, decode_headers, read_header
from multisite.dicom.fallback import read_with_pydicom
from multisite.vocabulary import QuarantineReason
from tests.unit.dicom.builders import SYNTAXES, a_dataset, an_item, encode, undefined
from tests.unit.dicom.expected import KEY, differences


def defined(*items: Dataset) -> Sequence:
    return Sequence(items)


LENGTHS = {"defined": defined, "undefined": undefined}


def read(data: bytes) -> RawHeader:
    result = read_header(data, object_size=len(data))
    assert isinstance(result, RawHeader), result
    return result


def row_of(data: bytes, *, reader: str | None = "scanner") -> dict[str, Any]:
    """The decoded row, after a look at whether pydicom alone gives the same and whether it is what it has to be."""
    header = read(data)
    assert reader is None or header.parsed_by == reader
    by_pydicom = read_with_pydicom(data, object_size=len(data), max_header_bytes=2**20)
    assert isinstance(by_pydicom, RawHeader)
    assert replace(by_pydicom, parsed_by=header.parsed_by) == header
    (row,) = decode_headers([header], Pseudonymiser(KEY)).to_dicts()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert differences(row, pydicom.dcmread(BytesIO(data), force=True)) == []
    return row


def an_enhanced_ct(sequence: Any, n_frames: int = 3, **values: Any) -> Dataset:
    """Kernel and tube voltage shared, position and current per frame."""
    shared = an_item(
        CTReconstructionSequence=sequence(
            an_item(ConvolutionKernel=["Br40d", "3"], ReconstructionAlgorithm="ITERATIVE")
        ),
        CTXRayDetailsSequence=sequence(an_item(KVP="100", FilterMaterial=["ALUMINUM", "COPPER"]), an_item(KVP="140")),
        PixelMeasuresSequence=sequence(an_item(PixelSpacing=["0.5", "0.25"], SliceThickness="1.5")),
        FrameAnatomySequence=sequence(
            an_item(FrameLaterality="L", AnatomicRegionSequence=sequence(an_item(CodeValue="51185008")))
        ),
    )
    frames = [
        an_item(
            FrameContentSequence=sequence(an_item(StackID="1", InStackPositionNumber=n + 1, FrameAcquisitionNumber=7)),
            PlanePositionSequence=sequence(an_item(ImagePositionPatient=["1", "2", str(n)])),
            CTExposureSequence=sequence(an_item(XRayTubeCurrentInmA=250.5 + n, ExposureTimeInms=500.0)),
        )
        for n in range(n_frames)
    ]
    facts = {"SharedFunctionalGroupsSequence": sequence(shared), "PerFrameFunctionalGroupsSequence": sequence(*frames)}
    return a_dataset(**facts, **values)


@pytest.mark.parametrize("lengths", LENGTHS)
@pytest.mark.parametrize("syntax", SYNTAXES)
def test_functional_groups_answer_for_the_attributes_of_an_enhanced_object(syntax: str, lengths: str) -> None:
    data = encode(an_enhanced_ct(LENGTHS[lengths]), syntax)
    row = row_of(data, reader="pydicom" if syntax in ("big endian", "deflated") else "scanner")
    assert row["convolution_kernel"] == ["Br40d", "3"]
    assert row["kvp"] == 100.0
    assert row["filter_material"] == ["ALUMINUM", "COPPER"]
    assert row["pixel_spacing"] == [0.5, 0.25]
    assert row["laterality"] == row["image_laterality"] == row["frame_laterality"] == "L"
    assert row["anatomic_region_codes"] == ["51185008"]
    assert row["image_position_patient"] == [1.0, 2.0, 0.0]
    assert row["in_stack_position_number"] == 1
    assert row["acquisition_number"] == 7
    assert row["xray_tube_current_in_ma"] == 250.5
    assert row["xray_tube_current"] == 250
    assert row["exposure_time"] == 500
    assert {"KVP", "Laterality", "XRayTubeCurrent"} <= set(row["functional_group_attributes"])
    assert "Modality" not in row["functional_group_attributes"]
    assert "PixelData" in row["unseen_attributes"]


def test_top_level_comes_first_then_the_shared_groups_then_the_first_frame() -> None:
    dataset = an_enhanced_ct(defined, KVP="80", SliceThickness="")
    dataset.PerFrameFunctionalGroupsSequence[0].PixelMeasuresSequence = [an_item(SliceThickness="9")]
    dataset.PerFrameFunctionalGroupsSequence[0].CTXRayDetailsSequence = [an_item(KVP="70", FocalSpots=["1.2"])]
    row = row_of(encode(dataset))
    assert row["kvp"] == 80.0
    assert row["slice_thickness"] == 1.5
    assert row["focal_spots"] == [1.2]
    assert "SliceThickness" not in row["empty_attributes"]
    assert "KVP" not in row["functional_group_attributes"]


def test_what_a_conversion_left_over_is_asked_last() -> None:
    dataset = an_enhanced_ct(defined)
    left = an_item(KVP="1", StationName="CT-7", Manufacturer="ACME")
    dataset.SharedFunctionalGroupsSequence[0].UnassignedSharedConvertedAttributesSequence = [left]
    row = row_of(encode(dataset))
    assert (row["kvp"], row["manufacturer"]) == (100.0, "ACME")
    assert row["station_name"] not in (None, "CT-7")
    assert {"Manufacturer", "StationName"} <= set(row["functional_group_attributes"])


def test_several_numbers_do_not_stand_in_for_one() -> None:
    group = an_item(MRModifierSequence=[an_item(InversionTimes=[1.0, 2.0])])
    several = row_of(encode(a_dataset(SharedFunctionalGroupsSequence=[group])))
    assert (several["inversion_times"], several["inversion_time"]) == ([1.0, 2.0], None)
    assert several["invalid_attributes"] == []
    group = an_item(MRModifierSequence=[an_item(InversionTimes=[90.5])])
    assert row_of(encode(a_dataset(SharedFunctionalGroupsSequence=[group])))["inversion_time"] == 90.5


@pytest.mark.slow
@pytest.mark.parametrize("lengths", LENGTHS)
def test_thousands_of_frames_are_not_read(lengths: str) -> None:
    data = encode(an_enhanced_ct(LENGTHS[lengths], n_frames=3000))
    whole = read(data)
    assert whole.header_bytes < 2_000 < len(data) // 100
    assert read_header(data[: whole.header_bytes + 16], object_size=len(data)) == whole
    for cut in range(600, whole.header_bytes, 37):
        asked = read_header(data[:cut], object_size=len(data))
        assert isinstance(asked, NeedMore)
        assert asked.prefix_bytes <= 2 * whole.header_bytes + 16
        assert read_header(data[:cut], object_size=cut) is QuarantineReason.TRUNCATED


def test_sequence_of_frames_without_a_frame_ends_the_header_too() -> None:
    row = row_of(encode(a_dataset(PerFrameFunctionalGroupsSequence=[])))
    assert row["per_frame_functional_groups_sequence_present"] is False
    assert row["pixel_data_present"] is None


@pytest.mark.parametrize("lengths", LENGTHS)
@pytest.mark.parametrize("syntax", SYNTAXES)
def test_codes_equipment_and_tracer_are_read_item_by_item(syntax: str, lengths: str) -> None:
    make = LENGTHS[lengths]
    equipment = [
        an_item(
            Manufacturer="Gate ",
            ManufacturerModelName="G1",
            SoftwareVersions=["1.0", "b7"],
            InstitutionName="HIDDEN HOSPITAL",
            OperatorsName="HIDDEN^NAME",
            PurposeOfReferenceCodeSequence=make(an_item(CodeValue="109104"), an_item(CodeValue="0")),
        ),
        an_item(Manufacturer="Second"),
    ]
    dataset = a_dataset(
        DeidentificationMethodCodeSequence=make(
            an_item(CodeValue="113100"), an_item(CodeMeaning="none"), an_item(LongCodeValue="113108")
        ),
        ContributingEquipmentSequence=make(*equipment),
        RadiopharmaceuticalInformationSequence=make(
            an_item(
                Radiopharmaceutical="FDG",
                RadionuclideTotalDose="3.7e8",
                RadionuclideCodeSequence=make(an_item(CodeValue="C-111A1")),
            )
        ),
        ViewCodeSequence=make(
            an_item(CodeValue="R-10226", ViewModifierCodeSequence=make(an_item(CodeValue="R-102D5")))
        ),
        RequestAttributesSequence=make(an_item(RequestedProcedureDescription="CT THORAX"), an_item()),
    )
    data = encode(dataset, syntax)
    row = row_of(data, reader="pydicom" if syntax in ("big endian", "deflated") else "scanner")
    assert row["deidentification_method_codes"] == ["113100", "113108"]
    assert row["contributing_equipment_manufacturers"] == ["Gate", "Second"]
    assert row["contributing_equipment_models"] == ["G1", ""]
    assert row["contributing_equipment_software_versions"] == ["1.0\\b7", ""]
    assert row["contributing_equipment_purpose_codes"] == ["109104", ""]
    assert row["radiopharmaceutical"] == "FDG"
    assert row["radionuclide_total_dose"] == 3.7e8
    assert row["radionuclide_codes"] == ["C-111A1"]
    assert row["view_codes"] == ["R-10226"]
    assert row["view_modifier_codes"] == ["R-102D5"]
    assert row["requested_procedure_description"] == "CT THORAX"
    assert "HIDDEN" not in str(row)


def test_sequence_of_codes_without_a_code_is_empty_and_without_a_sequence_absent() -> None:
    without, empty = row_of(encode(a_dataset())), row_of(encode(a_dataset(ViewCodeSequence=[an_item(CodeMeaning="x")])))
    assert without["view_codes"] is empty["view_codes"] is None
    assert (without["empty_attributes"], empty["empty_attributes"]) == ([], ["ViewCodeSequence"])


@pytest.mark.parametrize("own", [None, "ISO_IR 192"])
def test_text_of_an_item_follows_its_own_character_set_or_the_headers(own: str | None) -> None:
    manufacturer = b"R\xf6ntgen" if own is None else b"R\xc3\xb6ntgen"
    item = an_item(Manufacturer="X" * len(manufacturer), ManufacturerModelName="M")
    other = an_item(Radiopharmaceutical="Y" * len(manufacturer))
    for part in (item, other):
        if own:
            part.SpecificCharacterSet = own
    facts = {"ContributingEquipmentSequence": [item], "RadiopharmaceuticalInformationSequence": [other]}
    data = encode(a_dataset(SpecificCharacterSet="ISO_IR 100", **facts))
    data = data.replace(b"X" * len(manufacturer), manufacturer).replace(b"Y" * len(manufacturer), manufacturer)
    (row,) = decode_headers([read(data)], Pseudonymiser(KEY)).to_dicts()
    assert row["contributing_equipment_manufacturers"] == ["Röntgen"]
    assert row["radiopharmaceutical"] == "Röntgen"
    assert row["parsed_by"] == "pydicom"


@pytest.mark.parametrize("own", [None, "ISO_IR 192"])
def test_what_stands_in_for_a_text_by_character_set_is_itself_out_of_its_reach(own: str | None) -> None:
    # ReconstructionType (CS) answers for ReconstructionMethod (LO).
    reconstruction = an_item(ReconstructionType="XX")
    if own:
        reconstruction.SpecificCharacterSet = own
    shared = an_item(PETReconstructionSequence=[reconstruction])
    data = encode(a_dataset(SpecificCharacterSet="ISO_IR 192", SharedFunctionalGroupsSequence=[shared]))
    row = row_of(data.replace(b"CS\x02\x00XX", "CS\x02\x00ä".encode()), reader=None)
    assert row["reconstruction_method"] == "Ã¤"


def test_wanted_value_of_another_vr_inside_a_sequence_is_what_pydicom_makes_of_it() -> None:
    data = encode(an_enhanced_ct(defined))
    assert b"\x18\0\x60\0DS\x04\x00100 " in data
    row = row_of(data.replace(b"\x18\0\x60\0DS\x04\x00100 ", b"\x18\0\x60\0IS\x04\x00100 "), reader="pydicom")
    assert row["kvp"] == 100.0


def test_attributes_of_a_sequence_that_cannot_be_read_are_unseen_and_not_absent() -> None:
    data = encode(a_dataset(RadiopharmaceuticalInformationSequence=[an_item(Radiopharmaceutical="FDG-18")]))
    at = data.index(b"\x18\0\x31\0LO")
    spoilt = data[:at] + b"\x18\0\x31\0SQ" + data[at + 6 :]
    (row,) = decode_headers([read(spoilt)], Pseudonymiser(KEY)).to_dicts()
    assert row["parsed_by"] == "pydicom"
    assert row["modality"] == "CT"
    assert "Radiopharmaceutical" in row["unseen_attributes"] + row["invalid_attributes"]


def test_sequence_twice_in_a_header_is_for_pydicom_to_judge() -> None:
    data = encode(a_dataset(ContributingEquipmentSequence=[an_item(Manufacturer="AA")]))
    at = data.index(b"\x18\0\x01\xa0SQ")
    length = 12 + int.from_bytes(data[at + 8 : at + 12], "little")
    twice = data[:at] + data[at : at + length].replace(b"AA", b"BB") + data[at:]
    row = row_of(twice, reader="pydicom")
    assert row["contributing_equipment_manufacturers"] == ["AA"]


def test_value_of_open_length_before_the_frames_does_not_make_them_look_cut_off() -> None:
    data = encode(an_enhanced_ct(defined))
    at = data.index(b"\x10\0\x20\0LO")
    open_value = b"\x09\0\x04\x10OB\0\0\xff\xff\xff\xffabcd\xfe\xff\xdd\xe0\0\0\0\0"
    row = row_of(data[:at] + open_value + data[at:], reader="pydicom")
    assert row["image_position_patient"] == [1.0, 2.0, 0.0]


def test_attributes_of_frames_that_do_not_start_as_a_sequence_are_unseen() -> None:
    data = encode(a_dataset(PerFrameFunctionalGroupsSequence=[an_item(FrameContentSequence=[an_item(StackID="1")])]))
    at = data.index(b"\x00\x52\x30\x92SQ") + 12
    (row,) = decode_headers([read(data[:at] + b"\x01\x02\x03\x04" + data[at + 4 :])], Pseudonymiser(KEY)).to_dicts()
    assert "PerFrameFunctionalGroupsSequence" in row["invalid_attributes"]
    assert {"StackID", "KVP"} <= set(row["unseen_attributes"])
