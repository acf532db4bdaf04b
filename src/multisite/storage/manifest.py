"""The run manifest: what an artefact was made from, by what, and what its bytes are."""

import json
from dataclasses import asdict, dataclass, field

from multisite.storage.canonical import canonical_json, digest_of

__all__ = ["Manifest", "Part", "Receipt"]


@dataclass(frozen=True, slots=True)
class Part:
    """One object of an artefact: its partition, size, SHA-256 and number of rows (0 for documents)."""

    partition: str
    sha256: str
    n_bytes: int
    n_rows: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that one run of a stage over one partition is complete: written last, after all of its parts.

    ``identity`` is the digest of all that went in, so a receipt with the expected identity makes the run a no-op.
    One that is not ``settled`` never does: doing the work again may give more.
    """

    stage: str
    site: str
    partition: str
    identity: str
    parts: dict[str, tuple[Part, ...]]
    settled: bool = True

    def to_bytes(self) -> bytes:
        """Canonical JSON."""
        return canonical_json(asdict(self))

    @classmethod
    def from_bytes(cls, content: bytes) -> "Receipt":
        """The receipt in ``content``; ValueError, KeyError or TypeError when it is none."""
        raw = json.loads(content)
        parts = {name: tuple(Part(**part) for part in listed) for name, listed in raw.pop("parts").items()}
        return cls(parts=parts, **raw)


@dataclass(frozen=True, slots=True)
class Manifest:
    """All parts of an artefact, and its lineage. Readers list manifests, never files.

    ``basis`` is the digest of all that its parts were made with but their inputs. ``key`` tells one pseudonym key of
    the site from another, and nothing of either; empty where the run did not need to know it.
    """

    artefact: str
    version: int
    zone: str
    site: str
    stage: str
    stage_version: int
    code_version: str
    parameters: str
    inputs: dict[str, str]
    parts: tuple[Part, ...] = field(default=())
    basis: str = ""
    key: str = ""

    @property
    def sha256(self) -> str:
        """Digest of the artefact: of its parts in order of partition."""
        return digest_of([[part.partition, part.sha256] for part in self.parts])

    @property
    def n_rows(self) -> int:
        """Rows over all parts."""
        return sum(part.n_rows for part in self.parts)

    def to_bytes(self) -> bytes:
        """Canonical JSON with the digest and the row count spelled out for a person who opens it."""
        return canonical_json({**asdict(self), "sha256": self.sha256, "n_rows": self.n_rows})

    @classmethod
    def from_bytes(cls, content: bytes) -> "Manifest":
        """The manifest in ``content``."""
        raw = json.loads(content)
        raw.pop("sha256")
        raw.pop("n_rows")
        parts = tuple(Part(**part) for part in raw.pop("parts"))
        return cls(parts=parts, **raw)
