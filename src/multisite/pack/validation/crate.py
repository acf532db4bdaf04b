"""RO-Crate metadata (1.1): what each file of the pack is, for programs that collect research objects."""

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["crate_metadata"]

_TYPES: Final = {
    ".html": "text/html",
    ".pdf": "application/pdf",
    ".json": "application/json",
    ".csv": "text/csv",
    ".gz": "application/gzip",
    ".md": "text/markdown",
    ".py": "text/x-python",
    ".txt": "text/plain",
}
_ABOUT: Final = (
    ("index.html", "The validation pack, to be read in a browser"),
    ("pack.pdf", "The validation pack, to be printed"),
    ("pack.json", "The facts of the pack for machines"),
    ("protocol.json", "The protocol in canonical form"),
    ("lock.dsse.json", "The signed statement that the protocol was locked"),
    ("verify.py", "Checks the pack with Python alone"),
    ("exhibits/", "Data of a figure or table"),
    ("tallies/", "Counts over patients and cases"),
    ("results/", "Estimates"),
    ("ledger/", "Copy of a ledger"),
    ("cards/", "Card of the model or of the data"),
)


def crate_metadata(
    sizes: Mapping[str, int], *, study: str, title: str, built: str, licence: str, software: str
) -> dict[str, Any]:
    """The graph: the crate, its descriptor, and every file with size and type."""
    files = [
        {
            "@id": path,
            "@type": "File",
            "name": path,
            "description": next((words for start, words in _ABOUT if path.startswith(start)), "Part of the pack"),
            "contentSize": str(size),
            "encodingFormat": _TYPES.get(path[path.rfind(".") :], "application/octet-stream"),
        }
        for path, size in sorted(sizes.items())
    ]
    return {
        "@context": "https://w3id.org/ro/crate/1.1/context",
        "@graph": [
            {
                "@id": "ro-crate-metadata.json",
                "@type": "CreativeWork",
                "about": {"@id": "./"},
                "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
            },
            {
                "@id": "./",
                "@type": "Dataset",
                "identifier": study,
                "name": f"Validation pack: {title}",
                "description": "Evidence on an imaging AI at several hospitals: counts and estimates.",
                "datePublished": built,
                "license": licence,
                "hasPart": [{"@id": path} for path in sorted(sizes)],
            },
            {"@id": "#software", "@type": "SoftwareApplication", "name": software},
            *files,
        ],
    }
