"""What the chapter on the reference standard shows of one finding."""

from dataclasses import dataclass

from multisite.pack.evidence import Evidence
from multisite.pack.exhibits.tornado import tornado_figure
from multisite.pack.figures.figure import Figure
from multisite.pack.parameters import FindingText
from multisite.pack.sentences.label_errors import (
    DEPENDENCE,
    check_sentence,
    declared_labeller,
    labeller_sentence,
    perfect_sentence,
)
from multisite.pack.sentences.reader_bias import reader_bias_sentence
from multisite.pack.sentences.reference import (
    UNKNOWN_READING,
    ceiling_sentence,
    declared_reference,
    independence_sentence,
    readers_sentence,
    rule_sentence,
)
from multisite.pack.tables.label_errors import corrected_table
from multisite.pack.tables.reader_bias import reader_bias_table
from multisite.pack.tables.reference import (
    agreement_by_stratum_table,
    agreement_of_readers_table,
    benchmark_table,
    reading_table,
    readings_per_case_table,
)
from multisite.pack.tables.table import Table

__all__ = ["ReferenceChapter", "reference_chapter"]


@dataclass(frozen=True, slots=True)
class ReferenceChapter:
    """``heading`` is empty where the study has one finding. Tables and figures are empty without readings.

    Of labels that err, ``tables`` are those of the corrected results.
    """

    heading: str
    sentences: tuple[str, ...]
    tables: tuple[Table, ...] = ()
    more: tuple[Table, ...] = ()
    tornados: tuple[Figure, ...] = ()
    benchmarks: tuple[Table, ...] = ()


def reference_chapter(evidence: Evidence, finding: FindingText) -> ReferenceChapter:
    """Of a finding whose labels are made from readings, how; of labels that err, what that does; of others, nothing."""
    heading = finding.title if len(evidence.parameters.findings) > 1 else ""
    endpoints = [endpoint for endpoint in evidence.endpoints if endpoint.finding.id == finding.id]
    declared = declared_reference(evidence, finding)
    if declared is None and (labeller := declared_labeller(evidence, finding)) is not None:
        perfect = perfect_sentence(evidence, endpoints[0]) if endpoints else ""
        said = labeller_sentence(labeller), check_sentence(evidence, labeller), perfect, DEPENDENCE
        tables = tuple(corrected_table(evidence, endpoint) for endpoint in endpoints)
        return ReferenceChapter(heading, tuple(filter(None, said)), tables=tables)
    if declared is None:
        return ReferenceChapter(heading, (UNKNOWN_READING,))
    return ReferenceChapter(
        heading,
        (
            rule_sentence(declared),
            readers_sentence(evidence, finding),
            independence_sentence(evidence, finding),
            ceiling_sentence(evidence, finding),
            reader_bias_sentence(evidence, finding),
        ),
        tables=(
            reading_table(evidence, finding),
            agreement_of_readers_table(evidence, finding),
            reader_bias_table(evidence, finding),
        ),
        more=(readings_per_case_table(evidence, finding), agreement_by_stratum_table(evidence, finding)),
        tornados=tuple(tornado_figure(evidence, endpoint) for endpoint in endpoints),
        benchmarks=tuple(benchmark_table(evidence, endpoint) for endpoint in endpoints),
    )
