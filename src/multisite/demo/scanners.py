"""The imaging equipment of the fictional hospitals, with header strings as they are found in real archives.

The names of makers and products are those that a normaliser meets in practice. Everything that the demo says about how
well a model works on them is invented, and says nothing about any product.
"""

from dataclasses import dataclass

__all__ = ["CR", "CT", "DX", "WEAK_VENDOR", "Scanner"]

CT, CR, DX = "CT", "CR", "DX"

WEAK_VENDOR = "Philips"
"""The vendor on whose images the demo's model is made to miss more; no statement about its products."""


@dataclass(frozen=True, slots=True)
class Scanner:
    """One scanner: what is constant in its headers, and between what the rest varies.

    ``next_software`` is what it runs after an update. ``spacing_mm`` is the pixel spacing, or the imager pixel spacing
    of a projection.
    """

    modality: str
    manufacturer: str
    model: str
    software: str
    tube_voltages_kv: tuple[str, ...]
    kernels: tuple[str, ...] = ()
    slice_thicknesses_mm: tuple[str, ...] = ()
    spacing_mm: tuple[str, ...] = ("0.148",)
    next_software: str | None = None

    @property
    def weak(self) -> bool:
        """Whether the demo's model is made to work less well on it."""
        return self.manufacturer.casefold().startswith(WEAK_VENDOR.casefold())


_CT_SPACING = ("0.683594", "0.703125", "0.742188", "0.78125", "0.830078")

SIEMENS_FORCE = Scanner(
    CT, "SIEMENS", "SOMATOM Force", "syngo CT VB20A", ("100", "120"), ("Br40f\\3", "Bl57f\\3"), ("1", "1.5", "3"),
    _CT_SPACING, next_software="syngo CT VB30A",
)  # fmt: skip
SIEMENS_AS = Scanner(
    CT, "Siemens HealthCare GmbH", "SOMATOM Definition AS+", "syngo CT VA48A", ("100", "120", "140"),
    ("B30f", "B60f", "I31f\\3"), ("1", "2", "5"), _CT_SPACING,
)  # fmt: skip
SIEMENS_GO = Scanner(
    CT,
    "Siemens Healthineers",
    "SOMATOM go.Up",
    "syngo CT VA30A",
    ("110", "130"),
    ("Br44s", "Bl56s"),
    ("1.5", "3"),
    _CT_SPACING,
)
GE_REVOLUTION = Scanner(
    CT, "GE MEDICAL SYSTEMS", "Revolution CT", "revo_ct_21b.28", ("100", "120"), ("STANDARD", "LUNG"),
    ("0.625", "1.25", "2.5"), _CT_SPACING,
)  # fmt: skip
TOSHIBA_ONE = Scanner(
    CT, "TOSHIBA", "Aquilion ONE", "V8.90ER003", ("120",), ("FC08", "FC18", "FC52"), ("1", "3", "5"), _CT_SPACING
)
CANON_PRIME = Scanner(
    CT, "CANON_MEC", "Aquilion Prime SP", "V10.6SP0104", ("100", "120"), ("FC08", "FC52"), ("1", "2"), _CT_SPACING
)
PHILIPS_IQON = Scanner(
    CT, "Philips", "IQon - Spectral CT", "4.7.7", ("120", "140"), ("B", "YC"), ("1", "2", "3"), _CT_SPACING
)
PHILIPS_INGENUITY = Scanner(
    CT, "PHILIPS", "Ingenuity CT", "4.1.10", ("120",), ("B", "C", "YB"), ("1", "2", "5"), _CT_SPACING
)
PHILIPS_DIAGNOST = Scanner(
    DX,
    "Philips Medical Systems",
    "DigitalDiagnost",
    "2.0.2\\PMS81.101.1.1 GXR GXRIM2.0",
    ("110", "125"),
    spacing_mm=("0.143",),
)
PHILIPS_C90 = Scanner(
    DX,
    "Philips Healthcare",
    "DigitalDiagnost C90",
    "1.1.2\\PMS81.101.1.1 GXR GXRIM10.0",
    ("115", "125"),
    spacing_mm=("0.148",),
)
PHILIPS_ESSENTA = Scanner(DX, "PHILIPS MEDICAL SYSTEMS", "Essenta DR", "2.1.1", ("110", "125"), spacing_mm=("0.143",))
SIEMENS_FD = Scanner(DX, "Siemens Healthineers", "Fluorospot Compact FD", "VF11D", ("117", "125"))
GE_XR656 = Scanner(
    DX, "GE Healthcare", "Discovery XR656", "dm_Platform_release_superbee-FW22_3", ("110", "120"),
    spacing_mm=("0.1", "0.2"), next_software="dm_Platform_release_superbee-FW31_1",
)  # fmt: skip
GE_OPTIMA = Scanner(DX, '"GE Healthcare"', "Optima XR220", "4.2.1", ("85", "90", "110"), spacing_mm=("0.2",))
CARESTREAM_DRX = Scanner(DX, "Carestream Health", "DRX-Revolution", "5.7.412.7005", ("85", "90"), spacing_mm=("0.139",))
CANON_CXDI = Scanner(DX, "Canon Inc.", "CXDI Control Software NE", "2.17.1.2", ("110", "120"), spacing_mm=("0.125",))
KODAK_CR = Scanner(CR, "EASTMAN KODAK COMPANY", "DirectView CR 975", "5.3.C4", ("100", "110"), spacing_mm=("0.168",))
FUJI_XG = Scanner(CR, "FUJIFILM Corporation", "FCR XG5000", "A08", ("100", "110"), spacing_mm=("0.2",))
FUJI_PHOTO = Scanner(CR, "FUJI PHOTO FILM Co., ltd.", "FCR 5000", "A03-05", ("100", "110", "120"), spacing_mm=("0.15",))
AGFA_CR = Scanner(CR, "Agfa-Gevaert AG", "CR 85-X", "NIM_2109", ("110", "120"), spacing_mm=("0.1",))
