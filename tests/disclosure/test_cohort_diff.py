"""What `multisite cohort diff` prints holds counts, words and column names: no case, and no value of one."""

import re
from pathlib import Path

import polars as pl
import pytest

from multisite.schemas.cohort import COHORT
from multisite.vocabulary import ColumnPrivacy
from tests.lib.command import multisite

_TOLD = [c.name for c in COHORT.columns if c.privacy is not ColumnPrivacy.SAFE and c.dtype != pl.Float64()]
_HEX = re.compile(r"[0-9a-f]{13,}")


@pytest.fixture(scope="module")
def cohorts(evaluated: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[pl.DataFrame, Path, Path]:
    """A hospital's cohort, and one in which cases of every kind have entered, left and changed, each file by itself."""
    folder = tmp_path_factory.mktemp("cohorts")
    site = min(path for path in next(evaluated.iterdir()).iterdir() if path.name != "_study")
    before = pl.read_parquet(site / "cohort" / "part-all.parquet")
    fifth = pl.int_range(pl.len()) % 5
    rule = pl.when(fifth == 0).then(pl.lit("adult")).when(fifth == 1).then(None).otherwise("exclusion_rule")
    after = before.with_columns(
        rule.alias("exclusion_rule"),
        rule.is_null().alias("included"),
        *(pl.when(fifth == 2).then(pl.col(name).shift(1)).otherwise(name).alias(name) for name in _TOLD[1:]),
        pl.when(fifth == 3).then(pl.lit("CANARY")).otherwise("vendor").alias("vendor"),
    ).filter(pl.int_range(pl.len()) % 7 != 3)
    before.filter(pl.int_range(pl.len()) % 7 != 4).write_parquet(folder / "before.parquet")
    after.write_parquet(folder / "after.parquet")
    return pl.concat([before, after]), folder / "before.parquet", folder / "after.parquet"


@pytest.mark.parametrize("more", [(), ("--json",), ("--csv",)])
def test_no_pseudonym_date_or_value_is_printed(
    cohorts: tuple[pl.DataFrame, Path, Path], tmp_path: Path, more: tuple[str, ...]
) -> None:
    rows, before, after = cohorts
    csv = tmp_path / "cases.csv"
    finished = multisite("cohort", "diff", before, after, *more, *([csv] if more == ("--csv",) else []))
    assert finished.exit_code == 0, finished.err
    printed = (finished.out + finished.err).replace(str(csv), "")
    for change in ("entered", "left", "changed", "excluded otherwise"):
        assert change in printed
    told = {str(value) for name in _TOLD if name != "patient_sex" for value in rows[name].drop_nulls().unique()}
    assert len(told) > 300
    assert [value for value in told if value in printed] == []
    assert "CANARY" not in printed
    # A hash is cut to 12 digits, so whatever is longer stands for somebody.
    assert _HEX.findall(printed) == []
    if more == ("--csv",):
        assert any(value in csv.read_text(encoding="utf-8") for value in rows["case_id"])


def test_no_error_quotes_a_case(cohorts: tuple[pl.DataFrame, Path, Path], tmp_path: Path) -> None:
    rows, before, _ = cohorts
    sound = pl.read_parquet(before)
    broken = {
        "repeated": pl.concat([sound, sound[:2]]),
        "split": sound.with_columns(pl.lit("CANARY").alias("split")),
        "site": sound.with_columns(pl.lit("CANARY").alias("site")),
        "judgement": sound.with_columns(pl.lit("CANARY").alias("exclusion_rule")),
    }
    for name, frame in broken.items():
        frame.write_parquet(tmp_path / f"{name}.parquet")
        finished = multisite("cohort", "diff", before, tmp_path / f"{name}.parquet")
        assert finished.exit_code in (2, 12)
        assert "CANARY" not in finished.out + finished.err
        assert not any(value in finished.err for value in rows["case_id"])
