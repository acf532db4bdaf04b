"""The two S3 clients of a store, set up alike: obstore for what is done a million times, s3fs for the rest.

Neither finds its own way. The endpoint, the region and the keys are always handed to them, so that no
variable of the environment redirects a request and no metadata service is ever asked for keys.
"""

import os
import threading
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiobotocore.session
import s3fs
from obstore.store import S3Store

from multisite.errors import ConfigError
from multisite.storage.location import StoreLocation, environment_value
from multisite.storage.retrying import Patience
from multisite.storage.s3.credentials import S3Keys, key_source

if TYPE_CHECKING:
    # These exist in obstore's type information only.
    from obstore.store import ClientConfig, S3Credential

__all__ = ["S3Clients"]

_DEFAULT_REGION = "us-east-1"
_CONNECTIONS = 64
# obstore asks anew five minutes before this runs out; botocore renews keys ten minutes before they do.
_KEYS_VALID_FOR = timedelta(minutes=15)


class S3Clients:
    """Clients for the bucket and prefix of a location.

    Raises
    ------
    ConfigError
        When the URL names no bucket, the endpoint is no http(s) address, or a secret or its variable is
        missing.
    """

    def __init__(self, location: StoreLocation, patience: Patience) -> None:
        self.location = location
        self.patience = patience
        self.bucket, self.prefix = _bucket_and_prefix(location)
        self._region = location.region or _DEFAULT_REGION
        self._endpoint = _endpoint(location, self._region)
        self._keys = key_source(location)
        self._one_at_a_time = threading.Lock()
        self._s3fs: Any = None
        self._s3fs_keys: S3Keys | None = None
        self.obstore = self._new_obstore()

    def full_key(self, key: str) -> str:
        """``key`` with the store's prefix: the key in the bucket."""
        return f"{self.prefix}/{key}" if self.prefix else key

    @property
    def s3fs(self) -> Any:
        """A file system with the keys that are valid now."""
        keys = self._keys()
        with self._one_at_a_time:
            if self._s3fs is None or keys != self._s3fs_keys:
                self._s3fs, self._s3fs_keys = self._new_s3fs(keys), keys
            return self._s3fs

    def _new_s3fs(self, keys: S3Keys | None) -> Any:
        system = s3fs.S3FileSystem(
            anon=keys is None,
            key=keys.access_key if keys else None,
            secret=keys.secret_key if keys else None,
            token=keys.session_token if keys else None,
            endpoint_url=self._endpoint,
            client_kwargs={"region_name": self._region},
            config_kwargs={
                "s3": {"addressing_style": "path"},
                "connect_timeout": self.patience.connect_timeout_s,
                "read_timeout": self.patience.read_timeout_s,
                "max_pool_connections": _CONNECTIONS,
                "retries": {"mode": "standard", "total_max_attempts": 1},
                # "auto" would ask a metadata service where this machine runs.
                "defaults_mode": "legacy",
                # Servers other than Amazon's do not all know the newer checksums.
                "request_checksum_calculation": "when_required",
                "response_checksum_validation": "when_required",
            },
            session=_session(),
            use_listings_cache=False,
            skip_instance_cache=True,
        )
        # What is tried again, and when, is decided by those who ask.
        system.retries = 1
        return system

    def _new_obstore(self) -> S3Store:
        options: ClientConfig = {
            "allow_http": self._endpoint.startswith("http://"),
            "connect_timeout": timedelta(seconds=self.patience.connect_timeout_s),
            "timeout": timedelta(seconds=self.patience.read_timeout_s),
            "pool_max_idle_per_host": str(_CONNECTIONS),
        }
        bundle = os.environ.get("AWS_CA_BUNDLE")
        if bundle and self._endpoint.startswith("https://"):
            options["root_certificate"] = Path(bundle).read_bytes()
        anonymous = self._keys() is None
        return S3Store(
            self.bucket,
            prefix=self.prefix or None,
            # Both names of the endpoint: a variable AWS_ENDPOINT_URL_S3 would win over the first one alone.
            endpoint=self._endpoint,
            aws_endpoint_url_s3=self._endpoint,
            region=self._region,
            virtual_hosted_style_request=False,
            skip_signature=anonymous,
            credential_provider=None if anonymous else self._obstore_keys,
            client_options=options,
            retry_config={"max_retries": 0, "retry_timeout": timedelta(seconds=self.patience.request_timeout_s)},
        )

    def _obstore_keys(self) -> "S3Credential":
        keys = self._keys()
        return {
            "access_key_id": keys.access_key if keys else "",
            "secret_access_key": keys.secret_key if keys else "",
            "token": keys.session_token if keys else None,
            "expires_at": datetime.now(UTC) + _KEYS_VALID_FOR,
        }


@cache
def _session() -> Any:
    """One for the process, without keys: it holds the description of S3, which takes longer to load than to use."""
    return aiobotocore.session.AioSession()


def _bucket_and_prefix(location: StoreLocation) -> tuple[str, str]:
    bucket, _, prefix = location.url.split("://", 1)[1].partition("/")
    prefix = prefix.strip("/")
    if not bucket or any(part in ("", ".", "..") for part in prefix.split("/") if prefix):
        raise ConfigError(
            "The URL of an S3 store names no bucket, or its prefix has an empty part",
            place=location.place,
            remedy="Write s3://bucket or s3://bucket/prefix.",
        )
    return bucket, prefix


def _endpoint(location: StoreLocation, region: str) -> str:
    endpoint = location.endpoint
    if location.endpoint_env is not None:
        endpoint = environment_value(location, location.endpoint_env)
    if endpoint is None:
        return f"https://s3.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise ConfigError(
            "The endpoint of an S3 store is no plain http:// or https:// address",
            place=location.place,
            remedy="Write it as https://host:port, with no name or password in it.",
        )
    return endpoint.rstrip("/")
