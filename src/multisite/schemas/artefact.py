"""An artefact is declared once; the declaration validates it on writing and documents it."""

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import polars as pl

from multisite.errors import SchemaError
from multisite.schemas.column import Column, ColumnFamily
from multisite.vocabulary import Split, Zone

__all__ = ["AnyArtefact", "Artefact", "FileArtefact"]


@dataclass(frozen=True, slots=True)
class FileArtefact:
    """A single document (a page, a snapshot) that a stage writes as bytes."""

    name: str
    zone: Zone
    suffix: str
    media_type: str
    description: str
    version: int = 1


# Without slots: what is derived from hundreds of columns is kept, because every shard asks for it many times.
@dataclass(frozen=True)
class Artefact:
    """A table with a name, a schema version, a zone, columns, and a key that is unique.

    ``partitioned_by`` names the column by whose values the rows are kept in parts of their own. An ``interim`` artefact
    is there for a later stage to add up, and its rows are not counted among results.
    """

    name: str
    zone: Zone
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    families: tuple[ColumnFamily, ...] = ()
    partitioned_by: str | None = None
    interim: bool = False
    version: int = 1

    @cached_property
    def schema(self) -> pl.Schema:
        """Dtypes of the fixed columns, in order."""
        return pl.Schema({column.name: column.dtype for column in self.columns})

    def empty(self) -> pl.DataFrame:
        """The table with no row."""
        return self._empty.clone()

    @cached_property
    def _empty(self) -> pl.DataFrame:
        return pl.DataFrame(schema=self.schema)

    def family_columns(self, frame: pl.DataFrame) -> list[str]:
        """Names of the study-declared columns present in ``frame``, sorted."""
        fixed = {column.name for column in self.columns}
        prefixes = tuple(family.prefix for family in self.families)
        return sorted(n for n in frame.columns if prefixes and n not in fixed and n.startswith(prefixes))

    def without_labels(self, frame: pl.DataFrame) -> pl.DataFrame:
        """``frame`` less the columns that hold labels, fixed ones and those that the study declares."""
        return frame.drop(self._label_columns(frame))

    def with_tuning_labels(self, frame: pl.DataFrame) -> pl.DataFrame:
        """``frame`` with labels of the split ``tune`` only: null in every other row, none where no split is told."""
        if "split" not in frame.columns:
            return self.without_labels(frame)
        tuning = pl.col("split") == Split.TUNE.value
        return frame.with_columns(pl.when(tuning).then(pl.col(name)).alias(name) for name in self._label_columns(frame))

    def _label_columns(self, frame: pl.DataFrame) -> list[str]:
        prefixes = tuple(family.prefix for family in self.families if family.is_label)
        declared = [name for name in self.family_columns(frame) if prefixes and name.startswith(prefixes)]
        return [
            *declared,
            *(column.name for column in self.columns if column.is_label and column.name in frame.columns),
        ]

    def conform(self, frame: pl.DataFrame) -> pl.DataFrame:
        """``frame`` with its columns in declared order, after every rule has been checked.

        Raises
        ------
        SchemaError
            Naming every missing, unexpected or ill-typed column, null, broken constraint and repeated key,
            with counts and without values.
        """
        faults = [*self._column_faults(frame)]
        if not faults:
            faults = [*self._value_faults(frame), *self._key_faults(frame)]
        if faults:
            raise SchemaError(
                f"`{self.name}` v{self.version} breaks its schema: " + "; ".join(faults),
                place=f"artefact {self.name}",
                remedy="Re-run the stage that writes it with the current release, or mend the table it was made from.",
            )
        return frame.select([*self.schema.names(), *self.family_columns(frame)])

    def _column_faults(self, frame: pl.DataFrame) -> list[str]:
        faults = []
        # Asked for once: a frame builds its schema anew each time.
        declared, found = self.schema, frame.schema
        for name, dtype in declared.items():
            if name not in found:
                faults.append(f"column `{name}` is missing")
            elif found[name] != dtype:
                faults.append(f"column `{name}` is {found[name]}, expected {dtype}")
        families = self.family_columns(frame)
        for name in found:
            if name not in declared and name not in families:
                faults.append(f"column `{name}` is not declared")
        for family in self.families:
            for name in families:
                if name.startswith(family.prefix) and found[name] != family.dtype:
                    faults.append(f"column `{name}` is {found[name]}, expected {family.dtype}")
        return faults

    def _value_faults(self, frame: pl.DataFrame) -> list[str]:
        required = [c.name for c in self.columns if not c.nullable]
        for family in self.families:
            if not family.nullable:
                required += [n for n in self.family_columns(frame) if n.startswith(family.prefix)]
        constrained = [c for c in self.columns if c.constraint is not None]
        counts = frame.select(
            *(pl.col(name).null_count().alias(f"null:{name}") for name in required),
            *(
                column.constraint.violations(column.name).alias(f"rule:{column.name}")
                for column in constrained
                if column.constraint is not None
            ),
        )
        if counts.is_empty():
            return []
        found = counts.row(0, named=True)
        faults = [f"column `{n}` has {found[f'null:{n}']} nulls" for n in required if found[f"null:{n}"]]
        for column in constrained:
            broken = found[f"rule:{column.name}"]
            if broken and column.constraint is not None:
                faults.append(f"column `{column.name}` must be {column.constraint.sentence}: {broken} rows are not")
        return faults

    def _key_faults(self, frame: pl.DataFrame) -> list[str]:
        if not self.key or frame.is_empty():
            return []
        repeated = frame.height - frame.select(self.key).n_unique()
        return [f"the key ({', '.join(self.key)}) repeats in {repeated} rows"] if repeated else []


AnyArtefact: TypeAlias = Artefact | FileArtefact
