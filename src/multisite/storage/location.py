"""Where a store is and where its secrets are found: plain values that may travel to any worker."""

import os
import re
from dataclasses import dataclass, fields
from urllib.parse import urlsplit

from multisite.errors import ConfigError

__all__ = ["CredentialReference", "StoreLocation", "environment_value"]

_WAYS = (
    {"access_key_env", "secret_key_env"},
    {"profile"},
    {"token_env"},
    {"user_env", "password_env"},
    {"anonymous"},
)
"""Which fields of a reference go together."""

_WITH_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://")


@dataclass(frozen=True, slots=True)
class CredentialReference:
    """The names under which a machine keeps the secrets of a store, never the secrets.

    Exactly one of: the two key variables (with an optional variable for a session token), a profile of the
    shared AWS files, the variable with a bearer token, the two variables with a user and a password, or
    ``anonymous``.

    Raises
    ------
    ConfigError
        When none or several are given.
    """

    access_key_env: str | None = None
    secret_key_env: str | None = None
    session_token_env: str | None = None
    profile: str | None = None
    anonymous: bool = False
    token_env: str | None = None
    user_env: str | None = None
    password_env: str | None = None

    def __post_init__(self) -> None:
        if frozenset(self.given) - {"session_token_env"} not in _WAYS or (
            self.session_token_env is not None and self.access_key_env is None
        ):
            raise ConfigError(
                "The credentials of a store are declared in no way, or in more than one",
                place="site file, `credentials`",
                remedy="Give `anonymous: true`; or for S3 both `access_key_env` and `secret_key_env`, or `profile`;"
                " or for DICOMweb `token_env`, or both `user_env` and `password_env`.",
            )

    @property
    def given(self) -> tuple[str, ...]:
        """Names of the fields that are set."""
        return tuple(field.name for field in fields(self) if getattr(self, field.name) not in (None, False))


@dataclass(frozen=True, slots=True)
class StoreLocation:
    """A store by name and URL, with references to its secrets; it can be pickled, logged and sent to another
    node.

    ``url`` is a folder, ``file://…``, ``s3://bucket/prefix``, ``dicomweb+https://host/path`` or another fsspec
    URL. ``endpoint`` (or the variable named by ``endpoint_env``) and ``region`` are for S3, ``credentials`` for S3
    and DICOMweb. ``concurrency``, for DICOMweb, is the most requests in flight at a time, per process. ``site`` is the
    site whose store it is, for messages only: sites give their stores the same names. A workspace has none.

    Raises
    ------
    ConfigError
        When the URL or the endpoint holds a secret, both kinds of endpoint are given, or ``concurrency`` is not
        positive.
    """

    name: str
    url: str
    endpoint: str | None = None
    endpoint_env: str | None = None
    region: str | None = None
    credentials: CredentialReference | None = None
    concurrency: int | None = None
    site: str | None = None

    def __post_init__(self) -> None:
        if any(urlsplit(text).password is not None for text in (self.url, self.endpoint or "") if "@" in text):
            raise ConfigError(
                "The address of a store holds a secret",
                place=self.place,
                remedy="Take it out, and name the environment variables that hold it under `credentials`.",
            )
        if self.endpoint is not None and self.endpoint_env is not None:
            raise ConfigError(
                "A store has both `endpoint` and `endpoint_env`", place=self.place, remedy="Keep one of them."
            )
        if self.concurrency is not None and self.concurrency < 1:
            raise ConfigError(
                "The `concurrency` of a store is not positive",
                place=self.place,
                remedy="Give 1 or more, or leave it out.",
            )

    @property
    def place(self) -> str:
        """How messages name this store."""
        return f"store `{self.name}`" if self.site is None else f"site {self.site}, store `{self.name}`"

    @property
    def scheme(self) -> str:
        """The scheme of the URL in lower case; ``file`` for a plain path."""
        return self.url.split("://", 1)[0].lower() if _WITH_SCHEME.match(self.url) else "file"


def environment_value(location: StoreLocation, variable: str) -> str:
    """The value of an environment variable that ``location`` names; ConfigError when not set or empty."""
    value = os.environ.get(variable, "")
    if not value:
        raise ConfigError(
            f"The environment variable {variable} is not set",
            place=f"{location.place}, on the machine that reads it",
            remedy=f"Set {variable} there, or correct the name in the site file where that gives it.",
        )
    return value
