"""Two packs side by side: what changed, and what it touches."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import polars as pl
import pytest

from multisite.errors import UsageError
from multisite.pack.validation.difference import difference_of
from multisite.pack.validation.files import pack_files
from multisite.storage.canonical import canonical_json
from tests.lib.pack_sources import chain, pack_sources, planned_study

pytestmark = pytest.mark.slow


@lru_cache(maxsize=1)
def before() -> Mapping[str, bytes]:
    return pack_files(pack_sources(), key=None).files


def changes(after: Mapping[str, bytes]) -> dict[tuple[str, str], tuple[str, str]]:
    return {(one.kind, one.what): (one.before, one.after) for one in difference_of(before(), after).changes}


def test_a_pack_and_itself_say_the_same() -> None:
    found = difference_of(before(), before())
    assert (found.changes, found.results, found.claims) == ((), (), ())


def test_a_changed_margin_is_told_by_its_path_with_the_claims_that_rest_on_the_protocol() -> None:
    content = planned_study().model_dump(mode="json")
    content["performance"]["margins"][0]["at_least"] = 0.75
    after = pack_files(pack_sources(type(planned_study()).model_validate(content)), key=None).files
    assert changes(after)["protocol, analysis plan", "performance.margins.0.at_least"] == ("0.7", "0.75")
    touched = {one.item: one.because for one in difference_of(before(), after).claims}
    assert any("protocol" in because for because in touched["4"])


def test_a_statement_that_was_added_touches_its_items() -> None:
    after = pack_files(pack_sources(planned_study(reporting={"background": "b"})), key=None).files
    touched = {one.item: one.because for one in difference_of(before(), after).claims}
    assert any("reporting.background" in because for because in touched["3"])


def test_a_result_that_moved_stands_side_by_side_and_intervals_that_lie_apart_are_marked() -> None:
    frame = pl.read_csv(before()["results/estimates.csv"])
    is_auc = (pl.col("site") == "all sites") & (pl.col("stratum") == "overall") & (pl.col("metric") == "auc")
    moved = {"estimate": 0.5, "ci_low": 0.45, "ci_high": 0.55}
    columns = [pl.when(is_auc).then(value).otherwise(name).alias(name) for name, value in moved.items()]
    after = {**before(), "results/estimates.csv": frame.with_columns(columns).write_csv().encode()}
    (pair,) = difference_of(before(), after).results
    assert pair.after == "0.500 (0.450 to 0.550)"
    assert pair.apart


def test_a_ledger_that_was_written_anew_or_looked_into_again_is_seen() -> None:
    sources = pack_sources()
    protocol = sources.facts.protocol_sha256
    more = {**sources.chains, "amstel": chain("amstel", protocol, looks=3)}
    grown = changes(pack_files(replace(sources, chains=more), key=None).files)
    assert grown["ledger", "amstel: test labels read"] == ("1", "3")
    assert ("ledger", "amstel: entry 2") not in grown
    anew = {**sources.chains, "amstel": chain("amstel", "0" * 64, looks=1)}
    rewritten = changes(pack_files(replace(sources, chains=anew), key=None).files)
    assert rewritten["ledger", "amstel: entry 2"][1] == "another, or cut off"


def test_packs_of_two_studies_and_what_is_no_pack_are_refused() -> None:
    facts = json.loads(before()["pack.json"])
    other = {**before(), "pack.json": canonical_json({**facts, "study": "another"})}
    with pytest.raises(UsageError, match="two studies"):
        difference_of(before(), other)
    for spoilt in (b"", b"[]", b"{}", b"null"):
        with pytest.raises(UsageError, match=r"the later pack has no `pack\.json`"):
            difference_of(before(), {**before(), "pack.json": spoilt})


def test_a_protocol_that_cannot_be_read_is_told_and_not_fallen_over() -> None:
    assert (
        changes({**before(), "protocol.json": b"{"})["protocol", "`protocol.json`"][1] == "one of them cannot be read"
    )
