"""Where labels that err come from, how a check found them to err, and what that does to the result."""

from collections.abc import Iterable
from typing import Any

from multisite.pack.evidence import Endpoint, Evidence
from multisite.pack.metrics import AUC, FOREST, METRICS, SENSITIVITY, SPECIFICITY
from multisite.pack.numbers import count, decimals_for, fixed, share, write
from multisite.pack.parameters import FindingText, LabellerText
from multisite.pack.words import listed
from multisite.schemas.label_errors import CORRECTED_ESTIMATES
from multisite.vocabulary import ALL_SITES

__all__ = [
    "DEPENDENCE",
    "check_sentence",
    "corrected_rows",
    "declared_labeller",
    "label_caution",
    "labeller_sentence",
    "perfect_sentence",
]

DEPENDENCE = (
    "The corrected values hold if model and labels err independently of each other, among cases with the finding and "
    "among those without. Where both tend to fail at the same cases, the truth lies below them. The bounds hold in "
    "either case, sampling error apart."
)
"""What the two corrections rest on."""


def declared_labeller(evidence: Evidence, finding: FindingText) -> LabellerText | None:
    """What made the finding's labels; ``None`` where the study file does not say that they err."""
    return next((labeller for labeller in evidence.parameters.labellers if labeller.finding == finding.id), None)


def labeller_sentence(labeller: LabellerText) -> str:
    """Where the labels come from, and what a check against readers found."""
    found, checked = labeller.positives_found, labeller.positives_checked
    spared, without = labeller.negatives_found, labeller.negatives_checked
    return (
        f"The labels come from {labeller.source}, by {labeller.labeller}. Checked against readers, they found "
        f"{count(found)} of {count(checked)} cases with the finding ({share(found, checked)}), and called "
        f"{count(spared)} of {count(without)} cases without it negative ({share(spared, without)})."
    )


def check_sentence(evidence: Evidence, labeller: LabellerText) -> str:
    """At which sites the labels were checked, and for which ones the errors are taken over."""
    if not labeller.checked_at:
        return "Where the checked cases come from is not said; labels are taken to err as often at every site."
    first = f"The checked cases come from {listed(labeller.checked_at)}"
    others = [site for site in evidence.sites if site not in labeller.checked_at]
    if not others:
        return f"{first}, put together; labels are taken to err as often at each."
    return f"{first}; that labels err as often at {listed(others)} is taken for granted."


def corrected_rows(evidence: Evidence, endpoint: Endpoint, site: str = ALL_SITES) -> dict[str, dict[str, Any]]:
    """Rows of the corrected estimates by metric."""
    frame = endpoint.rows(evidence.frame(CORRECTED_ESTIMATES)).filter(site=site)
    return {row["metric"]: row for row in frame.iter_rows(named=True)}


def perfect_sentence(evidence: Evidence, endpoint: Endpoint) -> str:
    """What a model without error would show against these labels, over all sites; empty where it is not known."""
    rows = corrected_rows(evidence, endpoint)
    shown = {name: rows[name]["of_perfect_model"] for name in (AUC, SENSITIVITY, SPECIFICITY) if name in rows}
    if len(shown) < 3 or None in shown.values():
        return ""
    said = listed([f"{_measure(name)} of {fixed(value, 2)}" for name, value in shown.items()])
    return f"Against such labels even a model without any error would show {said}."


def label_caution(evidence: Evidence, endpoint: Endpoint) -> str:
    """What stands beside the headline: the labels err, and what the result is without that; empty of other labels."""
    labeller = declared_labeller(evidence, endpoint.finding)
    if labeller is None:
        return ""
    rows = corrected_rows(evidence, endpoint)
    shown = [name for name in FOREST if name in rows]
    said = [part for name in shown if (part := _corrected(name, rows[name]))]
    heading = f"{endpoint.title}: " if len(evidence.endpoints) > 1 else ""
    first = f"{heading}These results are against labels that come from {labeller.source} and are sometimes wrong."
    if all(rows[name]["estimate"] is None for name in shown):
        reasons = dict.fromkeys(why for name in shown if (why := rows[name]["reason"]))
        return f"{first} What they would be without these errors cannot be told{_because(reasons)}."
    return (
        f"{first} Without these errors, if the model errs independently of them: {'; '.join(said)}. "
        "The bounds hold even if model and labels fail at the same cases, sampling error apart."
    )


def _because(reasons: Iterable[str]) -> str:
    said = "; ".join(reasons)
    return f" ({said})" if said else ""


def _corrected(name: str, row: dict[str, Any]) -> str:
    if row["estimate"] is None:
        return "" if row["reason"] is None else f"{_measure(name, article=False)} not usable ({row['reason']})"
    said = f"{_measure(name, article=False)} {write(row['estimate'], row['ci_low'], row['ci_high'])}"
    if row["bound_low"] is not None:
        decimals = max(2, decimals_for(row["bound_low"], row["bound_high"]))
        said += f", bounds {fixed(row['bound_low'], decimals)} to {fixed(row['bound_high'], decimals)}"
    # Beyond 0 or 1, or without an interval.
    return said if row["reason"] is None else f"{said}{_because([row['reason']])}"


def _measure(name: str, *, article: bool = True) -> str:
    title = METRICS[name].title
    if title.isupper():
        return f"an {title}" if article else title
    return f"a {title.lower()}" if article else title.lower()
