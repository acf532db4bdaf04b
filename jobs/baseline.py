"""Make each site's drift baseline, on a Ray cluster.

ray job submit -- exec python jobs/baseline.py configs/demo.yaml --sites configs/sites --workspace workspace
"""

from multisite.cli.jobs import run_job

if __name__ == "__main__":
    run_job("baseline")
