"""What a person, a log or a machine sees while a run runs, and when it is done."""

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from multisite.runners import Observer, RunSummary
from multisite.schemas import Stage

__all__ = ["Counting", "Terminal", "Value", "counted_rows"]

_PLAIN_EVERY_S = 10.0


Value = str | int | float | None
"""What a cell may hold."""


def _written(value: Value) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.1f}"
    return value if isinstance(value, str) else f"{value:,}"


def counted_rows(n: int) -> str:
    """A number of rows in words."""
    return f"{n:,} row{'s' if n != 1 else ''}"


class Terminal:
    """Results on standard output, progress on standard error: bars in a terminal, lines elsewhere, JSON on request."""

    def __init__(self, *, json_lines: bool = False, width: int = 110) -> None:
        self._json = json_lines
        # A log is not wrapped at 80 columns; a terminal is as wide as it is.
        self._out = Console(width=None if sys.stdout.isatty() else width, highlight=False)
        self._err = Console(stderr=True, highlight=False)

    def title(self, title: str, subtitle: str) -> None:
        """Name what is about to run."""
        if self._json:
            self._emit(event="started", title=title, detail=subtitle)
        else:
            self._out.print(Text.assemble((title, "bold"), f" · {subtitle}"))

    @contextmanager
    def watching(self) -> Iterator[Observer]:
        """An observer for the time of a run."""
        if self._json:
            yield _JsonLines()
        elif self._err.is_terminal:
            with _progress(self._err) as progress:
                yield _Bars(progress)
        else:
            yield _PlainLines()

    @contextmanager
    def counting(self, title: str) -> Iterator["Counting"]:
        """A bar (or a line every few seconds) for work that counts itself; called with what, done and in all."""
        if self._err.is_terminal and not self._json:
            with _progress(self._err) as progress:
                yield Counting(title, progress)
        else:
            yield Counting(title, None)

    def summary(self, summary: RunSummary) -> None:
        """What every stage did."""
        rows = [(s.title, s.n_run, s.n_skipped, s.n_rows, s.seconds) for s in summary.stages]
        head = ("stage", "tasks run", "up to date", "rows", "seconds")
        self.table("Stages", head, rows, right=(1, 2, 3, 4), records=[asdict(stage) for stage in summary.stages])

    def table(
        self,
        title: str,
        head: Sequence[str],
        rows: Sequence[Sequence[Value]],
        *,
        right: Sequence[int] = (),
        records: Sequence[Mapping[str, object]] | None = None,
    ) -> None:
        """A table with aligned columns, or a JSON object per row, in which numbers stay numbers.

        ``records`` are what JSON says instead of ``rows``, where people are shown less or other words.
        """
        if self._json:
            for record in [dict(zip(head, row, strict=True)) for row in rows] if records is None else records:
                self._emit(event="row", table=title, **record)
            return
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for position, name in enumerate(head):
            table.add_column(name, justify="right" if position in right else "left", overflow="fold")
        for row in rows:
            # What headers and people have written is no markup.
            table.add_row(*(Text(_written(value)) for value in row))
        # Apart from the table, whose own title would be folded to its width.
        self._out.print(f"\n{title}", style="bold", markup=False, soft_wrap=True)
        self._out.print(table)

    def warn(self, sentence: str) -> None:
        """Something a person must not miss."""
        if self._json:
            self._emit(event="warning", sentence=sentence)
        else:
            self._out.print(f"\n! {sentence}", style="bold", soft_wrap=True, markup=False)

    def say(self, sentence: str) -> None:
        """A plain line."""
        if self._json:
            self._emit(event="note", sentence=sentence)
        else:
            self._out.print(sentence, soft_wrap=True, markup=False)

    def conclude(self, sentence: str) -> None:
        """A plain line, apart from what stands above it."""
        self.say(sentence if self._json else f"\n{sentence}")

    def path(self, what: str, path: str) -> None:
        """Where to look next."""
        if self._json:
            self._emit(event="written", what=what, path=path)
        else:
            self._out.print(f"\n{what}: {path}", soft_wrap=True, markup=False)

    def _emit(self, **content: object) -> None:
        sys.stdout.write(json.dumps(content, ensure_ascii=False) + "\n")


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:<36}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(compact=True),
        console=console,
    )


