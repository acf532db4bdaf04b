"""The DICOM objects of a study: its series, the instances of each, and the key under which an instance is stored."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import shake_128

import numpy as np

from multisite.demo.encoder import SeriesTemplate, series_template
from multisite.demo.headers import clock, image_header, pick, study_header
from multisite.demo.hospitals import Hospital, StoreFolder
from multisite.demo.scanners import CT, DX
from multisite.demo.studies import ImagingStudy
from multisite.demo.uids import uid

__all__ = ["SeriesObjects", "StoredObject", "series_of_study", "study_objects", "study_uid"]

_CT_IMAGE = b"1.2.840.10008.5.1.4.1.1.2"
_CR_IMAGE = b"1.2.840.10008.5.1.4.1.1.1"
_DX_IMAGE = b"1.2.840.10008.5.1.4.1.1.1.1"
_SECONDARY_CAPTURE = b"1.2.840.10008.5.1.4.1.1.7"
_INSTANCE_GAPS = ("SOPInstanceUID", "InstanceNumber", "PixelData")
_CT_GAPS = (*_INSTANCE_GAPS, "AcquisitionTime", "ContentTime", "ImagePositionPatient", "SliceLocation")
_DOSE_SERIES = 999


@dataclass(frozen=True, slots=True)
class SeriesObjects:
    """One series: its template, and the values that fill the gaps, instance by instance."""

    number: int
    template: SeriesTemplate
    instances: tuple[Mapping[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A key, relative to the store, and the bytes under it."""

    key: str
    content: bytes


def study_uid(study: ImagingStudy) -> str:
    """StudyInstanceUID of the study."""
    return uid(f"{study.identity}/study").decode()


def study_objects(hospital: Hospital, store: StoreFolder, study: ImagingStudy, side: int) -> Iterator[StoredObject]:
    """Every object of the study, with images of ``side`` × ``side`` pixels."""
    for series in series_of_study(hospital, study, side):
        for values in series.instances:
            yield StoredObject(_key(store.layout, study, series.number, values), series.template.instance(values))


def series_of_study(hospital: Hospital, study: ImagingStudy, side: int) -> Iterator[SeriesObjects]:
    """One series of CT slices, sometimes with a page about the dose; or one series per projection."""
    shared = study_header(hospital, study)
    if study.scanner.modality == CT:
        yield _slices(study, shared, side)
        if hospital.dose_reports and study.picks[3] < 0.2:
            yield _dose_page(study, shared, side)
    else:
        for number in range(1, study.n_images + 1):
            yield _projection(study, shared, number, side)


def _key(layout: str, study: ImagingStudy, series: int, values: Mapping[str, bytes]) -> str:
    name, again = values["SOPInstanceUID"].decode(), "" if study.copy == 1 else f"-{study.copy}"
    if layout == "nested":
        number = int(values["InstanceNumber"])
        folder = f"{study.person.id}/" if study.is_filed_by_patient else ""
        return f"{folder}ST{study.number:07d}{again}/SE{series:03d}/IM{number:04d}.dcm"
    if layout == "dated":
        return f"{study.day:%Y/%m}/{study_uid(study)}{again}/{name}.dcm"
    return f"{name[-2:]}/{name}{again}"


def _slices(study: ImagingStudy, shared: Mapping[str, bytes], side: int) -> SeriesObjects:
    scanner, picks = study.scanner, study.picks
    thickness, spacing = pick(scanner.slice_thicknesses_mm, picks[2]), pick(scanner.spacing_mm, picks[0])
    kernel = pick(scanner.kernels, picks[1])
    lowest, corner = -250.0 + 100.0 * picks[1], -170.0 - 20.0 * picks[2]
    header = {
        **shared,
        **image_header(side),
        **_series_of(study, 1),
        "SOPClassUID": _CT_IMAGE,
        "ImageType": b"ORIGINAL\\PRIMARY\\AXIAL",
        "SeriesDescription": b"Thorax " + kernel.partition(b"\\")[0],
        "ProtocolName": b"Thorax routine",
        "SliceThickness": thickness,
        "KVP": pick(scanner.tube_voltages_kv, picks[3]),
        "ExposureTime": b"500",
        "XRayTubeCurrent": b"%d" % (80 + 300 * picks[3]),
        "ConvolutionKernel": kernel,
        "PatientPosition": b"HFS" if picks[0] < 0.8 else b"FFS",
        "AcquisitionNumber": b"1",
        "ImageOrientationPatient": b"1\\0\\0\\0\\1\\0",
        "FrameOfReferenceUID": uid(f"{study.identity}/frame"),
        "PositionReferenceIndicator": b"",
        "PixelSpacing": spacing + b"\\" + spacing,
        "WindowCenter": b"-500\\40",
        "WindowWidth": b"1500\\400",
        "RescaleIntercept": b"-1024",
        "RescaleSlope": b"1",
        "RescaleType": b"HU",
    }
    pixels = _pixels(f"{study.content}/1", study.n_images, side)
    step = float(thickness)
    instances = tuple(
        {
            "SOPInstanceUID": uid(f"{study.identity}/1/{number}"),
            "InstanceNumber": b"%d" % (number + 1),
            "PixelData": pixels[number],
            "AcquisitionTime": clock(study, 30 + 0.1 * number),
            "ContentTime": clock(study, 40 + 0.1 * number),
            "ImagePositionPatient": b"%.3f\\%.3f\\%.3f" % (corner, corner, lowest + step * number),
            "SliceLocation": b"%.3f" % (lowest + step * number),
        }
        for number in range(study.n_images)
    )
    return SeriesObjects(1, series_template({**header, **dict(study.header_changes)}, _CT_GAPS), instances)


