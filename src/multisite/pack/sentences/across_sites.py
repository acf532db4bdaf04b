"""What a new hospital should expect, and how far the sites of the study can say it."""

from multisite.pack.across_sites import mean_of, new_site_of, pool_of, roles, within_sites
from multisite.pack.evidence import Endpoint, EstimateRow, Evidence
from multisite.pack.metrics import AUC, FOREST, METRICS
from multisite.pack.numbers import decimals_for, fixed, per_cent, write
from multisite.pack.words import listed, named
from multisite.vocabulary import SiteRole

__all__ = ["auc_beside", "new_site", "sites_in_training"]

_FEW_SITES = 10
_NEEDED = 3
_MOST_NAMED = 8
_TELLS_NOTHING = 0.5
"""Width from which on a range for a new site leaves open nearly all that matters."""


def new_site(evidence: Evidence, endpoint: Endpoint) -> str:
    """The range that a new site's true value is expected in, per measure, with its caveat; or why none is given."""
    expected: list[str] = []
    counts: dict[str, int] = {}
    for name in FOREST:
        row, pool = new_site_of(evidence, endpoint, name), pool_of(evidence, endpoint, name)
        if row is not None and pool is not None and row.sound:
            counts[name] = pool["n_sites"]
            expected.append(f"{METRICS[name].inside} is expected between {_ends(row)}")
    if not expected:
        return (
            f"What a new hospital should expect cannot be said: that needs at least {_NEEDED} sites with an estimate."
        )
    expected[1:] = [words.replace(" is expected", "", 1) for words in expected[1:]]
    level = per_cent(100 * evidence.parameters.ci_level)
    said = f"In a new hospital like these, {listed(expected)} (approximate {level} prediction intervals"
    text = f"{said} from {_sites(counts)})."
    if min(counts.values()) < _FEW_SITES:
        text += " From so few sites this is rough, and hospitals unlike these are not covered."
    wide = [name for name in counts if _width(new_site_of(evidence, endpoint, name)) > _TELLS_NOTHING]
    if wide:
        of_wide = listed([METRICS[name].inside for name in wide])
        text += f" Of {of_wide} that says next to nothing: the sites differ too much, or are too few."
    alike = [name for name in counts if (pool_of(evidence, endpoint, name) or {}).get("tau") == 0.0]
    if alike:
        text += (
            f" In {listed([METRICS[name].inside for name in alike])} the sites differ no more than chance lets them; "
            "that hospitals differ is not ruled out by this."
        )
    return text


def auc_beside(evidence: Evidence, endpoint: Endpoint) -> str:
    """The AUC over all cases, within sites, and as the mean of the sites; empty where fewer than two of them exist."""
    found = (
        ("with the cases of all sites pooled", evidence.estimate(endpoint, AUC)),
        ("within sites", within_sites(evidence, endpoint)),
        ("as the mean of the sites", mean_of(evidence, endpoint, AUC)),
    )
    rows = [(words, row) for words, row in found if row is not None and row.sound]
    if len(rows) < 2:
        return ""
    parts = [f"{write(row.value, row.low, row.high)} {words}" for words, row in rows]
    return f"The {METRICS[AUC].title} is {listed(parts)}."


def sites_in_training(evidence: Evidence) -> str:
    """Which sites were in training; and, where all were, that no other has been tested."""
    found = roles(evidence)
    of = {role: [site for site, (known, _) in found.items() if known is role] for role in SiteRole}
    inside, outside = of[SiteRole.INTERNAL], of[SiteRole.EXTERNAL]
    if not found:
        return ""
    if not outside:
        return (
            f"All testing is internal: {_named(inside)} {'has' if len(inside) == 1 else 'have'} cases for training or "
            "tuning, so that a hospital of which the model has seen nothing is not tested here."
        )
    if not inside:
        return (
            "All testing is external, as far as the sites' tables say: no site has an included case for training or "
            "tuning."
        )
    return (
        f"Internal testing at {_named(inside)}, which {'has' if len(inside) == 1 else 'have'} cases for training or "
        f"tuning; external testing at {_named(outside)}."
    )


def _named(sites: list[str]) -> str:
    return listed(sites) if len(sites) <= _MOST_NAMED else named(len(sites), "site", "sites")


def _width(row: EstimateRow | None) -> float:
    return 0.0 if row is None else row.high - row.low


def _ends(row: EstimateRow) -> str:
    decimals = decimals_for(row.low, row.high)
    return f"{fixed(row.low, decimals)} and {fixed(row.high, decimals)}"


def _sites(counts: dict[str, int]) -> str:
    if len(set(counts.values())) == 1:
        return named(next(iter(counts.values())), "site", "sites")
    return listed([f"{named(n, 'site', 'sites')} for {METRICS[name].inside}" for name, n in counts.items()])
