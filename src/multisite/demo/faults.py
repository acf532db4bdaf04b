"""Which faults are planted, where, how many, and what a reader should find of each."""

from collections.abc import Callable
from dataclasses import dataclass

from multisite.demo import faults_in_images as images
from multisite.demo import faults_in_tables as tables
from multisite.demo import spoilt
from multisite.demo.batches import SiteBatch, SiteTraits
from multisite.demo.plan import DemoPlan
from multisite.demo.planted import Planted
from multisite.demo.readings import LEAD_READER, OVER_CALLING
from multisite.demo.scanners import WEAK_VENDOR
from multisite.vocabulary import ALL_SITES, QuarantineReason

__all__ = ["SENSITIVITY_LOSS", "plant_in_batch", "planted_in_whole_sites", "site_traits"]

SENSITIVITY_LOSS = 0.15
"""How much lower the sensitivity is made on the weak vendor."""

_HOME_OF_UPDATE, _HOME_OF_CHANGE, _HOME_OF_STRETCH, _HOME_OF_READER = 0, 1, 2, 3
_CHECK, _RULE, _OBJECTS, _UNCLAIMED = "check", "rule", "objects", "unclaimed"


@dataclass(frozen=True, slots=True)
class _Fault:
    """``number`` of something, planted in the first batch of the site at position ``home`` (modulo the sites).

    ``kind`` and ``name`` say where it is found again: a check, an exclusion rule, a reason of quarantine. Each of the
    ``number`` is counted ``counted`` times there.
    """

    id: str
    kind: str
    name: str
    home: int
    number: int
    sentence: str
    plant: Callable[[SiteBatch, int, DemoPlan], None]
    counted: int = 1


_FAULTS = (
    _Fault(
        "patients_in_two_splits", _CHECK, "patient_overlap", 0, 3,
        "3 patients are in both the training and the test split", images.patients_in_two_splits,
    ),
    _Fault(
        "study_sent_twice", _CHECK, "same_instance_two_patients", 1, 1,
        "1 study was sent twice, the second time under another PatientID", images.same_instances,
    ),
    _Fault(
        "study_under_new_uids", _CHECK, "same_content_two_patients", 3, 1,
        "1 study was sent again under another PatientID and with new UIDs", images.same_content,
    ),
    _Fault(
        "truncated_objects", _OBJECTS, QuarantineReason.TRUNCATED.value, 0, 4,
        "4 objects are cut off in their header", images.spoilt_objects(spoilt.truncated_objects),
    ),
    _Fault(
        "empty_objects", _OBJECTS, QuarantineReason.EMPTY_OBJECT.value, 1, 2,
        "2 objects are empty", images.spoilt_objects(spoilt.empty_objects),
    ),
    _Fault(
        "corrupt_objects", _OBJECTS, QuarantineReason.UNREADABLE.value, 2, 3,
        "3 objects are damaged", images.spoilt_objects(spoilt.corrupt_objects),
    ),
    _Fault(
        "foreign_objects", _OBJECTS, QuarantineReason.NOT_DICOM.value, 3, 5,
        "5 objects are not DICOM", images.spoilt_objects(spoilt.foreign_objects),
    ),
    _Fault(
        "repeated_case_ids", _RULE, "duplicate_case_id", 0, 2,
        "2 case ids stand in two rows of the table", tables.repeated_case_ids,
    ),
    _Fault(
        "cases_without_images", _RULE, "no_images", 1, 3,
        "3 cases have no images", tables.cases_without_images,
    ),
    _Fault(
        "images_without_case", _UNCLAIMED, "n_studies_without_case", 3, 2,
        "2 studies have images and no case", tables.images_without_case,
    ),
    _Fault(
        "no_reference", _RULE, "no_reference", 1, 2,
        "2 cases have no reference standard: their two readers differ", tables.no_reference,
    ),
    _Fault(
        "no_prediction", _RULE, "no_prediction", 0, 2,
        "2 test cases have no score", tables.no_prediction,
    ),
    _Fault(
        "scores_not_a_number", _RULE, "score_not_a_number", 2, 2,
        "2 scores are not a number", tables.scores_not_a_number,
    ),
    _Fault(
        "scores_out_of_range", _RULE, "score_out_of_range", 3, 2,
        "2 scores lie outside 0 to 1", tables.scores_out_of_range,
    ),
    _Fault(
        "people_in_two_splits", _CHECK, "linked_patients", 0, 2,
        "2 people are in training and test under two PatientIDs each", images.people_in_two_splits, counted=2,
    ),
    _Fault(
        "patient_ids_in_keys", _CHECK, "identifiers_in_names", 0, 2,
        "2 studies lie in folders that are called by the PatientID", images.filed_by_patient,
    ),
    _Fault(
        "study_sent_again", _CHECK, "resent_study", 1, 1,
        "1 study was sent again with new UIDs", images.study_sent_again,
    ),
    _Fault(
        "patient_ids_in_text", _CHECK, "identifiers_in_text", 1, 2,
        "2 studies have the PatientID in the description of a series", images.patient_id_in_text,
    ),
    _Fault(
        "burned_in", _CHECK, "burned_in_annotation", 3, 2,
        "2 studies say that text is burned into their images", images.says_burned_in,
    ),
    _Fault("minors", _RULE, "adult", 0, 3, "3 cases are of children", images.minors),
    _Fault("other_body_part", _RULE, "chest", 3, 2, "2 cases show the abdomen", images.other_body_part),
)  # fmt: skip


