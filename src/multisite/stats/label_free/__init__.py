"""Label-free: performance before labels, from an audit, while labels arrive, and looked at again and again."""

from multisite.stats.label_free.audited import AuditedShare, AuditSums, audit_sums, audited_share
from multisite.stats.label_free.expected_accuracy import ExpectedAccuracy, ExpectedRate, expected_accuracy
from multisite.stats.label_free.maturity import label_maturity
from multisite.stats.label_free.sequential import Spending, anytime_difference, anytime_interval, spending_boundaries

__all__ = [
    "AuditSums",
    "AuditedShare",
    "ExpectedAccuracy",
    "ExpectedRate",
    "Spending",
    "anytime_difference",
    "anytime_interval",
    "audit_sums",
    "audited_share",
    "expected_accuracy",
    "label_maturity",
    "spending_boundaries",
]
