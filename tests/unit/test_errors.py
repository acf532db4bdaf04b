import pickle

import pytest

from multisite import errors
from multisite.errors import MultisiteError, StoreError

KINDS = [getattr(errors, name) for name in errors.__all__]


def test_every_kind_of_error_has_an_exit_code_of_its_own() -> None:
    codes = [kind.exit_code for kind in KINDS]
    assert len(set(codes)) == len(codes)
    assert 0 not in codes


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_survives_the_way_from_a_worker(kind: type[MultisiteError]) -> None:
    error = pickle.loads(pickle.dumps(kind("fact", place="place", remedy="remedy")))
    assert (type(error), error.fact, error.place, error.remedy) == (kind, "fact", "place", "remedy")


def test_an_error_reads_as_fact_place_and_remedy() -> None:
    assert str(StoreError("a", place="b", remedy="c")) == "a\nb\nc"
    assert str(StoreError("a")) == "a"
