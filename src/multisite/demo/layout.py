"""Where everything of the demo lies below its folder."""

from pathlib import Path

from multisite.demo.hospitals import Hospital, StoreFolder

__all__ = ["CONFIGURATION", "DATA", "PLANTED_FILE", "S3_ROOT", "store_folder", "table_folder"]

DATA = "data"
"""Folder of the sites' images and tables."""

CONFIGURATION = "configs"
"""Folder of the study file and the site files."""

PLANTED_FILE = "planted.json"
"""What was planted."""

S3_ROOT = "s3"
"""Below a site's data: the folder that is served as S3; its folders are the buckets."""


def store_folder(hospital: Hospital, store: StoreFolder) -> Path:
    """Where the objects of a store lie, relative to the data folder."""
    below = Path(S3_ROOT) / store.bucket if store.bucket else Path("images") / store.name
    return Path(hospital.id) / below


def table_folder(hospital: Hospital) -> Path:
    """Where the tables of a site lie, relative to the data folder."""
    return Path(hospital.id) / "tables"
