"""What a model that is always right would show against labels that readers made."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from multisite.reference.agreement import AgreementRules
from multisite.reference.rules import FindingRule, LatentClass, Majority
from multisite.schemas.reference import AGREEMENT, DECLARED_TRUTH, PERFECT_MODEL
from multisite.vocabulary import EstimateStatus

__all__ = ["perfect_model_table"]

_METHOD = "expectation by the latent class model, no interval"


def perfect_model_table(
    before: pl.DataFrame,
    posteriors: pl.DataFrame,
    reference: pl.DataFrame,
    rule: FindingRule,
    rules: AgreementRules,
    *,
    site: str,
) -> pl.DataFrame:
    """AGREEMENT of a perfect model with the declared labels of one finding, expected under the latent class model.

    Of decided cases, with q the probability of a positive case: agreement is the mean of q where the label is positive
    and 1 - q where it is negative; sensitivity Σq of positive labels over Σq, specificity alike. It takes readers to
    err independently of each other given the truth.

    No row unless the rule is a majority or a latent class, whose labels rest on these readings alone: an adjudicator or
    a panel knows more than the probabilities do. No row either where these are not there, as the readings do not
    determine the model.

    Parameters
    ----------
    before : readings before adjudication, once per case and reader, with ``patient_id``
    posteriors : ``case_id`` and ``posterior`` by the model of these readings
    reference : REFERENCE of the finding
    """
    if not isinstance(rule.rule, Majority | LatentClass):
        return AGREEMENT.empty()
    decided = reference.drop_nulls("decision").select("case_id", "decision")
    joined = decided.join(posteriors.drop_nulls("posterior"), on="case_id", how="inner")
    of_cases = before.join(joined, on="case_id", how="semi")
    if of_cases.is_empty():
        return AGREEMENT.empty()
    counts = {
        "n_patients": of_cases["patient_id"].n_unique(),
        "n_cases": joined.height,
        "n_readers": of_cases["reader"].n_unique(),
        "n_readings": of_cases.height,
    }
    known = {"site": site, "finding": rule.finding, "first": PERFECT_MODEL, "second": DECLARED_TRUTH}
    rows = [
        known | counts | row for row in _rows(joined, rules, withheld=counts["n_patients"] < rules.minimum_patients)
    ]
    return pl.DataFrame(rows, schema=AGREEMENT.schema)


def _rows(cases: pl.DataFrame, rules: AgreementRules, *, withheld: bool) -> Iterator[dict[str, Any]]:
    positive = cases["posterior"].to_numpy()
    said = cases["decision"].to_numpy()
    right = float(positive[said].sum()), float((1.0 - positive[~said]).sum())
    of = float(positive.sum()), float((1.0 - positive).sum())
    for statistic, hit, whole in (
        ("expected_agreement", sum(right), sum(of)),
        ("expected_sensitivity", right[0], of[0]),
        ("expected_specificity", right[1], of[1]),
    ):
        status, reason = EstimateStatus.OK, None
        if whole <= 0.0:
            status, reason = EstimateStatus.UNDEFINED, "no case of the class"
        elif withheld:
            status, reason = EstimateStatus.INSUFFICIENT, f"fewer than {rules.minimum_patients} patients"
        yield {
            "statistic": statistic,
            "estimate": hit / whole if status is EstimateStatus.OK else None,
            "ci_low": None,
            "ci_high": None,
            "ci_level": None,
            "ci_method": _METHOD,
            "status": status.value,
            "reason": reason,
        }