def _projection(study: ImagingStudy, shared: Mapping[str, bytes], number: int, side: int) -> SeriesObjects:
    scanner, picks = study.scanner, study.picks
    view = b"LL" if number == 2 else b"PA" if picks[2] < 0.7 or study.n_images == 2 else b"AP"
    spacing = pick(scanner.spacing_mm, picks[0])
    header = {
        **shared,
        **image_header(side),
        **_series_of(study, number),
        "ImageType": b"ORIGINAL\\PRIMARY",
        "SeriesDescription": b"Chest " + view,
        "KVP": pick(scanner.tube_voltages_kv, picks[3]),
        "Exposure": b"%d" % (1 + 5 * picks[1]),
        "ImagerPixelSpacing": spacing + b"\\" + spacing,
        "ViewPosition": view,
        "PatientOrientation": b"A\\F" if view == b"LL" else b"L\\F",
        "AcquisitionTime": clock(study, 30 + 45 * (number - 1)),
        "ContentTime": clock(study, 32 + 45 * (number - 1)),
        "WindowCenter": b"2048",
        "WindowWidth": b"4096",
        "SOPClassUID": _CR_IMAGE,
    }
    if scanner.modality == DX:
        header |= {
            "SOPClassUID": _DX_IMAGE,
            "ImageType": b"ORIGINAL\\PRIMARY\\",
            "PresentationIntentType": b"FOR PRESENTATION",
            "ImageLaterality": b"U",
            "RescaleIntercept": b"0",
            "RescaleSlope": b"1",
            "RescaleType": b"US",
            "PresentationLUTShape": b"IDENTITY",
        }
    instance = {
        "SOPInstanceUID": uid(f"{study.identity}/{number}/0"),
        "InstanceNumber": b"%d" % number,
        "PixelData": _pixels(f"{study.content}/{number}", 1, side)[0],
    }
    changed = {**header, **dict(study.header_changes)}
    return SeriesObjects(number, series_template(changed, _INSTANCE_GAPS), (instance,))


def _dose_page(study: ImagingStudy, shared: Mapping[str, bytes], side: int) -> SeriesObjects:
    header = {
        **shared,
        **image_header(side),
        **_series_of(study, _DOSE_SERIES),
        "SOPClassUID": _SECONDARY_CAPTURE,
        "Modality": b"OT",
        "ConversionType": b"WSD",
        "ImageType": b"DERIVED\\SECONDARY",
        "SeriesDescription": b"Dose page",
        "BurnedInAnnotation": b"YES",
        "PatientOrientation": b"",
        "ContentTime": clock(study, 90),
    }
    instance = {
        "SOPInstanceUID": uid(f"{study.identity}/{_DOSE_SERIES}/0"),
        "InstanceNumber": b"1",
        "PixelData": _pixels(f"{study.content}/{_DOSE_SERIES}", 1, side)[0],
    }
    return SeriesObjects(_DOSE_SERIES, series_template(header, _INSTANCE_GAPS), (instance,))


def _series_of(study: ImagingStudy, number: int) -> dict[str, bytes]:
    return {
        "SeriesInstanceUID": uid(f"{study.identity}/{number}"),
        "SeriesNumber": b"%d" % number,
        "SeriesTime": clock(study, 20 + number % 100),
    }


def _pixels(seed: str, n_images: int, side: int) -> list[bytes]:
    """Noise of 12 bits, the same for the same ``seed``."""
    length = 2 * side * side
    noise = np.frombuffer(shake_128(seed.encode()).digest(length * n_images), dtype="<u2") & 0x0FFF
    content = noise.astype("<u2").tobytes()
    return [content[start : start + length] for start in range(0, len(content), length)]
