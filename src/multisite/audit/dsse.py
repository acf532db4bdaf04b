"""Signed statements: an in-toto statement in a DSSE envelope, signed with Ed25519.

A statement names files by their SHA-256 and says what holds of them. Whoever has the public key can check that it was
said by whoever has the private one, and about these very bytes; nothing else.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from multisite.storage.canonical import canonical_json, sha256_hex

__all__ = ["PAYLOAD_TYPE", "STATEMENT_TYPE", "Subject", "key_id", "pae", "sign", "statement", "verified"]

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"


@dataclass(frozen=True, slots=True)
class Subject:
    """A file that a statement is about, by its name and SHA-256 (64 hexadecimal digits)."""

    name: str
    sha256: str


def statement(subjects: Sequence[Subject], *, predicate_type: str, predicate: Mapping[str, Any]) -> bytes:
    """An in-toto statement (v1) as canonical JSON; subjects in order of their names."""
    named = [{"name": one.name, "digest": {"sha256": one.sha256}} for one in sorted(subjects, key=lambda s: s.name)]
    return canonical_json(
        {"_type": STATEMENT_TYPE, "subject": named, "predicateType": predicate_type, "predicate": dict(predicate)}
    )


def pae(payload_type: str, payload: bytes) -> bytes:
    """What is signed, DSSE's pre-authentication encoding: ``DSSEv1 <length> <type> <length> <payload>``."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def key_id(key: Ed25519PublicKey) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of the raw public key."""
    return sha256_hex([key.public_bytes_raw()])[:16]


def sign(payload: bytes, key: Ed25519PrivateKey) -> bytes:
    """A DSSE envelope (canonical JSON) with one signature. Equal payloads and keys give equal bytes."""
    signature = key.sign(pae(PAYLOAD_TYPE, payload))
    return canonical_json(
        {
            "payloadType": PAYLOAD_TYPE,
            "payload": base64.b64encode(payload).decode(),
            "signatures": [{"keyid": key_id(key.public_key()), "sig": base64.b64encode(signature).decode()}],
        }
    )


def verified(envelope: bytes, keys: Sequence[Ed25519PublicKey]) -> bytes | None:
    """The payload of an envelope that one of ``keys`` has signed; None where none has, or where it is no envelope.

    Only what the signature covers is returned: nothing else of an envelope may be believed.
    """
    try:
        held = json.loads(envelope)
        kind = str(held["payloadType"])
        payload = base64.b64decode(held["payload"], validate=True)
        signatures = [base64.b64decode(one["sig"], validate=True) for one in held["signatures"]]
    except (KeyError, TypeError, ValueError):
        return None
    if kind != PAYLOAD_TYPE:
        return None
    return payload if any(_holds(key, signature, kind, payload) for key in keys for signature in signatures) else None


def _holds(key: Ed25519PublicKey, signature: bytes, kind: str, payload: bytes) -> bool:
    try:
        key.verify(signature, pae(kind, payload))
    except InvalidSignature:
        return False
    return True
