"""From a location to a store of the right kind. A kind's clients are loaded only when one of it is opened."""

from multisite.errors import ConfigError
from multisite.storage.location import StoreLocation
from multisite.storage.objects import ObjectStore

__all__ = ["open_store"]

_S3_SCHEMES = ("s3", "s3a")
_DICOMWEB_SCHEMES = ("dicomweb+https", "dicomweb+http")

_S3_OPTIONS = frozenset(
    {"endpoint", "endpoint_env", "region", "access_key_env", "secret_key_env", "session_token_env", "profile"}
)
_DICOMWEB_OPTIONS = frozenset({"concurrency", "token_env", "user_env", "password_env"})


def open_store(location: StoreLocation) -> ObjectStore:
    """Open the store at ``location``, with secrets from the environment of this process. Nothing is asked of
    it yet.

    Raises
    ------
    ConfigError
        When the URL is of no known kind, an option of another kind is given, or a secret's variable is not
        set.
    """
    if location.scheme in _S3_SCHEMES:
        _refuse_options(location, known=_S3_OPTIONS)
        from multisite.storage.s3.store import S3

        return S3(location)
    if location.scheme in _DICOMWEB_SCHEMES:
        _refuse_options(location, known=_DICOMWEB_OPTIONS)
        from multisite.storage.dicomweb.store import DicomwebStore

        return DicomwebStore(location)
    _refuse_options(location, known=frozenset())
    if location.scheme == "file":
        from multisite.storage.local_folder import LocalFolder

        return LocalFolder(location)
    from multisite.storage.fsspec_store import FsspecStore

    return FsspecStore(location)


def _refuse_options(location: StoreLocation, *, known: frozenset[str]) -> None:
    """An option silently without effect would give its author a wrong idea of who can read the store."""
    given = [
        name for name in ("endpoint", "endpoint_env", "region", "concurrency") if getattr(location, name) is not None
    ]
    if location.credentials is not None:
        given += [name for name in location.credentials.given if name != "anonymous"]
    options = ", ".join(f"`{name}`" for name in given if name not in known)
    if options:
        raise ConfigError(
            f"A store of the kind `{location.scheme}` is given {options}",
            place=location.place,
            remedy="Take it out. Endpoint, region, keys and profile are for S3; token, user, password and concurrency"
            " for DICOMweb; other kinds read their client's own settings.",
        )
