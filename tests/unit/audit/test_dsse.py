"""Signed statements: what is verified is what was signed, by whom, and nothing else."""

import base64
import json

import pytest

from multisite.audit.dsse import PAYLOAD_TYPE, Subject, key_id, pae, sign, statement, verified
from multisite.audit.keys import fingerprint, new_key, private_key, private_pem, public_key, public_pem
from multisite.errors import ConfigError

KEY, OTHER = new_key(), new_key()
SAID = statement([Subject("b", "2" * 64), Subject("a", "1" * 64)], predicate_type="t", predicate={"n": 1})


def test_the_pre_authentication_encoding_is_that_of_the_specification() -> None:
    # The example of the protocol's page: https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_a_statement_names_its_subjects_in_order_and_says_what_it_is() -> None:
    held = json.loads(SAID)
    assert held["_type"] == "https://in-toto.io/Statement/v1"
    assert [one["name"] for one in held["subject"]] == ["a", "b"]
    assert held["subject"][0]["digest"] == {"sha256": "1" * 64}


def test_what_was_signed_comes_back_for_the_right_key_alone() -> None:
    envelope = sign(SAID, KEY)
    assert verified(envelope, [OTHER.public_key(), KEY.public_key()]) == SAID
    assert verified(envelope, [OTHER.public_key()]) is None
    assert verified(envelope, []) is None
    assert sign(SAID, KEY) == envelope
    assert json.loads(envelope)["signatures"][0]["keyid"] == key_id(KEY.public_key())


def test_another_payload_or_type_under_the_same_signature_is_nothing() -> None:
    held = json.loads(sign(SAID, KEY))
    other = base64.b64encode(SAID.replace(b'"n":1', b'"n":2')).decode()
    assert verified(json.dumps({**held, "payload": other}).encode(), [KEY.public_key()]) is None
    assert verified(json.dumps({**held, "payloadType": "text/plain"}).encode(), [KEY.public_key()]) is None
    assert held["payloadType"] == PAYLOAD_TYPE


@pytest.mark.parametrize("spoilt", [b"", b"[]", b"{}", b"\xff", b'{"payloadType":1,"payload":"!","signatures":[{}]}'])
def test_what_is_no_envelope_is_nothing(spoilt: bytes) -> None:
    assert verified(spoilt, [KEY.public_key()]) is None


def test_keys_come_back_from_their_files() -> None:
    assert private_key(private_pem(KEY), place="x").private_bytes_raw() == KEY.private_bytes_raw()
    assert public_key(public_pem(KEY.public_key()), place="x") == KEY.public_key()
    assert len(fingerprint(KEY.public_key()).replace(" ", "")) == 64


@pytest.mark.parametrize("read", [private_key, public_key])
def test_what_is_no_key_is_refused_with_where_and_what_to_do(read: object) -> None:
    with pytest.raises(ConfigError) as raised:
        read(b"no key", place="some.pem")  # type: ignore[operator]  # one of two functions
    assert raised.value.place == "some.pem"
    assert "new-key" in raised.value.remedy
