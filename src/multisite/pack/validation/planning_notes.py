"""What each exhibit of results says of itself: which of it was planned, and that the rest is post hoc."""

from collections.abc import Iterator
from typing import Final

from multisite.pack.evidence import Evidence
from multisite.pack.metrics import METRICS
from multisite.pack.validation.facts import PackFacts
from multisite.pack.words import listed
from multisite.study import PlannedEndpoint
from multisite.vocabulary import Standing

__all__ = ["planning_note"]

_HEAD: Final = ("auc", "sensitivity", "specificity")
_CALIBRATION: Final = ("calibration_slope", "observed_expected", "brier")
_WHOLE: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("headline", _HEAD),
    ("forest-sites-", _HEAD),
    ("sites-", _HEAD),
    ("across-sites-", (*_HEAD, *_CALIBRATION)),
    ("decisions-", ("sensitivity", "specificity", "ppv", "npv")),
    ("reliability-", _CALIBRATION),
    ("calibration-", _CALIBRATION),
    ("verdicts-", (*_HEAD, *_CALIBRATION, "ppv", "npv")),
)
"""Beginning of an exhibit's name, and the metrics of all test cases that it shows."""

_STRATA: Final = ("forest-strata-", "strata-", "shrinkage-", "verdicts-", "calibration-levels-", "ratios-forest-")
_OTHER: Final = (
    "failures-", "operating-point-", "threshold-transfer-", "outcomes-", "benefit-", "recalibration-", "roc-",
    "tornado-",
    "reader-benchmark-", "differences-", "comparison-", "measure-", "ladder-", "shift-", "site-told-",
    "header-agreement-",
)  # fmt: skip


def planning_note(slug: str, evidence: Evidence, facts: PackFacts, standing: Standing) -> str:
    """The note of the exhibit ``slug``; empty for one that shows no result."""
    whole = [metric for prefix, metrics in _WHOLE if slug.startswith(prefix) for metric in metrics]
    strata = slug.startswith(_STRATA)
    if not (whole or strata or slug.startswith(_OTHER)):
        return ""
    if standing is Standing.EXPLORATORY:
        return "Exploratory."
    found = list(dict.fromkeys(_planned(facts.endpoints, whole, strata=strata, evidence=evidence)))
    return f"Planned: {listed(found)}; all else is post hoc." if found else "Post hoc."


def _planned(
    endpoints: tuple[PlannedEndpoint, ...], whole: list[str], *, strata: bool, evidence: Evidence
) -> Iterator[str]:
    titles = {stratum.id: stratum.title for stratum in evidence.parameters.strata}
    for endpoint in endpoints:
        name = METRICS[endpoint.metric].inside if endpoint.metric in METRICS else endpoint.metric.replace("_", " ")
        if endpoint.stratum is None and endpoint.metric in whole:
            yield f"{name} ({endpoint.role})"
        if endpoint.stratum is not None and strata:
            yield f"{name} by {titles.get(endpoint.stratum, endpoint.stratum)} ({endpoint.role})"