def site_traits(plan: DemoPlan, index: int) -> SiteTraits:
    """What is planted in all scores and readings of site ``index``."""
    change = plan.change_month if index == _HOME_OF_CHANGE % plan.sites else None
    return SiteTraits(
        stretch=index == _HOME_OF_STRETCH % plan.sites,
        change_month=change,
        update_month=plan.update_month if index == _HOME_OF_UPDATE else None,
        over_calls=index == _HOME_OF_READER % plan.sites,
    )


def plant_in_batch(batch: SiteBatch, plan: DemoPlan, index: int) -> tuple[Planted, ...]:
    """Plant every fault that belongs to site ``index`` in ``batch``, the first of that site."""
    records = []
    for fault in _FAULTS:
        if fault.home % plan.sites == index:
            fault.plant(batch, fault.number, plan)
            expected: dict[str, int | float | str] = {"name": fault.name, "number": fault.number * fault.counted}
            records.append(Planted(fault.id, fault.kind, fault.sentence, batch.hospital.id, expected))
    return tuple(records)


def planted_in_whole_sites(plan: DemoPlan, sites: tuple[str, ...]) -> tuple[Planted, ...]:
    """Records of the faults that lie in how scores and readings are made; ``sites`` are identifiers in their order."""
    records = [
        Planted(
            "weak_vendor",
            "sensitivity",
            f"On images of one vendor ({WEAK_VENDOR}) sensitivity is 15 points lower",
            ALL_SITES,
            {"name": WEAK_VENDOR, "number": -SENSITIVITY_LOSS},
        ),
        Planted(
            "miscalibrated_site",
            "calibration",
            "At one site the scores are overconfident",
            sites[_HOME_OF_STRETCH % plan.sites],
            {"name": "calibration_slope", "number": 1},
        ),
        Planted(
            "biased_reader",
            "reader",
            f"At one site a reader calls {OVER_CALLING:.0%} of the cases without a nodule positive, others 5%",
            sites[_HOME_OF_READER % plan.sites],
            {"name": LEAD_READER, "number": OVER_CALLING},
        ),
    ]
    if plan.change_month is not None:
        month = f"{plan.month_start(plan.change_month):%Y-%m}"
        home = sites[_HOME_OF_CHANGE % plan.sites]
        expected: dict[str, int | float | str] = {"name": month, "number": plan.change_month}
        records += [
            Planted(
                "software_change",
                "drift",
                f"A scanner gets new software in month {plan.change_month}, and its scores rise",
                home,
                expected,
            ),
            Planted(
                "software_alarm",
                "alarm",
                f"The verdict on month {plan.change_month} tells of that software, and no other month alarms before",
                home,
                expected,
            ),
        ]
    if plan.update_month is not None:
        records.append(
            Planted(
                "planned_update",
                "planned",
                f"An announced update in month {plan.update_month} is seen, told as planned, and alarms nobody",
                sites[_HOME_OF_UPDATE],
                {"name": f"{plan.month_start(plan.update_month):%Y-%m}", "number": plan.update_month},
            )
        )
    return tuple(records)
