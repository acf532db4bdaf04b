"""What S3 clients raise, as store errors: the answer's code decides, and nothing of its text is repeated."""

import re
from dataclasses import dataclass
from typing import Any

import botocore.exceptions

from multisite.errors import StoreError
from multisite.storage.location import StoreLocation
from multisite.storage.retrying import Fault

__all__ = [
    "CONDITION_FAILED",
    "CONDITION_UNKNOWN",
    "S3_FAILURES",
    "answer_code",
    "fault_of",
    "store_error",
    "throttling_error",
]

S3_FAILURES = (OSError, botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError)
"""What s3fs raises when a request fails: translated answers are OSErrors, broken connections are not."""

CONDITION_FAILED = frozenset({"PreconditionFailed", "412", "ConditionalRequestConflict", "409"})
"""Codes of an answer to a conditional request: the condition does not hold, or another such request is under way."""

CONDITION_UNKNOWN = frozenset({"NotImplemented", "501"})
"""Codes of a server that knows no conditions."""

_THROTTLING = frozenset(
    {
        "SlowDown", "ServiceUnavailable", "503", "TooManyRequests", "TooManyRequestsException", "429", "Throttling",
        "ThrottlingException", "ThrottledException", "RequestLimitExceeded", "RequestThrottled",
        "RequestThrottledException", "BandwidthLimitExceeded", "LimitExceededException",
    }
)  # fmt: skip
_PASSING = frozenset({"RequestTimeout", "RequestTimeoutException", "InternalError", "OperationAborted", "408"})
_THROTTLED_STATUS = (429, 503)
_SERVER_FAULT_STATUS = 500


@dataclass(frozen=True, slots=True)
class _Meaning:
    codes: frozenset[str]
    fact: str
    remedy: str


_MEANINGS = (
    _Meaning(
        frozenset({"NoSuchBucket"}),
        "The bucket of a store does not exist",
        "Correct the bucket in `url` (for a workspace, in `--workspace`), or have it created.",
    ),
    _Meaning(
        frozenset(
            {
                "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken",
                "TokenRefreshRequired", "InvalidSecurity", "NotSignedUp",
            }
        ),
        "A store refuses the credentials",
        "Check the variables, or the profile, named under `credentials`, on the machine that reads.",
    ),
    _Meaning(
        frozenset({"AccessDenied", "AllAccessDisabled", "AccountProblem", "403"}),
        "A store knows the credentials and denies the access",
        "Ask the owner of the bucket for permission to list and read; for a workspace, also to write and delete.",
    ),
    _Meaning(
        frozenset({"RequestTimeTooSkewed"}),
        "The clock of this machine differs from the store's",
        "Set the clock; S3 refuses requests that are more than fifteen minutes off.",
    ),
    _Meaning(
        frozenset(
            {
                "PermanentRedirect", "TemporaryRedirect", "Redirect", "301", "307",
                "AuthorizationHeaderMalformed", "IllegalLocationConstraintException",
            }
        ),
        "The bucket of a store lies in another region",
        "Correct `region` in the site file; for a workspace, the variable MULTISITE_WORKSPACE_REGION.",
    ),
    _Meaning(
        _THROTTLING,
        "A store keeps asking for fewer requests",
        "Run it again when the store has less to do. If it stays, ask those who run it to allow more requests.",
    ),
)  # fmt: skip


def answer_code(error: BaseException) -> str | None:
    """The code of an S3 answer, such as ``NoSuchBucket``; None when there was no answer."""
    answer = _answer(error)
    return None if answer is None else str(answer.get("Error", {}).get("Code", "unknown"))


def fault_of(error: BaseException) -> Fault:
    """What ``error`` says about asking again. A certificate that is not trusted will not be the next time either."""
    answer = _answer(error)
    if answer is None:
        return Fault.FINAL if isinstance(error, botocore.exceptions.SSLError) else Fault.PASSING
    code = answer_code(error)
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)
    if code in _THROTTLING or status in _THROTTLED_STATUS:
        return Fault.THROTTLED
    if code in CONDITION_UNKNOWN:
        return Fault.FINAL
    return Fault.PASSING if code in _PASSING or status >= _SERVER_FAULT_STATUS else Fault.FINAL


def throttling_error(location: StoreLocation) -> StoreError:
    """The error to raise for a store that throttles reads and does not stop."""
    return _meant(location, "SlowDown")


def _answer(error: BaseException) -> dict[str, Any] | None:
    for candidate in (error, error.__cause__):
        if isinstance(candidate, botocore.exceptions.ClientError):
            return dict(candidate.response)
    return None


def store_error(location: StoreLocation, error: BaseException) -> StoreError:
    """The error to raise for ``error``; raise it ``from None``, because what it came from quotes keys."""
    code = answer_code(error)
    if code is None:
        return _no_answer(location, error)
    return _meant(location, code)


def _meant(location: StoreLocation, code: str) -> StoreError:
    shown = code if re.fullmatch(r"[A-Za-z0-9]{1,60}", code) else "no code"
    for meaning in _MEANINGS:
        if code in meaning.codes:
            return StoreError(f"{meaning.fact} ({shown})", place=location.place, remedy=meaning.remedy)
    return StoreError(
        f"A store answers with an error ({shown})",
        place=location.place,
        remedy="Try again; if it stays, ask those who run the store what this code means there.",
    )


def _no_answer(location: StoreLocation, error: BaseException) -> StoreError:
    if isinstance(error, botocore.exceptions.SSLError):
        return StoreError(
            "The certificate of a store is not trusted",
            place=location.place,
            remedy="Set AWS_CA_BUNDLE to a file with the certificate of the authority that signed it.",
        )
    return StoreError(
        f"A store does not answer ({type(error).__name__})",
        place=location.place,
        remedy="Check `endpoint`, that the server runs, and that this machine may reach it.",
    )
