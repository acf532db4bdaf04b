"""Agreement: of raters on categories, and of methods on measurements."""

from multisite.stats.agreement.cohen import CohenKappa, cohen_kappa, cohen_kappa_from_table
from multisite.stats.agreement.dawid_skene import LatentClasses, dawid_skene
from multisite.stats.agreement.disagreement import AlphaMetric
from multisite.stats.agreement.fleiss import (
    FleissKappa,
    FleissKappaOfCategory,
    fleiss_kappa,
    fleiss_kappa_from_counts,
)
from multisite.stats.agreement.gwet import GwetCoefficient, gwet_ac1, gwet_ac2, gwet_ac_from_counts
from multisite.stats.agreement.icc import ICC_FORMS, IccEstimate, IccForm, icc, icc_of_two
from multisite.stats.agreement.krippendorff import AlphaInterval, KrippendorffAlpha, krippendorff_alpha
from multisite.stats.agreement.latent_class_intervals import LatentClassIntervals, dawid_skene_intervals
from multisite.stats.agreement.limits import LimitsMethod, limits_of_agreement
from multisite.stats.agreement.limits_from_moments import limits_from_moments
from multisite.stats.agreement.limits_repeated import limits_of_agreement_repeated
from multisite.stats.agreement.limits_result import LimitsOfAgreement
from multisite.stats.agreement.many_kappas import conger_kappa, light_kappa
from multisite.stats.agreement.observed import (
    AgreementKind,
    SpecificAgreement,
    observed_agreement,
    specific_agreement,
)
from multisite.stats.agreement.pairwise import PairwiseKappa, pairwise_kappa
from multisite.stats.agreement.resampled import ResampledEstimate, jackknife_over_patients
from multisite.stats.agreement.result import AgreementEstimate, AgreementInterval
from multisite.stats.agreement.weights import AgreementWeights, agreement_weights

__all__ = [
    "ICC_FORMS",
    "AgreementEstimate",
    "AgreementInterval",
    "AgreementKind",
    "AgreementWeights",
    "AlphaInterval",
    "AlphaMetric",
    "CohenKappa",
    "FleissKappa",
    "FleissKappaOfCategory",
    "GwetCoefficient",
    "IccEstimate",
    "IccForm",
    "KrippendorffAlpha",
    "LatentClassIntervals",
    "LatentClasses",
    "LimitsMethod",
    "LimitsOfAgreement",
    "PairwiseKappa",
    "ResampledEstimate",
    "SpecificAgreement",
    "agreement_weights",
    "cohen_kappa",
    "cohen_kappa_from_table",
    "conger_kappa",
    "dawid_skene",
    "dawid_skene_intervals",
    "fleiss_kappa",
    "fleiss_kappa_from_counts",
    "gwet_ac1",
    "gwet_ac2",
    "gwet_ac_from_counts",
    "icc",
    "icc_of_two",
    "jackknife_over_patients",
    "krippendorff_alpha",
    "light_kappa",
    "limits_from_moments",
    "limits_of_agreement",
    "limits_of_agreement_repeated",
    "observed_agreement",
    "pairwise_kappa",
    "specific_agreement",
]
