"""Which cases make the validated set, why the others do not, and the hash that identifies the set.

Belongs here: joining the site's tables to its series, eligibility, exclusions, strata, flow, composition, identity, and
how well the set stands for the patients it is meant for.
Does not belong: whether the set can be trusted (``integrity``), or how the model does on it (``performance``).
"""

from multisite.cohort.representation_stage import REPRESENTATION_STAGE
from multisite.cohort.stage import COHORT_STAGE

__all__ = ["COHORT_STAGE", "REPRESENTATION_STAGE"]
