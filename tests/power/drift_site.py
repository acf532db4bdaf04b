"""A site's studies before and in routine use, drawn so that months, patients and columns hang together as they do.

Patients come back, over the months and within one, in the validated set and after it. A device brings its vendor,
model, software, kernel and voltage at once; a patient keeps to a device, and carries age, sex and a part of every
score along. Volumes vary more than by chance alone. Nothing changes with time; what may is in
:mod:`tests.power.drift_changes`.

The validated set lacks as many scores as routine use, so that a chart of missing scores is not made to alarm for what a
validated set leaves out. The rule does not ask it: it learns from the first months how often a score is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import stats

__all__ = [
    "CATEGORIES",
    "FINDINGS",
    "FIRST_YEAR",
    "NUMBERS",
    "THRESHOLDS",
    "Studies",
    "draw_studies",
    "empty_where",
    "first_of_patient_and_month",
    "reference_size",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FIRST_YEAR = 2024
"""Of routine use; the validated studies are of the year before."""

NUMBERS = ("age_years", "slice_thickness_mm", "tube_voltage_kv", "pixel_spacing_mm")
FINDINGS = ("nodule", "effusion")
THRESHOLDS = {"nodule": 0.5, "effusion": 0.5}
"""What is declared: a score at or above it is an alert."""

CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "vendor": ("Alpha", "Beta", "Gamma", "Delta"),
    "manufacturer_model_name": ("A1", "A2", "B1", "C1", "D1", "D2"),
    "software_versions": ("a1.0", "a2.3", "b7", "c4", "d9", "a2.4", "b8"),
    "convolution_kernel": ("soft", "soft2", "lung", "bone", "sharp", "iterative", "other1", "other2"),
    "kernel_class": ("soft", "sharp"),
    "body_region": ("chest", "abdomen", "head"),
    "body_part_examined": tuple(f"part {i}" for i in range(20)),
    "view_position": ("department", "portable"),
    "patient_sex": ("F", "M"),
}
"""Watched categories and what they can say; the last values of some occur in no study unless something changes."""

_DEVICES = np.array([0.35, 0.25, 0.20, 0.12, 0.08])
_VENDOR_OF, _MODEL_OF = np.array([0, 0, 1, 2, 1]), np.array([0, 1, 2, 3, 4])
_KERNELS = np.array([[6, 3, 1, 0, 0, 0, 0, 0], [1, 6, 2, 1, 0, 0, 0, 0], [0, 0, 5, 3, 2, 0, 0, 0],
                     [2, 0, 0, 4, 4, 0, 0, 0], [0, 2, 2, 2, 4, 0, 0, 0]]) / 10  # fmt: skip
_SOFT = np.array([1, 1, 0, 0, 0, 1, 1, 1])
_VOLTAGES, _THICKNESSES = np.array([100.0, 120.0, 130.0, 140.0]), np.array([1.0, 1.25, 2.0, 3.0, 5.0])
_PARTS = 1 / np.arange(1, 21) / np.sum(1 / np.arange(1, 21))
_MISSING = {"convolution_kernel": 0.02, "kernel_class": 0.02, "slice_thickness_mm": 0.01, "age_years": 0.005,
            "body_part_examined": 0.04, "pixel_spacing_mm": 0.02}  # fmt: skip
_PATIENTS_PER_MONTHLY_STUDY = 40
_PREVALENCE, _SENSITIVITY, _SPECIFICITY = 0.05, 0.90, 0.93
_PATIENTS_SHARE = 0.5


@dataclass(slots=True)
class Studies:
    """One entry per study. ``month`` counts from the first of routine use, negative before; ``day`` from 0.

    ``numbers`` hold NaN and ``categories`` (positions in ``CATEGORIES``) -1 where there is no value. ``latent`` is a
    score in standard deviations, by finding, ``positive`` the truth.
    """

    month: Ints
    day: Ints
    patient: Ints
    device: Ints
    numbers: dict[str, Floats]
    categories: dict[str, Ints]
    latent: dict[str, Floats]
    positive: dict[str, npt.NDArray[np.bool_]]
    report: dict[str, npt.NDArray[np.bool_]]
    outcome: Ints
    unscored: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def kept(self, those: npt.NDArray[np.bool_]) -> "Studies":
        """Those studies alone."""
        return Studies(
            self.month[those], self.day[those], self.patient[those], self.device[those],
            *({name: held[those] for name, held in columns.items()}
              for columns in (self.numbers, self.categories, self.latent, self.positive, self.report)),
            self.outcome[those], self.unscored[those],
        )  # fmt: skip


def reference_size(n: int) -> int:
    """Studies of the validated set of a site with ``n`` a month: those of a year, 6,000 at most."""
    return min(12 * n, 6000)


def draw_studies(rng: np.random.Generator, n: int, *, months: int) -> Studies:
    """A year of validated studies (months -12 … -1) and ``months`` months of ``n`` studies each, more or less."""
    volumes = [reference_size(n) // 12] * 12 + list(rng.poisson(n * rng.gamma(100, 1 / 100, months)))
    month = np.repeat(np.arange(-12, months), volumes)
    size = month.size
    pool = _PATIENTS_PER_MONTHLY_STUDY * n
    often = rng.gamma(2.0, size=pool)
    patient = np.searchsorted(np.cumsum(often / often.sum()), rng.random(size)).clip(0, pool - 1)
    home = rng.choice(5, pool, p=_DEVICES)
    device = np.where(rng.random(size) < 0.8, home[patient], rng.choice(5, size, p=_DEVICES))
    sex, birth, severity = rng.integers(0, 2, pool), rng.normal(62, 14, pool), rng.normal(size=pool)
    kernel = _one_of(rng, _KERNELS[device])
    categories = {
        "vendor": _VENDOR_OF[device],
        "manufacturer_model_name": _MODEL_OF[device],
        "software_versions": device.copy(),
        "convolution_kernel": kernel,
        "kernel_class": 1 - _SOFT[kernel],
        "body_region": rng.choice(3, size, p=[0.8, 0.15, 0.05]),
        "body_part_examined": rng.choice(20, size, p=_PARTS),
        "view_position": (rng.random(size) < 0.05).astype(np.int64),
        "patient_sex": sex[patient],
    }
    numbers = {
        "age_years": np.clip(np.round(birth[patient]), 18, 99),
        "slice_thickness_mm": _THICKNESSES[(device + rng.choice(3, size, p=[0.7, 0.2, 0.1])) % 5],
        "tube_voltage_kv": _VOLTAGES[(device + rng.choice(2, size, p=[0.85, 0.15])) % 4],
        "pixel_spacing_mm": np.round(rng.normal(0.7 + 0.02 * device, 0.08), 3),
    }
    latent, positive, report = {}, {}, {}
    for finding in FINDINGS:
        own = np.sqrt(_PATIENTS_SHARE) * severity[patient] + np.sqrt(1 - _PATIENTS_SHARE) * rng.normal(size=size)
        truth = rng.random(size) < _PREVALENCE
        # The threshold is at 0: of those without the finding 7 %, of those with it 90 % lie above.
        latent[finding] = own + np.where(truth, stats.norm.ppf(_SENSITIVITY), -stats.norm.ppf(_SPECIFICITY))
        positive[finding] = truth
        report[finding] = truth ^ (rng.random(size) < 0.02)
    studies = Studies(
        month, _days(rng, month), patient, device, numbers, categories, latent, positive, report,
        rng.choice(3, size, p=[0.965, 0.015, 0.02]), rng.random(size) < 0.01,
    )  # fmt: skip
    for name, share in _MISSING.items():
        empty_where(studies, name, rng.random(size) < share)
    return studies


def first_of_patient_and_month(studies: Studies) -> Studies:
    """The unit of every count: the first study of each patient in each calendar month."""
    order = np.lexsort((np.arange(studies.month.size), studies.day, studies.patient, studies.month))
    month, patient = studies.month[order], studies.patient[order]
    is_first = np.ones(order.size, dtype=bool)
    is_first[1:] = (month[1:] != month[:-1]) | (patient[1:] != patient[:-1])
    kept = np.zeros(order.size, dtype=bool)
    kept[order[is_first]] = True
    return studies.kept(kept)


def empty_where(studies: Studies, column: str, those: npt.NDArray[np.bool_]) -> None:
    """Take the values of ``column`` away."""
    if column in studies.numbers:
        studies.numbers[column][those] = np.nan
    else:
        studies.categories[column][those] = -1


def _days(rng: np.random.Generator, month: Ints) -> Ints:
    """Any day of the month, so that none of its days is always without a study."""
    first = np.datetime64(f"{FIRST_YEAR}-01", "M") + month
    length = ((first + 1).astype("datetime64[D]") - first.astype("datetime64[D]")).astype(np.int64)
    return np.asarray(np.floor(rng.random(month.size) * length), dtype=np.int64)


def _one_of(rng: np.random.Generator, weights: Floats) -> Ints:
    return np.asarray((rng.random(len(weights))[:, None] > weights.cumsum(axis=1)).sum(axis=1), dtype=np.int64)
