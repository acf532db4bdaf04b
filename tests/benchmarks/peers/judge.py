"""What deepchecks, cleanlab and cleanvision say about the exported cohorts.

``python tests/benchmarks/peers/judge.py <folder>``, in an environment of the peers' own (README.md). Reads
``table.csv`` and ``pictures.csv`` of each site below ``<folder>/sites`` and writes ``<folder>/peers.json``. Imports
nothing of ours.
"""

import json
import os
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

# Read when deepchecks is imported.
os.environ["DISABLE_DEEPCHECKS_ANONYMOUS_TELEMETRY"] = "True"
os.environ["DISABLE_LATEST_VERSION_CHECK"] = "True"
os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import pandas as pd
from cleanlab import Datalab
from cleanvision import Imagelab
from deepchecks.tabular import Dataset, Suite
from deepchecks.tabular import checks as c
from deepchecks.tabular.suites import train_test_validation

LABEL = "reference_nodule"
IDENTITIES = ["patient_id", "study_instance_uid"]
NUMBERS = ["slice_thickness_mm", "pixel_spacing_mm", "tube_voltage_kv", "age_years"]
CATEGORIES = [
    "clinical_setting", "clinical_flag", "modality", "vendor", "model", "software_versions", "device",
    "convolution_kernel", "body_region", "view_position", "patient_sex",
]  # fmt: skip


def by_deepchecks(table: pd.DataFrame) -> dict[str, Any]:
    """Check → what its default condition says, where that fails; and checks that could not run."""
    train, test = (table[table["split"] == split] for split in ("train", "test"))

    def dataset(rows: pd.DataFrame, features: list[str], index: str) -> Dataset:
        kept = rows[[*features, LABEL, *({index, "case_date"} - set(features))]].copy()
        return Dataset(
            kept,
            label=LABEL,
            cat_features=[name for name in features if name not in NUMBERS],
            index_name=None if index in features else index,
            datetime_name="case_date",
        )

    of_acquisition = [dataset(rows, NUMBERS + CATEGORIES, "patient_id") for rows in (train, test)]
    of_identities = [dataset(rows, IDENTITIES, "case_id") for rows in (train, test)]
    of_studies = [dataset(rows, NUMBERS + CATEGORIES, "study_instance_uid") for rows in (train, test)]
    correlations = Suite(
        "labels",
        c.FeatureLabelCorrelation().add_condition_feature_pps_less_than(),
        c.IdentifierLabelCorrelation().add_condition_pps_less_or_equal(),
        c.DataDuplicates().add_condition_ratio_less_or_equal(),
        c.ConflictingLabels().add_condition_ratio_of_conflicting_labels_less_or_equal(),
    )
    mix = c.TrainTestSamplesMix().add_condition_duplicates_ratio_less_or_equal(0)
    index = c.IndexTrainTestLeakage().add_condition_ratio_less_or_equal()
    said: dict[str, Any] = {"failed": {}, "not run": {}}
    for suite, (first, second), prefix in (
        (train_test_validation(), of_acquisition, ""),
        (correlations, of_acquisition, ""),
        (Suite("mix", mix), of_identities, "identities: "),
        (Suite("studies", index), of_studies, "studies: "),
    ):
        for result in suite.run(first, second, with_display=False).results:
            _note(said, prefix, result)
    return said


def _note(said: dict[str, Any], prefix: str, result: Any) -> None:
    if not hasattr(result, "conditions_results"):
        said["not run"][prefix + type(result.check).__name__] = str(result.exception)[:120]
        return
    name = prefix + type(result.check).__name__
    details = [each.details for each in result.conditions_results if not each.is_pass()]
    if details:
        said["failed"][name] = "; ".join(details)[:300]


