"""From a location to a store of the right kind. A kind's clients are loaded only when one of it is opened."""

from multisite.errors import ConfigError
from multisite.storage.location import StoreLocation
from multisite.storage.objects import ObjectStore

__all__ = ["open_store"]

_S3_SCHEMES = ("s3", "s3a")


def open_store(location: StoreLocation) -> ObjectStore:
    """Open the store at ``location``, with secrets from the environment of this process. Nothing is asked of
    it yet.

    Raises
    ------
    ConfigError
        When the URL is of no known kind, an S3 option is given for another kind, or a secret's variable is
        not set.
    """
    if location.scheme in _S3_SCHEMES:
        from multisite.storage.s3 import S3

        return S3(location)
    _refuse_s3_options(location)
    if location.scheme == "file":
        from multisite.storage.local_folder import LocalFolder

        return LocalFolder(location)
    from multisite.storage.fsspec_store import FsspecStore

    return FsspecStore(location)


def _refuse_s3_options(location: StoreLocation) -> None:
    """An option silently without effect would give its author a wrong idea of who can read the store."""
    credentials = location.credentials
    given = {
        "endpoint": location.endpoint is not None,
        "endpoint_env": location.endpoint_env is not None,
        "region": location.region is not None,
        "credentials": credentials is not None and not credentials.anonymous,
    }
    options = ", ".join(f"`{name}`" for name, is_given in given.items() if is_given)
    if options:
        raise ConfigError(
            f"A store of the kind `{location.scheme}` is given {options}",
            place=location.place,
            remedy="Only S3 stores have these; other kinds read their client's own settings. Take them out.",
        )
