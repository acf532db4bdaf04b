"""From references to secrets, on the machine that reads, and nowhere else."""

from collections.abc import Callable
from dataclasses import dataclass, field

import botocore.exceptions
import botocore.session

from multisite.errors import ConfigError
from multisite.storage.location import CredentialReference, StoreLocation, environment_value

__all__ = ["S3KeySource", "S3Keys", "key_source"]

_PROVIDERS_OUTSIDE_THE_PROFILE = ("ec2-credentials-file", "boto-config", "container-role", "iam-role")


@dataclass(frozen=True, slots=True)
class S3Keys:
    """The secrets themselves. They are never shown, pickled or logged."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    session_token: str | None = field(repr=False)

    def __reduce__(self) -> str:
        raise TypeError("secrets stay in the process that read them")


S3KeySource = Callable[[], S3Keys | None]
"""Gives the keys that are valid now (they may change during a long run); None for anonymous access."""


def key_source(location: StoreLocation) -> S3KeySource:
    """Read the secrets that ``location`` refers to.

    Raises
    ------
    ConfigError
        When no credentials are declared, or a variable or a profile is missing; the message names it.
    """
    reference = location.credentials
    if reference is None:
        raise ConfigError(
            "An S3 store declares no credentials",
            place=location.place,
            remedy="Name them under `credentials`; for an open bucket write `anonymous: true`.",
        )
    if reference.anonymous:
        return lambda: None
    if reference.profile is not None:
        return _from_profile(location, reference.profile)
    keys = _from_environment(location, reference)
    return lambda: keys


def _from_environment(location: StoreLocation, reference: CredentialReference) -> S3Keys:
    token = reference.session_token_env
    return S3Keys(
        access_key=environment_value(location, reference.access_key_env or ""),
        secret_key=environment_value(location, reference.secret_key_env or ""),
        session_token=None if token is None else environment_value(location, token),
    )


def _from_profile(location: StoreLocation, profile: str) -> S3KeySource:
    """Keys of a profile in the shared AWS files, renewed by botocore where they expire."""
    session = botocore.session.Session(profile=profile)
    try:
        resolver = session.get_component("credential_provider")
        for provider in _PROVIDERS_OUTSIDE_THE_PROFILE:
            # They would look for keys elsewhere, two of them over the network, when the profile has none.
            resolver.remove(provider)
        credentials = session.get_credentials()
    except botocore.exceptions.BotoCoreError as error:
        raise _profile_error(location, profile, f"cannot be used ({type(error).__name__})") from None
    if credentials is None:
        raise _profile_error(location, profile, "holds no credentials")

    def current() -> S3Keys:
        try:
            frozen = credentials.get_frozen_credentials()
        except botocore.exceptions.BotoCoreError as error:
            raise _profile_error(location, profile, f"cannot renew its keys ({type(error).__name__})") from None
        return S3Keys(frozen.access_key, frozen.secret_key, frozen.token)

    return current


def _profile_error(location: StoreLocation, profile: str, fact: str) -> ConfigError:
    return ConfigError(
        f"The credential profile `{profile}` {fact}",
        place=f"{location.place}, on the machine that reads it",
        remedy="Correct the profile in the shared AWS files there, or its name in the site file.",
    )
