"""Tables of an old and a new model on old and new data: the values, and what the model and the data changed."""

from collections.abc import Mapping
from typing import Any

from multisite.pack.evidence import Evidence
from multisite.pack.metrics import FOREST, METRICS
from multisite.pack.model_comparison import Comparison, as_estimate
from multisite.pack.numbers import count, per_cent
from multisite.pack.tables.model_comparison import plain_difference, rows_of
from multisite.pack.tables.performance import estimate_cell
from multisite.pack.tables.table import Cell, Column, Group, Row, Table, csv_text, missing
from multisite.pack.words import capital, named
from multisite.schemas.model_comparison import DATA_CELLS, DATA_EFFECTS, MODEL_BY_DATA
from multisite.vocabulary import ALL_SITES

__all__ = ["data_effects_table", "data_values_table"]

_EFFECT_NOTES = {
    DATA_EFFECTS["data_under_old_model"]: "what the data changed",
    DATA_EFFECTS["model_on_new_data"]: "what the model changed",
    DATA_EFFECTS["both"]: "the sum of the two above",
    DATA_EFFECTS["interaction"]: "the model's effect on new data minus that on old",
}
_EFFECT_ORDER = ("data_under_old_model", "model_on_new_data", "both", "model_on_old_data", "data_under_new_model")


def data_values_table(evidence: Evidence, comparison: Comparison) -> Table:
    """Each model on each part of the data, per site."""
    groups = []
    for metric in FOREST:
        rows = [
            Row(
                (
                    Cell(site, note=_shared(comparison, metric, site)),
                    *(_cell(comparison.cells.get((metric, term, site))) for term in DATA_CELLS),
                )
            )
            for site in comparison.sites
        ]
        groups.append(Group(METRICS[metric].title, tuple(rows)))
    return Table(
        f"models-data-{comparison.slug}",
        f"Old and new model on old and new data: {comparison.title}",
        (Column("Site"), *(Column(term.capitalize(), kind="number") for term in DATA_CELLS)),
        tuple(groups),
        "Paired test cases. Which data are old and which new, the study file declares. "
        f"Intervals of {per_cent(100 * evidence.parameters.ci_level)} count patients.",
        csv_text(rows_of(evidence.frame(MODEL_BY_DATA), comparison)),
    )


def _cell(row: Mapping[str, Any] | None) -> Cell:
    if row is None:
        return missing("not computed")
    cell = estimate_cell(as_estimate(row))
    return cell if cell.note else Cell(cell.text, cell.interval, f"n {count(row['n_cases'])}", cell.sort)


def _shared(comparison: Comparison, metric: str, site: str) -> str:
    row = comparison.cells.get((metric, DATA_CELLS[0], site))
    if row is None or not row["n_patients_shared"]:
        return ""
    return f"{named(row['n_patients_shared'], 'patient', 'patients')} in both"


def data_effects_table(evidence: Evidence, comparison: Comparison) -> Table:
    """What the data and what the model changed, over sites and at each of them."""
    places = [ALL_SITES, *comparison.sites]
    groups = []
    for site in places:
        rows = tuple(
            Row(
                (
                    Cell(capital(DATA_EFFECTS[name]), note=_EFFECT_NOTES.get(DATA_EFFECTS[name], "")),
                    *(
                        plain_difference(comparison.difference(m, site=site, question=DATA_EFFECTS[name]))
                        for m in FOREST
                    ),
                ),
                total=name == "both",
            )
            for name in (*_EFFECT_ORDER, "interaction")
        )
        groups.append(Group("Mean over sites" if site == ALL_SITES else site, rows))
    return Table(
        f"models-effects-{comparison.slug}",
        f"Is a change of the model or of the data? {comparison.title}",
        (Column("What is changed"), *(Column(METRICS[name].title, "change", kind="number") for name in FOREST)),
        tuple(groups),
        "Above 0, the change made it better. Patients with cases in old and in new data are allowed for by their "
        "shared influence on both. An interaction says that the model's effect is not the same on both data; its "
        "interval is wide, and one that holds 0 does not say that there is none. Over sites all rows have the same "
        "weights, by numbers of patients, so that the parts add up to their sum.",
    )
