"""Artefacts by name: validated on writing, kept in parts, readable only once their manifest stands.

Layout under the workspace: ``<study>/<site>/<artefact>/part-<partition>.parquet`` with ``manifest.json`` beside it, and
``<study>/<site>/_receipts/<stage>/<partition>.json``.
"""

import io
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import polars as pl

from multisite.errors import ArtefactMissingError, MachineError
from multisite.schemas import AnyArtefact, Artefact, FileArtefact
from multisite.storage.canonical import sha256_hex
from multisite.storage.manifest import Manifest, Part, Receipt
from multisite.storage.objects import ObjectMissingError, ObjectStore
from multisite.storage.zones import require_zone
from multisite.vocabulary import Zone

__all__ = ["WHOLE", "ArtefactStore", "parquet_bytes", "part_name"]

WHOLE = "all"
"""Partition of an artefact that is not kept in parts."""

_ROW_GROUP = 100_000
_THREADS = 16
"""Small parts and receipts asked for at a time: a store answers many at once, and a site may have ten thousands."""


class ArtefactStore:
    """One study's artefacts in a workspace that was opened for a zone."""

    def __init__(self, objects: ObjectStore, *, study: str, zone: Zone) -> None:
        self._objects = objects
        self._study = study
        self._zone = zone

    @property
    def objects(self) -> ObjectStore:
        """The workspace itself, for what is no artefact."""
        return self._objects

    @property
    def study(self) -> str:
        """The study whose artefacts these are."""
        return self._study

    def write_table(
        self, artefact: Artefact, site: str, partition: str, rows: pl.DataFrame | Iterable[pl.DataFrame]
    ) -> tuple[Part, ...]:
        """Write ``rows`` as one part, or one part per value of ``artefact.partitioned_by``; each put is atomic.

        Frames one after another are written as they come when the artefact is kept in parts, each part being whole in
        one frame; otherwise they are put together.

        Raises
        ------
        SchemaError, ZoneError
            Before anything of the frame in question is written.
        MachineError
            When a part comes a second time.
        """
        require_zone(artefact, self._zone)
        frames = (rows,) if isinstance(rows, pl.DataFrame) else rows
        if artefact.partitioned_by is None:
            frame = rows if isinstance(rows, pl.DataFrame) else pl.concat([artefact.empty(), *frames])
            return (self._put_table(artefact, site, partition, artefact.conform(frame)),)
        written: dict[str, Part] = {}
        for frame in frames:
            groups = artefact.conform(frame).partition_by(artefact.partitioned_by, as_dict=True, maintain_order=True)
            for (value,), group in groups.items():
                if str(value) in written:
                    raise MachineError(f"a part of `{artefact.name}` came twice", place=f"artefact {artefact.name}")
                written[str(value)] = self._put_table(artefact, site, str(value), group)
        return tuple(written[value] for value in sorted(written))

    def write_file(self, artefact: FileArtefact, site: str, partition: str, content: bytes) -> tuple[Part, ...]:
        """Write a document as one part; ZoneError before anything is written."""
        require_zone(artefact, self._zone)
        self._objects.write(self._part_key(artefact, site, partition), content)
        return (Part(partition, sha256_hex([content]), len(content), 0),)

    def write_receipt(self, receipt: Receipt) -> None:
        """Declare a run complete."""
        self._objects.write(self._receipt_key(receipt.site, receipt.stage, receipt.partition), receipt.to_bytes())

    def valid_receipts(
        self, stage: str, site: str, identities: Mapping[str, str], artefacts: Sequence[AnyArtefact]
    ) -> dict[str, Receipt]:
        """By partition, the receipts of runs that need not be repeated.

        Such a receipt is settled, of the identity that is expected of its partition, and every part of it is still
        there in full size.
        """
        check = partial(self._valid_receipt, stage, site, artefacts=artefacts)
        with ThreadPoolExecutor(_THREADS) as pool:
            found = pool.map(lambda item: check(*item), identities.items())
            return {partition: receipt for partition, receipt in zip(identities, found, strict=True) if receipt}

    def _valid_receipt(
        self, stage: str, site: str, partition: str, identity: str, *, artefacts: Sequence[AnyArtefact]
    ) -> Receipt | None:
        key = self._receipt_key(site, stage, partition)
        try:
            receipt = Receipt.from_bytes(self._objects.read(key))
        except (ObjectMissingError, ValueError, KeyError, TypeError):
            return None
        expected = receipt.identity == identity and receipt.settled
        if not expected or set(receipt.parts) != {artefact.name for artefact in artefacts}:
            return None
        whole = all(
            self._objects.size(self._part_key(artefact, site, part.partition)) == part.n_bytes
            for artefact in artefacts
            for part in receipt.parts[artefact.name]
        )
        return receipt if whole else None

    def commit(self, artefact: AnyArtefact, manifest: Manifest) -> None:
        """Make the parts of ``manifest`` the artefact; parts that only the manifest before it named are removed."""
        require_zone(artefact, self._zone)
        before = self.manifest(artefact, manifest.site)
        content = manifest.to_bytes()
        if before is None or before.to_bytes() != content:
            self._objects.write(self._manifest_key(artefact.name, manifest.site), content)
        if before is not None:
            kept = {part.partition for part in manifest.parts}
            for part in before.parts:
                if part.partition not in kept:
                    self._objects.delete(self._part_key(artefact, manifest.site, part.partition))

    def manifest(self, artefact: AnyArtefact, site: str) -> Manifest | None:
        """The manifest of the artefact, or None when it has not been made."""
        key = self._manifest_key(artefact.name, site)
        return Manifest.from_bytes(self._objects.read(key)) if self._objects.exists(key) else None

    def read(
        self,
        artefact: Artefact,
        site: str,
        *,
        partitions: Iterable[str] | None = None,
        columns: Sequence[str] | None = None,
    ) -> pl.DataFrame:
        """The rows of the artefact in order of partition, or of the named partitions and columns only.

        Raises
        ------
        ArtefactMissingError
            When the artefact has not been made.
        """
        manifest = self._required(artefact, site)
        wanted = None if partitions is None else set(partitions)
        parts = [part for part in manifest.parts if wanted is None or part.partition in wanted]
        # A part without rows is needed only where all are: it still carries the columns that the study declared.
        full = [part.partition for part in parts if part.n_rows] or [part.partition for part in parts[:1]]
        return self.read_parts(artefact, site, full, columns=columns)

    def read_parts(
        self, artefact: Artefact, site: str, partitions: Sequence[str], *, columns: Sequence[str] | None = None
    ) -> pl.DataFrame:
        """The rows of the named parts, in their order, without asking the manifest whether they are the artefact's.

        For whoever has seen the manifest: a manifest of many parts takes longer to read than one of them.
        """
        if not partitions:
            empty = artefact.empty()
            return empty if columns is None else empty.select(columns)

        def read(partition: str) -> pl.DataFrame:
            content = self._objects.read(self._part_key(artefact, site, partition))
            return pl.read_parquet(io.BytesIO(content), columns=list(columns) if columns is not None else None)

        if len(partitions) == 1:
            return read(partitions[0])
        with ThreadPoolExecutor(_THREADS) as pool:
            return pl.concat(pool.map(read, partitions), how="vertical", rechunk=True)

    def read_file(self, artefact: FileArtefact, site: str, partition: str = WHOLE) -> bytes:
        """The bytes of a document; ArtefactMissingError when it has not been made."""
        self._required(artefact, site)
        return self._objects.read(self._part_key(artefact, site, partition))

    def locate(self, artefact: AnyArtefact, site: str, partition: str = WHOLE) -> str:
        """Key of a part, relative to the workspace: for people, in closing lines."""
        return self._part_key(artefact, site, partition)

    def _required(self, artefact: AnyArtefact, site: str) -> Manifest:
        manifest = self.manifest(artefact, site)
        if manifest is None:
            raise ArtefactMissingError(
                f"`{artefact.name}` has not been made",
                place=f"site {site}",
                remedy="Run the stage that writes it first.",
            )
        return manifest

    def _put_table(self, artefact: Artefact, site: str, partition: str, frame: pl.DataFrame) -> Part:
        content = parquet_bytes(frame)
        self._objects.write(self._part_key(artefact, site, partition), content)
        return Part(partition, sha256_hex([content]), len(content), frame.height)

    def _part_key(self, artefact: AnyArtefact, site: str, partition: str) -> str:
        return f"{self._study}/{site}/{part_name(artefact, partition)}"

    def _manifest_key(self, artefact: str, site: str) -> str:
        return f"{self._study}/{site}/{artefact}/manifest.json"

    def _receipt_key(self, site: str, stage: str, partition: str) -> str:
        return f"{self._study}/{site}/_receipts/{stage}/{partition}.json"


def part_name(artefact: AnyArtefact, partition: str = WHOLE) -> str:
    """Where a part lies in the folder of its site."""
    suffix = artefact.suffix if isinstance(artefact, FileArtefact) else ".parquet"
    return f"{artefact.name}/part-{partition}{suffix}"


def parquet_bytes(frame: pl.DataFrame) -> bytes:
    """A table as it stands in a part: the first level of zstd, which here is as small as the third, and faster."""
    buffer = io.BytesIO()
    frame.rechunk().write_parquet(
        buffer, compression="zstd", compression_level=1, statistics=True, row_group_size=_ROW_GROUP
    )
    return buffer.getvalue()
