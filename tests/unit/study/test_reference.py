from pathlib import Path

import pytest

from multisite.errors import ConfigError
from multisite.study import (
    FindingReference,
    IndependentRule,
    LatentClassRule,
    MajorityRule,
    PanelRule,
    Study,
    TwoPlusOneRule,
    load_study,
)
from multisite.vocabulary import Judgement
from tests.unit.study.test_loading import STUDY, write

RATINGS = "{positive: [present, likely], negative: [absent], ambiguous: [unsure]}"
REST = "ambiguous: exclude, non_diagnostic: fail"


def load(folder: Path, rule: str, *, ratings: str = RATINGS, rest: str = REST, finding: str = "nodule") -> Study:
    section = f"reference: {{{finding}: {{version: 1, ratings: {ratings}, rule: {rule}, {rest}}}}}\n"
    return load_study(write(folder, "study.yaml", STUDY + section))


def declared(folder: Path, rule: str) -> FindingReference:
    return load(folder, rule).reference["nodule"]


def test_left_out_no_finding_is_adjudicated(tmp_path: Path) -> None:
    assert load_study(write(tmp_path, "study.yaml", STUDY)).reference == {}


@pytest.mark.parametrize(
    ("rule", "kind", "arms"),
    [
        ("{by: majority, of: 3}", MajorityRule, ()),
        ("{by: majority, of: 3, arms: [expert, Trainee 2]}", MajorityRule, ("expert", "Trainee 2")),
        ("{by: latent_class, of: 3}", LatentClassRule, ()),
        ("{by: latent_class, of: 3, at_least: 0.9, arms: [expert]}", LatentClassRule, ("expert",)),
        ("{by: two_plus_one}", TwoPlusOneRule, ("primary", "adjudication")),
        ("{by: panel}", PanelRule, ("consensus",)),
        ("{by: panel, arm: board}", PanelRule, ("board",)),
        ("{by: independent, sources: [pathology, follow_up]}", IndependentRule, ("pathology", "follow_up")),
        (
            "{by: independent, sources: [pathology], otherwise: {by: two_plus_one}}",
            IndependentRule,
            ("pathology", "primary", "adjudication"),
        ),
    ],
)
def test_each_rule_loads_and_tells_its_arms(tmp_path: Path, rule: str, kind: type, arms: tuple[str, ...]) -> None:
    found = declared(tmp_path, rule).rule
    assert isinstance(found, kind)
    assert found.all_arms == arms


def test_ratings_are_pairs_with_what_they_mean(tmp_path: Path) -> None:
    assert declared(tmp_path, "{by: panel}").ratings.pairs() == (
        (Judgement.POSITIVE, "present"),
        (Judgement.POSITIVE, "likely"),
        (Judgement.NEGATIVE, "absent"),
        (Judgement.AMBIGUOUS, "unsure"),
    )


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"rule": "{by: majority}"}, "of: required key is missing"),
        ({"rule": "{by: vote, of: 3}"}, "by"),
        ({"rule": "{by: independent, sources: []}"}, "sources"),
        ({"rule": "{by: independent, sources: [a], otherwise: {by: independent, sources: [b]}}"}, "otherwise"),
        ({"rule": "{by: independent, sources: [primary], otherwise: {by: two_plus_one}}"}, "names an arm twice"),
        ({"rule": "{by: two_plus_one, primary: a, adjudication: a}"}, "names an arm twice"),
        ({"rule": "{by: panel, arm: majority}"}, "cannot be called `majority`"),
        ({"rule": "{by: panel, arm: latent_class}"}, "cannot be called `latent_class`"),
        ({"rule": "{by: latent_class, of: 3, at_least: 0.4}"}, "at_least"),
        ({"rest": REST + ", qualifications: [a, a]"}, "`qualifications` names one twice"),
        ({"rest": REST + ", qualifications: [other]"}, "a qualification cannot be called `other`"),
        ({"ratings": "{positive: [yes it is], negative: [yes it is]}"}, "a rating is named twice"),
        ({"ratings": "{positive: [a], negative: []}"}, "ratings.negative"),
        ({"rest": "ambiguous: exclude"}, "non_diagnostic: required key is missing"),
        ({"rest": "ambiguous: ignore, non_diagnostic: fail"}, "ambiguous"),
        ({"finding": "mass"}, "`reference` must name findings"),
    ],
)
def test_a_faulty_section_is_refused_with_its_place(tmp_path: Path, changed: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, **{"rule": "{by: panel}", **changed})
    assert message in caught.value.fact
