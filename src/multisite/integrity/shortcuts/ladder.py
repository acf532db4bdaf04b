"""The ladder: how well each source tells the finding: pooled, within sites, and as learnt at the other sites."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl

from multisite.integrity.shortcuts.header_scores import HEADERS_ALONE
from multisite.integrity.shortcuts.transfer import learnt_at_other_sites
from multisite.schemas.shortcuts import SHORTCUT_LADDER
from multisite.stats import ScoreCounts, ScoreEstimate, auc, auc_by_segment, auc_within_groups
from multisite.tallies import ScoreTally
from multisite.vocabulary import ALL_SITES, OVERALL, Split

__all__ = ["LEARNT", "SITE_ALONE", "ladder"]

LEARNT = "learnt at other sites"
"""The scope of scores that one site's cases get from the other sites' counts."""

SITE_ALONE = "site"
"""The source that knows nothing of a case but its site."""


def ladder(tally: ScoreTally, counts: pl.DataFrame, *, patients: Mapping[str, int], ci_level: float) -> pl.DataFrame:
    """Rows of SHORTCUT_LADDER from the sites' tallies, and from their ``counts``, rows of ATTRIBUTE_LABEL_COUNTS.

    ``patients`` are those of the test split by site. A source that a site lacks (too few patients, or nothing that
    varies) is estimated over the sites that have it, and its numbers say over how many cases.
    """
    tested = tally.filter((pl.col("split") == Split.TEST.value) & (pl.col("stratum") == OVERALL))
    areas = auc_by_segment(tested.counts, level=ci_level)
    by_source: dict[tuple[str, str], dict[str, ScoreEstimate]] = {}
    for (site, finding, model), area in zip(tested.keys.select("site", "finding", "model").rows(), areas, strict=True):
        by_source.setdefault((finding, model), {})[site] = area
    pooled_tally = tested.over_sites()
    pooled = dict(
        zip(
            pooled_tally.keys.select("finding", "model").rows(),
            auc_by_segment(pooled_tally.counts, level=ci_level),
            strict=True,
        )
    )
    rows = [
        row
        for (finding, model), sites in sorted(by_source.items())
        for row in _of_source(finding, model, sites, pooled[finding, model], patients, ci_level)
    ]
    rows += [row for finding in _findings(by_source) for row in _of_site_alone(finding, by_source, patients, ci_level)]
    learnt = learnt_at_other_sites(counts, ci_level=ci_level)
    rows += [row for (of, name), sites in learnt.items() for row in _learnt(of, name, sites, patients)]
    return pl.DataFrame(rows, schema=SHORTCUT_LADDER.schema).sort("finding", "kind", "source", "scope", "site")


def _findings(by_source: Mapping[tuple[str, str], object]) -> list[str]:
    return sorted({finding for finding, _ in by_source})


def _of_source(
    finding: str,
    model: str,
    sites: Mapping[str, ScoreEstimate],
    pooled: ScoreEstimate,
    patients: Mapping[str, int],
    ci_level: float,
) -> Iterator[dict[str, Any]]:
    kind = "headers" if model == HEADERS_ALONE else "attribute" if model.startswith("(") else "model"
    names = {"finding": finding, "source": model.strip("()"), "kind": kind}
    everyone = sum(patients.get(site, 0) for site in sites)
    yield names | {"scope": "pooled", "site": ALL_SITES} | _numbers(pooled, everyone)
    within = auc_within_groups(list(sites.values()), level=ci_level)
    yield names | {"scope": "within sites", "site": ALL_SITES} | _numbers(within, everyone)
    for site, area in sorted(sites.items()):
        yield names | {"scope": "site", "site": site} | _numbers(area, patients.get(site, 0))


def _learnt(
    finding: str, attribute: str, sites: Mapping[str, ScoreEstimate], patients: Mapping[str, int]
) -> Iterator[dict[str, Any]]:
    names = {"finding": finding, "source": attribute, "kind": "attribute", "scope": LEARNT}
    everyone = sum(patients.get(site, 0) for site in sites)
    for site, area in sites.items():
        yield names | {"site": site} | _numbers(area, everyone if site == ALL_SITES else patients.get(site, 0))


def _of_site_alone(
    finding: str,
    by_source: Mapping[tuple[str, str], Mapping[str, ScoreEstimate]],
    patients: Mapping[str, int],
    ci_level: float,
) -> Iterator[dict[str, Any]]:
    """Each case scored by the share of positives at its site; of the source that covers most cases."""
    candidates = [sites for (of, _), sites in sorted(by_source.items()) if of == finding]
    sites = max(candidates, key=lambda found: sum(area.n_cases for area in found.values()))
    counted = [(a.n_positive / a.n_cases, a.n_positive, a.n_negative) for a in sites.values() if a.n_cases]
    by_share: dict[float, tuple[int, int]] = {}
    for share, positives, negatives in counted:
        before = by_share.get(share, (0, 0))
        by_share[share] = (before[0] + positives, before[1] + negatives)
    shares = np.array(sorted(by_share))
    cases = np.array([by_share[share] for share in shares.tolist()], dtype=np.int64).reshape(-1, 2)
    counts = ScoreCounts(shares, cases[:, 0], cases[:, 1])
    names = {"finding": finding, "source": SITE_ALONE, "kind": "site", "scope": "pooled", "site": ALL_SITES}
    everyone = sum(patients.get(site, 0) for site in sites)
    yield names | _numbers(auc(counts, level=ci_level), everyone)


def _numbers(area: ScoreEstimate, n_patients: int) -> dict[str, Any]:
    return {
        "estimate": area.estimate,
        "ci_low": area.ci_low,
        "ci_high": area.ci_high,
        "ci_level": area.ci_level,
        "ci_method": area.ci_method,
        "n_patients": n_patients,
        "n_cases": area.n_cases,
        "n_positive": area.n_positive,
        "n_negative": area.n_negative,
        "status": area.status.value,
        "reason": area.reason,
    }
