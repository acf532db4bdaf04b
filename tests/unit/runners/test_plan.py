"""When a stage runs again, and when it does not."""

import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from multisite.cli.running import workspace_location
from multisite.errors import ArtefactMissingError, ZoneError
from multisite.runners import LocalExecutor, plan, run_stages, work
from multisite.runners.events import Silent
from multisite.schemas import Artefact, Column, Scope, Stage, StageInputs, StageOutputs
from multisite.study import Site, Store, Study
from multisite.study.loading import load_study
from multisite.vocabulary import Zone
from tests.unit.study.test_loading import STUDY

_COLUMNS = (
    Column("site", pl.String(), "Site"),
    Column("month", pl.String(), "Month"),
    Column("n", pl.Int64(), "Number"),
)
MONTHS = Artefact("months", Zone.SITE, "By month.", _COLUMNS, partitioned_by="month")
COPY = Artefact("copy", Zone.SITE, "A copy.", (*_COLUMNS[:2],))
COUNTS = Artefact("counts", Zone.AGGREGATE, "Counts.", _COLUMNS)
TOTAL = Artefact("total", Zone.CENTRAL, "Total.", (Column("n", pl.Int64(), "Number"),))


SPAN_COLUMNS = (
    Column("site", pl.String(), "Site"),
    Column("store", pl.String(), "Store"),
    Column("shard", pl.String(), "Month"),
    Column("first_key", pl.String(), "First key"),
    Column("last_key", pl.String(), "Last key"),
)
SPANS = Artefact("spans", Zone.SITE, "What the months span.", SPAN_COLUMNS)
SPANS_THEN = Artefact("spans_then", Zone.SITE, "What they spanned.", SPAN_COLUMNS)


@dataclass(frozen=True)
class Parameters:
    threshold: float
    title: str = field(metadata={"changes_rows": False})


