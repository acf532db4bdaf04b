"""Which cases make the validated set, why the others do not, and the hash that identifies the set.

Belongs here: joining the site's tables to its series, eligibility, exclusions, strata, flow, composition, identity.
Does not belong: whether the set can be trusted (``integrity``), or how the model does on it (``performance``).
"""

from multisite.cohort.stage import COHORT_STAGE

__all__ = ["COHORT_STAGE"]
