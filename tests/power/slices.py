"""How often slices of errors are confirmed: sites without any, sites with one, and without the second half.

``python -m tests.power.slices --seeds 200`` prints what docs/methods/failure-modes.md tells.
"""

import argparse
from dataclasses import dataclass

import numpy as np

from multisite.performance.failure_modes.slice_confirmation import (
    CandidateSlice,
    ConfirmationRules,
    SliceAndRest,
    confirmed_rows,
    slice_and_rest,
)
from multisite.stats import (
    LEAST_Z,
    ClusterMoments,
    CodedCases,
    Slice,
    beam_search,
    chosen_slices,
    slice_members,
    slice_sums,
    tree_search,
)
from multisite.vocabulary import SliceOutcome

__all__ = ["Trial", "trial"]

N_COLUMNS, N_LEVELS = 12, 5
RULES = ConfirmationRules(ci_level=0.95, minimum_patients=10)
PLANTED = ((0, (0,)),)
"""One level of the first column."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Whether a slice was confirmed, and the planted one; the same where the searched half confirms itself.

    ``first_gap`` and ``second_gap`` are those of the slice that stood out most.
    """

    any_confirmed: bool
    planted_confirmed: bool
    any_naive: bool
    first_gap: float
    second_gap: float


def trial(
    seed: int, *, n_patients: int, gap: float = 0.0, cases_per_patient: int = 1, least_z: float = LEAST_Z
) -> Trial:
    """One site: 12 columns of 5 levels, errors at 20 %, ``gap`` more in the planted level; patients repeat alike."""
    rng = np.random.default_rng(seed)
    n = n_patients * cases_per_patient
    patient = np.repeat(np.arange(n_patients), cases_per_patient)
    levels = rng.integers(0, N_LEVELS, size=(n_patients, N_COLUMNS))[patient]
    # A patient's cases go wrong together half of the time.
    own, common = rng.random(n), rng.random(n_patients)[patient]
    share = np.where(rng.random(n) < (0.5 if cases_per_patient > 1 else 0.0), common, own)
    error = share < 0.2 + gap * (levels[:, 0] == 0)
    second = (rng.random(n_patients) < 0.5)[patient]
    cases = CodedCases.of(levels, [N_LEVELS] * N_COLUMNS, error, patient)
    searched, held = cases.take(~second), cases.take(second)
    beam = beam_search(searched, max_conditions=2, beam_width=20, minimum_patients=20)
    leaves = tree_search(searched, max_conditions=2, minimum_patients=20)
    slices = chosen_slices(searched, (*beam, *leaves), most=10, least_z=least_z)
    rows = _confirmed(slices, searched, held)
    naive = _confirmed(slices, searched, searched)
    return Trial(
        any_confirmed=any(_is_confirmed(row) for row in rows),
        planted_confirmed=any(
            _is_confirmed(row) and one.conditions == PLANTED for row, one in zip(rows, slices, strict=True)
        ),
        any_naive=any(_is_confirmed(row) for row in naive),
        first_gap=float(rows[0]["first_gap"]) if rows else float("nan"),
        second_gap=float(rows[0]["gap"]) if rows and rows[0]["gap"] is not None else float("nan"),
    )


def _confirmed(slices: tuple[Slice, ...], searched: CodedCases, held: CodedCases) -> list[dict[str, object]]:
    candidates = [
        CandidateSlice(("x",), ("y",), one.found_by, one.z, _sides(searched, one), _sides(held, one)) for one in slices
    ]
    return confirmed_rows(candidates, RULES)


def _sides(cases: CodedCases, one: Slice) -> SliceAndRest:
    n = np.bincount(cases.patient)
    y = np.bincount(cases.patient[cases.error], minlength=n.size)
    inside = slice_members(cases.levels, one.conditions).astype(np.int64)
    sums = slice_sums(inside, cases.error, cases.patient, n_cells=2, patient_errors=y, patient_cases=n)
    return slice_and_rest(sums, 1, ClusterMoments.from_clusters(y, n))


def _is_confirmed(row: dict[str, object]) -> bool:
    return row["outcome"] == SliceOutcome.CONFIRMED


def main() -> None:
    """Print shares of trials."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--least-z", type=float, default=LEAST_Z)
    asked = parser.parse_args()
    print("patients cases gap   any  planted  naive  gap searched  gap confirmed")
    for n_patients, repeats, gap in (
        (400, 1, 0.0),
        (2000, 1, 0.0),
        (2000, 3, 0.0),
        (400, 1, 0.2),
        (1000, 1, 0.2),
        (2000, 1, 0.1),
        (2000, 1, 0.2),
    ):
        found = [
            trial(seed, n_patients=n_patients, gap=gap, cases_per_patient=repeats, least_z=asked.least_z)
            for seed in range(asked.seeds)
        ]
        shares = [
            np.mean([getattr(one, name) for one in found])
            for name in ("any_confirmed", "planted_confirmed", "any_naive")
        ]
        gaps = [np.nanmean([getattr(one, name) for one in found]) for name in ("first_gap", "second_gap")]
        print(f"{n_patients:8} {repeats:5} {gap:.1f} " + "".join(f"{value:8.3f}" for value in (*shares, *gaps)))


if __name__ == "__main__":
    main()
