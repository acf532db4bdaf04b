"""Small tables of readings, and what a rule makes of them."""

import polars as pl

from multisite.reference.agreement import AgreementRules
from multisite.reference.rules import FindingRule, Independent, Majority, Panel, Rule, TwoPlusOne
from multisite.reference.stage import ReferenceParameters, make_reference
from multisite.schemas import StageInputs
from multisite.schemas.site_tables import READINGS
from tests.lib.tables import table

MAJORITY = Majority(3)
TWO_PLUS_ONE = TwoPlusOne("primary", "adjudication")
PANEL = Panel("consensus")
INDEPENDENT = Independent(("pathology", "follow_up"), Majority(2))

JUDGEMENTS = (("yes", "positive"), ("no", "negative"), ("unsure", "ambiguous"), ("blurred", "non_diagnostic"))


def rule(by: Rule = MAJORITY, *, ambiguous: str = "exclude", non_diagnostic: str = "exclude") -> FindingRule:
    return FindingRule("nodule", 2, "the rule", JUDGEMENTS, by, ambiguous, non_diagnostic)


def readings(text: str) -> pl.DataFrame:
    """The site's table as it is read; the finding is nodule where no column says it."""
    dtypes = {column.name: column.dtype for column in READINGS.columns}
    written = table(text)
    frame = table(text, **{name: dtypes[name] for name in written.columns})
    if "finding" not in frame.columns:
        frame = frame.with_columns(pl.lit("nodule").alias("finding"))
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in dtypes.items() if name not in frame.columns]
    return frame.with_columns(missing).select(*dtypes)


def make(
    rows: str | pl.DataFrame,
    declared: FindingRule | None = None,
    *,
    cases: pl.DataFrame | None = None,
    minimum: int = 1,
) -> dict[str, pl.DataFrame]:
    """The stage's frames; without ``cases``, each case c1 of the readings is of patient p1."""
    frame = readings(rows) if isinstance(rows, str) else rows
    if cases is None:
        cases = frame.select("case_id").drop_nulls().unique().sort("case_id")
        cases = cases.with_columns(pl.col("case_id").str.replace("c", "p").alias("patient_id"))
    outputs = make_reference(
        StageInputs(site="north", tables={"cases": cases, "readings": frame}),
        ReferenceParameters((declared or rule(),), AgreementRules(0.95, minimum)),
    )
    made = {}
    for name, found in outputs.frames.items():
        assert isinstance(found, pl.DataFrame)
        made[name] = found
    return made


def outcomes(made: dict[str, pl.DataFrame]) -> dict[str, tuple[bool | None, str]]:
    """Case → decision and state."""
    rows = made["reference"].select("case_id", "decision", "state").rows()
    return {case: (decision, state) for case, decision, state in rows}


def counts(made: dict[str, pl.DataFrame], topic: str) -> dict[str, int]:
    """Level → how many, of a topic; levels without any left out."""
    rows = made["reading_counts"].filter(pl.col("topic") == topic, pl.col("n") > 0)
    return dict(rows.select("level", "n").rows())


def read_as(*rows: str) -> str:
    """A table of readings of cases c1, c2, … from words of one letter per reader: y, n, u, or - for none."""
    words = {"y": "yes", "n": "no", "u": "unsure"}
    lines = [
        f"c{number} | {reader} | {words[letter]}"
        for number, row in enumerate(rows, 1)
        for reader, letter in zip("abcde", row, strict=False)
        if letter in words
    ]
    return "\n".join(["case_id | reader | rating", *lines])
