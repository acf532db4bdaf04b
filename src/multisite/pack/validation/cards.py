"""Model card and dataset card, from the same facts as the pack."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from multisite.pack.evidence import Evidence
from multisite.pack.sentences.headline import answer, test_set
from multisite.pack.standing import StudyStanding
from multisite.pack.validation.facts import PackFacts
from multisite.schemas.cohort import COHORT_IDENTITY

__all__ = ["dataset_card", "model_card"]

_CONTEXT: Final[Mapping[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_TYPES: Final = {pl.String: "sc:Text", pl.Int64: "sc:Integer", pl.Float64: "sc:Float", pl.Boolean: "sc:Boolean"}


def model_card(evidence: Evidence, facts: PackFacts, standing: StudyStanding) -> str:
    """A model card in Markdown: what the model is, for whom, how it did, and what is not known."""
    use = evidence.parameters
    lines = [f"# Model card: {facts.title}", "", f"{standing.kind.value.capitalize()} results. {standing.sentence}", ""]
    lines += ["## Model", ""]
    for model in facts.models:
        frozen = f", frozen on {model.frozen_on.isoformat()}" if model.frozen_on else ""
        lines.append(f"- {model.title}, version {model.version}{frozen}; SHA-256: {model.sha256 or 'not declared'}")
    lines += ["", "## Intended use", "", f"- Task: {use.task}", f"- Population: {use.population}"]
    lines += [f"- Setting: {use.setting}", f"- Human role: {use.human_role}", "", "## Not validated for", ""]
    lines += [f"- {words}" for words in use.not_validated_for] or ["- The protocol names none, which is a gap"]
    lines += ["", "## Results on test cases", ""]
    for endpoint in evidence.endpoints:
        lines.append(f"- {answer(evidence, endpoint)} {test_set(evidence, endpoint)}")
    lines += ["", "## What the authors say", ""]
    for path, title in _SAID:
        lines.append(f"- {title}: {facts.statements.get(path, 'not stated')}")
    lines += ["", "Everything else, with its evidence: `index.html` of this pack.", ""]
    return "\n".join(line.replace("<", "&lt;").replace("](", "]\\(") for line in lines)


def dataset_card(
    evidence: Evidence, facts: PackFacts, tables: Mapping[str, pl.DataFrame], digests: Mapping[str, str]
) -> dict[str, Any]:
    """Croissant metadata (1.0) of the tallies and results in the pack; the rows of patients stay in the sites.

    ``tables`` are frames by path in the pack, ``digests`` their SHA-256.
    """
    identity = evidence.frame(COHORT_IDENTITY)
    n_cases, n_patients = int(identity["n_cases"].sum()), int(identity["n_patients"].sum())
    files = [
        {
            "@type": "cr:FileObject",
            "@id": path,
            "name": path,
            "contentUrl": path,
            "encodingFormat": "application/gzip" if path.endswith(".gz") else "text/csv",
            "sha256": digests[path],
        }
        for path in tables
    ]
    return {
        "@context": dict(_CONTEXT),
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": facts.study,
        "description": f"Counts and estimates of {facts.title}: {n_cases} included cases of {n_patients} patients at "
        f"{len(evidence.sites)} sites. No row of a patient, and no image, is part of it.",
        "version": facts.protocol_sha256[:12],
        "license": facts.statements.get("reporting.availability.data", "not stated"),
        "isLiveDataset": False,
        "rai:dataCollection": facts.statements.get("reporting.data.sources", "not stated"),
        "rai:dataLimitations": facts.statements.get("reporting.discussion.limitations", "not stated"),
        "rai:dataBiases": facts.statements.get("reporting.fairness.known_inequalities", "not stated"),
        "distribution": files,
        "recordSet": [_records(path, frame) for path, frame in tables.items()],
    }


_SAID: Final[Sequence[tuple[str, str]]] = (
    ("reporting.index_test.architecture", "Architecture"),
    ("reporting.index_test.training", "Training"),
    ("reporting.partitions.development_summary", "Development data"),
    ("reporting.index_test.explainability", "Explanations"),
    ("reporting.discussion.limitations", "Limitations"),
    ("reporting.fairness.known_inequalities", "Known inequalities"),
    ("reporting.availability.model", "Who can have it"),
)


def _records(path: str, frame: pl.DataFrame) -> dict[str, Any]:
    name = path.removesuffix(".gz").removesuffix(".csv").replace("/", "-")
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/{column}",
                "name": column,
                "dataType": _TYPES.get(type(dtype), "sc:Text"),
                "source": {"fileObject": {"@id": path}, "extract": {"column": column}},
            }
            for column, dtype in frame.schema.items()
        ],
    }
