"""What may happen to a site in routine use, each made to :class:`~tests.power.drift_site.Studies` from one month on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from tests.power.drift_site import FINDINGS, Studies, empty_where

__all__ = ["CHANGES", "CHANGE_MONTH", "Change"]

CHANGE_MONTH = 3
"""The fourth month of routine use: three months pass before it."""


@dataclass(frozen=True, slots=True)
class Change:
    """``make`` changes the studies of ``CHANGE_MONTH`` and later.

    ``shows_in`` are the columns in which it must be seen to count as found: an alarm of another is none. ``columns``
    names them as frames do (for the peers); ``monitors`` as the project's monitors begin.
    """

    title: str
    make: Callable[[np.random.Generator, Studies], Studies]
    columns: tuple[str, ...]
    monitors: tuple[str, ...]


def _new_vendor(rng: np.random.Generator, studies: Studies) -> Studies:
    those = (studies.month >= CHANGE_MONTH) & (rng.random(studies.month.size) < 0.2)
    studies.categories["vendor"][those] = 3
    studies.categories["manufacturer_model_name"][those] = 5
    return studies


def _more_portables(rng: np.random.Generator, studies: Studies) -> Studies:
    # 5 % + 4.2 % of the others = 9 %.
    those = (studies.month >= CHANGE_MONTH) & (rng.random(studies.month.size) < 0.04 / 0.95)
    studies.categories["view_position"][those] = 1
    return studies


def _software(rng: np.random.Generator, studies: Studies) -> Studies:
    later = studies.month >= CHANGE_MONTH
    studies.categories["software_versions"][later & (studies.device == 1)] = 5
    for latent in studies.latent.values():
        latent[later] += 0.1 * float(np.std(latent[~later]))
    return studies


def _less_sensitive(rng: np.random.Generator, studies: Studies) -> Studies:
    later = studies.month >= CHANGE_MONTH
    fall = float(stats.norm.ppf(0.90) - stats.norm.ppf(0.80))
    for finding in FINDINGS:
        studies.latent[finding][later & studies.positive[finding]] -= fall
    return studies


def _emptied(rng: np.random.Generator, studies: Studies) -> Studies:
    those = (studies.month >= CHANGE_MONTH) & (rng.random(studies.month.size) < 0.6)
    empty_where(studies, "convolution_kernel", those)
    return studies


def _older(rng: np.random.Generator, studies: Studies) -> Studies:
    studies.numbers["age_years"][studies.month >= CHANGE_MONTH] += 3.0
    return studies


def _stopped(rng: np.random.Generator, studies: Studies) -> Studies:
    return studies.kept((studies.month < CHANGE_MONTH) | ((studies.month == CHANGE_MONTH) & (studies.day < 10)))


_SCORES = tuple(f"{kind}_{finding}_ai" for kind in ("number_score", "category_alert") for finding in FINDINGS)
_FOUND = tuple(f"number_found_{finding}" for finding in FINDINGS)
_OUTPUT = ("score_", "alert_")

CHANGES: Mapping[str, Change] = {
    "new vendor": Change(
        "a new vendor makes 20 % of the studies", _new_vendor,
        ("category_vendor", "category_manufacturer_model_name"), ("vendor", "manufacturer_model_name"),
    ),
    "category": Change(
        "a category goes from 5 to 9 %", _more_portables, ("category_view_position",), ("view_position",)
    ),
    "score": Change("scores rise by 0.1 SD after a software change", _software, _SCORES, _OUTPUT),
    "sensitivity": Change(
        "sensitivity falls from 0.90 to 0.80", _less_sensitive, (*_SCORES, *_FOUND),
        (*_OUTPUT, "sensitivity_", "disagrees_"),
    ),
    "empty tag": Change(
        "a tag goes 60 % empty", _emptied,
        ("category_convolution_kernel", "missing category_convolution_kernel"), ("missing_convolution_kernel",),
    ),
    "age": Change("patients are 3 years older", _older, ("number_age_years",), ("age_years",)),
    "feed": Change("the feed stops on day 10", _stopped, (), ("volume_", "silence_")),
}  # fmt: skip
"""By the word that the command takes."""
