"""The one adapter to Evidently, and with it the only home of Evidently and pandas.

Evidently draws the page, and gives its own verdict per monitor. That verdict is a picture, not an alarm: up to 1,000
reference rows it is a test at the level 0.05, whose p-value falls with the number of studies whatever the size of the
shift; above that it is a distance with the fixed limit 0.1, which small months exceed by chance and rare categories
never reach. Its verdict on the whole data set (half of the columns) is not asked for.

Importing Evidently takes seconds, so it happens inside the functions. Its usage reporting is switched off before that,
and nothing here opens a connection; the pages hold their scripts and fonts and load nothing when they are opened.
"""

import json
import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import polars as pl

from multisite.drift.baseline.bins import kind_of
from multisite.drift.picture.stable_page import stable_json, stable_page
from multisite.errors import ConfigError

__all__ = ["EvidentlyDocument", "EvidentlyVerdict", "compare_with_evidently", "describe_with_evidently"]

_SILENCE = {"DO_NOT_TRACK": "1", "ITERATIVE_DO_NOT_TRACK": "1"}
"""Evidently looks at the first, the library that it reports with at the second."""

_NOTICE_MONTH = (
    "This page is a picture, not an alarm. Evidently's limits ignore how many studies a month has, and studies without "
    "a value are dropped before its tests. The order of the studies along an axis called Index means nothing."
)
_NOTICE_BASELINE = "The studies that every later month is compared with, drawn by Evidently."


@dataclass(frozen=True, slots=True)
class EvidentlyVerdict:
    """What Evidently says of one column.

    ``statistic`` is a p-value in [0, 1] where ``method`` ends in "p_value" (small: different), else a distance of 0 or
    more (large: different); ``threshold`` is Evidently's own limit for it, and ``drift`` its verdict.
    """

    method: str
    statistic: float
    threshold: float
    drift: bool


@dataclass(frozen=True, slots=True)
class EvidentlyDocument:
    """A page (HTML) and snapshot (JSON, readable by Evidently), or None where there was nothing to show.

    ``definition`` is the baseline's DataDefinition as JSON; a month has none of its own.

    ``verdicts`` and ``failed`` are by monitored column; ``failed`` gives a reason for those that Evidently stopped on.
    """

    page: bytes | None
    snapshot: bytes | None
    verdicts: Mapping[str, EvidentlyVerdict]
    failed: Mapping[str, str]
    definition: bytes | None = None


def compare_with_evidently(
    reference: pl.DataFrame,
    month: pl.DataFrame,
    *,
    columns: Sequence[str],
    site: str,
    window: str,
    left_out: Mapping[str, str],
) -> EvidentlyDocument:
    """``month`` (``window``, YYYY-MM) against ``reference`` on ``columns``; the page lists what was ``left_out``.

    Evidently sees no identifier, and the month instead of the time of the run.

    Raises
    ------
    ConfigError
        When Evidently is not installed, or cannot be imported beside the installed pandas.
    """
    if not columns:
        return EvidentlyDocument(None, None, {}, {})
    with _evidently() as library:

        def run(names: Sequence[str]) -> Any:
            metrics = []
            for shown in map(_shown, names):
                metrics += [library.ValueDrift(column=shown), library.MissingValueCount(column=shown, tests=[])]
            metadata = {"site": site, "window": window, "evidently": library.version}
            report = library.Report(metrics, include_tests=True, metadata=metadata)
            return report.run(
                _dataset(library, month, names), _dataset(library, reference, names), timestamp=_timestamp(window)
            )

        snapshot, failed = _isolate(run, columns)
        by_name = _verdicts(snapshot) if snapshot is not None else {}
        verdicts = {column: by_name[_shown(column)] for column in columns if _shown(column) in by_name}
        failed |= {c: "Evidently's statistic is not a number" for c in columns if c not in verdicts and c not in failed}
        title = f"{site}: {window} beside the baseline"
        return _document(snapshot, verdicts, failed, title=title, notice=_NOTICE_MONTH, left_out=left_out)


def describe_with_evidently(
    reference: pl.DataFrame, *, columns: Sequence[str], site: str, window: str, left_out: Mapping[str, str]
) -> EvidentlyDocument:
    """The baseline's page: every column of ``columns`` in ``reference`` (up to ``window``, YYYY-MM), not compared.

    Raises
    ------
    ConfigError
        When Evidently is not installed, or cannot be imported beside the installed pandas.
    """
    if not columns:
        return EvidentlyDocument(None, None, {}, {})
    with _evidently() as library:

        def run(names: Sequence[str]) -> Any:
            metrics = [library.RowCount(tests=[])]
            for name in names:
                shown = _shown(name)
                if _is_number(name):
                    metrics.append(library.ValueStats(column=shown))
                else:
                    metrics += [
                        library.UniqueValueCount(column=shown),
                        library.MissingValueCount(column=shown, tests=[]),
                    ]
            metadata = {"site": site, "window": "baseline", "evidently": library.version}
            report = library.Report(metrics, include_tests=False, metadata=metadata)
            return report.run(_dataset(library, reference, names), None, timestamp=_timestamp(window))

        snapshot, failed = _isolate(run, columns)
        document = _document(
            snapshot, {}, failed, title=f"{site}: baseline", notice=_NOTICE_BASELINE, left_out=left_out
        )
        defined = _definition(library, columns).json(exclude_none=True)
        return replace(document, definition=stable_json(json.loads(defined)))


