"""Keys for signing: Ed25519, as PEM."""

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from multisite.errors import ConfigError
from multisite.storage.canonical import sha256_hex

__all__ = ["fingerprint", "new_key", "private_key", "private_pem", "public_key", "public_pem"]


def new_key() -> Ed25519PrivateKey:
    """A key from the system's source of randomness."""
    return Ed25519PrivateKey.generate()


def private_pem(key: Ed25519PrivateKey) -> bytes:
    """The key as PKCS #8, not encrypted: whoever reads the file can sign."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_pem(key: Ed25519PublicKey) -> bytes:
    """The public key as SubjectPublicKeyInfo."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def private_key(pem: bytes, *, place: str) -> Ed25519PrivateKey:
    """The private key in ``pem``.

    Raises
    ------
    ConfigError
        When it is none of Ed25519, or is encrypted.
    """
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(
            "the signing key is no Ed25519 key in PEM without a password",
            place=place,
            remedy="Make one with `multisite new-key FILE`.",
        )
    return key


def public_key(pem: bytes, *, place: str) -> Ed25519PublicKey:
    """The public key in ``pem``; ConfigError when it is none of Ed25519."""
    try:
        key = load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigError(
            "the file holds no public Ed25519 key in PEM",
            place=place,
            remedy="Give the file `….pub` that `multisite new-key` wrote beside the key.",
        )
    return key


def fingerprint(key: Ed25519PublicKey) -> str:
    """SHA-256 of the raw public key in groups of four digits, for two people to compare aloud."""
    digest = sha256_hex([key.public_bytes_raw()])
    return " ".join(digest[place : place + 4] for place in range(0, len(digest), 4))
