"""What was done, and what was not: the notes and limits that a reviewer must know before believing a number."""

from multisite.pack.numbers import per_cent
from multisite.pack.parameters import ReportParameters
from multisite.pack.words import listed

__all__ = ["limits", "notes"]


def notes(parameters: ReportParameters) -> tuple[tuple[str, str], ...]:
    """(topic, note) pairs on how the numbers were made."""
    level = per_cent(100 * parameters.ci_level)
    return (
        (
            "Unit",
            "A case is the unit of analysis, normally one imaging study. A patient is the unit of "
            "independence: where patients "
            "have several cases, intervals of proportions count patients.",
        ),
        (
            "Operating point",
            f"A score of {parameters.threshold:g} or more is a positive call{_but(parameters)}. The threshold is the "
            "protocol's. What its rule, if it declares one, gives on tuning cases stands beside it and never replaces "
            "it; test cases are not used to choose.",
        ),
        (
            "One site",
            f"A site's estimates are made inside the site from its exact scores, with {level} intervals by the "
            "method named under each table.",
        ),
        (
            "All sites",
            "Estimates over all sites are made from the sites' added counts, as if all cases lay in one place; "
            "cases, not sites, have equal "
            f"weight. Scores are rounded to {parameters.score_grid_steps:,} steps for this, so that an "
            "estimate may differ from one on exact scores "
            "in its last digits.",
        ),
        (
            "Across sites",
            "The mean of the sites takes each site's own estimate as one of a sample of sites (random effects), so "
            "that sites weigh more evenly than cases. What is expected of a new site holds for sites like these.",
        ),
        (
            "Thin evidence",
            f"A number that rests on fewer than {parameters.minimum_denominator} patients is withheld and "
            "marked insufficient. Its row stays in every "
            "table and figure, with the reason.",
        ),
        (
            "Three kinds of nothing",
            "A zero is a count of none. A dash is an undefined number, with its reason. Suppressed numbers "
            "would be named as such; "
            "this report holds none, because nothing has been suppressed.",
        ),
        (
            "Digits",
            "The last digit of an estimate is between a fortieth and a quarter of its interval's width.",
        ),
    )


def _but(parameters: ReportParameters) -> str:
    findings, models = {f.id: f for f in parameters.findings}, {m.id: m for m in parameters.models}
    own = [
        f"{parameters.threshold_words(findings[finding], models[model])} for {findings[finding].title} by "
        f"{models[model].with_version}"
        for finding, model, _ in parameters.own_thresholds
    ]
    return f", but {listed(own)}" if own else ""


def limits(parameters: ReportParameters) -> tuple[str, ...]:
    """What this report does not do, most important first."""
    return (
        "No disclosure control has been applied to this report: small counts are shown as they are. It is "
        "meant for the study's own "
        "reviewers and must not be passed on before cells below the sites' minimum have been dealt with.",
        _of_margins(parameters),
        "That the protocol was fixed before the results were seen is as sure as the ledgers are: nobody outside the "
        "workspace speaks for entries that no pack or mail holds, and people may have opened the sites' tables.",
        "Intervals are not corrected for multiplicity: with many levels and measures, some lie off by chance. "
        "The first page says how many. Only verdicts on declared margins and on readers, and primary differences "
        "between models, are corrected.",
        "Over all sites, and where patients have several cases, the intervals of the AUC and of all measures of "
        "calibration rest on the mean of what the sites found that this costs: an approximation. Those of the decision "
        "curve take cases as independent.",
        "The AUC over all sites also compares cases of different sites, so that differences between sites may "
        "raise or lower it. "
        "Read it beside the sites' own, and beside what the site alone reaches.",
        *_of_reference(parameters),
        "Cases without a score are excluded and counted; no worst-case analysis has been made of them.",
        "Whether a patient was seen at two sites is not known: pseudonyms differ between sites.",
        "How much a patient's age, sex or scanner explains a difference between sites has not been separated "
        "out: each stratum is looked at alone.",
        "Months after the validation are judged for change, from counts. What labels say of performance in routine "
        "use, and who is told what, stands in the mails and the timeline of each site.",
        "Digests show that inputs have not changed since they were written. They are not signatures and do not "
        "say by whom.",
    )


def _of_reference(parameters: ReportParameters) -> tuple[str, ...]:
    """What is taken as true, of findings whose labels come from readings, from a labeller that errs, and of others."""
    read = {reference.finding for reference in parameters.references}
    erring = {labeller.finding for labeller in parameters.labellers}
    of_readings, of_labeller, of_others = (
        [f.title for f in parameters.findings if (f.id in read, f.id in erring) == kind]
        for kind in ((True, False), (False, True), (False, False))
    )

    def of(titles: list[str]) -> str:
        return "" if len(titles) == len(parameters.findings) else f" of {listed(titles)}"

    said = []
    if of_labeller:
        said.append(
            f"The labels{of(of_labeller)} are sometimes wrong, and results are against them as they are. AUC, "
            "sensitivity, specificity and prevalence, overall and of each site, stand corrected in the chapter on the "
            "reference standard; strata, predictive values, calibration, comparisons and verdicts are not corrected "
            "anywhere."
        )
    if of_readings:
        said.append(
            f"The reference standard{of(of_readings)} is taken as true. How far its readers agree, who reads "
            "differently, and what other truths from the same readings would do, stands in its chapter; readers who "
            "err together show in none of these."
        )
    if of_others:
        said.append(
            f"The reference standard{of(of_others)} is taken as true. Agreement between readers, and what wrong labels "
            "would do, have not been looked at."
        )
    return tuple(said)


def _of_margins(parameters: ReportParameters) -> str:
    if not parameters.has_margins:
        return (
            "No margin of acceptable performance is declared in the protocol, so nothing here says that the model "
            "meets or fails a claim."
        )
    return (
        "Verdicts hold for the margins and the primary strata that the protocol declares. That a level meets its "
        "margin is not corrected for the number of levels, and what exploratory strata point to is to be tested on "
        "other data."
    )
