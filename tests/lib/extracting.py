"""`multisite extract` of one site over any store, with a study file that asks for nothing in particular."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from tests.lib.command import Finished, multisite

__all__ = ["KEY", "OneSite"]

KEY = "a key that guards nothing but tests"

_STUDY = """
study: any
title: Any study
intended_use: {task: none, population: none, setting: none, human_role: none}
findings: [{id: any, title: Any}]
models: [{id: none, title: None, version: "0"}]
cohort:
  modalities: [CT, MR, CR, DX]
  strata: [{id: vendor, title: Vendor, column: vendor, when_missing: level}]
performance: {threshold: 0.5, seed: 1}
drift: {acquisition: {categories: [vendor]}, scores: false, alert_rate: false}
"""


@dataclass(frozen=True, slots=True)
class OneSite:
    """A study file, a site file and a workspace below ``folder``."""

    folder: Path

    @classmethod
    def over(cls, folder: Path, url: str | Path, **extraction: int) -> "OneSite":
        """A site with one store at ``url``; ``extraction`` fills that section of the study file."""
        folder.mkdir(parents=True, exist_ok=True)
        section = "".join(f"  {name}: {value}\n" for name, value in extraction.items())
        study = _STUDY + (f"extraction:\n{section}" if section else "")
        (folder / "study.yaml").write_text(study, encoding="utf-8")
        site = f"site: shelf\ntitle: Shelf\nstores: [{{name: shelf, url: '{url}'}}]\npseudonym_key_env: SHELF_KEY\n"
        (folder / "site.yaml").write_text(site, encoding="utf-8")
        return cls(folder)

    @property
    def workspace(self) -> Path:
        """Where the artefacts are."""
        return self.folder / "workspace"

    def run(self, verb: str, *more: object) -> Finished:
        """``multisite <verb>`` on this site; the variable SHELF_KEY has to hold a key."""
        study, site = self.folder / "study.yaml", self.folder / "site.yaml"
        return multisite(verb, study, "--sites", site, "--workspace", self.workspace, *more)

    def check(self, *more: object) -> Finished:
        """``multisite check-config`` on this site."""
        return multisite("check-config", self.folder / "study.yaml", "--sites", self.folder / "site.yaml", *more)

    def table(self, name: str) -> pl.DataFrame:
        """All rows of an artefact that the last run made."""
        parts = sorted((self.workspace / "any" / "shelf" / name).glob("part-*.parquet"))
        return pl.read_parquet(parts)
