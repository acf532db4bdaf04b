"""A small demo on disk, and how to read it back."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from multisite.demo import DemoPlan, Planted
from multisite.demo.hospitals import Hospital, hospital
from multisite.demo.layout import DATA, store_folder, table_folder

PLAN = DemoPlan(patients_per_site=100, sites=4, months=2, seed=7)


@dataclass(frozen=True)
class SmallDemo:
    """The folder of a generated demo, and what was planted in it."""

    out: Path
    planted: dict[str, Planted]

    def hospital(self, name: str) -> Hospital:
        """The hospital with this identifier."""
        return next(place for place in map(hospital, range(PLAN.sites)) if place.id == name)

    def objects(self, name: str) -> list[Path]:
        """Every object in the stores of a site, sorted."""
        place = self.hospital(name)
        folders = [self.out / DATA / store_folder(place, store) for store in place.stores]
        return sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())

    def table(self, name: str, table: str) -> pl.DataFrame:
        """A table of a site, with our column names and without parsing of dates."""
        place = self.hospital(name)
        path = self.out / DATA / table_folder(place) / f"{table}{place.tables.suffix}"
        frame = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path)
        ours = {theirs: mine for mine, theirs in place.tables.column_names.items()}
        return frame.rename({name: ours[name] for name in frame.columns if name in ours})
