"""The headline metrics under other truths over the sites, and how far each truth moves them."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from multisite.schemas.truth_sensitivity import TRUTH_METRICS, TRUTH_TORNADO
from multisite.stats import common_effect
from multisite.vocabulary import EstimateStatus, TruthVariant

__all__ = ["tornado"]

_READER = "reader "
_NUMBERS = ("estimate", "ci_low", "ci_high", "ci_level", "ci_method", "n_patients", "n_cases", "status", "reason")
_Row = dict[str, Any]
_BySite = Mapping[str, _Row]


def tornado(sensitivity: pl.DataFrame, *, ci_level: float) -> pl.DataFrame:
    """TRUTH_TORNADO, from TRUTH_SENSITIVITY of every site.

    The sites' values are averaged on the logit scale, each weighing by the precision of its value under the declared
    truth, whatever the truth: a change is the weighted mean of the changes within the sites, and never one of their
    weights. Intervals take the weights for fixed. A truth and the declared one are compared at the sites that both can
    be pooled of (an AUC of 0 or 1 has no standard error there), so that no other sites make a change; of one site its
    own value stands. A single reader replaces the declared truth at that reader's site alone, for nobody reads at all
    of them.
    """
    rows: list[_Row] = []
    for (finding, model), of_endpoint in sorted(sensitivity.partition_by("finding", "model", as_dict=True).items()):
        for metric in TRUTH_METRICS:
            found = {(r["variant"], r["site"]): r for r in of_endpoint.filter(metric=metric).iter_rows(named=True)}
            known = {"finding": finding, "model": model, "metric": metric}
            rows += [known | row for row in _variants(found, ci_level)]
    return pl.DataFrame(rows, schema=TRUTH_TORNADO.schema)


def _variants(found: Mapping[tuple[str, str], _Row], ci_level: float) -> Iterator[_Row]:
    by_variant: dict[str, dict[str, _Row]] = {}
    for (variant, site), row in found.items():
        by_variant.setdefault(variant, {})[site] = row
    declared = by_variant.get(TruthVariant.DECLARED.value, {})
    for truth in TruthVariant:
        if own := by_variant.get(truth.value):
            yield {"variant": truth.value, "reader_site": None} | _compared(own, declared, ci_level)
    for variant, site in sorted(found):
        if variant.startswith(_READER):
            row = found[variant, site]
            replaced = _compared(declared | {site: row}, declared, ci_level)
            if len(declared) > 1 and not (_is_usable(row) and _is_usable(declared.get(site, row))):
                # The other sites alone would say that nothing moves.
                replaced = _lacking(row)
            yield {"variant": variant, "reader_site": site} | replaced


def _compared(own: _BySite, declared: _BySite, ci_level: float) -> _Row:
    """The pooled value of a truth, with its change from the declared one at the sites of both."""
    common = [site for site in own if site in declared and _is_usable(own[site]) and _is_usable(declared[site])]
    if not common and len(own) == 1 and set(own) == set(declared):
        common = list(own)
    if not common:
        # Nothing of the declared truth gives weights: each site weighs by its own precision.
        return _pooled(own, own, ci_level) | {"change": None}
    row, base = (_pooled({site: rows[site] for site in common}, declared, ci_level) for rows in (own, declared))
    ends = row["estimate"], base["estimate"]
    return row | {"change": None if None in ends else ends[0] - ends[1]}


def _is_usable(row: _Row) -> bool:
    return row["scaled_estimate"] is not None and bool(row["standard_error"])


def _lacking(row: _Row) -> _Row:
    """Of a reader at whose site there is nothing to pool."""
    reason = row["reason"] or "no standard error on the logit scale at this site"
    numbers = dict.fromkeys(("estimate", "ci_low", "ci_high", "change"))
    kept = {name: row[name] for name in ("ci_level", "ci_method", "n_patients", "n_cases")}
    return {**numbers, **kept, "n_sites": 0, "status": EstimateStatus.INSUFFICIENT.value, "reason": reason}


def _pooled(rows: _BySite, weighing: _BySite, ci_level: float) -> _Row:
    """Of the sites of ``rows``, each with the weight that its row of ``weighing`` gives it."""
    sites = [site for site, row in rows.items() if _is_usable(row)]
    used = [rows[site] for site in sites]
    if len(rows) == 1 or len(used) == 1:
        # The interval of a mean over sites does not exist; that of the site itself does.
        (only,) = used or rows.values()
        return {"n_sites": int(only["estimate"] is not None)} | {name: only[name] for name in _NUMBERS}
    pooled = common_effect(
        [row["scaled_estimate"] for row in used],
        [row["standard_error"] ** 2 for row in used],
        weights=[weighing[site]["standard_error"] ** -2 for site in sites],
        scale="logit",
        level=ci_level,
    )
    return {
        "estimate": pooled.estimate,
        "ci_low": pooled.ci_low,
        "ci_high": pooled.ci_high,
        "ci_level": pooled.ci_level,
        "ci_method": pooled.ci_method,
        "n_sites": len(used),
        "n_patients": sum(row["n_patients"] for row in used),
        "n_cases": sum(row["n_cases"] for row in used),
        "status": pooled.status.value,
        "reason": "no site has an estimate with an interval" if not used else pooled.reason,
    }
