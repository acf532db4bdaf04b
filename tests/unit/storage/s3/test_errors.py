"""Which answer of S3 becomes which fact, and that nothing of its text comes along."""

import botocore.exceptions
import pytest

from multisite.storage.location import StoreLocation
from multisite.storage.retrying import Fault
from multisite.storage.s3.errors import answer_code, fault_of, store_error

PLACE = StoreLocation("ct", "s3://bucket")


def _answer(code: str) -> OSError:
    """As s3fs raises it: translated, with the answer as its cause."""
    response = {"Error": {"Code": code, "Message": "about patient-4711.dcm"}}
    error = OSError("about patient-4711.dcm")
    error.__cause__ = botocore.exceptions.ClientError(response, "GetObject")
    return error


@pytest.mark.parametrize(
    ("code", "fact"),
    [
        ("NoSuchBucket", "The bucket of a store does not exist"),
        ("InvalidAccessKeyId", "A store refuses the credentials"),
        ("SignatureDoesNotMatch", "A store refuses the credentials"),
        ("ExpiredToken", "A store refuses the credentials"),
        ("AccessDenied", "A store knows the credentials and denies the access"),
        ("403", "A store knows the credentials and denies the access"),
        ("RequestTimeTooSkewed", "The clock of this machine differs from the store's"),
        ("PermanentRedirect", "The bucket of a store lies in another region"),
        ("SomethingNew", "A store answers with an error"),
    ],
)
def test_the_code_of_an_answer_decides_the_fact(code: str, fact: str) -> None:
    error = store_error(PLACE, _answer(code))
    assert error.fact == f"{fact} ({code})"
    assert error.place == "store `ct`"
    assert error.remedy
    assert "4711" not in str(error)


def test_a_code_that_is_no_code_is_not_repeated() -> None:
    assert "4711" not in str(store_error(PLACE, _answer("patient-4711.dcm: <br>")))


def test_no_answer_is_told_from_an_untrusted_certificate() -> None:
    silent = botocore.exceptions.EndpointConnectionError(endpoint_url="http://inside:9000")
    untrusted = botocore.exceptions.SSLError(endpoint_url="https://inside", error="self-signed")
    assert store_error(PLACE, silent).fact == "A store does not answer (EndpointConnectionError)"
    assert store_error(PLACE, untrusted).fact == "The certificate of a store is not trusted"
    assert "inside" not in str(store_error(PLACE, silent)) + str(store_error(PLACE, untrusted))
    assert answer_code(silent) is None


@pytest.mark.parametrize(
    ("code", "status", "fault"),
    [
        ("SlowDown", 503, Fault.THROTTLED),
        ("503", 503, Fault.THROTTLED),
        ("TooManyRequests", 429, Fault.THROTTLED),
        ("InternalError", 500, Fault.PASSING),
        ("502", 502, Fault.PASSING),
        ("RequestTimeout", 400, Fault.PASSING),
        ("NoSuchKey", 404, Fault.FINAL),
        ("AccessDenied", 403, Fault.FINAL),
        ("InvalidObjectState", 403, Fault.FINAL),
    ],
)
def test_an_answer_tells_whether_to_ask_again(code: str, status: int, fault: Fault) -> None:
    error = _answer(code)
    assert isinstance(error.__cause__, botocore.exceptions.ClientError)
    error.__cause__.response["ResponseMetadata"] = {"HTTPStatusCode": status}
    assert fault_of(error) is fault


def test_no_answer_may_be_one_the_next_time_but_a_certificate_stays_untrusted() -> None:
    assert fault_of(TimeoutError()) is Fault.PASSING
    assert fault_of(botocore.exceptions.EndpointConnectionError(endpoint_url="http://inside:9000")) is Fault.PASSING
    assert fault_of(botocore.exceptions.SSLError(endpoint_url="https://inside", error="self-signed")) is Fault.FINAL
