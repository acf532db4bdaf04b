from pathlib import Path

import polars as pl
import pytest

from multisite.demo import DemoPlan, configuration_files, pseudonym_keys, write_configuration
from multisite.demo.plan import FINDING, MODEL, THRESHOLD
from multisite.schemas.site_tables import SITE_TABLES
from multisite.study import ColumnSplit, PatientSplit, SiteSplit, TimeSplit, load_sites, load_study
from multisite.study.operating_point import DecisionCurve, OperatingPoint
from multisite.study.section import Section
from multisite.study.site_file import Credentials, Site, SiteTableFile, Store
from multisite.study.study_file import Study
from tests.unit.demo.small_demo import PLAN, SmallDemo


def keys_of(model: type[Section]) -> set[str]:
    return set(model.model_fields)


def test_the_study_file_loads_and_says_what_the_data_hold(tmp_path: Path) -> None:
    study = load_study(write_configuration(tmp_path, PLAN))
    assert [finding.id for finding in study.findings] == [FINDING]
    assert [model.id for model in study.models] == [MODEL]
    assert study.performance.threshold == THRESHOLD
    assert study.performance.seed == PLAN.seed
    assert [stratum.id for stratum in study.cohort.strata] == [
        "vendor", "model", "modality", "age_band", "sex", "slice_thickness", "kernel", "setting",
    ]  # fmt: skip


def test_every_key_of_a_study_file_is_shown(tmp_path: Path) -> None:
    text = configuration_files(PLAN, "data")["demo.yaml"]
    study = load_study(write_configuration(tmp_path, PLAN))
    sections = [Study, type(study.intended_use), type(study.findings[0]), type(study.models[0]), type(study.cohort)]
    sections += [type(study.cohort.eligibility[0]), type(study.cohort.strata[0]), type(study.integrity)]
    sections += [type(study.performance), type(study.drift), type(study.extraction)]
    sections += [PatientSplit, TimeSplit, SiteSplit, ColumnSplit, OperatingPoint, DecisionCurve]
    for section in sections:
        for key in keys_of(section):
            assert f"{key}:" in text or f"#   {key} " in text, f"{section.__name__}.{key}"


def test_every_split_that_a_comment_shows_is_one_that_loads(tmp_path: Path) -> None:
    text = write_configuration(tmp_path, PLAN).read_text(encoding="utf-8")
    lines = [line.removeprefix("  #   ") for line in text.splitlines() if line.startswith("  #   ")]
    first = next(number for number, line in enumerate(lines) if line.startswith("split:"))
    shown = ["\n".join(f"  {line}" for line in lines[first : first + 5])]
    shown += [f"  {line}" for line in lines if line.startswith("split: {")]
    kinds = []
    for number, section in enumerate(shown):
        path = tmp_path / f"{number}.yaml"
        path.write_text(text.replace("\ncohort:\n", f"\ncohort:\n{section}\n"), encoding="utf-8")
        kinds.append(type(load_study(path).cohort.split))
    assert kinds == [PatientSplit, TimeSplit, SiteSplit, ColumnSplit, ColumnSplit]


def test_every_key_of_a_site_file_is_shown() -> None:
    text = "\n".join(configuration_files(DemoPlan(), "data").values())
    for model in (Site, Store, Credentials, SiteTableFile):
        for key in keys_of(model):
            assert f"{key}:" in text or f"`{key}" in text, f"{model.__name__}.{key}"


def test_site_files_point_at_the_generated_data(small_demo: SmallDemo) -> None:
    study_file = write_configuration(small_demo.out, PLAN, s3=False)
    sites = load_sites([study_file.parent / "sites"])
    assert [site.site for site in sites] == ["harbour", "lakeside", "millfield", "northgate"]
    for site in sites:
        assert all(any(Path(store.url).rglob("*")) for store in site.stores)
        for name, table in site.tables.items():
            path = Path(table.path)
            held = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path)
            required = {column.name for column in SITE_TABLES[name].columns if column.required}
            assert {table.columns.get(column, column) for column in required} <= set(held.columns)
            assert set(table.columns.values()) <= set(held.columns)


def test_the_s3_site_names_its_secrets_and_holds_none(tmp_path: Path) -> None:
    files = configuration_files(PLAN, "data")
    (tmp_path / "harbour.yaml").write_text(files["sites/harbour.yaml"])
    (site,) = load_sites([tmp_path])
    (store,) = site.stores
    assert store.url == "s3://imaging-archive"
    assert store.endpoint is None
    assert store.endpoint_env == "MULTISITE_DEMO_S3_ENDPOINT"
    assert store.credentials is not None
    assert store.credentials.access_key_env == "MULTISITE_DEMO_S3_ACCESS_KEY"


def test_site_files_of_an_earlier_plan_are_removed(tmp_path: Path) -> None:
    write_configuration(tmp_path, DemoPlan(sites=6))
    study_file = write_configuration(tmp_path, DemoPlan(sites=2))
    assert sorted(p.name for p in (study_file.parent / "sites").iterdir()) == ["harbour.yaml", "northgate.yaml"]


@pytest.mark.parametrize("sites", [1, 4, 9])
def test_every_site_has_a_pseudonym_key_of_its_own(tmp_path: Path, sites: int) -> None:
    plan = DemoPlan(sites=sites)
    keys = pseudonym_keys(plan)
    study_file = write_configuration(tmp_path, plan)
    assert {site.pseudonym_key_env for site in load_sites([study_file.parent / "sites"])} == set(keys)
    assert len(set(keys.values())) == sites
    assert all(len(key) >= 32 for key in keys.values())
    assert keys != pseudonym_keys(DemoPlan(sites=sites, seed=plan.seed + 1))
