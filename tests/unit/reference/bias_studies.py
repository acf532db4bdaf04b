"""Simulated readers, in arrays: how often one is flagged.

``python -m tests.unit.reference.bias_studies 200`` prints the numbers of docs/methods/reference.md.
"""

import sys

import numpy as np
import polars as pl

from multisite.reference.agreement import AgreementRules
from multisite.reference.reader_bias import reader_bias_table
from multisite.reference.rules import FindingRule, Majority, Rule, TwoPlusOne

WRONG = (0.05, 0.07)
"""Share of wrong calls of a usual reader, of the negatives and of the positives."""

MAJORITY, TWO_PLUS_ONE = Majority(3), TwoPlusOne("primary", "adjudication")
OVER_CALLER = ("reader 1", "negatives called positive")

_PATIENTS, _PREVALENCE, _SECOND_CASE = 400, 0.35, 0.15


def flagged(
    seed: int,
    *,
    accepted: float,
    over_calling: float | None = None,
    readers: int = 4,
    by: Rule = MAJORITY,
    patients: int = _PATIENTS,
    wrong: tuple[float, float] = WRONG,
    prevalence: float = _PREVALENCE,
    under_calling: float | None = None,
) -> set[tuple[str, str]]:
    """Reader and error of every row that fails in a study of one site; reader 1 over-calls, if anyone does.

    ``under_calling`` is the share of the positives that reader 1 calls negative.

    Reader 1 reads every case and the others share them: three read a case for a majority, two for ``two_plus_one``,
    whose adjudicator knows the truth. Errors are independent of each other.
    """
    rng = np.random.default_rng(seed)
    patient = np.concatenate([np.arange(patients), np.flatnonzero(rng.random(patients) < _SECOND_CASE)])
    n = patient.size
    truth = rng.random(n) < prevalence
    n_readers = 3 if isinstance(by, Majority) else 2
    others = rng.permuted(np.tile(np.arange(1, readers), (n, 1)), axis=1)[:, : n_readers - 1]
    reader = np.concatenate([np.zeros((n, 1), dtype=np.int64), others], axis=1)
    chance = np.where(truth[:, None], wrong[1], wrong[0]) * np.ones(reader.shape)
    if over_calling is not None:
        chance[:, 0] = np.where(truth, wrong[1], over_calling)
    if under_calling is not None:
        chance[:, 0] = np.where(truth, under_calling, wrong[0])
    said = truth[:, None] ^ (rng.random(reader.shape) < chance)
    yes = said.sum(axis=1)
    decision, decided = yes * 2 > n_readers, np.ones(n, dtype=np.bool_)
    if n_readers == 2:
        decision, decided = np.where(yes == 1, truth, decision), yes != 1
    cases = [f"c{number}" for number in range(n)]
    before = pl.DataFrame(
        {
            "case_id": np.repeat(cases, n_readers),
            "patient_id": np.repeat(patient, n_readers),
            "reader": [f"r{number}" for number in reader.ravel()],
            "judgement": np.where(said.ravel(), "positive", "negative"),
            "decided": np.repeat(decided, n_readers),
        }
    )
    reference = pl.DataFrame({"case_id": cases, "decision": decision})
    rule = FindingRule("nodule", 1, "the rule", (), by, "exclude", "exclude", excess_at_most=accepted)
    found = reader_bias_table(before, reference, rule, AgreementRules(0.95, 10), site="north")
    return set(found.filter(verdict="fail").select("reader", "error").rows())


if __name__ == "__main__":
    seeds = range(int(sys.argv[1]))
    for by in (MAJORITY, TWO_PLUS_ONE):
        for patients in (60, 400, 2000):
            clean = {a: sum(bool(flagged(s, accepted=a, by=by, patients=patients)) for s in seeds) for a in (0.0, 0.05)}
            planted = [flagged(s, accepted=0.05, over_calling=0.25, by=by, patients=patients) for s in seeds]
            found = sum(OVER_CALLER in one for one in planted)
            others = sum(bool(one - {OVER_CALLER}) for one in planted)
            print(f"{by} {patients} patients: clean {clean}, planted found {found}, any other {others}")
    for prevalence, patients in ((0.02, 2000), (0.02, 8000), (0.05, 2000)):
        rare = [flagged(s, accepted=0.05, over_calling=0.25, patients=patients, prevalence=prevalence) for s in seeds]
        found, others = sum(OVER_CALLER in one for one in rare), sum(bool(one - {OVER_CALLER}) for one in rare)
        print(f"prevalence {prevalence}, {patients} patients: planted found {found}, any other {others}")
