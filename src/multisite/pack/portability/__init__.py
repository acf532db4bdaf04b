"""Whether a pack's results can be carried over to another hospital's patients, of whom only counts are known.

Belongs here: the reviewer's table, the pack's cells, the check, and its words. Everything is a function of the pack's
files and of the table; nothing is read from elsewhere. Does not belong: the statistics (``stats.standardisation``).
Imported by the command line.
"""

from multisite.pack.portability.check import check_portability
from multisite.pack.portability.population import Counted, Population, read_population
from multisite.pack.portability.result import (
    EndpointPortability,
    LackingCell,
    MetricPortability,
    Portability,
    PortabilityRules,
)
from multisite.pack.portability.words import portability_records, portability_text

__all__ = [
    "Counted",
    "EndpointPortability",
    "LackingCell",
    "MetricPortability",
    "Population",
    "Portability",
    "PortabilityRules",
    "check_portability",
    "portability_records",
    "portability_text",
    "read_population",
]
