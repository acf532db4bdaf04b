"""Make the reference standard from readings, on a Ray cluster.

ray job submit -- exec python jobs/adjudicate.py configs/demo.yaml --sites configs/sites --workspace workspace
"""

from multisite.cli.jobs import run_job

if __name__ == "__main__":
    run_job("adjudicate")
