"""Benefit: what acting on a score is worth beside acting on everybody and on nobody."""

from multisite.stats.benefit.benefit_intervals import NetBenefit
from multisite.stats.benefit.decision_curve import decision_curve, net_benefit, net_benefit_by_patient

__all__ = ["NetBenefit", "decision_curve", "net_benefit", "net_benefit_by_patient"]
