"""What the readers of the demo's hospitals say, and what the verdicts on readers make of it, seed by seed."""

import polars as pl
import pytest

from multisite.demo import DemoPlan
from multisite.demo.batches import SiteTraits, cohort_batches
from multisite.demo.faults import site_traits
from multisite.demo.readings import LEAD_READER, reading_frame
from multisite.reference.agreement import AgreementRules
from multisite.reference.reader_bias import reader_bias_table
from multisite.reference.rules import FindingRule, Majority
from multisite.schemas.reader_bias import OVER_CALLS

pytestmark = pytest.mark.slow

RULE = FindingRule("nodule", 1, "majority", (), Majority(3), "exclude", "exclude")
SITES = 4


def failing(plan: DemoPlan, index: int, traits: SiteTraits) -> set[tuple[str, str]]:
    """Reader and error of each row that fails at site ``index``, which is made of one batch."""
    (batch,) = cohort_batches(plan, index, traits)
    truth = pl.DataFrame([(r.case_id, r.patient_id, r.reference) for r in batch.rows.values()], orient="row")
    truth.columns = ["case_id", "patient_id", "decision"]
    said = pl.col("rating").replace_strict({"present": "positive", "absent": "negative"}).alias("judgement")
    before = reading_frame(batch).with_columns(said, decided=pl.lit(True)).join(truth, on="case_id", how="left")
    found = reader_bias_table(before.drop("decision"), truth, RULE, AgreementRules(0.95, 10), site="s")
    return set(found.filter(verdict="fail").select("reader", "error").rows())


def verdicts(seed: int) -> tuple[int, int, int]:
    """Of a demo of this seed: sites of clean readers where one fails; planted readers found; other rows that fail."""
    plan = DemoPlan(seed=seed)
    clean = [failing(plan, index, SiteTraits()) for index in range(SITES)]
    planted = [(index, row) for index in range(SITES) for row in failing(plan, index, site_traits(plan, index))]
    meant = (SITES - 1, (LEAD_READER, OVER_CALLS))
    return sum(map(bool, clean)), planted.count(meant), len(planted) - planted.count(meant)


@pytest.mark.parametrize("seed", range(3))
def test_the_planted_reader_fails_whatever_the_seed_and_nobody_else(seed: int) -> None:
    assert verdicts(seed) == (0, 1, 0)


def test_the_majority_of_the_readers_is_the_simulated_truth_also_where_one_over_calls() -> None:
    (batch,) = cohort_batches(DemoPlan(patients_per_site=200), 0, SiteTraits(over_calls=True))
    votes = reading_frame(batch).group_by("case_id").agg((pl.col("rating") == "present").sum() * 2 > pl.len())
    assert dict(votes.rows()) == {name: row.reference for name, row in batch.rows.items()}


if __name__ == "__main__":
    print([sum(numbers) for numbers in zip(*map(verdicts, range(200)), strict=True)])
