"""The outbox of a site, ``<study>/<site>/_outbox/``: a mail stands there before it is sent, and with what became of it.

Of each mail the message (``.eml``) is written first and its record (``.json``) then: a mail without a record was never
queued, and one with a record is sent by whichever run comes next. The record says for each address what became of it,
so that nobody who has a mail gets it again.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from multisite.errors import MachineError, MultisiteError
from multisite.notify.delivery.smtp import Delivery
from multisite.storage.canonical import canonical_json
from multisite.storage.objects import ObjectStore

__all__ = ["FOLDER", "Outbox", "Record", "RecordState"]

FOLDER = "_outbox"


class RecordState(StrEnum):
    """What became of a mail, or of one address of it."""

    QUEUED = "queued"
    PARTLY_SENT = "partly sent"
    SENT = "sent"
    PARTLY_REFUSED = "partly refused"
    REFUSED = "refused"
    BOUNCED = "bounced"


@dataclass(frozen=True, slots=True)
class Record:
    """A mail of the outbox; ``kind`` is empty for the mail on a month, ``facts`` are what a revision is compared with.

    ``recipients`` holds queued, sent, refused or bounced by address; ``roles`` are those that it is for.
    """

    name: str
    message_id: str
    model: str
    month: str
    revision: int
    kind: str
    is_drill: bool
    digest: str
    facts: Mapping[str, Any]
    queued_at: str
    recipients: Mapping[str, str]
    roles: Sequence[str] = ()
    n_attempts: int = 0
    reason: str = ""

    @property
    def state(self) -> RecordState:
        """Queued or partly sent as long as an address waits; bounced once one has sent it back, whatever others did."""
        states = set(self.recipients.values())
        if RecordState.QUEUED in states:
            return RecordState.PARTLY_SENT if RecordState.SENT in states else RecordState.QUEUED
        if states == {RecordState.SENT}:
            return RecordState.SENT
        if RecordState.BOUNCED in states:
            return RecordState.BOUNCED
        return RecordState.PARTLY_REFUSED if RecordState.SENT in states else RecordState.REFUSED

    @property
    def waiting(self) -> tuple[str, ...]:
        """Addresses that it is still to be sent to."""
        return tuple(address for address, state in self.recipients.items() if state == RecordState.QUEUED)

    def after(self, delivery: Delivery) -> "Record":
        """The record once a delivery was tried."""
        states = dict(self.recipients)
        states |= dict.fromkeys(delivery.accepted, RecordState.SENT.value)
        states |= dict.fromkeys(delivery.refused, RecordState.REFUSED.value)
        n = self.n_attempts + delivery.n_attempts
        return replace(self, recipients=states, n_attempts=n, reason=delivery.reason)

    @property
    def reached(self) -> frozenset[str]:
        """Addresses whose server has taken it."""
        return frozenset(address for address, state in self.recipients.items() if state == RecordState.SENT)

    @property
    def missed(self) -> tuple[str, ...]:
        """Addresses that the mail was refused for, or came back from."""
        return tuple(
            address for address, state in self.recipients.items() if state in (RecordState.REFUSED, RecordState.BOUNCED)
        )

    def readdressed(self, addresses: tuple[str, ...]) -> "Record":
        """The record as the site file now addresses it, where it has not reached all of its own addresses.

        Those that are named no more are left out, new ones are queued, and those that refused it are tried again. A
        mail that all have stays as it is: whoever is named later is told of later months.
        """
        if not self.waiting and not self.missed:
            return self
        kept = {
            address: RecordState.QUEUED.value if state == RecordState.REFUSED else state
            for address, state in self.recipients.items()
            if address in addresses or state == RecordState.SENT
        }
        new = {address: RecordState.QUEUED.value for address in addresses if address not in kept}
        return replace(self, recipients={**kept, **new})

    def bounced(self, addresses: Iterable[str]) -> "Record":
        """The record once the mail to ``addresses`` came back."""
        return replace(self, recipients={**self.recipients, **dict.fromkeys(addresses, RecordState.BOUNCED.value)})


class Outbox:
    """The outbox of one site in one study."""

    def __init__(self, objects: ObjectStore, *, study: str, site: str) -> None:
        self._objects = objects
        self._folder = f"{study}/{site}/{FOLDER}"
        self._site = site

    def put(self, record: Record, message: bytes) -> bool:
        """Queue a mail; False, and nothing is changed, where it stands in the outbox already.

        Raises
        ------
        StoreError
            When it cannot be written.
        """
        if self._objects.exists(f"{self._folder}/{record.name}.json"):
            return False
        self._objects.write(f"{self._folder}/{record.name}.eml", message)
        return self._objects.create(f"{self._folder}/{record.name}.json", canonical_json(asdict(record)))

    def update(self, record: Record) -> None:
        """Keep what became of a mail."""
        self._objects.write(f"{self._folder}/{record.name}.json", canonical_json(asdict(record)))

    def message(self, record: Record) -> bytes:
        """The message as it was queued."""
        return self._objects.read(f"{self._folder}/{record.name}.eml")

    def records(self) -> tuple[Record, ...]:
        """Every mail whose record can be read, the one queued first first."""
        return self.read()[0]

    def read(self) -> tuple[tuple[Record, ...], tuple[MultisiteError, ...]]:
        """Every mail, the one queued first first; and a fault for each record that cannot be read, which stops no
        other mail.
        """
        records, faults = [], []
        for key in [info.key for batch in self._objects.list(self._folder) for info in batch]:
            if key.endswith(".json"):
                try:
                    records.append(self._record(self._objects.read(key)))
                except MultisiteError as error:
                    faults.append(error)
        return tuple(sorted(records, key=lambda record: (record.queued_at, record.name))), tuple(faults)

    def _record(self, content: bytes) -> Record:
        try:
            held = json.loads(content)
            return Record(**{**held, "roles": tuple(held.get("roles", ()))})
        except (AttributeError, TypeError, ValueError) as error:
            raise MachineError(
                "a record of the outbox is not what was written",
                place=f"site {self._site}, folder `{self._folder}` of the workspace",
                remedy="Restore the folder from a backup, or move the record and its message away: the mail is then"
                " sent again as what the ledger knows of it allows.",
            ) from error
