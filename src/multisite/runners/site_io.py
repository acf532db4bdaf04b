"""What a stage may look at of a site: its stores, its tables, its key. Used on the site's own machine only."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from multisite.dicom import Pseudonymiser
from multisite.errors import ConfigError
from multisite.runners.site_tables import read_site_table
from multisite.schemas.objects import OBJECT_COLUMNS, RangeRequest
from multisite.schemas.site_tables import SITE_TABLES
from multisite.storage.canonical import digest_of
from multisite.storage.location import CredentialReference, StoreLocation
from multisite.storage.objects import ObjectStore, ReadFailure
from multisite.storage.opening import open_store
from multisite.study import Site, Store
from multisite.vocabulary import QuarantineReason

__all__ = ["SiteObjects", "site_fingerprint", "site_key", "site_table", "store_location"]


def store_location(store: Store, *, site: str) -> StoreLocation:
    """Where a store of ``site`` is, and the names under which its secrets are found."""
    credentials = CredentialReference(**store.credentials.model_dump()) if store.credentials else None
    return StoreLocation(
        name=store.name,
        url=store.url,
        endpoint=store.endpoint,
        endpoint_env=store.endpoint_env,
        region=store.region,
        credentials=credentials,
        concurrency=store.concurrency,
        site=site,
    )


@dataclass(slots=True)
class SiteObjects:
    """The site's stores as a stage sees them; each is opened when first needed."""

    site: Site
    _open: dict[str, ObjectStore]

    @classmethod
    def of(cls, site: Site) -> "SiteObjects":
        """The stores of ``site``, none of them opened yet."""
        return cls(site, {})

    def store(self, name: str) -> ObjectStore:
        """The store called ``name``."""
        if name not in self._open:
            declared = next(store for store in self.site.stores if store.name == name)
            self._open[name] = open_store(store_location(declared, site=self.site.site))
        return self._open[name]

    def stores(self) -> list[str]:
        """Names of the stores, in the order of the site file."""
        return [store.name for store in self.site.stores]

    def split_points(self, store: str, *, parts: int) -> list[str]:
        """At most ``parts`` - 1 rising keys that cut the store's keys into ranges of roughly like numbers."""
        return self.store(store).split_points(parts)

    def listing(self, store: str, *, after: str = "", until: str | None = None) -> Iterator[pl.DataFrame]:
        """The objects with ``after`` < key ≤ ``until``, in rising order of their keys, as frames of OBJECT_COLUMNS."""
        for batch in self.store(store).list(after=after, until=until):
            columns = zip(*((info.key, info.size_bytes, info.etag, info.modified_at) for info in batch), strict=True)
            yield pl.DataFrame(dict(zip(OBJECT_COLUMNS, columns, strict=True)), schema=OBJECT_COLUMNS)

    def prefixes(self, store: str, requests: Sequence[RangeRequest]) -> list[bytes | QuarantineReason]:
        """The bytes of each request, in order; ``b""`` where there is nothing in the range.

        A reason where the object vanished, is no longer in the version asked for, or could not be read.
        """
        results = self.store(store).read_prefixes(requests)
        return [result.reason if isinstance(result, ReadFailure) else result for result in results]


def site_key(site: Site) -> bytes:
    """The pseudonym key from this machine's environment.

    Raises
    ------
    ConfigError
        When the variable is not set, or the key is too short for the pseudonymiser.
    """
    value = os.environ.get(site.pseudonym_key_env, "")
    if not value:
        raise ConfigError(
            f"the environment variable {site.pseudonym_key_env} is not set",
            place=f"site {site.site}, `pseudonym_key_env`",
            remedy="Set it, on the machine that reads the site's stores, to the site's key (16 characters or more).",
        )
    try:
        Pseudonymiser(value.encode())
    except ConfigError as error:
        # The pseudonymiser knows neither.
        place = f"site {site.site}, the variable {site.pseudonym_key_env}"
        raise ConfigError(error.fact, place=place, remedy=error.remedy) from None
    return value.encode()


def site_table(site: Site, name: str) -> pl.DataFrame | None:
    """A table of the site, validated and pseudonymised; None when the site file names none."""
    declared = site.tables.get(name)
    if declared is None:
        return None
    return read_site_table(
        Path(declared.path),
        SITE_TABLES[name],
        columns=declared.columns,
        date_format=declared.date_format,
        pseudonyms=Pseudonymiser(site_key(site)),
        site=site.site,
    )


def site_fingerprint(site: Site) -> dict[str, str]:
    """Digests of the site's tables and key, so that a change of either is noticed; nothing can be read back from them.

    A table is what its bytes are read as, so the mapping of its columns and the form of its dates count, too. One that
    cannot be read has no digest here: the stage that needs it says what is wrong.
    """
    found = {"pseudonym_key": Pseudonymiser(site_key(site)).pseudonym("fingerprint", kind="fingerprint") or ""}
    for name, table in site.tables.items():
        try:
            with Path(table.path).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            found[f"table {name}"] = digest_of([digest, dict(table.columns), table.date_format])
        except OSError:
            found[f"table {name}"] = "unreadable"
    return found
