"""What every artefact and every site table looks like: columns, units, zone, constraints, and the shape of a stage.

Belongs here: declarations, and the code that validates and documents by them. Does not belong: reading or writing
(``storage``), or how a value is computed (the rooms). Everything from ``tallies`` upwards may import it.
"""

from multisite.schemas.artefact import AnyArtefact, Artefact, FileArtefact
from multisite.schemas.column import Column, ColumnFamily, Constraint
from multisite.schemas.objects import ObjectReader, ObjectVersion, RangeRequest
from multisite.schemas.stage import AdoptedBaseline, Scope, Stage, StageInputs, StageOutputs

__all__ = [
    "AdoptedBaseline",
    "AnyArtefact",
    "Artefact",
    "Column",
    "ColumnFamily",
    "Constraint",
    "FileArtefact",
    "ObjectReader",
    "ObjectVersion",
    "RangeRequest",
    "Scope",
    "Stage",
    "StageInputs",
    "StageOutputs",
]
