"""From a site's stores to its series: listing, headers, quarantine, and the roll-up per series.

Belongs here: which objects are read, how they are cut into shards, and how instances become series. Does not belong:
parsing bytes (``dicom``) or talking to a store (``storage``, through the reader that a runner hands in).
"""

from multisite.provenance.series_stage import SERIES_STAGE
from multisite.provenance.stage import HEADERS_STAGE, LISTING_RANGES_STAGE, LISTING_STAGE

__all__ = ["HEADERS_STAGE", "LISTING_RANGES_STAGE", "LISTING_STAGE", "SERIES_STAGE"]
