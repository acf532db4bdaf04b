from multisite.demo import DemoPlan
from multisite.demo.batches import SiteBatch, SiteTraits, cohort_batches

PLAN = DemoPlan(patients_per_site=100)


def batch(traits: SiteTraits) -> SiteBatch:
    return next(cohort_batches(PLAN, 0, traits))


def test_without_the_weak_vendor_only_the_scores_of_its_equipment_differ() -> None:
    planted, even = batch(SiteTraits()), batch(SiteTraits(weak_vendor=False))
    assert even.rows == planted.rows
    assert even.studies == planted.studies
    changed = {name for name, score in even.scores.items() if score != planted.scores[name]}
    assert changed == {name for name in even.scores if even.rows[name].study.scanner.weak}
