"""Evidently's own workspace, put together from archived snapshots, so that `evidently ui` shows the runs.

Evidently 0.7 keeps a folder per project: ``metadata.json``, and a file per run under ``snapshots``, all named by
UUIDs. Archived snapshots are such files already. Names are made from study, site and month, so that the same runs give
the same files, and a revised month takes the place of the one before it.
"""

import json
import uuid
from collections.abc import Mapping

__all__ = ["BASELINE_RUN", "workspace_files"]

BASELINE_RUN = "baseline"
"""Name of the run that shows the reference rows; the others are named by their months."""

_NAMESPACE = uuid.UUID("6f0f3a52-2f0a-5c57-9a0e-6d756c746973")
_PROJECT_VERSION = "2"
_DESCRIPTION = (
    "Months in routine use beside the validated set. A picture, not an alarm: the verdicts are multisite's, and stand "
    "on the timeline of the site. Drawn from rows of the site, where it must stay."
)


def workspace_files(snapshots: Mapping[str, bytes], *, study: str, site: str, title: str) -> dict[str, bytes]:
    """Path in Evidently's workspace → content, for the project of one site.

    ``snapshots`` are those of the site by month (YYYY-MM), or ``BASELINE_RUN``. Nothing for no snapshot: a project
    without a run says nothing.
    """
    if not snapshots:
        return {}
    project = uuid.uuid5(_NAMESPACE, f"{study}/{site}")
    metadata = {
        "id": str(project),
        "name": f"{title}: {site}",
        "description": _DESCRIPTION,
        "org_id": None,
        "version": _PROJECT_VERSION,
    }
    files = {f"{project}/metadata.json": json.dumps(metadata, ensure_ascii=False, indent=2).encode()}
    for name, content in sorted(snapshots.items()):
        snapshot = json.loads(content)
        # What Evidently lists a run by.
        snapshot["name"] = name
        run = uuid.uuid5(project, name)
        files[f"{project}/snapshots/{run}.json"] = json.dumps(snapshot, ensure_ascii=False, sort_keys=True).encode()
    return files