class Counting:
    """Progress of work outside the stages."""

    def __init__(self, title: str, progress: Progress | None) -> None:
        self._title = title
        self._progress = progress
        self._task = progress.add_task(title, total=None, rate="") if progress is not None else None
        self._told = self._began = time.monotonic()

    def __call__(self, what: str, done: int, total: int) -> None:
        """``done`` of ``total``, now at ``what``."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done, total=total, rate=what)
        elif time.monotonic() - self._told >= _PLAIN_EVERY_S:
            self._told = time.monotonic()
            sys.stderr.write(f"{self._title}: {done:,} of {total:,}\n")

    def finish(self) -> None:
        """Say how long it took, and leave the screen to what follows."""
        seconds = f"{time.monotonic() - self._began:.1f} s"
        if self._progress is not None and self._task is not None:
            # Work that was found done never counted; its bar is full all the same.
            total = self._progress.tasks[0].total or 1
            self._progress.update(self._task, completed=total, total=total, rate=seconds)
            self._progress.stop()
        else:
            sys.stderr.write(f"{self._title}: {seconds}\n")


class _Bars:
    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = TaskID(0)
        self._rows = 0
        self._began = 0.0

    def stage_started(self, stage: Stage, *, n_tasks: int, n_done_before: int) -> None:
        self._rows, self._began = 0, time.monotonic()
        self._task = self._progress.add_task(stage.title, total=n_tasks, completed=n_done_before, rate="")

    def task_done(self, stage: Stage, *, site: str, n_rows: int) -> None:
        self._rows += n_rows
        rate = self._rows / max(time.monotonic() - self._began, 1e-9)
        self._progress.update(self._task, advance=1, rate=f"{rate:,.0f} rows/s" if rate >= 1 else "")

    def stage_done(self, stage: Stage, *, n_rows: int, seconds: float) -> None:
        self._progress.update(self._task, rate=f"{counted_rows(n_rows)}, {seconds:.1f} s")


class _PlainLines:
    def __init__(self) -> None:
        self._n_tasks = self._n_done = 0
        self._told = 0.0

    def stage_started(self, stage: Stage, *, n_tasks: int, n_done_before: int) -> None:
        self._n_tasks, self._n_done, self._told = n_tasks, n_done_before, time.monotonic()

    def task_done(self, stage: Stage, *, site: str, n_rows: int) -> None:
        self._n_done += 1
        if time.monotonic() - self._told >= _PLAIN_EVERY_S:
            self._told = time.monotonic()
            sys.stderr.write(f"{stage.title}: {self._n_done} of {self._n_tasks} tasks\n")

    def stage_done(self, stage: Stage, *, n_rows: int, seconds: float) -> None:
        sys.stderr.write(f"{stage.title}: {counted_rows(n_rows)}, {seconds:.1f} s\n")


class _JsonLines:
    def stage_started(self, stage: Stage, *, n_tasks: int, n_done_before: int) -> None:
        self._write(event="stage started", stage=stage.name, n_tasks=n_tasks, n_up_to_date=n_done_before)

    def task_done(self, stage: Stage, *, site: str, n_rows: int) -> None:
        self._write(event="task done", stage=stage.name, site=site, n_rows=n_rows)

    def stage_done(self, stage: Stage, *, n_rows: int, seconds: float) -> None:
        self._write(event="stage done", stage=stage.name, n_rows=n_rows, seconds=round(seconds, 3))

    def _write(self, **content: object) -> None:
        sys.stdout.write(json.dumps(content) + "\n")
        sys.stdout.flush()
