"""A site's ledger in a workspace, ``<study>/<site>/_ledger/000001.json`` and so on: added to, never changed."""

import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from multisite.audit.chain import Chain, chain_of
from multisite.audit.entry import Entry, Event
from multisite.errors import LedgerBrokenError, MachineError
from multisite.storage.objects import ObjectStore

__all__ = ["FOLDER", "Ledger"]

FOLDER = "_ledger"
"""Folder of a site's ledger, beside the folders of its artefacts."""

_NAME = re.compile(r"(\d{6,})\.json")
_ATTEMPTS = 20
_THREADS = 16


class Ledger:
    """The ledger of one site in one study."""

    def __init__(self, objects: ObjectStore, *, study: str, site: str) -> None:
        self._objects = objects
        self._study = study
        self._site = site

    def chain(self) -> Chain:
        """All that the ledger holds now. Files that are not called like an entry are passed over.

        Raises
        ------
        StoreError
            When the workspace does not answer, or does not exist.
        """
        prefix = f"{self._study}/{self._site}/{FOLDER}"
        keys = [info.key for batch in self._objects.list(prefix) for info in batch]
        named = [(int(found[1]), key) for key in keys if (found := _NAME.fullmatch(key.removeprefix(f"{prefix}/")))]
        with ThreadPoolExecutor(_THREADS) as pool:
            contents = pool.map(self._objects.read, (key for _, key in named))
            files = [(number, content) for (number, _), content in zip(named, contents, strict=True)]
        return chain_of(files, study=self._study, site=self._site)

    def append(self, event: Event, *, time: datetime, run: str, code_version: str, content: Mapping[str, Any]) -> Entry:
        """Add an entry behind the last one; when it returns, the entry stands.

        Where another run adds one at the same moment, the number after it is taken, and both stay.

        Raises
        ------
        LedgerBrokenError
            When the chain is broken: what is added to it would prove nothing.
        MachineError
            When others kept adding entries.
        StoreError
            When the entry cannot be written.
        ValueError
            When ``content`` is not of the event's form; nothing is added.
        """
        entry = self.append_if(_always, event, time=time, run=run, code_version=code_version, content=content)
        assert entry is not None
        return entry

    def append_if(
        self,
        due: Callable[[Chain], bool],
        event: Event,
        *,
        time: datetime,
        run: str,
        code_version: str,
        content: Mapping[str, Any],
    ) -> Entry | None:
        """As ``append``, as long as ``due`` holds of the chain that the entry is added to; None where it does not.

        Of two runs that add the same at the same moment, the second is asked again, of a chain with the first's entry.
        """
        for _ in range(_ATTEMPTS):
            chain = self.chain()
            if chain.broken_at is not None:
                raise self.broken(chain.broken_at)
            if not due(chain):
                return None
            entry = Entry(
                sequence=len(chain.links) + 1,
                time=time.astimezone(UTC).isoformat(timespec="seconds"),
                event=event.value,
                study=self._study,
                site=self._site,
                run=run,
                code_version=code_version,
                content=content,
                previous=chain.head,
            )
            key = f"{self._study}/{self._site}/{FOLDER}/{entry.sequence:06d}.json"
            # What cannot be read back would break the ledger for good.
            Entry.from_bytes(entry.to_bytes())
            if self._objects.create(key, entry.to_bytes()):
                return entry
        raise MachineError(
            f"other runs kept adding entries to the ledger; given up after {_ATTEMPTS} attempts",
            place=f"site {self._site}, ledger",
            remedy="Let one run at a time use a workspace, and run the same command again.",
        )

    def broken(self, number: int) -> LedgerBrokenError:
        """The error to raise for a chain that is broken at entry ``number``."""
        return LedgerBrokenError(
            f"the ledger is broken at entry {number}: it is missing, or is not what was written",
            place=f"site {self._site}, folder `{self._study}/{self._site}/{FOLDER}` of the workspace",
            remedy="Restore the folder from a backup. Where there is none, move it away, keep it, and say so wherever"
            " looks are reported: counting then begins anew.",
        )


def _always(chain: Chain) -> bool:
    return True
