"""`make bench`: every ratio of this machine, in one table."""

import os
import sys

# Ratios are per core; each of these is read when the library behind it is imported.
for _variable in ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_variable] = "1"


def main() -> int:
    """Print the table; the exit code is 0 whatever the ratios are, because they are measurements and not tests."""
    from rich.console import Console
    from rich.table import Table

    from tests.benchmarks import (
        bench_bootstrap,
        bench_delong,
        bench_drift,
        bench_evaluation,
        bench_headers,
        bench_performance,
        bench_ray_bootstrap,
        bench_scale,
        bench_series_table,
    )

    table = Table(box=None, pad_edge=False)
    heads = ("what", "ours", "theirs", "ratio", "aim", "")
    for position, head in enumerate(heads):
        table.add_column(head, justify="left" if position in (0, 5) else "right")
    benches = (
        bench_headers,
        bench_scale,
        bench_series_table,
        bench_performance,
        bench_evaluation,
        bench_delong,
        bench_bootstrap,
        bench_ray_bootstrap,
        bench_drift,
    )
    chosen = sys.argv[1:]
    for bench in (
        module.bench for module in benches if not chosen or module.__name__.rpartition("bench_")[2] in chosen
    ):
        for ratio in bench():
            table.add_row(*ratio.cells())
            sys.stderr.write(f"{ratio.name}: {ratio.cells()[3]}\n")
    Console(width=None if sys.stdout.isatty() else 150).print(table)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