@contextmanager
def _evidently() -> Iterator[SimpleNamespace]:
    """What is used of Evidently and pandas, with its usage reporting off and its warnings quiet."""
    os.environ.update(_SILENCE)
    with warnings.catch_warnings():
        # Deprecations inside Evidently and its dependencies, and divisions by zero on rare categories.
        warnings.simplefilter("ignore")
        try:
            import pandas
            from evidently import DataDefinition, Dataset, Report, __version__
            from evidently.metrics import MissingValueCount, RowCount, UniqueValueCount, ValueDrift
            from evidently.presets import ValueStats
        except ImportError as error:
            raise ConfigError(
                f"Evidently cannot be imported ({type(error).__name__})",
                place="drift",
                remedy="Install it, with a pandas below 3: pip install multisite[drift]",
            ) from error
        yield SimpleNamespace(
            DataDefinition=DataDefinition,
            DataFrame=pandas.DataFrame,
            Dataset=Dataset,
            MissingValueCount=MissingValueCount,
            Report=Report,
            RowCount=RowCount,
            Series=pandas.Series,
            UniqueValueCount=UniqueValueCount,
            ValueDrift=ValueDrift,
            ValueStats=ValueStats,
            version=__version__,
        )


def _dataset(library: SimpleNamespace, frame: pl.DataFrame, columns: Sequence[str]) -> Any:
    # Dtypes are given, not guessed: a category of digits is no number, and an absent number is NaN.
    data = {
        _shown(name): library.Series(frame[name].to_list(), dtype="float64" if _is_number(name) else "object")
        for name in columns
    }
    return library.Dataset.from_pandas(library.DataFrame(data), data_definition=_definition(library, columns))


def _definition(library: SimpleNamespace, columns: Sequence[str]) -> Any:
    return library.DataDefinition(
        numerical_columns=[_shown(name) for name in columns if _is_number(name)],
        categorical_columns=[_shown(name) for name in columns if not _is_number(name)],
    )


def _is_number(column: str) -> bool:
    return kind_of(column)[0] == "number"


def _shown(column: str) -> str:
    # Words wrap in Evidently's narrow columns, and names joined by underscores do not.
    return kind_of(column)[1].replace("_", " ")


def _isolate(run: Callable[[Sequence[str]], Any], columns: Sequence[str]) -> tuple[Any, dict[str, str]]:
    """Run on all columns; if Evidently stops, find the columns it stops on, and run on the others."""
    try:
        return run(columns), {}
    except Exception as error:
        together = error
    failed = {}
    for column in columns:
        try:
            run([column])
        except Exception as error:
            failed[column] = _stopped(error)
    sound = [column for column in columns if column not in failed]
    if failed and sound:
        try:
            return run(sound), failed
        except Exception as error:
            together = error
    return None, {**dict.fromkeys(sound, _stopped(together)), **failed}


def _stopped(error: Exception) -> str:
    # The text of the exception may quote data.
    return f"Evidently stopped on it ({type(error).__name__})"


def _verdicts(snapshot: Any) -> dict[str, EvidentlyVerdict]:
    """Evidently's verdict is the status of the test that it binds to every drift metric."""
    drifted = {
        result.metric_config.params["column"]: result.status.value == "FAIL"
        for result in snapshot.tests_results
        if result.id == "drift"
    }
    verdicts = {}
    for metric in snapshot.dict()["metrics"]:
        column = metric["config"].get("column")
        # A p-value that is not a number fails no test, so that it would pass for "no drift".
        if "method" not in metric["config"] or metric["value"] != metric["value"]:
            continue
        verdicts[column] = EvidentlyVerdict(
            method=str(metric["config"]["method"]),
            # Twelve digits: the last ones depend on the order of a set of strings.
            statistic=float(f"{metric['value']:.12g}"),
            threshold=float(metric["config"]["threshold"]),
            drift=drifted[column],
        )
    return verdicts


def _document(
    snapshot: Any,
    verdicts: Mapping[str, EvidentlyVerdict],
    failed: Mapping[str, str],
    *,
    title: str,
    notice: str,
    left_out: Mapping[str, str],
) -> EvidentlyDocument:
    if snapshot is None:
        return EvidentlyDocument(None, None, verdicts, failed)
    listed = {_shown(column): reason for column, reason in {**left_out, **failed}.items()}
    page = stable_page(snapshot.get_html_str(as_iframe=False), title=title, notice=notice, left_out=listed)
    return EvidentlyDocument(page, stable_json(json.loads(snapshot.dumps())), verdicts, failed)


def _timestamp(month: str) -> datetime:
    return datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
