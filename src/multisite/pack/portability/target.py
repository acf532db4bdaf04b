"""The reviewer's patients as shares of the pack's cells, and the mix of classes that follows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from multisite.pack.portability.cells import Cells
from multisite.pack.portability.population import Counted, Population
from multisite.pack.portability.result import PortabilityRules
from multisite.stats import (
    CellShares,
    ClusterMoments,
    TargetMix,
    mix_of_classes,
    mix_of_counts,
    population_shares,
    raked_shares,
)

__all__ = ["COUNTED", "IMPLIED", "STATED", "Target", "target_of"]

STATED, COUNTED, IMPLIED = "stated", "counted", "implied by the pack's cells"
"""Where the target's prevalence is from."""

_NOBODY = ClusterMoments(0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """Shares of patients, the mix of classes, and where the prevalence is from; or why there is none.

    ``counted`` says whether the classes were counted apart, ``capped`` whether raking met its bound on weights.
    """

    patients: CellShares | None = None
    mix: TargetMix | None = None
    prevalence_from: str = IMPLIED
    counted: bool = False
    capped: bool = False
    reason: str | None = None


class _NotRakedError(Exception):
    """Raking found no shares; the text says why."""


@dataclass(frozen=True, slots=True, eq=False)
class _Raking:
    cells: Cells
    census: bool
    max_ratio: float


def target_of(
    population: Population, cells: Cells, *, prevalence: float | None, census: bool, rules: PortabilityRules
) -> Target:
    """Weight the cells to the population; ``prevalence`` is the stated one, ``census`` a table without error.

    A cell of fewer patients than a class needs for support says nothing of its prevalence, and has that of the others
    together.
    """
    capped: list[bool] = []
    raking = _Raking(cells, census, rules.max_ratio)

    def shares(count: Callable[[Counted], int | None], seed: Callable[[int], int]) -> CellShares:
        if not population.margins:
            none = Counted(0, 0)
            return population_shares([count(population.joint.get(key, none)) or 0 for key in cells.keys], census=census)
        found, cut = _raked(population.margins, raking, count, seed)
        capped.append(cut)
        return found

    try:
        patients = shares(lambda row: row.n, lambda k: cells.prevalence[k].sum_n)
        if not population.counts_positives:
            told = [c if c.n_patients >= rules.minimum_patients else _NOBODY for c in cells.prevalence]
            mix = mix_of_counts(patients, told, prevalence=prevalence)
            return Target(patients, mix, IMPLIED if prevalence is None else STATED, capped=any(capped))
        positives = shares(lambda row: row.n_positive, lambda k: cells.sensitivity[k].sum_n)
        negatives = shares(lambda row: row.n_negative, lambda k: cells.specificity[k].sum_n)
        counted, total = _prevalence(population)
        used = counted if prevalence is None else prevalence
        sampled = total if prevalence is None and not census else None
        mix = mix_of_classes(positives, negatives, prevalence=used, n_cases=sampled)
        return Target(patients, mix, COUNTED if prevalence is None else STATED, counted=True, capped=any(capped))
    except (_NotRakedError, ValueError) as error:
        # The statistics' own sentences name no value of the table.
        return Target(reason=str(error).rstrip(".").replace("`", ""), capped=any(capped))


def _prevalence(population: Population) -> tuple[float, int]:
    counted = [[*table.values()] for table in population.margins] or [[*population.joint.values()]]
    largest = max(counted, key=lambda rows: sum(row.n for row in rows))
    total = sum(row.n for row in largest)
    return sum(row.n_positive or 0 for row in largest) / total, total


def _raked(
    margins: Sequence[Mapping[str, Counted]],
    raking: _Raking,
    count: Callable[[Counted], int | None],
    seed: Callable[[int], int],
) -> tuple[CellShares, bool]:
    keys = raking.cells.keys
    # A level of the cells that her margin does not list has nobody.
    names = [sorted({key[axis] for key in keys} | set(margin)) for axis, margin in enumerate(margins)]
    levels = np.array([[names[axis].index(key[axis]) for key in keys] for axis in range(len(margins))], dtype=np.int64)
    counts = [
        [count(margin.get(name, Counted(0, 0))) or 0 for name in names[axis]] for axis, margin in enumerate(margins)
    ]
    seeds = [seed(k) for k in range(len(keys))]
    found = raked_shares(seeds, levels, counts, max_ratio=raking.max_ratio, census=raking.census)
    if found.found is None:
        raise _NotRakedError(f"the margins could not be fitted to the pack's cells: {found.reason}")
    return found.found, found.capped
