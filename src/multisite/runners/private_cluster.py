"""What a private cluster starts with: a lock, no way out to the network, and a folder of its own.

The folder (sockets, logs, spilled objects) is removed when the cluster closes. One whose driver was killed is removed
by the next private cluster: the driver holds a lock on it, which the kernel lets go with the process. Ray's daemons die
with the driver; only the raylet's two agents need a minute, in which they try to tell the dead control store, and a
worker that was just starting half of one.
"""

import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["PrivateCluster", "own_proxies", "set_variables"]

_PREFIX = "multisite-ray-"
# Ray's sockets lie below the folder, and a socket's path has at most 107 bytes; this leaves room for Ray's 64.
_LONGEST = 43

_NOWHERE = "http://127.0.0.1:9"
_NO_CLOUD: Mapping[str, str | None] = {
    "http_proxy": _NOWHERE,
    "HTTP_PROXY": None,
    "no_proxy": "127.0.0.1,localhost",
    "NO_PROXY": None,
}
"""What Ray's own processes start with: its head asks the clouds' metadata servers where it runs, even with usage
statistics off, and a proxy that is a closed port of this machine is the one public means to prevent it. Workers and
driver get the true values back; `cluster/local/start-head.sh` does the same for a head that is started by hand.
"""


class PrivateCluster:
    """The environment and the folder of one cluster of this process. It is made before Ray is imported."""

    def __init__(self) -> None:
        # Ray reads the lock when it is imported; two of its servers listen everywhere, whatever they are told.
        lock = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": _token(), "RAY_ADDRESS": None}
        self._before = {name: os.environ.get(name) for name in lock}
        self._own_proxies = own_proxies()
        self._folder, self._held = _locked_folder()
        set_variables(lock)

    def before_start(self, num_cpus: int | None) -> dict[str, Any]:
        """Set what the daemons are to inherit, once Ray is imported; what ``ray.init`` is told besides."""
        set_variables(_NO_CLOUD)
        return {
            "num_cpus": num_cpus,
            "include_dashboard": False,
            # Ray finds its own address by opening a socket towards a public one, unless it is told one that it does not
            # take for "localhost".
            "_node_ip_address": "127.0.0.2",
            "_temp_dir": str(self._folder),
        }

    def after_start(self) -> None:
        """Give the driver its own values back."""
        set_variables(self._own_proxies)

    def close(self) -> None:
        """Put the environment back and remove the folder; Ray has been shut down before."""
        set_variables(self._before)
        shutil.rmtree(self._folder, ignore_errors=True)
        os.close(self._held)


def own_proxies() -> dict[str, str | None]:
    """The proxy settings of this machine, without what a head was started with."""
    nowhere = os.environ.get("http_proxy") == _NOWHERE
    return {name: None if nowhere else os.environ.get(name) for name in _NO_CLOUD}


def set_variables(variables: Mapping[str, str | None]) -> None:
    """Set environment variables; None takes one away."""
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _locked_folder() -> tuple[Path, int]:
    root = _root()
    _sweep(root)
    # Another process may be sweeping, so it gets the name that is swept only when it is locked.
    made = Path(tempfile.mkdtemp(prefix=f".{_PREFIX}", dir=root))
    held = os.open(made, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    return made.rename(made.with_name(made.name.removeprefix("."))), held


def _root() -> Path:
    """The folder for temporary files, or ``/tmp`` where its path is too long for a socket below it."""
    usual = Path(tempfile.gettempdir())
    # mkdtemp appends eight characters.
    return usual if len(os.fsencode(usual / f"{_PREFIX}{'x' * 8}")) <= _LONGEST else Path("/tmp")  # noqa: S108 - mkdtemp makes it


def _sweep(root: Path) -> None:
    for folder in root.glob(f"{_PREFIX}*"):
        # Another user's, one that is in use, or one that is being removed at this moment.
        with suppress(OSError):
            held = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(held).st_uid == os.getuid():
                    shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(held)


@cache
def _token() -> str:
    # One per process, because Ray keeps the first that it has seen.
    return secrets.token_hex(32)
