"""Which faults are planted beyond those of the demo, where, at which size, and which checks have to name them."""

from collections.abc import Callable
from dataclasses import dataclass

from multisite.demo import DemoPlan
from multisite.demo.batches import SiteTraits, cohort_batches
from multisite.demo.faults import plant_in_batch
from multisite.integrity import CHECKS
from tests.power import faults_in_cases as cases
from tests.power import faults_in_copies as copies
from tests.power import faults_in_images as images
from tests.power import faults_in_labels as labels
from tests.power import faults_of_privacy as privacy
from tests.power.sites import SimulatedSite
from tests.power.things import Thing

__all__ = ["FAULTS", "Fault", "plant", "planted_checks"]


@dataclass(frozen=True, slots=True)
class Fault:
    """``number`` of something, planted at the site at position ``home``; each of ``checks`` has to name all of it.

    ``plant`` returns what it planted. A fault that needs no number has 1.
    """

    sentence: str
    checks: tuple[str, ...]
    home: int
    number: int
    plant: Callable[[SimulatedSite, int], list[Thing]]


NORTHGATE, HARBOUR, LAKESIDE, MILLFIELD = range(4)

FAULTS = (
    Fault(
        "1 study of tune is a case of test, too",
        ("study_overlap", "series_overlap", "instance_overlap"), NORTHGATE, 1, cases.study_in_two_splits,
    ),
    Fault(
        "1 test study is in train under other UIDs, its instances under the same",
        ("instance_overlap",), LAKESIDE, 1, images.instances_in_two_splits,
    ),
    Fault(
        "1 frame of reference is shared by train and test",
        ("frame_of_reference_overlap",), MILLFIELD, 1, images.frame_of_reference_in_two_splits,
    ),
    Fault(
        "1 accession number is shared by train and test",
        ("accession_number_overlap",), HARBOUR, 1, images.accession_number_in_two_splits,
    ),
    Fault(
        "1 test case is of a room that is declared to be of train alone",
        ("declared_disjoint",), NORTHGATE, 1, cases.room_of_train_in_test,
    ),
    Fault(
        "1 case has another patient in the table than in its images",
        ("patient_of_images",), HARBOUR, 1, cases.other_patient_in_table,
    ),
    Fault("1 test case is older than training", ("test_before_train",), MILLFIELD, 1, cases.older_than_training),
    Fault(
        "1 patient of test has an earlier case in train",
        ("patient_overlap", "follow_up_on_both_sides"), HARBOUR, 1, cases.follow_up,
    ),
    Fault("1 test case is older than claimed", ("prospective_claim",), LAKESIDE, 1, cases.older_than_claimed),
    Fault("1 of 41 cases that a normalisation saw is of test", ("fitted_on_test",), NORTHGATE, 1, cases.fitted_on_test),
    Fault(
        "The row of the table tells the label with an AUC of 0.72",
        ("label_order",), LAKESIDE, 1, labels.table_in_order_of_label,
    ),
    Fault("A column has one value per label", ("label_in_column",), MILLFIELD, 1, labels.column_that_is_the_label),
    Fault(
        "70 % have the finding on the commonest scanner, 20 % elsewhere",
        ("label_association", "headers_tell_label"), HARBOUR, 1, labels.label_goes_with_scanner,
    ),
    Fault(
        "1 instance is stored twice with other content",
        ("same_instance_other_content",), NORTHGATE, 1, images.copy_with_other_content,
    ),
    Fault(
        "1 slice of a series says that another software made it",
        ("series_consistency",), MILLFIELD, 1, images.series_of_two_machines,
    ),
    Fault("1 slice lacks in the middle of a stack", ("slice_gaps",), LAKESIDE, 1, images.stack_without_a_slice),
    Fault("1 study was sent again under new UIDs", ("resent_study",), HARBOUR, 1, copies.study_sent_again),
    Fault(
        "1 study has its images a second time, in series of other UIDs",
        ("repeated_series",), LAKESIDE, 1, copies.series_there_twice,
    ),
    Fault(
        "1 patient has cases in two collections",
        ("patient_across_groups",), MILLFIELD, 1, cases.patient_in_two_collections,
    ),
    Fault(
        "Scores are 2.5 higher, on the logit, on the commonest scanner",
        ("score_tells_equipment",), LAKESIDE, 1, labels.score_goes_with_scanner,
    ),
    Fault(
        "60 % of the training cases are of an earlier software",
        ("split_told_from_headers",), MILLFIELD, 1, labels.software_of_train,
    ),
    Fault(
        "1 study stands under another patient, UIDs and date, with the same pixels",
        ("same_pixels_two_patients",), NORTHGATE, 1, copies.pixels_of_another_patient,
    ),
    Fault(
        "1 study stands under another patient, UIDs and date, each pixel changed by up to 40 of 4,096",
        ("near_duplicate_images",), HARBOUR, 1, copies.altered_pixels_of_another_patient,
    ),
    Fault(
        "1 patient of test is in train under another PatientID",
        ("linked_patients",), NORTHGATE, 1, privacy.same_person_in_train,
    ),
    Fault(
        "1 patient of test is in test under another PatientID",
        ("patient_under_two_ids",), HARBOUR, 1, privacy.same_person_in_test,
    ),
    Fault(
        "1 study has the PatientID in the keys of its objects",
        ("identifiers_in_names",), MILLFIELD, 1, privacy.patient_id_in_keys,
    ),
    Fault(
        "1 study has the PatientID in a description",
        ("identifiers_in_text",), HARBOUR, 1, privacy.patient_id_in_text,
    ),
    Fault("1 de-identified study has a name left", ("identifiers_left",), LAKESIDE, 1, privacy.name_left),
    Fault(
        "1 de-identified study has a private element left",
        ("private_tags_left",), LAKESIDE, 1, privacy.private_element_left,
    ),
    Fault(
        "1 de-identified study has a date in a description and says that dates are gone",
        ("embedded_dates",), LAKESIDE, 1, privacy.date_in_text,
    ),
    Fault("1 study says that text is burned in", ("burned_in_annotation",), MILLFIELD, 1, privacy.says_burned_in),
    Fault("1 study has overlay planes", ("overlays",), HARBOUR, 1, privacy.with_overlay),
    Fault("1 study was captured at a workstation", ("secondary_captures",), NORTHGATE, 1, privacy.without_scanner),
    Fault("1 study has a line of text in its images", ("text_in_pixels",), MILLFIELD, 1, copies.text_over_images),
)  # fmt: skip
"""That no check goes without a fault, a contract test sees to."""


def planted_checks() -> set[str]:
    """The checks for which a fault is planted, here or by the demo."""
    plan = DemoPlan(patients_per_site=100, months=0)
    in_demo = {
        str(record.expected["name"])
        for index in range(plan.sites)
        for record in plant_in_batch(next(cohort_batches(plan, index, SiteTraits())), plan, index)
    }
    return {check.id for check in CHECKS if check.id in in_demo} | {name for fault in FAULTS for name in fault.checks}


def plant(fault: Fault, sites: list[SimulatedSite]) -> tuple[SimulatedSite, list[Thing]]:
    """Plant ``fault`` at its site, and return the site and what is there now."""
    site = sites[fault.home % len(sites)]
    return site, fault.plant(site, fault.number)