class Source:
    """What the first stage finds; and a record of what ran."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, int]] = {"north": {"01": 1, "02": 2}, "south": {}}
        self.ran: list[str] = []
        self.settled = True
        self.earlier: dict[str | None, list[str]] = {}

    def listing(self, inputs: StageInputs, parameters: object) -> StageOutputs:
        self.ran.append(f"listing {inputs.site}")
        rows = [{"site": inputs.site, "month": month, "n": n} for month, n in self.rows[inputs.site].items()]
        spans = [
            {"site": inputs.site, "store": "s", "shard": month, "first_key": f"{n:02}", "last_key": f"{n:02}"}
            for month, n in self.rows[inputs.site].items()
        ]
        # One frame after another, as a long listing comes.
        months = (pl.DataFrame([row], schema=MONTHS.schema) for row in rows)
        return StageOutputs(frames={"months": months, "spans": pl.DataFrame(spans, schema=SPANS.schema)})

    def count(self, inputs: StageInputs, parameters: object) -> StageOutputs:
        self.ran.append(f"count {inputs.site} {inputs.partition}")
        rows = inputs.frame("months")
        assert rows["month"].unique().to_list() == [inputs.partition]
        self.earlier[inputs.partition] = inputs.earlier["counts"]["month"].to_list()
        return StageOutputs(frames={"counts": rows.with_columns(pl.col("n") * 10)}, settled=self.settled)

    def remember(self, inputs: StageInputs, parameters: object) -> StageOutputs:
        return StageOutputs(frames={"spans_then": inputs.frame("spans")})

    def total(self, inputs: StageInputs, parameters: object) -> StageOutputs:
        self.ran.append("total")
        return StageOutputs(frames={"total": pl.DataFrame({"n": [inputs.frame("counts")["n"].sum()]})})


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def stages(source: Source, monkeypatch: pytest.MonkeyPatch) -> dict[str, Stage]:
    common = {
        "verb": "extract",
        "version": 1,
        "parameters": lambda study, site: Parameters(study.performance.threshold, study.title),
    }
    made = (
        Stage(
            "listing",
            "List",
            scope=Scope.SITE,
            reads=(),
            writes=(MONTHS, SPANS),
            run=source.listing,
            reads_objects=True,
            always_runs=True,
            **common,
        ),
        Stage(
            "count",
            "Count",
            scope=Scope.MONTH,
            reads=(MONTHS,),
            writes=(COUNTS,),
            partition_of=MONTHS,
            run=source.count,
            carries=(COUNTS,),
            spans=(SPANS, SPANS_THEN),
            **common,
        ),
        Stage(
            "remember",
            "Remember",
            scope=Scope.SITE,
            reads=(SPANS, COUNTS),
            writes=(SPANS_THEN,),
            run=source.remember,
            **common,
        ),
        Stage("total", "Total", scope=Scope.STUDY, reads=(COUNTS,), writes=(TOTAL,), run=source.total, **common),
    )
    found = {stage.name: stage for stage in made}
    monkeypatch.setattr(work, "stage_named", found.__getitem__)
    return found


@pytest.fixture
def study(tmp_path: Path) -> Study:
    path = tmp_path / "study.yaml"
    path.write_text(STUDY, encoding="utf-8")
    return load_study(path)


SITES = tuple(
    Site(site=name, title=name, stores=(Store(name="s", url="/nowhere"),), pseudonym_key_env="KEY")
    for name in ("north", "south")
)


def run(stages: dict[str, Stage], study: Study, folder: Path) -> int:
    summary = run_stages(
        tuple(stages.values()),
        study=study,
        sites=SITES,
        workspace=workspace_location(str(folder)),
        executor=LocalExecutor(),
        observer=Silent(),
        stop=threading.Event(),
        run_id="run",
        clock=lambda: datetime(2026, 1, 2, tzinfo=UTC),
    )
    return sum(stage.n_run for stage in summary.stages)


def total(folder: Path) -> int:
    return int(pl.read_parquet(folder / "chest/_study/total/part-all.parquet")["n"].item())


def test_the_first_run_runs_everything_and_the_second_only_looks(
    source: Source, stages: dict[str, Stage], study: Study, tmp_path: Path
) -> None:
    assert run(stages, study, tmp_path) == 7
    assert total(tmp_path) == 30
    source.ran.clear()
    assert run(stages, study, tmp_path) == 2
    assert source.ran == ["listing north", "listing south"]


def test_a_new_month_runs_alone_and_what_sums_it_up(
    source: Source, stages: dict[str, Stage], study: Study, tmp_path: Path
) -> None:
    run(stages, study, tmp_path)
    source.rows["north"]["03"] = 3
    source.ran.clear()
    run(stages, study, tmp_path)
    assert source.ran[2:] == ["count north 03", "total"]
    assert total(tmp_path) == 60


def test_a_month_that_is_gone_is_gone_from_the_sum_and_from_the_disk(
    source: Source, stages: dict[str, Stage], study: Study, tmp_path: Path
) -> None:
    run(stages, study, tmp_path)
    del source.rows["north"]["02"]
    run(stages, study, tmp_path)
    assert total(tmp_path) == 10
    assert [path.name for path in (tmp_path / "chest/north/counts").glob("part-*")] == ["part-01.parquet"]


def test_a_changed_parameter_or_version_runs_the_stage_again(
    source: Source, stages: dict[str, Stage], study: Study, tmp_path: Path
) -> None:
    run(stages, study, tmp_path)
    changed = study.model_copy(update={"performance": study.performance.model_copy(update={"threshold": 0.4})})
    source.ran.clear()
    run(stages, changed, tmp_path)
    assert "count north 01" in source.ran
    source.ran.clear()
    stages["count"] = replace(stages["count"], version=2)
    run(stages, changed, tmp_path)
    assert "count north 02" in source.ran


def test_a_part_that_was_lost_is_made_again(
    source: Source, stages: dict[str, Stage], study: Study, tmp_path: Path
) -> None:
    run(stages, study, tmp_path)
    (tmp_path / "chest/north/counts/part-02.parquet").unlink()
    source.ran.clear()
    run(stages, study, tmp_path)
    assert source.ran[2:] == ["count north 02"]
    assert total(tmp_path) == 30


def test_a_site_without_a_month_has_an_empty_artefact_and_not_a_missing_one(
    stages: dict[str, Stage], study: Study, tmp_path: Path
) -> None:
    run(stages, study, tmp_path)
    assert (tmp_path / "chest/south/counts/manifest.json").exists()


def test_a_stage_that_the_study_file_does_not_ask_for_runs_nowhere_and_its_earlier_parts_go(
    source: Source, stages: dict[str, Stage], study: Study, tmp_path: Path
) -> None:
    run(stages, study, tmp_path)
    stages["count"] = replace(stages["count"], is_asked_for=lambda parameters: parameters.threshold > 0.9)
    source.ran.clear()
    run(stages, study, tmp_path)
    assert source.ran == ["listing north", "listing south", "total"]
    assert list((tmp_path / "chest/north/counts").glob("part-*")) == []
    assert (tmp_path / "chest/north/counts/manifest.json").exists()
    assert total(tmp_path) == 0


def test_a_missing_input_is_told_before_anything_runs(
    source: Source, stages: dict[str, Stage], study: Study, tmp_path: Path
) -> None:
    with pytest.raises(ArtefactMissingError, match="`counts` has not been made"):
        run({"total": stages["total"]}, study, tmp_path)
    assert source.ran == []


def test_what_was_made_with_another_pseudonym_key_is_not_read(
    source: Source, stages: dict[str, Stage], study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages["count"] = replace(stages["count"], needs_key=True)
    stages["remember"] = replace(stages["remember"], needs_key=True)
    later = {name: stages[name] for name in ("remember", "total")}
    monkeypatch.setenv("KEY", "one key of the site, of many letters")
    run(stages, study, tmp_path)
    run(later, study, tmp_path)
    monkeypatch.setenv("KEY", "another key of the site, of many letters")
    with pytest.raises(ArtefactMissingError, match=r"was made with another pseudonym key") as raised:
        run(later, study, tmp_path)
    assert (raised.value.place, "multisite run" in (raised.value.remedy or "")) == ("site north", True)
    source.ran.clear()
    run(stages, study, tmp_path)
    assert source.ran[2:] == ["count north 01", "count north 02"]
    run(later, study, tmp_path)


def test_a_run_that_needs_no_key_reads_what_was_made_with_any(
    stages: dict[str, Stage], study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyed = stages | {"count": replace(stages["count"], needs_key=True)}
    monkeypatch.setenv("KEY", "one key of the site, of many letters")
    run(keyed, study, tmp_path)
    monkeypatch.delenv("KEY")
    run({"total": stages["total"]}, study, tmp_path)
    assert total(tmp_path) == 30


def test_a_stage_of_the_study_cannot_write_rows(stages: dict[str, Stage], study: Study, tmp_path: Path) -> None:
    run(stages, study, tmp_path)
    stages["total"] = replace(stages["total"], version=2, writes=(replace(COUNTS, name="total", zone=Zone.SITE),))
    with pytest.raises(ZoneError):
        run(stages, study, tmp_path)


def test_the_protocol_s_digest_changes_with_every_word_of_it(study: Study) -> None:
    other = study.model_copy(update={"title": study.title + "."})
    assert other.protocol_sha256 != study.protocol_sha256
    assert study.protocol_sha256 == study.model_copy().protocol_sha256


def test_a_value_that_changes_no_row_runs_nothing_again(
    source: Source, stages: dict[str, Stage], study: Study, tmp_path: Path
) -> None:
    run(stages, study, tmp_path)
    source.ran.clear()
    run({name: stages[name] for name in ("listing", "count")}, study.model_copy(update={"title": "T"}), tmp_path)
    assert source.ran == ["listing north", "listing south"]


def test_a_new_release_runs_everything_again_but_what_its_own_version_vouches_for(
    source: Source, stages: dict[str, Stage], study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages["count"] = replace(stages["count"], version_is_enough=True)
    run(stages, study, tmp_path)
    source.ran.clear()
    monkeypatch.setattr(plan, "__version__", "99.0")
    run(stages, study, tmp_path)
    assert source.ran == ["listing north", "listing south", "total"]


def test_work_that_might_give_more_is_done_again(
    source: Source, stages: dict[str, Stage], study: Study, tmp_path: Path
) -> None:
    source.settled = False
    run(stages, study, tmp_path)
    source.settled = True
    source.ran.clear()
    run(stages, study, tmp_path)
    assert source.ran[2:] == ["count north 01", "count north 02"]
    source.ran.clear()
    run(stages, study, tmp_path)
    assert len(source.ran) == 2


def test_a_part_is_handed_the_earlier_rows_of_the_parts_that_its_keys_meet(
    source: Source, stages: dict[str, Stage], study: Study, tmp_path: Path
) -> None:
    run(stages, study, tmp_path)
    assert source.earlier == {"01": [], "02": []}
    # The month is another part, and spans the keys of the one before.
    source.rows["north"] = {"01": 1, "02b": 2, "03": 3}
    run(stages, study, tmp_path)
    assert source.earlier["02b"] == ["02"]
    assert source.earlier["03"] == []


@pytest.mark.parametrize("change", ["version", "threshold"])
def test_rows_made_on_another_basis_are_never_handed_in(
    source: Source, stages: dict[str, Stage], study: Study, tmp_path: Path, change: str
) -> None:
    run(stages, study, tmp_path)
    source.rows["north"] = {"01": 1, "02b": 2}
    if change == "version":
        stages["count"] = replace(stages["count"], version=2)
    else:
        study = study.model_copy(update={"performance": study.performance.model_copy(update={"threshold": 0.4})})
    run(stages, study, tmp_path)
    assert source.earlier["02b"] == []


def with_reader(source: Source, stages: dict[str, Stage], **more: object) -> dict[str, Stage]:
    """A stage of a site that reads the counts of that site, where there are any."""

    def copy(inputs: StageInputs, parameters: object) -> StageOutputs:
        source.ran.append(f"copy {inputs.site}")
        rows = inputs.frames.get("counts", COPY.empty())
        assert set(rows["site"]) <= {inputs.site}
        return StageOutputs(frames={"copy": rows.select(COPY.schema.names())})

    stages["copy"] = Stage(
        "copy",
        "Copy",
        verb="extract",
        version=1,
        scope=Scope.SITE,
        reads=(),
        optional_reads=(COUNTS,),
        writes=(COPY,),
        run=copy,
        parameters=lambda study, site: Parameters(study.performance.threshold, study.title),
        **more,  # type: ignore[arg-type]  # fields of a stage
    )
    return stages


def test_an_optional_input_of_a_site_is_that_of_the_site_alone(
    source: Source, stages: dict[str, Stage], study: Study, tmp_path: Path
) -> None:
    source.rows["south"] = {"07": 7}
    run(with_reader(source, stages), study, tmp_path)
    for site, rows in (("north", 2), ("south", 1)):
        assert pl.read_parquet(tmp_path / f"chest/{site}/copy/part-all.parquet").height == rows


def test_an_optional_input_of_the_whole_study_is_read_where_there_is_one(
    source: Source, stages: dict[str, Stage], study: Study, tmp_path: Path
) -> None:
    seen: list[int | None] = []

    def report(inputs: StageInputs, parameters: object) -> StageOutputs:
        seen.append(inputs.frames["total"]["n"].item() if "total" in inputs.frames else None)
        return StageOutputs(frames={"again": pl.DataFrame({"n": [0]})})

    again = replace(TOTAL, name="again")
    stages["report"] = replace(stages["total"], name="report", optional_reads=(TOTAL,), writes=(again,), run=report)
    run({name: stage for name, stage in stages.items() if name != "total"}, study, tmp_path)
    run(stages, study, tmp_path)
    assert seen == [None, 30]
    source.rows["north"]["03"] = 3
    run(stages, study, tmp_path)
    assert seen == [None, 30, 60]


def test_an_optional_input_that_nobody_asked_for_is_as_one_that_was_not_made(
    source: Source, stages: dict[str, Stage], study: Study, tmp_path: Path
) -> None:
    with_reader(source, stages)
    stages["count"] = replace(stages["count"], is_asked_for=lambda parameters: False)
    run({"copy": stages["copy"]}, study, tmp_path)
    source.ran.clear()
    run(stages, study, tmp_path)
    assert not [name for name in source.ran if name.startswith("copy")]


# The counts tell no split, so that none of their labels can be known to be of a tuning case.
@pytest.mark.parametrize(
    ("more", "handed"), [({}, False), ({"copies_labels": True}, True), ({"reads_tuning_labels": True}, False)]
)
def test_labels_are_handed_to_stages_that_say_so_and_to_no_other(
    source: Source,
    stages: dict[str, Stage],
    study: Study,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    more: dict[str, object],
    handed: bool,
) -> None:
    seen: list[bool] = []

    def look(inputs: StageInputs, parameters: object) -> StageOutputs:
        seen.append("n" in inputs.frames["counts"].columns)
        return StageOutputs(frames={"copy": COPY.empty()})

    with_reader(source, stages, **more)
    stages["copy"] = replace(stages["copy"], run=look)
    labelled = replace(COUNTS, columns=(*COUNTS.columns[:2], replace(COUNTS.columns[2], is_label=True)))
    stages["count"] = replace(stages["count"], writes=(labelled,), carries=(labelled,))
    stages["copy"] = replace(stages["copy"], optional_reads=(labelled,))
    run({name: stages[name] for name in ("listing", "count", "copy")}, study, tmp_path)
    assert seen == [handed, handed]
