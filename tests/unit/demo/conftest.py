"""One small demo, generated once and read by every test of this folder that changes nothing."""

import pytest

from multisite.demo import generate
from tests.unit.demo.small_demo import PLAN, SmallDemo


@pytest.fixture(scope="session")
def small_demo(tmp_path_factory: pytest.TempPathFactory) -> SmallDemo:
    out = tmp_path_factory.mktemp("demo")
    return SmallDemo(out, {record.id: record for record in generate(out, PLAN)})
