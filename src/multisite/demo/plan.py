"""How large a demo cohort is, and the dates and sizes that follow from it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

from multisite.errors import UsageError

__all__ = ["FINDING", "MODEL", "STUDY", "THRESHOLD", "DemoPlan"]

STUDY = "chest-nodule-demo"
"""Identifier of the demo's study."""

FINDING = "nodule"
"""Identifier of the demo's only finding."""

MODEL = "chest_ai"
"""Identifier of the demo's only model."""

THRESHOLD = 0.35
"""Operating threshold. It is near the prevalence: there, weaker discrimination costs calibrated scores sensitivity."""

_TRAIN_YEAR = 2022
_LEAST_PATIENTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPlan:
    """Everything that the demo's bytes depend on: equal plans give equal files.

    ``patients_per_site`` patients make the validation cohort of each of ``sites`` hospitals; an eighth as many studies
    follow in each of ``months`` months of routine use. Images are squares of ``pixels_per_side``.

    Raises
    ------
    UsageError
        When a number is too small for the planted faults to have room, or out of range.
    """

    patients_per_site: int = 600
    sites: int = 4
    months: int = 6
    seed: int = 20
    pixels_per_side: int = 8

    def __post_init__(self) -> None:
        ranges = {
            "patients_per_site": (_LEAST_PATIENTS, 10_000_000),
            "sites": (1, 400),
            "months": (0, 60),
            "seed": (0, 2**63 - 1),
            "pixels_per_side": (2, 4096),
        }
        wrong = [
            f"`{name}` must lie between {low:,} and {high:,}"
            for name, (low, high) in ranges.items()
            if not low <= getattr(self, name) <= high
        ]
        if wrong:
            raise UsageError("; ".join(wrong), place="the size of the demo", remedy="Give a number in that range.")

    @property
    def studies_per_month(self) -> int:
        """Studies in routine use, per site and month."""
        return max(20, self.patients_per_site // 8)

    @property
    def change_month(self) -> int | None:
        """Number, from 1, of the month in which a scanner's software changes; None when there are too few months."""
        return min(4, self.months) if self.months >= 2 else None

    @property
    def update_month(self) -> int | None:
        """Number of the month in which another site makes an update that it has announced: the one after. None when
        there is no such month, or no other site.
        """
        change = self.change_month
        return change + 1 if change is not None and change < self.months and self.sites > 1 else None

    def month_start(self, number: int) -> date:
        """First day of month ``number`` of routine use, counted from 1."""
        years, month = divmod(number - 1, 12)
        return date(_TRAIN_YEAR + 2 + years, month + 1, 1)

    def window(self, split: str) -> tuple[date, date]:
        """First day of the studies of a split, and the day after the last: training is over before testing begins."""
        return {
            "train": (date(_TRAIN_YEAR, 1, 3), date(_TRAIN_YEAR, 10, 1)),
            "tune": (date(_TRAIN_YEAR, 10, 1), date(_TRAIN_YEAR + 1, 1, 1)),
            "test": (date(_TRAIN_YEAR + 1, 1, 1), date(_TRAIN_YEAR + 2, 1, 1)),
        }[split]

    def to_json(self) -> Mapping[str, int]:
        """The plan as a plain mapping."""
        return asdict(self)