def by_cleanlab(table: pd.DataFrame) -> dict[str, Any]:
    """Issue of Datalab → how many cases have it, and of the order of rows the p-value.

    With features alone, with features and the label among them, and with the model's scores in the place of the
    probabilities of a classifier.
    """
    numbers = table[NUMBERS].astype(float)
    filled = ((numbers - numbers.mean()) / numbers.std()).fillna(0.0)
    coded = pd.get_dummies(table[CATEGORIES].astype(str)).astype(float)
    features = np.hstack([filled.to_numpy(), coded.to_numpy()])
    labels = table[LABEL].astype(int).to_numpy()
    said: dict[str, Any] = {}
    for name, given in (
        ("acquisition", features),
        ("acquisition and label", np.hstack([features, 3.0 * labels[:, None]])),
    ):
        np.random.seed(0)
        lab = Datalab({"label": labels}, label_name="label", verbosity=0)
        lab.find_issues(features=given)
        said[name] = _issues(lab)
        said[name]["near duplicates"] = _flagged(lab, "near_duplicate", table["case_id"])
    scored = table["score"].notna().to_numpy()
    score = table["score"].to_numpy()[scored]
    lab = Datalab({"label": labels[scored]}, label_name="label", verbosity=0)
    lab.find_issues(pred_probs=np.column_stack([1 - score, score]), issue_types={"label": {}})
    said["scores"] = _issues(lab)
    said["scores"]["label issues"] = _flagged(lab, "label", table["case_id"][scored])
    return said


def _issues(lab: Datalab) -> dict[str, Any]:
    summary = lab.get_issue_summary()
    counts = dict(zip(summary["issue_type"], summary["num_issues"].astype(int).tolist(), strict=True))
    if "non_iid" in counts:
        counts["non_iid p"] = round(float(lab.get_info("non_iid")["p-value"]), 4)
    return {name: count for name, count in counts.items() if count or name == "non_iid p"}


def _flagged(lab: Datalab, issue: str, cases: pd.Series) -> list[str]:
    return cases.to_numpy()[lab.get_issues(issue)[f"is_{issue}_issue"].to_numpy()].tolist()


def by_cleanvision(folder: Path) -> dict[str, Any]:
    """Sets of exact and of near duplicates: planted copies found with their original, and sets of other images."""
    pictures = pd.read_csv(folder / "pictures.csv", dtype=str)
    lab = Imagelab(data_path=str(folder / "png"), verbose=False)
    lab.find_issues({"exact_duplicates": {}, "near_duplicates": {}}, n_jobs=1, verbose=False)
    planted = {(row.picture, row.copy_of) for row in pictures.itertuples() if isinstance(row.copy_of, str)}
    patient = dict(zip(pictures["picture"], pictures["patient_id"], strict=True))
    said: dict[str, Any] = {"images": len(pictures), "planted": len(planted)}
    for kind in ("exact_duplicates", "near_duplicates"):
        sets = [{Path(name).name for name in found} for found in lab.info[kind]["sets"]]
        said[kind] = {
            "sets": len(sets),
            "planted found": sum(any({*pair} <= found for found in sets) for pair in planted),
            "sets of several patients": sum(len({patient[name] for name in found}) > 1 for found in sets),
            "sets without a planted pair": sum(not any({*pair} <= found for pair in planted) for found in sets),
        }
    return said


def main(folder: Path) -> int:
    """Judge every site; sites without a table have pictures only."""
    warnings.simplefilter("ignore")
    names = ("deepchecks", "cleanlab", "cleanvision", "numpy", "pandas", "scikit-learn")
    answers: dict[str, Any] = {"versions": {name: version(name) for name in names}, "sites": {}}
    for place in sorted((folder / "sites").iterdir()):
        began, said = time.monotonic(), {}
        if (place / "table.csv").exists():
            table = pd.read_csv(place / "table.csv", parse_dates=["case_date"])
            table[LABEL] = table[LABEL].astype(bool).astype(int)
            table[CATEGORIES] = table[CATEGORIES].astype(str)
            said["deepchecks"] = by_deepchecks(table)
            said["cleanlab"] = by_cleanlab(table)
        if (place / "pictures.csv").exists():
            said["cleanvision"] = by_cleanvision(place)
        answers["sites"][place.name] = said
        sys.stderr.write(f"{place.name}: {time.monotonic() - began:.0f} s\n")
    (folder / "peers.json").write_text(json.dumps(answers, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
