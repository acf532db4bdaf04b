"""One extraction over the synthetic store in a process of its own: ``python -m … <n> <workers> <folder>``.

Prints a JSON object: seconds of each stage, and the greatest memory of this process and of any of its workers.
"""

import json
import os
import resource
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path


def main(n: int, workers: int, folder: Path) -> int:
    """Extract ``n`` objects with ``workers`` processes into ``folder``."""
    from tests.lib.extracting import KEY, OneSite
    from tests.lib.synthetic_store import register, worker_environment

    os.environ |= {"SHELF_KEY": KEY, **worker_environment(folder / "kind")}
    # A spawned worker is given the path of this process in the place of its own.
    sys.path.insert(0, str(folder / "kind"))
    register()
    from multisite.cli.running import workspace_location
    from multisite.pipeline import stages_of
    from multisite.runners import LocalExecutor, RunSummary, Silent, run_stages
    from multisite.study import load_sites, load_study

    executor = LocalExecutor(workers=workers)

    def extract(site: OneSite) -> RunSummary:
        return run_stages(
            stages_of("extract"),
            study=load_study(site.folder / "study.yaml"),
            sites=load_sites([site.folder / "site.yaml"]),
            workspace=workspace_location(str(site.workspace)),
            executor=executor,
            observer=Silent(),
            stop=threading.Event(),
            run_id="benchmark",
            clock=lambda: datetime.now(UTC),
        )

    try:
        # Whatever is loaded once per process is loaded before the clock is looked at.
        extract(OneSite.over(folder / "warm", "synthetic://500", shard_objects=50))
        summary = extract(OneSite.over(folder / "measured", f"synthetic://{n}"))
    finally:
        executor.close()
    kib = {
        "driver_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        "worker_kib": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss,
    }
    print(json.dumps({"seconds": {stage.stage: stage.seconds for stage in summary.stages}, **kib}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
