"""The declared rules: where each counts a reading, and what follows from what was counted."""

from dataclasses import dataclass

import polars as pl

from multisite.vocabulary import Judgement, ReferenceState

__all__ = [
    "LATENT_CLASS",
    "MAJORITY",
    "FindingRule",
    "Independent",
    "LatentClass",
    "Majority",
    "Panel",
    "ReadersRule",
    "Resolved",
    "Rule",
    "TwoPlusOne",
    "ballot_of",
    "is_before_adjudication",
    "label_of_judgement",
    "named_arms",
    "outcome_column",
    "outcome_of_ballot",
    "resolve",
]

MAJORITY = "majority"
"""The ballot of the rule of that name; but for the next one, every other ballot is called as its arm."""

LATENT_CLASS = "latent_class"
"""The ballot of the rule that goes by probabilities."""

_FEW, _MANY = ReferenceState.TOO_FEW_READINGS.value, ReferenceState.TOO_MANY_READINGS.value
_TIE, _OPEN = ReferenceState.TIE.value, ReferenceState.NOT_ADJUDICATED.value
_JUDGEMENTS = tuple(one.value for one in Judgement)
_HANDED_ON = (Judgement.AMBIGUOUS.value, Judgement.NON_DIAGNOSTIC.value)
_NOTHING = pl.lit(None, pl.String)


