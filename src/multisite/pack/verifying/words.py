"""What each step of the verifier checks, in words: the same in the pack, the docs and the terminal."""

from collections.abc import Mapping
from typing import Final

__all__ = ["STEP_WORDS"]

STEP_WORDS: Final[Mapping[str, str]] = {
    "files": "every file that SHA256SUMS names is there, and no other",
    "digests": "every file has the SHA-256 that SHA256SUMS names",
    "signature": "the statement about SHA256SUMS is signed with the key in the pack, and with the one that you gave",
    "protocol": "the protocol has the digest that the pack and the statement name",
    "ledgers": "every ledger has the count and the head that the pack and the statement name, and its entries fit",
    "standing": "planned or exploratory follows from the ledgers",
    "counts": "every proportion follows from the sums over patients",
    "scores": "every AUC, Brier score and O:E follows from the counts of scores, as near as their grid can tell",
    "intervals": "every interval over all sites is computed anew from the tallies (by the program only)",
}
"""Title of a step to what it checks."""
