"""Running stages: what has to run, on which site's inputs, in this process or over a cluster, and how to resume.

Belongs here: all reading and writing around a stage, retries, receipts, and the only imports of Ray. Does not belong:
anything that looks at the content of a frame.
"""

from multisite.runners.bootstrap import bootstrap_over
from multisite.runners.drive import RunSummary, StageSummary, run_stages
from multisite.runners.events import Observer, Silent
from multisite.runners.execution import Executor
from multisite.runners.local import LocalExecutor

__all__ = [
    "Executor",
    "LocalExecutor",
    "Observer",
    "RunSummary",
    "Silent",
    "StageSummary",
    "bootstrap_over",
    "run_stages",
]
