"""Where a store is and where its secrets are found: plain values that may travel to any worker."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from multisite.errors import ConfigError

__all__ = ["CredentialReference", "StoreLocation"]

_WITH_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://")


@dataclass(frozen=True, slots=True)
class CredentialReference:
    """The names under which a machine keeps the secrets of a store, never the secrets.

    Exactly one of: the two key variables (with an optional variable for a session token), a profile of the
    shared AWS files, or ``anonymous``.

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

    def __post_init__(self) -> None:
        keys = self.access_key_env is not None and self.secret_key_env is not None
        half = (self.access_key_env is None) != (self.secret_key_env is None)
        stray_token = self.session_token_env is not None and not keys
        if half or stray_token or keys + (self.profile is not None) + self.anonymous != 1:
            raise ConfigError(
                "The credentials of a store are declared in no way, or in more than one",
                place="site file, `credentials`",
                remedy="Give both `access_key_env` and `secret_key_env`, or `profile`, or `anonymous: true`.",
            )


@dataclass(frozen=True, slots=True)
class StoreLocation:
    """A store by name and URL, with references to its secrets; it can be pickled, logged and sent to another
    node.

    ``url`` is a folder, ``file://…``, ``s3://bucket/prefix`` or another fsspec URL. ``endpoint`` (or the
    variable named by ``endpoint_env``), ``region`` and ``credentials`` are for S3.

    Raises
    ------
    ConfigError
        When the URL or the endpoint holds a secret, or both kinds of endpoint are given.
    """

    name: str
    url: str
    endpoint: str | None = None
    endpoint_env: str | None = None
    region: str | None = None
    credentials: CredentialReference | None = None

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

    @property
    def place(self) -> str:
        """How messages name this store."""
        return f"store `{self.name}`"

    @property
    def scheme(self) -> str:
        """The scheme of the URL in lower case; ``file`` for a plain path."""
        return self.url.split("://", 1)[0].lower() if _WITH_SCHEME.match(self.url) else "file"
