"""How often verdicts on strata are wrong, and how often a planted gap fails: whole studies through the real stages."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from multisite.performance import VERDICTS_STAGE
from multisite.performance.verdicts.margins import MarginParameters
from multisite.performance.verdicts.verdict_rows import VerdictParameters
from multisite.schemas import StageInputs
from multisite.schemas.verdicts import VERDICTS
from multisite.vocabulary import ALL_SITES, SITE_AXIS, MarginVerdict, StratumRole
from tests.power.scored_studies import FINDINGS, MODEL, PRIMARY, STRATA, WEAK, area, counted_study
from tests.power.summary import Share, table

__all__ = ["SETTINGS", "Failure", "Setting", "VerdictSummary", "VerdictTrial", "judge_seed", "summarise_verdicts"]

_LEVEL = 0.95
_METRICS = ("sensitivity", "auc")


@dataclass(frozen=True, slots=True)
class Setting:
    """A kind of study and the margins that it is judged by. ``at_least`` is of the AUC, of all cases and of levels."""

    name: str
    n_patients: int
    gap: float
    gap_at_most: float
    at_least: float


SETTINGS = (
    Setting("clean, margins 0.10 and 0.85", 1500, 0.0, 0.10, 0.85),
    Setting("clean, every truth on its margin", 1500, 0.0, 0.0, area()),
    Setting("gap of 0.15, margins 0.03 and 0.85", 1500, 0.15, 0.03, 0.85),
    Setting("gap of 0.15, margins 0.10 and 0.85", 1500, 0.15, 0.10, 0.85),
    Setting("gap of 0.15, margins 0.10 and 0.85", 4000, 0.15, 0.10, 0.85),
)


@dataclass(frozen=True, slots=True)
class Failure:
    """A primary row that fails."""

    finding: str
    metric: str
    stratum: str
    level: str

    @property
    def planted(self) -> bool:
        """Whether it is of the level in which a gap was planted."""
        return (self.stratum, self.level) == WEAK


@dataclass(frozen=True, slots=True)
class VerdictTrial:
    """The failures of one seed, one set for each setting."""

    seed: int
    failures: tuple[frozenset[Failure], ...]


def judge_seed(seed: int, *, settings: Sequence[Setting] = SETTINGS) -> VerdictTrial:
    """Make the seed's studies, each once, and judge them by every setting."""
    studies = {(setting.n_patients, setting.gap) for setting in settings}
    counted = {(n, gap): counted_study(seed, n_patients=n, gap=gap) for n, gap in sorted(studies)}
    failures = []
    for setting in settings:
        inputs = StageInputs(site=ALL_SITES, frames=counted[setting.n_patients, setting.gap])
        rows = VERDICTS_STAGE.run(inputs, _rules(setting)).frames[VERDICTS.name]
        failed = rows.filter(verdict=MarginVerdict.FAILS.value).select("finding", "metric", "stratum", "level")
        failures.append(frozenset(Failure(*row) for row in failed.rows()))
    return VerdictTrial(seed, tuple(failures))


def _rules(setting: Setting) -> VerdictParameters:
    primary, exploratory = StratumRole.PRIMARY, StratumRole.EXPLORATORY
    return VerdictParameters(
        roles=tuple((name, primary if name in PRIMARY else exploratory) for name in (*STRATA, SITE_AXIS)),
        margins=(
            MarginParameters(metric="sensitivity", gap_at_most=setting.gap_at_most),
            MarginParameters(metric="auc", at_least=setting.at_least, of_overall=True, of_levels=True),
        ),
        ci_level=_LEVEL,
        minimum_denominator=10,
    )


@dataclass(frozen=True, slots=True)
class VerdictSummary:
    """Shares of the seeds by setting: with a false failure, by finding and metric and any, and with the gap found."""

    settings: tuple[Setting, ...]
    false: tuple[dict[tuple[str, str], Share], ...]
    any_false: tuple[Share, ...]
    found: tuple[dict[str, Share], ...]

    @property
    def fails_too_often(self) -> bool:
        """Whether a family of clean studies fails in more than 1 − level of them, beyond chance."""
        clean = [of for setting, of in zip(self.settings, self.false, strict=True) if not setting.gap]
        lows = [share.estimate.ci_low for of in clean for share in of.values()]
        return any(low is not None and low > 1.0 - _LEVEL for low in lows)

    def lines(self) -> Iterator[str]:
        """Both tables and the verdict, for people."""
        heads = ("setting", "patients", "finding, model, metric", "a false failure in", "share", "95 % interval")
        rows = [heads]
        for setting, of, total in zip(self.settings, self.false, self.any_false, strict=True):
            named = {f"{finding}, {MODEL}, {metric}": share for (finding, metric), share in of.items()} | {"any": total}
            rows += [(setting.name, str(setting.n_patients), family, *share.words) for family, share in named.items()]
        yield from table(rows)
        yield ""
        heads = ("setting", "patients", "finding", "the gap fails in", "share", "95 % interval")
        found = [
            (setting.name, str(setting.n_patients), finding, *share.words)
            for setting, of in zip(self.settings, self.found, strict=True)
            for finding, share in of.items()
        ]
        yield from table([heads, *found])
        yield ""
        verdict = "too many" if self.fails_too_often else "few enough"
        yield f"false failures of clean studies: {verdict} (at most {1.0 - _LEVEL:.0%} per finding, model and metric)"


def summarise_verdicts(trials: Iterable[VerdictTrial], settings: Sequence[Setting] = SETTINGS) -> VerdictSummary:
    """Add up the trials. Where a gap is planted, a failure of that level is none of the false ones, by any metric."""
    of_setting = list(zip(*(trial.failures for trial in trials), strict=True)) or [() for _ in settings]
    false, any_false, found = [], [], []
    for setting, seeds in zip(settings, of_setting, strict=True):
        wrong = [frozenset(f for f in failed if not (setting.gap and f.planted)) for failed in seeds]
        families = [(finding, metric) for finding in FINDINGS for metric in _METRICS]
        false.append(
            {family: _share(any((f.finding, f.metric) == family for f in w) for w in wrong) for family in families}
        )
        any_false.append(_share(bool(failed) for failed in wrong))
        gap = {finding: Failure(finding, "sensitivity", *WEAK) for finding in FINDINGS} if setting.gap else {}
        found.append({finding: _share(failure in failed for failed in seeds) for finding, failure in gap.items()})
    return VerdictSummary(tuple(settings), tuple(false), tuple(any_false), tuple(found))


def _share(seen: Iterable[bool]) -> Share:
    counted: Collection[bool] = list(seen)
    return Share(sum(counted), len(counted))
