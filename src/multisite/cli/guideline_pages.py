"""Reference pages of what the pack is arranged by: guidelines, hazards, records beside it, refused words."""

from collections.abc import Iterator

from multisite.checklists.boundary import load_boundary
from multisite.checklists.catalogue import CHECKLISTS, load_checklist
from multisite.checklists.hazards import load_hazards

__all__ = ["companion_page", "guidelines_page", "hazards_page"]


def guidelines_page() -> Iterator[str]:
    """Every item of every guideline, with the keys of the study file and the evidence that answer it."""
    yield "# Guidelines\n"
    yield "By which items a pack is arranged, and what answers each. What an item asks is paraphrased; the citations"
    yield "lead to its own words.\n"
    for name in CHECKLISTS:
        checklist = load_checklist(name)
        yield f"## {checklist.title} ({checklist.edition})\n"
        yield f"{checklist.citation}\n"
        yield "| item | asks | answered by | keys of the study file | evidence |"
        yield "|---|---|---|---|---|"
        for item in checklist.items:
            keys = ", ".join(f"`{path}`" for path in item.statements)
            kinds = ", ".join(kind.value.replace("_", " ") for kind in item.evidence)
            yield f"| {item.id} {item.topic} | {_cell(item.asks)} | {item.answered_by.value} | {keys} | {kinds} |"
        yield ""


def hazards_page() -> Iterator[str]:
    """The starter catalogue of hazards."""
    yield "# Hazards\n"
    yield "The starter catalogue for `risks` of the study file, in the vocabulary of ISO 14971:2019. Severity,"
    yield "probabilities and whether a risk is acceptable are the authors' to judge.\n"
    yield "| id | hazard | how it comes about | situation | harms | evidence that bears on it |"
    yield "|---|---|---|---|---|---|"
    for one in load_hazards():
        evidence = ", ".join(f"{kind.value.replace('_', ' ')} ({how})" for kind, how in one.evidence.items())
        cells = (one.id, one.title, one.chain, one.situation, "; ".join(one.harms), evidence or one.note)
        yield "| " + " | ".join(_cell(cell) for cell in cells) + " |"
    yield ""


def companion_page() -> Iterator[str]:
    """Topics of records beside a pack, and the words that a study file may not claim."""
    boundary = load_boundary()
    yield "# Records beside a pack\n"
    yield "Topics for `companion` of the study file: records of the workflow that a pack points at and does not hold.\n"
    yield "| id | rules | topic | reference |"
    yield "|---|---|---|---|"
    for topic in boundary.companion:
        yield f"| `{topic.id}` | {topic.group} | {_cell(topic.topic)} | {topic.reference} |"
    yield "\n## Words that a study file may not claim\n"
    yield f"{', '.join(boundary.refused_words)}. In a denial (“not certified”) they may stand, and where a committee's"
    yield "approval is reported. `multisite pack build` refuses them elsewhere, with the place.\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