@dataclass(frozen=True, slots=True)
class Majority:
    """More than half of the readers, where ``of`` have read; ``arms`` empty: of any arm."""

    of: int
    arms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LatentClass:
    """What is as probable as ``at_least`` by a latent class model, where ``of`` readers say positive or negative.

    ``arms`` empty: of the readings that name no arm.
    """

    of: int
    at_least: float = 0.5
    arms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TwoPlusOne:
    """Two readers of one arm; the other arm decides where they differ."""

    primary: str
    adjudication: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One arm alone."""

    arm: str


ReadersRule = Majority | LatentClass | TwoPlusOne | Panel


@dataclass(frozen=True, slots=True)
class Independent:
    """The first of ``sources`` that is positive or negative; else the rule of readers."""

    sources: tuple[str, ...]
    otherwise: ReadersRule | None = None


Rule = Majority | LatentClass | TwoPlusOne | Panel | Independent


@dataclass(frozen=True, slots=True)
class FindingRule:
    """How the reference standard of a finding is made.

    ``judgements`` are pairs of a rating and what it means. ``ambiguous`` and ``non_diagnostic`` say what becomes of
    such cases: exclude, positive, negative or fail. ``name`` is the rule as the study file spells it,
    ``qualifications`` are those of readers that it names, and ``excess_at_most`` is how much larger than the others'
    a reader's share of wrong calls may be.
    """

    finding: str
    version: int
    name: str
    judgements: tuple[tuple[str, str], ...]
    rule: Rule
    ambiguous: str
    non_diagnostic: str
    qualifications: tuple[str, ...] = ()
    excess_at_most: float = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Resolved:
    """What comes out for a case (a judgement, or a state without one), and the ballot that it came from."""

    outcome: pl.Expr
    ballot: pl.Expr


def named_arms(rule: Rule) -> tuple[str, ...]:
    """The arms that the rule names."""
    match rule:
        case Majority(arms=arms) | LatentClass(arms=arms):
            return arms
        case TwoPlusOne(primary=primary, adjudication=adjudication):
            return (primary, adjudication)
        case Panel(arm=arm):
            return (arm,)
        case Independent(sources=sources, otherwise=otherwise):
            return (*sources, *(named_arms(otherwise) if otherwise else ()))


def ballot_of(rule: Rule) -> pl.Expr:
    """The ballot in which the rule counts a reading, by its ``arm``; null where it counts it nowhere."""
    arm = pl.col("arm")
    match rule:
        case Majority(arms=()):
            return pl.lit(MAJORITY)
        case Majority(arms=arms):
            return pl.when(arm.is_in(arms)).then(pl.lit(MAJORITY)).otherwise(_NOTHING)
        case LatentClass(arms=arms):
            return pl.when(_is_read_for_model(arms)).then(pl.lit(LATENT_CLASS)).otherwise(_NOTHING)
        case Independent(sources=sources, otherwise=otherwise):
            readers = ballot_of(otherwise) if otherwise else _NOTHING
            return pl.when(arm.is_in(sources)).then(arm).otherwise(readers)
        case _:
            return pl.when(arm.is_in(named_arms(rule))).then(arm).otherwise(_NOTHING)


def is_before_adjudication(rule: Rule) -> pl.Expr:
    """Whether a reading is one whose agreement with others tells how hard the cases are.

    That leaves out who decided after others had read: adjudication, a panel, and standards that are no reading of
    images.
    """
    arm = pl.col("arm")
    match rule:
        case Majority(arms=arms):
            return arm.is_in(arms).fill_null(False) if arms else pl.lit(True)
        case LatentClass(arms=arms):
            return _is_read_for_model(arms)
        case TwoPlusOne(primary=primary):
            return (arm == primary).fill_null(False)
        case Panel(arm=panel):
            return (arm != panel).fill_null(True)
        case Independent(sources=sources, otherwise=otherwise):
            outside = ~arm.is_in(sources).fill_null(False)
            return outside & is_before_adjudication(otherwise) if otherwise else outside


def _is_read_for_model(arms: tuple[str, ...]) -> pl.Expr:
    # An arm may hold readings that were made because others differed, which the model would take for independent.
    return pl.col("arm").is_in(arms).fill_null(False) if arms else pl.col("arm").is_null()


def label_of_judgement(rule: FindingRule) -> dict[str, bool]:
    """What each judgement makes of a case; those that the study file excludes, or refuses, make nothing of it."""
    labels = {Judgement.POSITIVE.value: True, Judgement.NEGATIVE.value: False}
    for judgement, then in ((Judgement.AMBIGUOUS, rule.ambiguous), (Judgement.NON_DIAGNOSTIC, rule.non_diagnostic)):
        if then in labels:
            labels[judgement.value] = labels[then]
    return labels


def outcome_column(ballot: str) -> str:
    """The column that holds what came out of a ballot."""
    return f"outcome {ballot}"


def outcome_of_ballot(rule: Rule) -> dict[str, pl.Expr]:
    """What comes out of each ballot of the rule, in its order, from ``n`` votes and ``n_<judgement>`` of them.

    A latent class goes by ``posterior``, the probability of a positive case, null where there is none. A majority is
    more than half of all votes, ambiguous and non-diagnostic ones among them; any other ballot asks for one voice.
    """
    match rule:
        case Majority(of=of):
            return {MAJORITY: pl.when(pl.col("n") < of).then(pl.lit(_FEW)).otherwise(_said_by_most())}
        case LatentClass(of=of, at_least=at_least):
            few = (pl.col("n_positive") + pl.col("n_negative") < of) | pl.col("posterior").is_null()
            return {LATENT_CLASS: pl.when(few).then(pl.lit(_FEW)).otherwise(_as_probable_as(at_least))}
        case TwoPlusOne(primary=primary, adjudication=adjudication):
            two = pl.when(pl.col("n") < 2).then(pl.lit(_FEW)).when(pl.col("n") > 2).then(pl.lit(_MANY))
            return {primary: two.otherwise(_said_by_all()), adjudication: _said_by_all()}
        case Panel(arm=arm):
            return {arm: _said_by_all()}
        case Independent(sources=sources, otherwise=otherwise):
            readers = outcome_of_ballot(otherwise) if otherwise else {}
            return {source: _said_by_all() for source in sources} | readers


def _said_by_most() -> pl.Expr:
    return _judgement_where({one: pl.col(f"n_{one}") * 2 > pl.col("n") for one in _JUDGEMENTS})


def _as_probable_as(cut: float) -> pl.Expr:
    positive = pl.col("posterior")
    return (
        pl.when((positive >= cut) & (positive > 0.5))
        .then(pl.lit(Judgement.POSITIVE.value))
        .when((1.0 - positive >= cut) & (positive < 0.5))
        .then(pl.lit(Judgement.NEGATIVE.value))
        .otherwise(pl.lit(Judgement.AMBIGUOUS.value))
    )


def _said_by_all() -> pl.Expr:
    return _judgement_where({one: pl.col(f"n_{one}") == pl.col("n") for one in _JUDGEMENTS})


def _judgement_where(met: dict[str, pl.Expr]) -> pl.Expr:
    return pl.coalesce(*(pl.when(holds).then(pl.lit(one)) for one, holds in met.items()), pl.lit(_TIE))


def resolve(rule: Rule) -> Resolved:
    """What the rule makes of the outcomes of its ballots; a ballot without any vote is null."""
    match rule:
        case Majority():
            return Resolved(_of(MAJORITY).fill_null(_FEW), pl.lit(MAJORITY))
        case LatentClass():
            return Resolved(_of(LATENT_CLASS).fill_null(_FEW), pl.lit(LATENT_CLASS))
        case TwoPlusOne(primary=primary, adjudication=adjudication):
            differ = (_of(primary) == _TIE).fill_null(False)
            return Resolved(
                pl.when(differ).then(_of(adjudication).fill_null(_OPEN)).otherwise(_of(primary).fill_null(_FEW)),
                pl.when(differ).then(pl.lit(adjudication)).otherwise(pl.lit(primary)),
            )
        case Panel(arm=arm):
            return Resolved(_of(arm).fill_null(_FEW), pl.lit(arm))
        case Independent(sources=sources, otherwise=otherwise):
            return _independent(sources, resolve(otherwise) if otherwise else None)


def _independent(sources: tuple[str, ...], readers: Resolved | None) -> Resolved:
    # In this order: a source that settles it, the readers, a source that does not.
    settled = [(~_of(source).is_in(_HANDED_ON), source) for source in sources]
    unclear = [(_of(source).is_not_null(), source) for source in sources]
    before = [(pl.when(met).then(_of(source)), pl.when(met).then(pl.lit(source))) for met, source in settled]
    after = [(pl.when(met).then(_of(source)), pl.when(met).then(pl.lit(source))) for met, source in unclear]
    between = []
    if readers is not None:
        met = readers.outcome != _FEW
        between = [(pl.when(met).then(readers.outcome), pl.when(met).then(readers.ballot))]
    outcomes, ballots = zip(*before, *between, *after, strict=True)
    return Resolved(pl.coalesce(*outcomes, pl.lit(_FEW)), pl.coalesce(*ballots, _NOTHING))


def _of(ballot: str) -> pl.Expr:
    return pl.col(outcome_column(ballot))
