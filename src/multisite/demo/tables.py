"""The tables that a hospital supplies, written batch by batch in the hospital's own form."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import polars as pl
import pyarrow.parquet as pq

from multisite.demo.batches import CaseRow, MonthBatch, SiteBatch
from multisite.demo.hospitals import TableHabits
from multisite.demo.objects import study_uid
from multisite.demo.plan import FINDING, MODEL, DemoPlan
from multisite.demo.studies import ImagingStudy
from multisite.schemas.site_tables import CASES, DEPLOYMENT, EVENTS, PREDICTIONS, READINGS
from multisite.vocabulary import DriftEventKind

__all__ = ["TableWriter", "case_frame", "deployment_frame", "event_frame", "prediction_frame", "table_columns"]

_SETTING = "clinical_setting"


def table_columns(table: str, habits: TableHabits) -> dict[str, str]:
    """Our name → the hospital's own name, for the columns of ``table`` that it calls differently."""
    columns = {
        CASES.name: [*(column.name for column in CASES.columns), _SETTING],
        READINGS.name: [column.name for column in READINGS.columns],
        PREDICTIONS.name: [column.name for column in PREDICTIONS.columns],
        DEPLOYMENT.name: [*(column.name for column in DEPLOYMENT.columns), _SETTING],
        EVENTS.name: [column.name for column in EVENTS.columns],
    }[table]
    return {name: habits.column_names[name] for name in columns if name in habits.column_names}


def case_frame(batch: SiteBatch) -> pl.DataFrame:
    """Rows of the table of cases, repeated ids included."""
    rows: Sequence[CaseRow] = [*batch.rows.values(), *batch.further_rows]
    return pl.DataFrame(
        {
            "case_id": [row.case_id for row in rows],
            "patient_id": [row.patient_id for row in rows],
            "study_instance_uid": [study_uid(row.study) for row in rows],
            "split": [row.split for row in rows],
            "case_date": [row.study.day for row in rows],
            _SETTING: [row.setting for row in rows],
        },
        schema_overrides={"case_date": pl.Date},
    )


def prediction_frame(batch: SiteBatch) -> pl.DataFrame:
    """Rows of the table of predictions."""
    return pl.DataFrame(
        {"case_id": list(batch.scores), **_index_test(len(batch.scores)), "score": list(batch.scores.values())},
        schema_overrides={"score": pl.Float64},
    )


def deployment_frame(batch: MonthBatch) -> pl.DataFrame:
    """Rows of the table of routine use."""
    studies: Sequence[ImagingStudy] = batch.studies
    return pl.DataFrame(
        {
            "patient_id": [study.person.id for study in studies],
            "study_instance_uid": [study_uid(study) for study in studies],
            **_index_test(len(studies)),
            "score": batch.scores,
            _SETTING: batch.settings,
        },
        # Stated in full, because a demo without months has a table without rows.
        schema={
            **{column.name: column.dtype for column in DEPLOYMENT.columns if column.required},
            _SETTING: pl.String(),
        },
    )


def event_frame(plan: DemoPlan, update_month: int | None) -> pl.DataFrame:
    """Rows of the table of events: the update of ``update_month``, with its acceptance window of two months."""
    rows = []
    if update_month is not None:
        start, end = (plan.month_start(update_month + months) for months in (0, 2))
        rows = [(start, DriftEventKind.SOFTWARE.value, "Update of the CT scanner's software", True, end - timedelta(1))]
    schema = {column.name: column.dtype for column in EVENTS.columns if column.name in _TOLD_OF_EVENTS}
    return pl.DataFrame(rows, schema=schema, orient="row")


_TOLD_OF_EVENTS = ("date", "kind", "title", "planned", "window_end")


def _index_test(n_rows: int) -> dict[str, list[str]]:
    return {"finding": [FINDING] * n_rows, "model": [MODEL] * n_rows}


class TableWriter:
    """A table that grows by frames of the same columns; use it as a context, which closes the file."""

    def __init__(self, folder: Path, table: str, habits: TableHabits) -> None:
        self._names = table_columns(table, habits)
        self._date_format = habits.date_format
        self._file: IO[bytes] = (folder / f"{table}{habits.suffix}").open("wb")
        self._parquet = habits.suffix == ".parquet"
        self._parquet_writer: Any = None
        self._begun = False

    def append(self, frame: pl.DataFrame) -> None:
        """Write the rows of ``frame`` after those before."""
        named = frame.rename(self._names)
        if self._parquet:
            rows = named.to_arrow()
            if self._parquet_writer is None:
                self._parquet_writer = pq.ParquetWriter(self._file, rows.schema, compression="zstd")
            self._parquet_writer.write_table(rows)
        else:
            named.write_csv(self._file, include_header=not self._begun, date_format=self._date_format)
        self._begun = True

    def __enter__(self) -> "TableWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._parquet_writer is not None:
            self._parquet_writer.close()
        self._file.close()
