"""The files of a pack: complete, hashed, signed, the same again, and refused where the claim is not borne out."""

import json
import re
from datetime import date
from functools import lru_cache

import polars as pl
import pytest

from multisite.audit.dsse import verified
from multisite.audit.keys import new_key, public_key
from multisite.errors import ConfigError
from multisite.pack.validation.files import SignedPack, pack_files
from multisite.schemas.cohort import FLOW
from multisite.schemas.performance import ESTIMATES
from multisite.schemas.standings import TIME_FORWARD
from multisite.storage.canonical import canonical_json, sha256_hex
from tests.lib.pack_sources import pack_sources, planned_study
from tests.lib.report_frames import MODEL, SITES

pytestmark = pytest.mark.slow

KEY = new_key()


@lru_cache(maxsize=1)
def signed() -> SignedPack:
    return pack_files(pack_sources(), key=KEY)


def test_every_file_but_sums_statement_and_key_is_named_with_its_digest() -> None:
    files = signed().files
    named = dict(reversed(line.split("  ")) for line in files["SHA256SUMS"].decode().splitlines())
    assert set(named) == set(files) - {"SHA256SUMS", "statement.dsse.json", "signer.pem"}
    assert all(sha256_hex([files[path]]) == digest for path, digest in named.items())
    assert list(named) == sorted(named)


def test_the_statement_names_the_sums_and_anchors_every_ledger() -> None:
    files = signed().files
    said = verified(files["statement.dsse.json"], [public_key(files["signer.pem"], place="x")])
    assert said is not None
    held = json.loads(said)
    assert held["subject"] == [{"name": "SHA256SUMS", "digest": {"sha256": sha256_hex([files["SHA256SUMS"]])}}]
    assert set(held["predicate"]["ledgers"]) == {*SITES, "_study"}
    facts = json.loads(files["pack.json"])
    assert held["predicate"]["ledgers"] == facts["ledgers"]
    assert sha256_hex([files["protocol.json"]]) == facts["protocol"] == held["predicate"]["protocol"]


def test_equal_sources_give_equal_bytes() -> None:
    again = pack_files(pack_sources(), key=KEY).files
    assert {path for path in again if again[path] != signed().files[path]} == set()


def test_without_a_key_the_pack_says_that_nobody_signed_it() -> None:
    files = pack_files(pack_sources(), key=None).files
    assert not {"statement.dsse.json", "signer.pem"} & set(files)
    assert "Not signed" in files["README.txt"].decode()
    assert "This pack is not signed" in files["index.html"].decode()


def test_facts_for_machines_are_canonical_and_count_every_guideline() -> None:
    files = signed().files
    facts = json.loads(files["pack.json"])
    assert canonical_json(facts) == files["pack.json"]
    for guideline in facts["guidelines"].values():
        assert sum(guideline["counts"].values()) == len(guideline["items"])
    assert len(facts["guidelines"]["claim_2024"]["items"]) == 44


def test_results_carry_planned_or_post_hoc() -> None:
    estimates = pl.read_csv(signed().files["results/estimates.csv"])
    found = {(m, s): p for m, s, p in estimates.select("metric", "stratum", "planning").unique().rows()}
    assert found[("auc", "overall")] == "planned, primary"
    assert found[("sensitivity", "sex")] == "planned, secondary"
    assert found[("specificity", "overall")] == "post hoc"
    assert set(pl.read_csv(signed().files["results/across_sites.csv"])["planning"]) == {
        "planned, primary",
        "planned, secondary",
        "post hoc",
    }
    assert "planning" in pl.read_csv(signed().files["results/verdicts.csv"]).columns


def test_without_a_lock_every_result_and_every_page_is_exploratory() -> None:
    made = pack_files(pack_sources(locked=False), key=None)
    assert set(pl.read_csv(made.files["results/estimates.csv"])["planning"]) == {"exploratory"}
    html = made.files["index.html"].decode()
    assert "No result here counts as planned: the protocol was not locked." in html
    assert '@top-left { content: "Exploratory results"' in html
    assert "Exploratory results." in made.files["cards/model_card.md"].decode()
    assert json.loads(made.files["pack.json"])["standing"]["kind"] == "exploratory"


