"""The cases of a segment one by one, found again from its tally."""

import numpy as np
import polars as pl
import pytest

from multisite.tallies import SegmentPatients, tally_scores

STRATA = ["stratum_sex", "stratum_vendor"]


def cases(n: int = 60) -> pl.DataFrame:
    rng = np.random.default_rng(5)
    return pl.DataFrame(
        {
            "site": "a",
            "finding": rng.choice(["f", "g"], n),
            "model": "m",
            "split": rng.choice(["test", "tune"], n),
            "patient_id": [f"p{i}" for i in rng.integers(0, 20, n)],
            "reference": rng.random(n) < 0.5,
            "score": rng.choice([-0.0, 0.0, 0.25, 0.5, 1.0], n),
            "stratum_sex": [("F", "M", None)[i] for i in rng.integers(0, 3, n)],
            "stratum_vendor": "one",
        }
    )


def test_every_segment_gets_its_own_cases_scores_and_patients() -> None:
    rows = cases()
    tally = tally_scores(rows, strata=STRATA)
    patients = SegmentPatients(rows, STRATA)
    for key, counts in zip(tally.keys.iter_rows(), tally.counts, strict=True):
        _, finding, _, split, stratum, level = key
        own = rows.filter(finding=finding, split=split)
        if stratum != "overall":
            own = own.filter(pl.col(f"stratum_{stratum}").fill_null("unknown") == level)
        found = patients.of(key, counts)
        told = sorted(zip(counts.score[found.row].tolist(), found.positive.tolist(), strict=True))
        assert told == sorted((score + 0.0, truth) for score, truth in own.select("score", "reference").rows())
        per_patient = sorted(np.bincount(found.patient).tolist())
        assert per_patient == sorted(own.group_by("patient_id").len()["len"].to_list())


def test_a_tally_of_other_cases_is_refused() -> None:
    rows = cases()
    key = ("a", "f", "m", "test", "overall", "overall")
    tally = tally_scores(rows.head(40), strata=STRATA)
    first = next(c for k, c in zip(tally.keys.iter_rows(), tally.counts, strict=True) if k == key)
    with pytest.raises(ValueError, match="differ"):
        SegmentPatients(rows, STRATA).of(key, first)
