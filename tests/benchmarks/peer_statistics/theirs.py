"""Runs in the peers' environment, as a file beside ``data.py``: seconds and numbers of each task, as JSON."""

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import confidenceinterval as ci
import numpy as np
from data import TASKS, draw
from MLstatkit import Bootstrapping, Delong_test


def _timed(function, *arguments, **named):
    best, result = float("inf"), None
    for _ in range(3):
        began = time.perf_counter()
        result = function(*arguments, **named)
        best = min(best, time.perf_counter() - began)
    return best, [str(value) for value in np.ravel(np.array(result, dtype=object))]


def _asked(task, n, replicates):
    truth, one, other = draw(n)
    if task.startswith("AUC with DeLong"):
        yield "confidenceinterval", _timed(ci.roc_auc_score, truth, one)
    elif task.startswith("difference"):
        yield "MLstatkit", _timed(Delong_test, truth, one, other, return_ci=False)
    elif task.startswith("AUC with bootstrap"):
        yield (
            "confidenceinterval",
            _timed(ci.roc_auc_score, truth, one, method="bootstrap_percentile", n_resamples=replicates),
        )
        yield "MLstatkit", _timed(Bootstrapping, truth, one, metric_str="roc_auc", n_bootstraps=replicates)
    else:
        yield "confidenceinterval", _timed(ci.tpr_score, truth, (one >= 0.5).astype(int))


def main() -> None:
    """A list of task, package, seconds and numbers."""
    found = [[task, *answer] for task, sizes in TASKS.items() for answer in _asked(task, *sizes)]
    print(json.dumps([[task, package, *timed] for task, package, timed in found]))


main()
