import importlib.util
import os

import pytest

from multisite.errors import MachineError
from multisite.runners.ray_cluster import RayExecutor

pytestmark = [
    pytest.mark.ray,
    # Looked for, not imported: Ray reads the lock of a cluster when it is imported.
    pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed"),
]


@pytest.mark.parametrize("raised", [Exception, ConnectionError, RuntimeError, ValueError, OSError])
def test_whatever_ray_raises_while_it_starts_is_a_fault_of_the_machine_that_quotes_nothing(
    raised: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray

    def fail(**_: object) -> None:
        raise raised("session_2026 on 10.1.2.3")

    monkeypatch.setattr(ray, "init", fail)
    before = dict(os.environ)
    with pytest.raises(MachineError, match=rf"could be reached or started \({raised.__name__}\)") as caught:
        RayExecutor(address="local", num_cpus=1)
    assert "10.1.2.3" not in str(caught.value)
    # What a private cluster needs in the environment is taken out again; the rest is meant to stay.
    assert {name: value for name, value in os.environ.items() if name in before} == before
