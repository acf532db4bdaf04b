"""Compare each later month with the baseline, on a Ray cluster.

ray job submit -- exec python jobs/monitor.py configs/demo.yaml --sites configs/sites --workspace out --month 2024-04

It takes what `multisite monitor` takes: `--send` mails from where the job runs, which needs the server's secrets there.
"""

from multisite.cli.jobs import run_job

if __name__ == "__main__":
    run_job("monitor")