def forward(**told: object) -> pl.DataFrame:
    row = {
        "site": SITES[0],
        "model": MODEL,
        "frozen_on": date(2026, 4, 1),
        "locked_on": date(2026, 5, 1),
        "n_cases": 10,
        "n_undated": 0,
        "n_after_freeze": 10,
        "n_after_lock": 10,
        "first_month": date(2026, 5, 1),
        "last_month": date(2026, 6, 1),
    }
    return pl.DataFrame([row | told], schema=TIME_FORWARD.schema)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"frozen_on": None, "n_after_freeze": None}, "no day is declared on which the model was frozen"),
        ({"locked_on": None, "n_after_lock": None}, "the protocol is not locked"),
        ({"n_undated": 1}, "test cases without a date"),
        ({"n_after_freeze": 9}, "acquired before the model was frozen"),
        ({"n_after_lock": 9}, "acquired before the protocol was locked"),
    ],
)
def test_a_claim_of_prospective_that_dates_do_not_bear_out_is_refused(told: dict[str, object], words: str) -> None:
    declared = planned_study(reporting={"design": {"timing": "prospective"}})
    with pytest.raises(ConfigError, match=words):
        pack_files(pack_sources(declared, time_forward=forward(**told)), key=None)


def test_a_claim_of_prospective_that_dates_bear_out_is_printed() -> None:
    declared = planned_study(reporting={"design": {"timing": "prospective"}})
    made = pack_files(pack_sources(declared, time_forward=forward()), key=None)
    assert "prospective" in made.files["index.html"].decode()


def test_a_claim_that_no_pack_can_show_is_refused_with_its_place() -> None:
    declared = planned_study(reporting={"background": "The model is FDA cleared"})
    with pytest.raises(ConfigError, match=r"`reporting\.background` says “cleared”"):
        pack_files(pack_sources(declared), key=None)


def test_names_with_markup_are_escaped_wherever_they_stand() -> None:
    evil = "<script>alert(1)</script>\"&'"
    declared = planned_study(
        title=evil,
        risks=[{"hazard": "own", "title": evil, "situation": evil, "severity": evil}],
        companion=[{"topic": "own", "title": evil, "pointer": evil}],
        reporting={"background": evil, "not_applicable": {"claim_2024/27": evil}},
    )
    made = pack_files(pack_sources(declared), key=None)
    html = made.files["index.html"].decode()
    assert "<script>alert" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 7
    assert json.loads(made.files["pack.json"])["title"] == evil


def test_ids_stand_once_and_every_link_inside_the_page_leads_somewhere() -> None:
    html = signed().files["index.html"].decode()
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert {link for link in re.findall(r'href="#([^"]+)"', html) if link not in ids} == set()


def test_the_page_needs_nothing_from_a_network() -> None:
    html = signed().files["index.html"].decode()
    assert re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', html) == []
    assert "@import" not in html
    assert not re.search(r"url\((?!#)", html)


def test_the_croissant_card_and_the_crate_name_the_files_with_their_digests() -> None:
    files = signed().files
    card = json.loads(files["cards/dataset_card.json"])
    assert {one["contentUrl"] for one in card["distribution"]} == {
        path for path in files if path.startswith(("tallies/", "results/"))
    }
    assert all(one["sha256"] == sha256_hex([files[one["contentUrl"]]]) for one in card["distribution"])
    crate = json.loads(files["ro-crate-metadata.json"])
    root = next(one for one in crate["@graph"] if one["@id"] == "./")
    described = {one["@id"] for one in root["hasPart"]}
    assert described == set(files) - {"SHA256SUMS", "statement.dsse.json", "signer.pem", "ro-crate-metadata.json"}


def test_the_model_card_holds_no_markup_of_the_authors() -> None:
    evil = "<img src=x onerror=alert(1)> [x](javascript:alert(1))"
    card = pack_files(pack_sources(planned_study(title=evil)), key=None).files["cards/model_card.md"].decode()
    assert "<img" not in card
    assert "](javascript" not in card


def test_a_study_without_an_exclusion_and_with_a_site_of_one_class_still_makes_a_pack() -> None:
    evidence = pack_sources().evidence
    none_excluded = evidence.frame(FLOW).with_columns(pl.col("^excluded_.*$") * 0)
    told = {"estimate": None, "ci_low": None, "ci_high": None, "status": "undefined", "reason": "no positive case"}
    estimates = evidence.frame(ESTIMATES).with_columns(
        pl.when(pl.col("site") == "danube").then(pl.lit(value)).otherwise(name).alias(name)
        for name, value in told.items()
    )
    html = pack_files(pack_sources(flow=none_excluded, estimates=estimates), key=None).files["index.html"].decode()
    assert "at danube cannot be judged (no positive case)" in html
