"""The ledger of a site: what was done that can never be undone, in order, each entry chained to the one before.

Belongs here: the form of an entry, the chain, reading and appending, the counting of looks at
the test labels, locks of the protocol and what they make of results, and signed statements.
Does not belong: when an entry is due (the runners know what is about to run), or how it is printed. Whoever lies above
``storage`` may import it; ``study`` and this room never see each other.
"""

from multisite.audit.chain import Chain, Link, chain_of
from multisite.audit.entry import Entry, Event
from multisite.audit.ledger import Ledger
from multisite.audit.locks import Lock, SiteStanding, lock_of, standing_of
from multisite.audit.looks import Look, ledger_rows, look_of
from multisite.audit.stage import LOOKS_STAGE
from multisite.audit.standings_stage import STANDINGS_STAGE

__all__ = [
    "LOOKS_STAGE",
    "STANDINGS_STAGE",
    "Chain",
    "Entry",
    "Event",
    "Ledger",
    "Link",
    "Lock",
    "Look",
    "SiteStanding",
    "chain_of",
    "ledger_rows",
    "lock_of",
    "look_of",
    "standing_of",
]
