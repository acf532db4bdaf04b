"""The site file: frozen models of ``sites/<site>.yaml``. It never leaves the site, and names secrets only."""

from typing import Annotated

from pydantic import Field, model_validator

from multisite.study.study_file import Identifier, Section

__all__ = ["Credentials", "Site", "SiteTableFile", "Store"]

EnvironmentName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class Credentials(Section):
    """Where the secrets of a store are found: environment variables or a profile, on the machine that reads."""

    access_key_env: EnvironmentName | None = None
    secret_key_env: EnvironmentName | None = None
    session_token_env: EnvironmentName | None = None
    profile: str | None = None
    anonymous: bool = False

    @model_validator(mode="after")
    def _one_source(self) -> "Credentials":
        pair = (self.access_key_env is not None, self.secret_key_env is not None)
        if pair[0] != pair[1]:
            raise ValueError("`access_key_env` and `secret_key_env` go together")
        if sum((pair[0], self.profile is not None, self.anonymous)) != 1:
            raise ValueError("give exactly one of: the two key variables, `profile`, `anonymous: true`")
        return self


class Store(Section):
    """A place with DICOM objects: a folder (relative to the file), ``s3://bucket/prefix`` or another fsspec URL."""

    name: Identifier
    url: str
    endpoint: str | None = None
    endpoint_env: EnvironmentName | None = None
    region: str | None = None
    credentials: Credentials | None = None


class SiteTableFile(Section):
    """A table of the site (CSV or Parquet, path relative to the site file) and the names of its columns."""

    path: str
    columns: dict[str, str] = Field(default_factory=dict)
    date_format: str = "%Y-%m-%d"


class Site(Section):
    """One hospital."""

    site: Identifier
    title: str
    stores: Annotated[tuple[Store, ...], Field(min_length=1)]
    pseudonym_key_env: EnvironmentName
    tables: dict[Identifier, SiteTableFile] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names_are_known(self) -> "Site":
        names = [store.name for store in self.stores]
        if len(set(names)) != len(names):
            raise ValueError("two stores have the same name")
        unknown = sorted(set(self.tables) - {"cases", "predictions", "deployment"})
        if unknown:
            raise ValueError(f"unknown table {', '.join(unknown)}; known: cases, predictions, deployment")
        return self
