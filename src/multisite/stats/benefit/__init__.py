"""Benefit: what acting on a score is worth beside acting on everybody and on nobody."""

from multisite.stats.benefit.benefit_intervals import NetBenefit
from multisite.stats.benefit.decision_curve import decision_curve, net_benefit, net_benefit_by_patient
from multisite.stats.benefit.outcomes import Outcomes, outcomes_at_prevalence

__all__ = [
    "NetBenefit",
    "Outcomes",
    "decision_curve",
    "net_benefit",
    "net_benefit_by_patient",
    "outcomes_at_prevalence",
]
