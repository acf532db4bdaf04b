"""The sections `risks` and `companion` of a study to start from, out of the catalogues of hazards and of topics."""

from itertools import groupby

from multisite.checklists.boundary import load_boundary
from multisite.checklists.hazards import Hazard, load_hazards
from multisite.study.starting.yaml_words import comment

__all__ = ["FIRST_HAZARDS", "risks_text"]

FIRST_HAZARDS = ("H04", "H05", "H07")
"""Hazards of nearly every model: drift, groups that fare worse, and a claim inflated by leakage."""


def risks_text() -> str:
    """The sections."""
    hazards = load_hazards()
    entries = "".join(_entry(hazard) for hazard in hazards if hazard.id in FIRST_HAZARDS)
    first, last = hazards[0].id, hazards[-1].id
    return f"""\
# The authors' part of the risk file, in the vocabulary of ISO 14971. `hazard` is one of the starter catalogue,
# {first} to {last}, or an id of your own, which needs a title and a situation. Severity, probabilities and whether the
# residual risk is acceptable are yours to judge: what is left out is shown as not judged. Three to begin with:
risks:
{entries}\
  #- hazard: night_shift
    #title: The order of reading is changed when one radiologist covers several sites
    #situation: An urgent examination without the finding waits behind flagged ones
    #harms: [delayed treatment]

# Records beside the pack, of the workflow it is used in: where they are and who keeps them; never their content. The
# topics are
{_topics()}\
#companion:
  #- {{topic: gdp-01, title: Lawful basis and safeguards, pointer: "Record 12/2023", keeper: Data protection officer}}
"""


def _entry(hazard: Hazard) -> str:
    said = f"{hazard.title[:1].upper()}{hazard.title[1:]}: {hazard.situation} ({', '.join(hazard.harms)})."
    return f"""\
{comment(said, indent=2)}\
  - hazard: {hazard.id}
    #severity:
    #probability_of_situation:
    #probability_of_harm:
    #control:
    #control_owner:
    #residual_risk:
    #acceptable:
"""


def _topics() -> str:
    groups = groupby(load_boundary().companion, key=lambda topic: topic.group)
    named = [(group, [topic.id for topic in topics]) for group, topics in groups]
    return "".join(comment(f"  {ids[0]} to {ids[-1]}: {group}") for group, ids in named)
