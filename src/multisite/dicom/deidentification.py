"""What PS3.15 does to each attribute under the options that a header declares, as facts.

Source: PS3.15 table E.1-1 (January 2025) and CID 7050 for the codes of the options.
"""

from typing import Final

from multisite.dicom.attributes import ATTRIBUTES

__all__ = ["DECLARATIONS", "KEPT_BY", "OPTION_CODES"]

DECLARATIONS: Final = ("PatientIdentityRemoved", "DeidentificationMethod", "DeidentificationMethodCodeSequence")
"""The attributes by which a header says that it was de-identified, and how."""

OPTION_CODES: Final = {
    "clean_graphics": "113103",
    "clean_descriptors": "113105",
    "retain_full_dates": "113106",
    "retain_modified_dates": "113107",
    "retain_patient_characteristics": "113108",
    "retain_device_identity": "113109",
    "retain_uids": "113110",
    "retain_institution_identity": "113112",
}
"""The code of each option of the Basic Application Level Confidentiality Profile that acts on a recorded attribute."""

KEPT_BY: Final[dict[str, tuple[str, ...]]] = {
    attribute.keyword: tuple(OPTION_CODES[option] for option, action in attribute.ps315_options if action == "K")
    for attribute in ATTRIBUTES
    if attribute.ps315_basic != "not_listed"
}
"""For each attribute on which the profile acts: the codes of the options under which it is kept as it is."""
