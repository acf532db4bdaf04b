"""Creating an object in a bucket, whatever the server makes of a condition."""

from typing import Any

import botocore.exceptions
import pytest

from multisite.errors import StoreError
from multisite.storage.location import CredentialReference, StoreLocation
from multisite.storage.s3.clients import S3Clients
from multisite.storage.s3.store import S3


class Server:
    """Answers as s3fs does: ``put_code`` to conditional puts, and with ``lost`` only after it has carried them out."""

    def __init__(self, put_code: str, *, lost: bool = False) -> None:
        self.put_code = put_code
        self.lost = lost
        self.objects: dict[str, bytes] = {}
        self.asked: list[str] = []

    def call_s3(self, method: str, *, Key: str, **arguments: Any) -> dict[str, Any]:
        """One request."""
        self.asked.append(method)
        if method == "put_object":
            if self.lost or "IfNoneMatch" not in arguments:
                self.objects[Key] = arguments["Body"]
            if "IfNoneMatch" in arguments:
                raise self._refusal(self.put_code)
        return {}

    def _refusal(self, code: str) -> OSError:
        error = OSError("about patient-4711")
        answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 501 if "Not" in code else 412}}
        error.__cause__ = botocore.exceptions.ClientError(answer, "PutObject")
        return error


def creating(server: Server, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(S3Clients, "s3fs", property(lambda clients: server))
    # There is none when it is asked for; after the put, what the server holds decides.
    monkeypatch.setattr(S3, "exists", lambda store, key: "put_object" in server.asked and key in server.objects)
    monkeypatch.setattr(S3, "read", lambda store, key: server.objects[key])
    anyone = CredentialReference(anonymous=True)
    return S3(StoreLocation("ct", "s3://bucket", endpoint="http://127.0.0.1:9", credentials=anyone)).create("a", b"1")


def test_an_object_that_came_first_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server("PreconditionFailed")
    server.objects["a"] = b"of another"
    assert creating(server, monkeypatch) is False
    assert server.objects == {"a": b"of another"}


@pytest.mark.parametrize("code", ["PreconditionFailed", "412", "ConditionalRequestConflict"])
def test_a_put_whose_first_answer_was_lost_is_known_by_its_bytes(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    assert creating(Server(code, lost=True), monkeypatch) is True


def test_a_server_that_knows_no_conditions_is_asked_once_more_without(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server("NotImplemented")
    assert creating(server, monkeypatch) is True
    assert server.objects == {"a": b"1"}
    assert server.asked == ["put_object", "put_object"]


def test_any_other_refusal_is_an_error_that_quotes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StoreError, match="denies the access") as raised:
        creating(Server("AccessDenied"), monkeypatch)
    assert "4711" not in str(raised.value)
