import json

from multisite.drift.picture.stable_page import stable_json, stable_page

FIRST, SECOND = "01a1fa6b-5e5f-76a4-8d26-ab5bad65fe49", "01a1fa6b-5e60-7aaa-9d26-ab5bad65fe50"


def page(identifier: str, dashboard: str, value: float) -> str:
    data = json.dumps({"id": identifier, "y": [value, float("nan")], "name": "</script>"})
    return f"<head><script>var {dashboard} = {data};</script></head><body>draw({dashboard})</body>"


def test_pages_that_differ_in_identifiers_and_last_digits_become_equal() -> None:
    one = page(FIRST, "metric_" + "a" * 32, 0.1 + 0.2)
    other = page(SECOND, "metric_" + "b" * 32, 0.3)
    assert stable_page(one, title="t", notice="n", left_out={}) == stable_page(
        other, title="t", notice="n", left_out={}
    )


def test_pages_that_differ_in_content_stay_different() -> None:
    one, other = (page(FIRST, "metric_" + "a" * 32, value) for value in (0.3, 0.3001))
    assert stable_page(one, title="t", notice="n", left_out={}) != stable_page(
        other, title="t", notice="n", left_out={}
    )


def test_the_notice_and_what_is_left_out_are_on_the_page_and_cannot_inject_markup() -> None:
    made = stable_page(
        page(FIRST, "metric_" + "a" * 32, 1), title="T", notice="a < b", left_out={"<x>": "empty"}
    ).decode()
    assert "a &lt; b" in made
    assert "&lt;x&gt;: empty" in made
    assert made.count("</script>") == 1


def test_snapshots_are_json_without_nan_and_text_that_looks_like_a_number_is_kept() -> None:
    made = stable_json({"b": float("nan"), "a": 0.1 + 0.2, "version": "1.20190101123456789"})
    assert made == b'{"a": 0.3, "b": null, "version": "1.20190101123456789"}'


def test_the_same_identifier_stays_the_same_identifier() -> None:
    made = json.loads(stable_json({"widget": FIRST, "graphs": {FIRST: 1, SECOND: 2}}))
    assert made["widget"] in made["graphs"]
    assert len(made["graphs"]) == 2
