"""Ed25519 of the verifier, held against RFC 8032 and against `cryptography`."""

import hashlib
import random

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from multisite.pack.verifying.verify import ed25519_holds

ORDER = 2**252 + 27742317777372353535851937790883648493
FIELD = 2**255 - 19

# RFC 8032, section 7.1: secret key, public key, message, signature.
VECTORS = {
    "TEST 1": (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    "TEST 2": (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    "TEST 3": (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    "TEST SHA(abc)": (
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        hashlib.sha512(b"abc").hexdigest(),
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
}

# Encodings of the eight points of small order, and three more that are not in their only form.
SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


def by_cryptography(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@pytest.mark.parametrize("name", VECTORS)
def test_the_vectors_of_the_standard_hold(name: str) -> None:
    secret, public, message, signature = (bytes.fromhex(text) for text in VECTORS[name])
    signer = Ed25519PrivateKey.from_private_bytes(secret)
    assert (signer.public_key().public_bytes_raw(), signer.sign(message)) == (public, signature)
    assert ed25519_holds(public, message, signature)
    assert not ed25519_holds(public, message + b"x", signature)


def test_a_message_of_1023_bytes_holds() -> None:
    # The standard's own message of this length is not repeated here; its key is.
    signer = Ed25519PrivateKey.from_private_bytes(
        bytes.fromhex("f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5")
    )
    public = bytes.fromhex("278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e")
    assert signer.public_key().public_bytes_raw() == public
    message = random.Random(1023).randbytes(1023)
    assert ed25519_holds(public, message, signer.sign(message))


def test_it_agrees_with_cryptography_on_sound_and_on_tampered_signatures() -> None:
    rng = random.Random(1)
    n_held = 0
    for trial in range(200):
        signer = Ed25519PrivateKey.from_private_bytes(rng.randbytes(32))
        message = rng.randbytes(rng.randrange(200))
        parts = [bytearray(signer.public_key().public_bytes_raw()), bytearray(message), bytearray(signer.sign(message))]
        if trial % 2:
            part = parts[rng.choice([0, 1, 2] if message else [0, 2])]
            part[rng.randrange(len(part))] ^= 1 << rng.randrange(8)
        key, told, signature = map(bytes, parts)
        held = ed25519_holds(key, told, signature)
        assert held == by_cryptography(key, told, signature)
        n_held += held
    assert n_held == 100


def test_a_signature_has_no_second_form() -> None:
    signer = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    key, signature = signer.public_key().public_bytes_raw(), signer.sign(b"message")
    s = int.from_bytes(signature[32:], "little")
    assert ed25519_holds(key, b"message", signature)
    for other in range(s + ORDER, 1 << 256, ORDER):
        assert not ed25519_holds(key, b"message", signature[:32] + other.to_bytes(32, "little"))
    assert not ed25519_holds(key, b"message", signature[:32] + (ORDER - s).to_bytes(32, "little"))
    assert not ed25519_holds(key, b"message", signature + b"\0")
    assert not ed25519_holds(key, b"message", signature[:-1])
    assert not ed25519_holds(key + b"\0", b"message", signature)
    assert not ed25519_holds(b"", b"message", b"")


@pytest.mark.parametrize("encoded", SMALL_ORDER)
def test_a_key_of_small_order_is_refused(encoded: str) -> None:
    key = bytes.fromhex(encoded)
    # With s = 0 and R the neutral element such keys hold of every eighth message, or of all.
    forged = (1).to_bytes(32, "little") + bytes(32)
    assert not any(ed25519_holds(key, bytes([number]), forged) for number in range(64))


def test_the_small_order_keys_would_hold_without_that_rule() -> None:
    forged = (1).to_bytes(32, "little") + bytes(32)
    assert any(by_cryptography(bytes.fromhex(SMALL_ORDER[0]), bytes([n]), forged) for n in range(64))


def test_a_key_beyond_the_field_is_refused() -> None:
    for y in range(FIELD, 1 << 255):
        for sign in (0, 1 << 255):
            assert not ed25519_holds((y | sign).to_bytes(32, "little"), b"", bytes(64))
