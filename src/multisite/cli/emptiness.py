"""What an extraction found nothing in: a person has to look whether that is so, for no count tells it from a fault."""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from multisite.schemas.provenance import SHARDS
from multisite.schemas.series_table import SERIES_TABLE_COUNTS, TableFact
from multisite.storage.artefacts import ArtefactStore
from multisite.study import Site

__all__ = ["ObjectsOfStores", "emptiness", "objects_of_stores"]

ObjectsOfStores = Mapping[tuple[str, str], int]
"""Site and store → number of objects that were listed last."""


def objects_of_stores(store: ArtefactStore, sites: Sequence[Site]) -> ObjectsOfStores:
    """The objects of each store that was ever found to hold some, as the workspace has them now."""
    listed = [
        store.read(SHARDS, site.site, columns=["site", "store", "n_objects"])
        for site in sites
        if store.manifest(SHARDS, site.site) is not None
    ]
    if not listed:
        return {}
    held = pl.concat(listed).group_by("site", "store").agg(pl.col("n_objects").sum())
    return {(site, name): n for site, name, n in held.rows()}


def emptiness(store: ArtefactStore, sites: Sequence[Site], *, before: ObjectsOfStores) -> Iterator[str]:
    """A sentence for each store in which nothing was listed, and for each header table without a row.

    ``before`` are the objects before this run, by which a store that has lost them is told.
    """
    now = objects_of_stores(store, sites)
    for site in sites:
        for declared in site.stores:
            key = (site.site, declared.name)
            if not now.get(key):
                had = f"; at the run before it held {before[key]:,}" if before.get(key) else ""
                yield (
                    f"Store `{declared.name}` of {site.site} holds no object{had}. A share that is not mounted looks"
                    " like this."
                )
        if _has_no_row(store.read(SERIES_TABLE_COUNTS, site.site)):
            yield f"The header table of {site.site} (`tables.series`) has no row."


def _has_no_row(counts: pl.DataFrame) -> bool:
    return bool((counts.filter(pl.col("fact") == TableFact.ROWS)["n"] == 0).any())
