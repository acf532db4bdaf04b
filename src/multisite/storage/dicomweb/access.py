"""Where a DICOMweb service is, and what is shown to it: from a location, on the machine that reads."""

import base64
import os
import ssl
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from multisite.errors import ConfigError
from multisite.storage.location import StoreLocation, environment_value

__all__ = ["DicomwebAccess", "dicomweb_access", "trusted_authorities"]

_PREFIX = "dicomweb+"


@dataclass(frozen=True, slots=True)
class DicomwebAccess:
    """Address and credentials of a service. The latter are never shown, pickled or logged."""

    address: str
    """``https://host[:port]/path`` without a slash at its end."""

    authorization: str | None = field(repr=False)
    """The value of the Authorization header; None for anonymous access."""

    def __reduce__(self) -> str:
        raise TypeError("secrets stay in the process that read them")


def dicomweb_access(location: StoreLocation) -> DicomwebAccess:
    """The service that ``location`` names.

    Raises
    ------
    ConfigError
        When the URL names no host, or holds more than a host and a path; when a secret's variable is not set, or holds
        what cannot be sent.
    """
    address = location.url[len(_PREFIX) :]
    try:
        parts = urlsplit(address)
        plain = parts.hostname and parts.port != 0 and not (parts.username or parts.query or parts.fragment)
    except ValueError:
        plain = False
    if not plain:
        raise ConfigError(
            "The URL of a DICOMweb store is no plain address",
            place=location.place,
            remedy="Write dicomweb+https://host/path, with port where there is one, and no name, query or fragment.",
        )
    return DicomwebAccess(address.rstrip("/"), _authorization(location))


def trusted_authorities(location: StoreLocation) -> ssl.SSLContext:
    """Certificates and names of hosts are verified; SSL_CERT_FILE names other authorities than the machine's own.

    Raises
    ------
    ConfigError
        When SSL_CERT_FILE names no file with certificates, which the library alone would pass over.
    """
    bundle = os.environ.get("SSL_CERT_FILE")
    try:
        return ssl.create_default_context(cafile=bundle or None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"The file that SSL_CERT_FILE names cannot be used ({type(error).__name__})",
            place=f"{location.place}, on the machine that reads it",
            remedy="Set it to a readable file with the certificates of the authorities, in PEM.",
        ) from None


def _authorization(location: StoreLocation) -> str | None:
    reference = location.credentials
    if reference is None or reference.anonymous:
        return None
    if reference.token_env is not None:
        return f"Bearer {_sendable(location, reference.token_env)}"
    user = environment_value(location, reference.user_env or "")
    if ":" in user:
        raise _unsendable(location, reference.user_env or "")
    pair = f"{user}:{environment_value(location, reference.password_env or '')}"
    return f"Basic {base64.b64encode(pair.encode()).decode('ascii')}"


def _sendable(location: StoreLocation, variable: str) -> str:
    """The value of a variable, when it can stand in a header."""
    value = environment_value(location, variable).strip()
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        raise _unsendable(location, variable)
    return value


def _unsendable(location: StoreLocation, variable: str) -> ConfigError:
    return ConfigError(
        f"The environment variable {variable} holds what cannot be sent as a token or user",
        place=f"{location.place}, on the machine that reads it",
        remedy="Set it to the bare value: a token without `Bearer` and without spaces, a user without a colon.",
    )
