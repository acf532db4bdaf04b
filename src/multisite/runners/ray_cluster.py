"""The same work over a Ray cluster: a bounded number of tasks in flight, pinned to the sites' nodes, with deadlines.

A task returns a receipt and nothing else, so no row passes through the driver or the object store. Correctness does
not depend on a task ending cleanly: parts are single puts under their final names, and the receipt comes last.
"""

import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from multisite.errors import ConfigError, MachineError, UsageError
from multisite.runners.execution import Done, Fault, Item, guarded

__all__ = ["RayExecutor"]

Result = TypeVar("Result")

_ATTEMPTS = 3
_IN_FLIGHT_PER_CPU = 2
_WAIT_S = 1.0

_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DEDUP_LOGS": "0",
    # Ray retries a task that was killed for memory without end unless this is set.
    "RAY_task_oom_retries": "1",
    # Ray would upload the working tree and restart workers under `uv run`.
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
}

_NOWHERE = "http://127.0.0.1:9"
_NO_CLOUD: dict[str, str | None] = {
    "http_proxy": _NOWHERE,
    "HTTP_PROXY": None,
    "no_proxy": "127.0.0.1,localhost",
    "NO_PROXY": None,
}
"""What Ray's own processes start with: its head asks the clouds' metadata servers where it runs, even with usage
statistics off, and a proxy that is a closed port of this machine is the one public means to prevent it. Workers and
driver get the true values back; `cluster/local/start-head.sh` does the same for a head that is started by hand.
"""


class RayExecutor:
    """A running cluster (``address``), or a private one on this machine (``address="local"``).

    Parameters
    ----------
    pin_sites : run a site's work only on live nodes that carry the label ``site=<id>``
    deadline_s : seconds after which a task is given up and tried again, because a lost node can hold it for ever
    """

    def __init__(
        self,
        *,
        address: str | None = None,
        pin_sites: bool = False,
        deadline_s: float = 3600.0,
        num_cpus: int | None = None,
    ) -> None:
        os.environ.update(_ENVIRONMENT)
        started: dict[str, Any] = {}
        self._before: dict[str, str | None] = {}
        if address == "local":
            lock = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": _own_token(), "RAY_ADDRESS": None}
            self._before = {name: os.environ.get(name) for name in lock}
            # Ray reads the lock when it is imported, so it is set before.
            _set(lock)
            # Ray finds its own address by opening a socket towards a public one, unless it is told one that it does not
            # take for "localhost".
            started = {"num_cpus": num_cpus, "include_dashboard": False, "_node_ip_address": "127.0.0.2"}
        self._ray = _import_ray()
        proxies = _own_proxies()
        if address == "local":
            _set(_NO_CLOUD)
        try:
            self._ray.init(
                address=address or "auto",
                logging_level="WARNING",
                log_to_driver=False,
                configure_logging=False,
                # Polars would start a thread per core in every worker, whatever the task asked for.
                runtime_env={"env_vars": {"POLARS_MAX_THREADS": "1", **{n: v or "" for n, v in proxies.items()}}},
                **started,
            )
        except (ConnectionError, RuntimeError, ValueError) as error:
            _set(self._before)
            raise MachineError(
                f"no Ray cluster could be reached or started ({type(error).__name__})",
                place="Ray runner",
                remedy="Check the address and the token (RAY_AUTH_MODE, RAY_AUTH_TOKEN_PATH), or use `--runner local`.",
            ) from None
        finally:
            _set(proxies)
        self._pin_sites = pin_sites
        self._deadline_s = deadline_s

    def run(
        self, function: Callable[[Item], Result], items: Sequence[Item]
    ) -> Iterator[tuple[Item, Done[Result] | Fault]]:
        """Every item with its outcome, as they complete.

        Raises
        ------
        ConfigError
            When a site is to be pinned and no live node carries its label: the work would wait for ever.
        """
        self._require_nodes({item.site for item in items if item.site})
        submit = self._submitter(function)
        # The first waiting entry is the next to start; a retried item goes to the end.
        waiting = [(item, 1) for item in items]
        waiting.reverse()
        running: dict[Any, tuple[Item, int, float]] = {}
        window = max(2, int(self._ray.cluster_resources().get("CPU", 1)) * _IN_FLIGHT_PER_CPU)
        while waiting or running:
            while waiting and len(running) < window:
                item, attempt = waiting.pop()
                running[submit(item)] = (item, attempt, time.monotonic())
            for item, attempt, outcome in self._finished(running):
                if isinstance(outcome, Fault) and outcome.retry and attempt < _ATTEMPTS:
                    waiting.insert(0, (item, attempt + 1))
                else:
                    yield item, outcome

    def close(self) -> None:
        """Leave the cluster, or stop the private one."""
        self._ray.shutdown()
        _set(self._before)

    def _submitter(self, function: Callable[[Item], Result]) -> Callable[[Item], Any]:
        remote = self._ray.remote(guarded)

        def submit(item: Item) -> Any:
            options: dict[str, Any] = {"num_cpus": 1, "max_retries": _ATTEMPTS - 1}
            if self._pin_sites and item.site:
                options["label_selector"] = {"site": item.site}
            return remote.options(**options).remote(function, item)

        return submit

    def _finished(self, running: dict[Any, tuple[Item, int, float]]) -> list[tuple[Item, int, Any]]:
        ready, _ = self._ray.wait(list(running), num_returns=1, timeout=_WAIT_S)
        found = []
        for reference in ready:
            item, attempt, _ = running.pop(reference)
            found.append((item, attempt, self._outcome(reference)))
        now = time.monotonic()
        for reference, (item, attempt, started) in list(running.items()):
            if now - started > self._deadline_s * attempt:
                running.pop(reference)
                self._ray.cancel(reference, force=True)
                found.append((item, attempt, Fault(_lost("a task did not end before its deadline"), retry=True)))
        return found

    def _outcome(self, reference: Any) -> Any:
        try:
            return self._ray.get(reference, timeout=60)
        except self._ray.exceptions.RayError as error:
            return Fault(_lost(f"a worker was lost ({type(error).__name__})"), retry=True)

    def _require_nodes(self, sites: set[str]) -> None:
        if not self._pin_sites:
            return
        labelled = {node["Labels"].get("site") for node in self._ray.nodes() if node["Alive"]}
        missing = sorted(sites - labelled)
        if missing:
            raise ConfigError(
                f"no live node carries the label of site {', '.join(missing)}",
                place="Ray runner",
                remedy="Start a node there with `ray start --labels site=<id>`, or run without `--pin-sites`.",
            )


@cache
def _own_token() -> str:
    """The lock of a private cluster: two of Ray's servers listen on every interface whatever they are told.

    One per process, because Ray keeps the first that it has seen.
    """
    return secrets.token_hex(32)


def _own_proxies() -> dict[str, str | None]:
    """The proxy settings of this machine, without what a head was started with."""
    nowhere = os.environ.get("http_proxy") == _NOWHERE
    return {name: None if nowhere else os.environ.get(name) for name in _NO_CLOUD}


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _lost(fact: str) -> MachineError:
    return MachineError(
        fact,
        place="Ray runner",
        remedy="What is complete is safe; run the same command again to go on where it stopped.",
    )


def _import_ray() -> Any:
    try:
        import ray
        import ray.exceptions
    except ImportError:
        raise UsageError(
            "Ray is not installed", place="`--runner ray`", remedy="Install `multisite[ray]`, or use `--runner local`."
        ) from None
    return ray
