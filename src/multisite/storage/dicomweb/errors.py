"""What a DICOMweb service does not answer, as store errors: each cause with its fact, and nothing of the answer."""

from typing import Final

from multisite.errors import StoreError
from multisite.storage.dicomweb.client import Cause, DicomwebFailure
from multisite.storage.location import StoreLocation

__all__ = ["incomplete_error", "read_only_error", "store_error"]

_MEANINGS: Final = {
    Cause.NO_ANSWER: (
        "A store does not answer",
        "Check `url`, that the server runs, and that this machine may reach it.",
    ),
    Cause.UNTRUSTED: (
        "The certificate of a store is not trusted",
        "Set SSL_CERT_FILE to a file with the certificate of the authority that signed it; the name must fit, too.",
    ),
    Cause.REFUSED: (
        "A store refuses the credentials",
        "Check the variables named under `credentials`, on the machine that reads; without any, the server wants some.",
    ),
    Cause.DENIED: (
        "A store knows the credentials and denies the access",
        "Ask those who run the server for the right to query (QIDO-RS) and to retrieve (WADO-RS).",
    ),
    Cause.MISSING: (
        "A store has no DICOMweb service under its path",
        "Correct the path in `url`: the part before /studies, such as /dicom-web.",
    ),
    Cause.ELSEWHERE: (
        "A store sends its requests to another address",
        "Requests follow no one to another host. Write the address itself as `url`, if it is the right one.",
    ),
    Cause.THROTTLED: (
        "A store keeps answering that there are too many requests",
        "Lower `concurrency` in the site file, read with fewer workers, or run at a quieter time.",
    ),
    Cause.UNUSABLE: (
        "A store does not answer as a DICOMweb service does",
        "Check `url`, the part before /studies: a login page or another service may answer there. If it is right, ask"
        " those who run the server.",
    ),
}


def store_error(location: StoreLocation, failure: DicomwebFailure) -> StoreError:
    """The error to raise for ``failure`` of the service as a whole; raise it ``from None``."""
    fact, remedy = _MEANINGS[failure.cause]
    return StoreError(f"{fact} ({failure.detail})", place=location.place, remedy=remedy)


def incomplete_error(location: StoreLocation) -> StoreError:
    """The error for a service that holds results back and does not say how to get them."""
    return StoreError(
        "A store gives a part of its listing only, and the same part again when asked for the next",
        place=location.place,
        remedy="The server has to support `limit` and `offset` of QIDO-RS, or to answer without a limit of its own.",
    )


def read_only_error(location: StoreLocation) -> StoreError:
    """The error for writing."""
    return StoreError(
        "A DICOMweb store is read, never written",
        place=location.place,
        remedy="Give a folder or a bucket as the workspace.",
    )
