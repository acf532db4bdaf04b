"""The report's rows on differences between models, by comparison and finding."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from multisite.pack.evidence import EstimateRow, Evidence
from multisite.pack.parameters import FindingText, ModelText
from multisite.schemas.model_comparison import (
    DATA_CELLS,
    DATA_EFFECTS,
    MODEL_BY_DATA,
    MODEL_DIFFERENCES,
    MODEL_PAIR_COUNTS,
    MODEL_PAIRS,
    NEW_MINUS_OLD,
)
from multisite.vocabulary import ALL_SITES, OVERALL

__all__ = ["Comparison", "as_estimate", "comparisons"]

_Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models held against each other for one finding, and every row on them."""

    finding: FindingText
    new: ModelText
    old: ModelText
    sites: tuple[str, ...]
    differences: Mapping[tuple[str, str, str, str, str], _Row]
    pairs: Mapping[tuple[str, str], _Row]
    cells: Mapping[tuple[str, str, str], _Row]
    counts: Mapping[str, _Row]

    @property
    def slug(self) -> str:
        """Unique in the page, and fit for an id."""
        return f"{self.finding.id}-{self.new.id}-{self.old.id}"

    @property
    def title(self) -> str:
        """Finding, new and old model."""
        return f"{self.finding.title}: {self.new.with_version} against {self.old.with_version}"

    @property
    def has_data_effects(self) -> bool:
        """Whether old and new data were told apart."""
        return bool(self.cells)

    def difference(
        self,
        metric: str,
        *,
        site: str = ALL_SITES,
        question: str = NEW_MINUS_OLD,
        stratum: str = OVERALL,
        level: str = OVERALL,
    ) -> _Row | None:
        """The row of a site, or over all of them; ``None`` where none was written."""
        return self.differences.get((metric, question, site, stratum, level))

    def answer(self, metric: str, *, question: str = NEW_MINUS_OLD) -> _Row | None:
        """The row over sites; where one site alone counts there, that site's."""
        mean = self.difference(metric, question=question)
        if mean is None or mean["n_sites"] != 1:
            return mean
        # All effects of old and new data are of the sites that have their sum.
        counting = NEW_MINUS_OLD if question == NEW_MINUS_OLD else DATA_EFFECTS["both"]
        counted = [self.difference(metric, site=site, question=counting) for site in self.sites]
        sites = [row["site"] for row in counted if row is not None and row["estimate"] is not None]
        alone = (self.difference(metric, site=site, question=question) for site in sites)
        return next((row for row in alone if row is not None and row["status"] == "ok" and row["standard_error"]), mean)


def comparisons(evidence: Evidence) -> tuple[Comparison, ...]:
    """Every comparison that was made, findings in the order of the study file, and so are the models."""
    frames = {a.name: evidence.frame(a) for a in (MODEL_DIFFERENCES, MODEL_PAIRS, MODEL_BY_DATA, MODEL_PAIR_COUNTS)}
    names = ["finding", "new_model", "old_model"]
    made = set(frames[MODEL_DIFFERENCES.name].select(names).unique().rows())
    models = evidence.parameters.models
    # Each frame is cut once: a study of many findings has thousands of rows.
    cut = {name: frame.partition_by(names, as_dict=True) for name, frame in frames.items()}
    return tuple(
        _comparison(evidence, finding, new, old, {name: parts.get(key) for name, parts in cut.items()})
        for finding in evidence.parameters.findings
        for new in models
        for old in models
        if (key := (finding.id, new.id, old.id)) in made
    )


def as_estimate(row: _Row) -> EstimateRow:
    """A row of a difference as an estimate, for what draws and writes estimates."""
    return EstimateRow.without_counts(row, finding=row["finding"], model=row["new_model"])


def _comparison(
    evidence: Evidence, finding: FindingText, new: ModelText, old: ModelText, parts: Mapping[str, pl.DataFrame | None]
) -> Comparison:
    def rows(artefact_name: str) -> Sequence[_Row]:
        frame = parts[artefact_name]
        return [] if frame is None else frame.to_dicts()

    differences = {
        (r["metric"], r["question"], r["site"], r["stratum"], r["level"]): r for r in rows(MODEL_DIFFERENCES.name)
    }
    own = {site for _, _, site, _, _ in differences} - {ALL_SITES}
    return Comparison(
        finding=finding,
        new=new,
        old=old,
        sites=tuple(sorted(own)),
        differences=differences,
        pairs={(r["metric"], r["site"]): r for r in rows(MODEL_PAIRS.name) if r["stratum"] == OVERALL},
        cells={(r["metric"], r["term"], r["site"]): r for r in rows(MODEL_BY_DATA.name) if r["term"] in DATA_CELLS},
        counts={r["site"]: r for r in rows(MODEL_PAIR_COUNTS.name) if r["stratum"] == OVERALL},
    )
