"""What a job file calls: the verb of the same name, on the cluster that the job was submitted to."""

import sys

from multisite.cli.main import app, run

__all__ = ["run_job"]


def run_job(verb: str) -> None:
    """Run ``multisite <verb> --runner ray`` with the job's own arguments; a ``--runner`` among them wins."""
    arguments = sys.argv[1:]
    runner = [] if "--runner" in arguments else ["--runner", "ray"]
    sys.argv = [app.info.name or "multisite", verb, *arguments, *runner]
    run()
