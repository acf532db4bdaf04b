"""Where the model does worst: the level of a stratum that lies furthest below all other cases."""

from multisite.pack.evidence import Endpoint, Evidence
from multisite.pack.gaps import Gap, gaps, same_direction
from multisite.pack.marks import CONCERN, NO_EVIDENCE, QUIET
from multisite.pack.metrics import METRICS
from multisite.pack.numbers import count, fixed, write
from multisite.pack.sentences.statement import Statement
from multisite.pack.words import named, points
from multisite.vocabulary import UNKNOWN

__all__ = ["gap_title", "others_below", "strata_statement"]

_TOPIC = "Worst stratum"


def worst_gap(evidence: Evidence, endpoint: Endpoint) -> tuple[Gap | None, int]:
    """The surest gap whose interval lies wholly below 0, and how many gaps were looked at."""
    found = gaps(evidence, endpoint)
    below = [gap for gap in found if gap.high < 0]
    return (below[0] if below else None), len(found)


def gap_title(evidence: Evidence, endpoint: Endpoint) -> str:
    """The finding of the figure of strata."""
    gap, looked_at = worst_gap(evidence, endpoint)
    if not looked_at:
        return "No stratum has enough cases on both sides to be compared"
    if gap is None:
        return "No level of any stratum lies clearly below the other cases"
    return f"{_level(gap)}: {_metric(gap).lower()} {points(gap.difference)} lower"


def strata_statement(evidence: Evidence, endpoint: Endpoint) -> Statement:
    """The worst level with its gap, n, and how much the search itself would find by chance."""
    gap, looked_at = worst_gap(evidence, endpoint)
    anchor = f"performance-{endpoint.slug}"
    if not looked_at:
        return Statement(NO_EVIDENCE, _TOPIC, "No stratum has enough cases on both sides to be compared.", anchor)
    # Each interval lies wholly below 0 by chance with half of its error.
    by_chance = looked_at * (1 - evidence.parameters.ci_level) / 2
    search = (
        f"{count(looked_at)} gaps were looked at; if there were none at all, about {fixed(by_chance, 1)} "
        "would still look like this by chance."
    )
    if gap is None:
        return Statement(QUIET, _TOPIC, f"No level lies clearly below the other cases. {search}", anchor)
    level = gap.level
    low, high = sorted((abs(gap.low), abs(gap.high)))
    same, judged = same_direction(evidence, endpoint, gap)
    text = (
        f"{_level(gap)}: {_metric(gap).lower()} {write(level.value, level.low, level.high)}, "
        f"{points(gap.difference)} ({round(100 * low)}–{round(100 * high)}) below all other cases "
        f"({fixed(gap.others, 2)}); {count(level.n_patients)} against {count(gap.n_patients_others)} patients. "
    )
    text += _in_the_other_measure(evidence, endpoint, gap)
    if judged > 1:
        text += f"The level is the lower one at {same} of the {judged} sites where this can be judged. "
    elif judged == 1:
        text += "Only one site has enough cases to judge this alone. "
    return Statement(CONCERN, _TOPIC, text + search, anchor)


def _in_the_other_measure(evidence: Evidence, endpoint: Endpoint, gap: Gap) -> str:
    for other in gaps(evidence, endpoint):
        same_level = (other.stratum.id, other.level.level) == (gap.stratum.id, gap.level.level)
        if same_level and other.level.metric != gap.level.metric and other.high < 0:
            span = f"{round(100 * -other.high)}–{round(100 * -other.low)}"
            return f"Its {_metric(other).lower()} lies {points(other.difference)} ({span}) below as well. "
    return ""


def others_below(evidence: Evidence, endpoint: Endpoint) -> str:
    """How many levels lie wholly below the other cases, in words."""
    below = [gap for gap in gaps(evidence, endpoint) if gap.high < 0]
    return f"{named(len(below), 'level lies', 'levels lie')} wholly below the other cases"


def _level(gap: Gap) -> str:
    unit = f" {gap.stratum.unit}" if gap.stratum.unit and gap.level.level != UNKNOWN else ""
    return f"{gap.stratum.title} {gap.level.level}{unit}"


def _metric(gap: Gap) -> str:
    return METRICS[gap.level.metric].title
