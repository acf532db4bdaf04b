"""The site file: frozen models of ``sites/<site>.yaml``. It never leaves the site, and names secrets only."""

from typing import Annotated

from pydantic import Field, model_validator

from multisite.study.monthly import Monthly
from multisite.study.section import Identifier, Section

__all__ = ["Credentials", "Site", "SiteTableFile", "Store"]

_TABLES = ("cases", "predictions", "deployment", "events", "fitted", "readings", "measurements", "series")

EnvironmentName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


_WAYS = (
    {"access_key_env", "secret_key_env"},
    {"profile"},
    {"token_env"},
    {"user_env", "password_env"},
    {"anonymous"},
)


class Credentials(Section):
    """Where the secrets of a store are found: environment variables or a profile, on the machine that reads.

    The two keys and ``profile`` are for S3; the token, and the user with the password, for DICOMweb.
    """

    access_key_env: EnvironmentName | None = None
    secret_key_env: EnvironmentName | None = None
    session_token_env: EnvironmentName | None = None
    profile: str | None = None
    anonymous: bool = False
    token_env: EnvironmentName | None = None
    user_env: EnvironmentName | None = None
    password_env: EnvironmentName | None = None

    @model_validator(mode="after")
    def _one_source(self) -> "Credentials":
        given = {name for name in type(self).model_fields if getattr(self, name) not in (None, False)}
        for one, other in (("access_key_env", "secret_key_env"), ("user_env", "password_env")):
            if (one in given) != (other in given):
                raise ValueError(f"`{one}` and `{other}` go together")
        if given - {"session_token_env"} not in _WAYS:
            raise ValueError(
                "give exactly one of: the two key variables, `profile`, `token_env`, "
                "the variables of user and password, `anonymous: true`"
            )
        if "session_token_env" in given and "access_key_env" not in given:
            raise ValueError("`session_token_env` goes with the two key variables")
        return self


class Store(Section):
    """A place with DICOM objects: a folder (relative to the file), ``s3://bucket/prefix``,
    ``dicomweb+https://host/path`` or another fsspec URL.

    ``concurrency`` is the most requests that a process has in flight at a DICOMweb server.
    """

    name: Identifier
    url: str
    endpoint: str | None = None
    endpoint_env: EnvironmentName | None = None
    region: str | None = None
    credentials: Credentials | None = None
    concurrency: Annotated[int, Field(ge=1, le=64)] | None = None


class SiteTableFile(Section):
    """A table of the site (CSV or Parquet, path relative to the site file) and the names of its columns."""

    path: str
    columns: dict[str, str] = Field(default_factory=dict)
    date_format: str = "%Y-%m-%d"


class Site(Section):
    """One hospital: its images in stores, or headers that it brings as the table ``series``, or both."""

    site: Identifier
    title: str
    stores: tuple[Store, ...] = ()
    pseudonym_key_env: EnvironmentName
    tables: dict[Identifier, SiteTableFile] = Field(default_factory=dict)
    monthly: Monthly | None = None

    @model_validator(mode="after")
    def _names_are_known(self) -> "Site":
        names = [store.name for store in self.stores]
        if len(set(names)) != len(names):
            raise ValueError("two stores have the same name")
        unknown = sorted(set(self.tables) - set(_TABLES))
        if unknown:
            raise ValueError(f"unknown table {', '.join(unknown)}; known: {', '.join(_TABLES)}")
        if not self.stores and "series" not in self.tables:
            raise ValueError("a site needs images or headers: give `stores`, or a table `series`")
        return self
