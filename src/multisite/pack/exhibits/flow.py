"""The flow diagram over all sites."""

import polars as pl

from multisite.pack.evidence import Evidence
from multisite.pack.figures.figure import Figure
from multisite.pack.figures.flow import PANEL_WIDTH, FlowStep, draw_flow
from multisite.pack.numbers import count, share
from multisite.pack.tables.flow import READERS, sites_table
from multisite.pack.words import named
from multisite.schemas.cohort import COMPOSITION, FLOW
from multisite.schemas.provenance import HEADER_COUNTS
from multisite.vocabulary import OVERALL, Split

__all__ = ["flow_figure"]


def flow_figure(evidence: Evidence) -> Figure:
    """Two chains, one below the other: objects to instances, and cases to the test split."""
    flow = evidence.frame(FLOW)
    steps = (
        flow.group_by("order", "rule")
        .agg(pl.col("reason").first(), pl.col("^(excluded|remaining)_.*$").sum())
        .sort("order", "rule")
    )
    started = _started(flow)
    excluded = tuple(
        (count(row["excluded_cases"]), row["reason"]) for row in steps.iter_rows(named=True) if row["excluded_cases"]
    )
    left = _left(flow)
    included = left["cases"]
    title = (
        f"{count(included)} of {count(started)} supplied cases are included ({share(included, started)}), "
        f"and {count(_split_sizes(evidence)[Split.TEST][0])} of them are tested"
    )
    objects, cases = _objects(evidence), _cases(evidence, started, excluded, left)
    panels = (
        draw_flow(objects, slug="flow-objects", title="Flow of objects", description=_chain(objects)),
        draw_flow(cases, slug="flow-cases", title="Flow of cases", description=_chain(cases)),
    )
    return Figure(
        slug="flow-figure",
        title=title,
        subtitle="First the objects in the sites' stores, then the cases in the sites' tables, each counted "
        "once, at the first rule "
        "that excludes it. Grey boxes were left out. Rules that excluded nobody are in the table of exclusions.",
        panels=panels,
        panel_width=PANEL_WIDTH,
        data=sites_table(evidence),
        method="Counts added over sites. A patient seen at two sites would count twice.",
    )


def _objects(evidence: Evidence) -> list[FlowStep]:
    counts = evidence.frame(HEADER_COUNTS).group_by("outcome").agg(pl.col("n_objects").sum())
    here = {outcome: n for outcome, n in counts.rows() if n}
    read = sum(n for outcome, n in here.items() if outcome in READERS)
    ranked = sorted(((n, o) for o, n in here.items() if o not in READERS), key=lambda pair: (-pair[0], pair[1]))
    lost = tuple((count(n), outcome) for n, outcome in ranked)
    by_reader = ", ".join(f"{count(here.get(reader, 0))} by {_reader(reader)}" for reader in READERS)
    stores = f"objects in the stores of {named(len(evidence.sites), 'site', 'sites')}"
    return [
        FlowStep(count(sum(here.values())), stores),
        FlowStep(count(read), f"DICOM instances with a header row: {by_reader}", lost, last=True),
    ]


def _reader(name: str) -> str:
    return "the scanner" if name == "scanner" else name


def _cases(
    evidence: Evidence, started: int, excluded: tuple[tuple[str, str], ...], left: dict[str, int]
) -> list[FlowStep]:
    sizes = _split_sizes(evidence)
    tested, patients = sizes[Split.TEST]
    others = tuple(
        (count(sizes[split][0]), f"cases of the {split.value} split, not tested")
        for split in (Split.TRAIN, Split.TUNE)
        if sizes[split][0]
    )
    return [
        FlowStep(count(started), "cases in the sites' tables"),
        FlowStep(count(left["cases"]), f"cases of {count(left['patients'])} patients included", excluded),
        FlowStep(count(tested), f"test cases of {count(patients)} patients", others, last=True),
    ]


def _started(flow: pl.DataFrame) -> int:
    first = flow.sort("order").group_by("site", maintain_order=True).first()
    return int(first.select(pl.col("remaining_cases").sum() + pl.col("excluded_cases").sum()).item())


def _left(flow: pl.DataFrame) -> dict[str, int]:
    last = flow.sort("order").group_by("site", maintain_order=True).last()
    return {"cases": int(last["remaining_cases"].sum()), "patients": int(last["remaining_patients"].sum())}


def _split_sizes(evidence: Evidence) -> dict[Split, tuple[int, int]]:
    finding = evidence.parameters.findings[0].id
    overall = evidence.frame(COMPOSITION).filter(finding=finding, stratum=OVERALL)
    found = overall.group_by("split").agg(pl.col("n_cases", "n_patients").sum())
    sizes = {split: (n_cases, n_patients) for split, n_cases, n_patients in found.rows()}
    return {split: sizes.get(split.value, (0, 0)) for split in Split}


def _chain(steps: list[FlowStep]) -> str:
    return " ".join(_described(step) for step in steps)


def _described(step: FlowStep) -> str:
    lost = "; ".join(f"{number} {reason}" for number, reason in step.left_out)
    return f"{'Left out: ' + lost + '. ' if lost else ''}{step.number} {step.words}."
