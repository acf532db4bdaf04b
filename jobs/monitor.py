"""Compare each later month with the baseline, on a Ray cluster.

ray job submit -- exec python jobs/monitor.py configs/demo.yaml --sites configs/sites --workspace workspace
"""

from multisite.cli.jobs import run_job

if __name__ == "__main__":
    run_job("monitor")
