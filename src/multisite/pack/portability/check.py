"""The check: what each endpoint's results would be among the reviewer's patients, or why that cannot be said."""

from collections.abc import Mapping

from multisite.errors import UsageError
from multisite.pack.portability.cells import endpoint_cells, pack_tallies
from multisite.pack.portability.facts import PackEndpoint, PackFacts, pack_facts, source_of
from multisite.pack.portability.judging import judged
from multisite.pack.portability.population import read_population
from multisite.pack.portability.result import Portability, PortabilityRules
from multisite.pack.portability.target import target_of

__all__ = ["check_portability"]


def check_portability(
    files: Mapping[str, bytes],
    table: bytes,
    *,
    prevalence: float | None = None,
    census: bool = False,
    finding: str | None = None,
    rules: PortabilityRules | None = None,
) -> Portability:
    """Carry the pack's results over to the population of ``table``, endpoint by endpoint.

    Parameters
    ----------
    files
        Of the pack, by path.
    table
        The reviewer's counts, see :func:`multisite.pack.portability.population.read_population`.
    prevalence
        Of the finding among the reviewer's patients, strictly between 0 and 1, where it is known.
    census
        The table holds everybody whom it stands for: it has no sampling error.
    finding
        The one to check; ``None``: all. A table with positives, and a prevalence, are of one finding.
    rules
        Gates and bounds.

    Raises
    ------
    UsageError
        If the table, the prevalence or the finding cannot be used, or the pack holds no crossing for it.
    PackError
        If the pack lacks a file or one is not of the known form.
    """
    chosen = rules or PortabilityRules()
    if prevalence is not None and not 0.0 < prevalence < 1.0:
        raise UsageError(
            "the prevalence must lie strictly between 0 and 1",
            place="--prevalence",
            remedy="Give a share, for example 0.08 for 8 %.",
        )
    facts = pack_facts(files)
    population = read_population(table, facts, minimum_count=facts.minimum_count)
    wanted = _endpoints(facts, finding, of_one=prevalence is not None or population.counts_positives)
    source = source_of(facts, population.strata)
    tallies = pack_tallies(files)
    endpoints = []
    for endpoint in wanted:
        cells = endpoint_cells(tallies, endpoint, source, tuple(population.joint))
        target = target_of(population, cells, prevalence=prevalence, census=census, rules=chosen)
        endpoints.append(judged(endpoint, cells, target, level=facts.ci_level, rules=chosen))
    whole = facts.stratum(source.stratum)
    return Portability(
        title=facts.title,
        ci_level=facts.ci_level,
        strata=tuple(_title(facts, name) for name in population.strata),
        summed_from=whole.title if whole and len(whole.of) > len(population.strata) else None,
        raked=bool(population.margins),
        counted_positives=population.counts_positives,
        census=census,
        n_population=population.total,
        rules=chosen,
        endpoints=tuple(endpoints),
    )


def _title(facts: PackFacts, name: str) -> str:
    stratum = facts.stratum(name)
    return name if stratum is None else stratum.title


def _endpoints(facts: PackFacts, finding: str | None, *, of_one: bool) -> tuple[PackEndpoint, ...]:
    known = sorted({endpoint.finding for endpoint in facts.endpoints})
    names = ", ".join(f"`{name}`" for name in known)
    if finding is None and of_one and len(known) > 1:
        raise UsageError(
            f"`n_positive` and the prevalence are of one finding, and the pack has {len(known)}",
            place="--finding",
            remedy=f"Say of which: {names}.",
        )
    if finding is not None and finding not in known:
        raise UsageError("the pack has no such finding", place="--finding", remedy=f"The findings are: {names}.")
    return tuple(endpoint for endpoint in facts.endpoints if finding in (None, endpoint.finding))
