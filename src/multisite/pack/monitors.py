"""What a monitored column is called, and in which unit its values are."""

from multisite.pack.parameters import ReportParameters

__all__ = ["SCORE_PREFIX", "monitor_title", "monitor_unit"]

SCORE_PREFIX = "score_"
"""What the monitor of a score starts with, before the finding and the model."""

_UNITS = {"_mm": "mm", "_kv": "kV", "_years": "years"}


def monitor_title(parameters: ReportParameters, monitor: str) -> str:
    """The column's name as words; a score is named by its finding and model."""
    name = monitor
    for finding in parameters.findings:
        for model in parameters.models:
            if name == f"{SCORE_PREFIX}{finding.id}_{model.id}":
                return f"Score for {finding.title} by {model.title}"
    for suffix in _UNITS:
        name = name.removesuffix(suffix)
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def monitor_unit(monitor: str) -> str:
    """The unit in the column's name; empty for none."""
    return next((unit for suffix, unit in _UNITS.items() if monitor.endswith(suffix)), "")
