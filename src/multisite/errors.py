"""One tree of errors, each with the exit code that a shell, cron or a scheduler sees.

A fault of the *data* is never an exception: it is a row (quarantine, finding, undefined estimate).
An exception is a fault of the set-up (stop at once, say what to do) or of the machine (retry, then say how to resume).
No message quotes data: it names columns, artefacts, rules, counts and digests only.
"""

from typing import ClassVar

__all__ = [
    "ArtefactMissingError",
    "ChecksFailedError",
    "ConfigError",
    "FaultsMissedError",
    "LedgerBrokenError",
    "MachineError",
    "MailNotSentError",
    "MultisiteError",
    "PackError",
    "PackNotVerifiedError",
    "SchemaError",
    "SitesFailedError",
    "StoppedError",
    "StoreError",
    "UsageError",
    "ZoneError",
]


class MultisiteError(Exception):
    """A failure with three parts: the fact, the place, and what to do next."""

    exit_code: ClassVar[int] = 1

    def __init__(self, fact: str, *, place: str = "", remedy: str = "") -> None:
        super().__init__(fact, place, remedy)
        self.fact = fact
        self.place = place
        self.remedy = remedy

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword arguments would be lost when the error crosses from a worker process.
        return (_rebuild, (type(self), self.fact, self.place, self.remedy))

    def __str__(self) -> str:
        return "\n".join(part for part in (self.fact, self.place, self.remedy) if part)


def _rebuild(kind: type[MultisiteError], fact: str, place: str, remedy: str) -> MultisiteError:
    return kind(fact, place=place, remedy=remedy)


class UsageError(MultisiteError):
    """The command line cannot be carried out as written."""

    exit_code = 2


class ConfigError(MultisiteError):
    """A study or site file is wrong; all of its faults are in the message."""

    exit_code = 10


class StoreError(MultisiteError):
    """A store does not answer, refuses the credentials, or lacks the named bucket or folder."""

    exit_code = 11


class SchemaError(MultisiteError):
    """A table lacks a column, or a column holds what its schema forbids."""

    exit_code = 12


class ArtefactMissingError(MultisiteError):
    """A stage's input has not been made yet."""

    exit_code = 13


class ZoneError(MultisiteError):
    """A row-level artefact was about to be written to a place that is less trusted than its zone."""

    exit_code = 14


class PackError(MultisiteError):
    """A pack cannot be read, or a file of it is missing or is not what the pack's format says."""

    exit_code = 15


class ChecksFailedError(MultisiteError):
    """A check marked as blocking failed; the findings are written, and this is only the signal."""

    exit_code = 20


class FaultsMissedError(MultisiteError):
    """The demo did not find every fault that it had planted."""

    exit_code = 21


class LedgerBrokenError(MultisiteError):
    """An entry of a site's ledger is missing or was changed; no test label is read until that is mended."""

    exit_code = 22


class SitesFailedError(MultisiteError):
    """Monitoring failed at a site; the others were judged, and this is only the signal."""

    exit_code = 23


class MailNotSentError(MultisiteError):
    """A monthly mail has not reached everybody; it is in the outbox, and the next run sends what waits there."""

    exit_code = 24


class PackNotVerifiedError(MultisiteError):
    """A step of the check of a pack fails: a file, a digest, the signature, a ledger or a number is not as it says."""

    exit_code = 25


class MachineError(MultisiteError):
    """A worker, disk or network failed more often than the retries allow; what is done is safe."""

    exit_code = 30


class StoppedError(MultisiteError):
    """The run was stopped by a signal; running it again goes on where it stopped."""

    exit_code = 143
